// The log: append transactions to chains, read them back, follow what comes.
//
// One contract, whatever is behind it (SQLite, NATS JetStream); tests/conformance holds every store to it.
//  - append is all or nothing and only onto the expected head; an append that was acknowledged is durable and an append
//    that is repeated (the same blocks on the same head) succeeds without adding anything, for ever.
//  - Every event has a global sequence (from 1, growing, gaps allowed) and an aggregate sequence (from 1, no gaps).
//  - A reader never sees part of a transaction that is still being appended.
//  - read() gives events as stored and checks only that they are event blocks of the aggregate they are filed under;
//    hashes and links are checked by ChainVerifier, which EventStreamService does for you.
// All methods may be called from any thread at once. Calls block until done or until the store's time limit.
#pragma once

#include <cim/chain.hpp>
#include <cim/document_store.hpp>
#include <cim/event.hpp>
#include <cim/filter.hpp>
#include <cim/ids.hpp>
#include <cim/time.hpp>
#include <cim/transaction.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cim {

/// Details of Errc::conflict: what the caller thought the head was, and what it is.
struct Conflict {
    AggregateId aggregate;
    ChainHead expected;
    ChainHead actual;
    [[nodiscard]] static std::optional<Conflict> from(const Error& error);
    [[nodiscard]] Error to_error() const;
};

/// Onto which head an append may land.
class ExpectedHead {
  public:
    /// Whatever the head is: the store reads it, and reads it again if somebody else was faster.
    [[nodiscard]] static ExpectedHead any() noexcept { return ExpectedHead(Any{}); }
    /// The aggregate must not exist yet.
    [[nodiscard]] static ExpectedHead none() noexcept { return ExpectedHead(ChainHead{}); }
    /// Exactly this head, as an earlier append or head() gave it.
    [[nodiscard]] static ExpectedHead at(ChainHead head) { return ExpectedHead(std::move(head)); }
    /// The head with this CID.
    [[nodiscard]] static ExpectedHead at(Cid cid) { return ExpectedHead(std::move(cid)); }

    struct Any {};
    using Choice = std::variant<Any, ChainHead, Cid>;
    [[nodiscard]] const Choice& choice() const noexcept { return choice_; }

  private:
    explicit ExpectedHead(Choice choice) : choice_(std::move(choice)) {}
    Choice choice_;
};

/// Where an appended transaction is.
struct AppendReceipt {
    ChainHead head;       ///< Of the aggregate right after this transaction.
    GlobalSequence first; ///< Of its first event.
    GlobalSequence last;  ///< Of its last event.
    /// It was there before (a repeated append); nothing was added.
    bool already_present = false;
};

/// A transaction and the head it may land on, for EventStore::append of several.
struct AppendRequest {
    Transaction transaction;
    ExpectedHead expected = ExpectedHead::any();
};

/// One aggregate of a store.
struct AggregateInfo {
    AggregateId id;
    ChainHead head;
    GlobalSequence last;   ///< Of the head event.
    Timestamp first_event; ///< Timestamp of the first event of the chain.
    Timestamp last_event;  ///< Timestamp of the head event.
};

enum class Direction : std::uint8_t { forwards, backwards };

/// What to read. Start with one of the factories and narrow it; results come in log order, or the reverse.
struct ReadQuery {
    static constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
    static constexpr std::size_t default_page = 1000;
    static constexpr std::size_t max_page = 100'000;

    /// The whole log after a global sequence.
    [[nodiscard]] static ReadQuery all(GlobalSequence after = {});
    /// One chain after an aggregate sequence.
    [[nodiscard]] static ReadQuery of(AggregateId aggregate, AggregateSequence after = {});
    /// Events with from <= timestamp < until, in log order.
    [[nodiscard]] static ReadQuery between(Timestamp from, Timestamp until);

    /// Set: positions below are aggregate sequences of this chain; otherwise global sequences.
    std::optional<AggregateId> aggregate;
    std::uint64_t after = 0;        ///< Exclusive lower bound.
    std::uint64_t upto = no_limit;  ///< Inclusive upper bound.
    std::optional<Timestamp> from;  ///< At or after.
    std::optional<Timestamp> until; ///< Before.
    std::vector<EventType> types;   ///< Any of these; empty: all.
    Direction direction = Direction::forwards;
    /// Most events in the answer, 1 ... max_page. A store may answer with fewer (pages are bounded in bytes too).
    std::size_t limit = default_page;
};

/// A bounded answer to a ReadQuery.
struct EventPage {
    std::vector<DomainEvent> events;
    /// The query that continues where this page ends; nullopt when the page holds the last event there was.
    std::optional<ReadQuery> next;
};

/// A live tail. Gives every event after its start, in log order, exactly once, and never part of a transaction (except
/// that a start in the middle of one is taken literally).
/// One thread calls next(); close() may be called from any.
class EventFeed {
  public:
    EventFeed() = default;
    EventFeed(const EventFeed&) = delete;
    EventFeed& operator=(const EventFeed&) = delete;
    virtual ~EventFeed() = default;
    /// Up to `max_events` events (more only where one transaction alone is larger), waiting up to `timeout` for the
    /// first. Empty when time ran out, which is no error. Errors: closed, store_unavailable, store_corrupt.
    [[nodiscard]] virtual Result<std::vector<DomainEvent>> next(std::size_t max_events,
                                                                std::chrono::milliseconds timeout) = 0;
    /// Global sequence of the last event given out, or where the feed started.
    [[nodiscard]] virtual GlobalSequence position() const noexcept = 0;
    /// Makes a waiting next(), and every later one, return Errc::closed.
    virtual void close() noexcept = 0;
};

struct StoreInfo {
    std::string url; ///< Without secrets.
    std::uint64_t events = 0;
    std::uint64_t transactions = 0;
    std::uint64_t aggregates = 0;
    GlobalSequence last;
    bool read_only = false;
};

/// What a store can do at once, for whoever moves many events.
struct StoreLimits {
    std::size_t append_events = Transaction::max_events; ///< Most events that one append may hold.
    /// Several threads read a log faster than one. If not, one reader that goes on page by page is the fastest.
    bool parallel_reads = true;
};

/// What is behind a store, for people: how it is set up, and what about that is not as it should be.
struct StoreDescription {
    std::string kind; ///< "sqlite", "jetstream"; empty where the store does not say.
    std::vector<std::pair<std::string, std::string>>
        settings;                      ///< Name and value, in an order that reads well; no secrets.
    std::vector<std::string> problems; ///< One sentence each; none: all is well.
};

class EventStore {
  public:
    EventStore() = default;
    EventStore(const EventStore&) = delete;
    EventStore& operator=(const EventStore&) = delete;
    virtual ~EventStore() = default;

    /// Builds the blocks onto the expected head and appends them. Errors: conflict (carries the real head, see
    /// Conflict), what ChainBuilder::build reports, store_full, store_read_only, store_busy, io_error,
    /// outcome_unknown. With ExpectedHead::any() a conflict is retried with the new head.
    [[nodiscard]] Result<AppendReceipt> append(const Transaction& transaction, const ExpectedHead& expected,
                                               const Clock& clock = system_clock());
    /// Several transactions, all or none; those of one aggregate build on one another in the given order.
    [[nodiscard]] Result<std::vector<AppendReceipt>> append(std::span<const AppendRequest> requests,
                                                            const Clock& clock = system_clock());
    /// The same for blocks that are chained already (import, copy, mirror). Each must start at its aggregate's head, or
    /// at the end of an earlier one in the same call. One receipt each, in order.
    [[nodiscard]] virtual Result<std::vector<AppendReceipt>>
    append_chained(std::span<const ChainedTransaction> transactions) = 0;

    /// Errors: not_found for an aggregate that does not exist, invalid_argument, cid_mismatch or invalid_event_block
    /// with the event's place for damaged rows, store_corrupt, store_unavailable.
    [[nodiscard]] virtual Result<EventPage> read(const ReadQuery& query) = 0;
    /// A live tail after that position; events there already come first.
    [[nodiscard]] virtual Result<std::unique_ptr<EventFeed>> follow(GlobalSequence after) = 0;

    /// The head of one chain; the empty ChainHead if there is no such aggregate (not an error).
    [[nodiscard]] virtual Result<ChainHead> head(const AggregateId& aggregate) = 0;
    /// Aggregates by name, after the one given, at most `limit`.
    [[nodiscard]] virtual Result<std::vector<AggregateInfo>> aggregates(const AggregateId& after = {},
                                                                        std::size_t limit = 1000) = 0;
    [[nodiscard]] virtual Result<StoreInfo> info() = 0;
    /// info() without the numbers of transactions and aggregates, which a store may have to count: they may be 0.
    [[nodiscard]] virtual Result<StoreInfo> summary() { return info(); }
    [[nodiscard]] virtual StoreLimits limits() const noexcept { return {}; }
    /// How the store is set up. Looks for problems of the set-up (a stream with another configuration, a file whose
    /// tables do not agree), at most `most_problems` and not of the events, and may take long on a large store; 0 looks
    /// for none.
    [[nodiscard]] virtual Result<StoreDescription> describe(std::size_t most_problems = 0);

    /// Small named values beside the log. Belongs to the store and lives as long.
    [[nodiscard]] virtual DocumentStore& documents() noexcept = 0;
};

/// How to open a store.
struct OpenOptions {
    enum class Mode : std::uint8_t {
        read_write_create, ///< Make it if it is not there.
        read_write,        ///< It must be there.
        read_only,         ///< Appends fail with store_read_only.
    };
    Mode mode = Mode::read_write_create;
    /// How long an append waits for another writer before store_busy.
    std::chrono::milliseconds busy_timeout{5000};
};

/// Opens a store by URL. `sqlite:PATH[?synchronous=full|normal]`, or a plain path, is an SQLite file; `sqlite::memory:`
/// lives as long as the store object; `nats://host:port/stream` and `tls://...` are streams: docs/nats.md. Errors:
/// invalid_argument, not_found, store_unavailable, store_foreign, store_corrupt, unsupported for a server too old.
[[nodiscard]] Result<std::unique_ptr<EventStore>> open_store(std::string_view url, const OpenOptions& options = {});

} // namespace cim
