// Reading: slices of the log as verified transactions.
//
// EventStreamService fetches part of a log, checks every CID and link in it, and hands it out as one value: whole or an
// error, never a part. A slice that max_events cuts ends at the end of a stored transaction, so nobody is given half of
// one. Slices are cached (least recently used goes first, bounded in bytes), and the latest head of every chain that
// was seen is remembered and checked: a chain that later contradicts it is reported. Nothing is remembered or cached of
// a fetch that failed.
//
//     cim::EventStreamService events{*store};
//     auto batch = events.fetch_transaction(id, {.max_events = 100, .replay_policy = cim::ReplayPolicy::last_n(100)});
#pragma once

#include <cim/chain.hpp>
#include <cim/event.hpp>
#include <cim/event_store.hpp>
#include <cim/filter.hpp>
#include <cim/ids.hpp>
#include <cim/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cim {

/// Where a fetch starts.
class ReplayPolicy {
  public:
    struct FromBeginning {
        friend bool operator==(FromBeginning, FromBeginning) = default;
    };
    struct AfterSequence {
        AggregateSequence sequence;
        friend bool operator==(AfterSequence, AfterSequence) = default;
    };
    struct LastN {
        std::size_t count;
        friend bool operator==(LastN, LastN) = default;
    };
    struct ByStartTime {
        Timestamp time;
        friend bool operator==(ByStartTime, ByStartTime) = default;
    };
    struct NewOnly {
        friend bool operator==(NewOnly, NewOnly) = default;
    };
    using Choice = std::variant<FromBeginning, AfterSequence, LastN, ByStartTime, NewOnly>;

    /// The first event of the chain. The default.
    [[nodiscard]] static ReplayPolicy from_beginning() noexcept { return ReplayPolicy(FromBeginning{}); }
    /// The event after that one; 0 is from the beginning. Past the end of the chain is head_mismatch: whoever has seen
    /// that event has seen more than there is now.
    [[nodiscard]] static ReplayPolicy after_sequence(AggregateSequence sequence) noexcept {
        return ReplayPolicy(AfterSequence{sequence});
    }
    [[nodiscard]] static ReplayPolicy after_sequence(std::uint64_t sequence) noexcept {
        return after_sequence(AggregateSequence(sequence));
    }
    /// The last `count` events (fewer if there are fewer).
    [[nodiscard]] static ReplayPolicy last_n(std::size_t count) noexcept { return ReplayPolicy(LastN{count}); }
    /// The first event in log order whose timestamp is at or after `time`, and all that follow it.
    [[nodiscard]] static ReplayPolicy by_start_time(Timestamp time) noexcept { return ReplayPolicy(ByStartTime{time}); }
    /// Only events that are appended after the call; waits up to the timeout for the first, also where the aggregate
    /// does not exist yet.
    [[nodiscard]] static ReplayPolicy new_only() noexcept { return ReplayPolicy(NewOnly{}); }

    ReplayPolicy() noexcept = default;
    [[nodiscard]] const Choice& choice() const noexcept { return choice_; }
    [[nodiscard]] std::string to_string() const; ///< E.g. "after_sequence(1003)".
    friend bool operator==(const ReplayPolicy&, const ReplayPolicy&) = default;

  private:
    explicit ReplayPolicy(Choice choice) noexcept : choice_(choice) {}
    Choice choice_;
};

struct TransactionOptions {
    /// Most events in the slice, counted before the filter. 1 ... EventStreamOptions::max_transaction_events.
    std::size_t max_events = 1000;
    /// For all of it; Errc::timeout when it is not enough, except that new_only then returns an empty slice.
    std::chrono::milliseconds timeout{5000};
    /// Applied after verification: what it leaves out was verified all the same.
    EventFilter filter{};
    ReplayPolicy replay_policy{};
};

/// Where in the log a slice lies, counted before the filter. Both 0 for an empty slice.
struct SequenceRange {
    GlobalSequence start;
    GlobalSequence end;
    std::string stream_name; ///< The store's URL, without secrets.
};

struct TransactionMetadata {
    Timestamp fetched_at;
    std::string consumer_name;  ///< EventStreamOptions::consumer_name.
    std::string filter_subject; ///< Empty without a filter.
    ReplayPolicy replay_policy;
};

/// A verified slice of the log. A value; copies share the events.
struct EventStreamTransaction {
    /// Made from the CIDs in the slice and the filter: the same slice has the same id everywhere.
    TransactionId transaction_id;
    SequenceRange sequence_range;
    /// Empty for a time window, which may hold several.
    AggregateId aggregate_id;
    std::vector<DomainEvent> events; ///< In log order, after the filter.
    TransactionMetadata metadata;
    /// What was verified, by aggregate and sequence, before the filter. A slice is anchored if it starts its chain, or
    /// if it holds or directly follows a head that was known: links lead back from there.
    std::vector<VerifiedSlice> slices;
    /// Continues here: the aggregate sequence (fetch_transaction) or global sequence (window) last looked at.
    std::uint64_t last_sequence = 0;
    /// False if max_events ended the slice before the end of the chain as it was when the fetch began.
    bool complete = true;
};

struct EventStreamOptions {
    std::size_t cache_bytes = 64u << 20;
    /// Bound on one slice; a window with more is Errc::limit_exceeded with the fields `limit`, which is the number to
    /// narrow to, and `needed`, which is how many were met before it was given up.
    std::size_t max_transaction_events = 10'000'000;
    unsigned verify_threads = 1; ///< As VerifyOptions::threads.
    std::string consumer_name = "cim";
    /// Most chains whose heads are remembered, trusted ones too; the least recently used is forgotten first.
    std::size_t max_tracked_heads = 100'000;
};

struct CacheStats {
    std::size_t entries = 0;
    std::size_t bytes = 0;
    std::size_t capacity_bytes = 0;
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t evictions = 0;
};

/// Safe to use from several threads at once. The store must outlive it.
class EventStreamService {
  public:
    explicit EventStreamService(EventStore& store, EventStreamOptions options = {},
                                const Clock& clock = system_clock());
    ~EventStreamService();
    EventStreamService(const EventStreamService&) = delete;
    EventStreamService& operator=(const EventStreamService&) = delete;

    /// A slice of one chain. A start inside a stored transaction (after_sequence, last_n) is taken literally. Errors:
    /// not_found, invalid_argument, limit_exceeded (the first stored transaction alone is larger than max_events, see
    /// the field `needed`), timeout, cid_mismatch, chain_broken, incomplete_transaction (fields `aggregate`,
    /// `transaction`, `have`, `size`), head_mismatch (the chain ends before a head that is known, or before the one
    /// that the store names), and what the store reports.
    [[nodiscard]] Result<EventStreamTransaction> fetch_transaction(const AggregateId& aggregate,
                                                                   const TransactionOptions& options = {});
    /// Events of all aggregates with start <= timestamp < end that the filter wants; each chain's part is verified.
    /// Where times jump along a chain it has several parts in the window, and what lies between them is read and
    /// verified, too, so that an event outside the window is told from one that is lost. A stored transaction with
    /// events on both sides of an end is given as far as it lies in the window. Errors: as above, without not_found.
    [[nodiscard]] Result<EventStreamTransaction>
    fetch_time_window(Timestamp start, Timestamp end, const EventFilter& filter = {},
                      std::chrono::milliseconds timeout = std::chrono::seconds(30));
    /// A slice that was fetched before and is still cached.
    [[nodiscard]] std::optional<EventStreamTransaction> cached(const TransactionId& id);
    [[nodiscard]] CacheStats cache_stats() const;
    /// The latest verified head of that chain, as far as this service has seen it.
    [[nodiscard]] std::optional<ChainHead> latest_head(const AggregateId& aggregate) const;
    /// States a head kept from earlier: a chain that does not contain it is broken.
    void trust_head(const AggregateId& aggregate, const ChainHead& head);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace cim
