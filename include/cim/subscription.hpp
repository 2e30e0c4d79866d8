// Live subscriptions: what was appended comes to those who asked for it, verified, in order, in whole transactions, and
// none of it is lost between what was there and what comes.
//
//     cim::SubscriptionManager subscriptions{*store};
//     auto id = subscriptions.subscribe("event.store.graph-123.>", {}, cim::Buffered{.max_size = 1000}, {.name =
//     "indexer"}); while (running) {
//         auto batch = subscriptions.poll(*id, 1s);                   // verified events, whole transactions
//         if (!batch) return complain(batch.error());
//         for (const auto& event : batch->events) index(event);
//         subscriptions.acknowledge(*id, batch->position);            // resume behind it after a restart
//     }
//
// One read serves all: a manager follows its store once, verifies once, and keeps the latest events in a window in
// memory. Each subscription has a position of its own in the log. Where that lies in the window, events come from
// there; where it lies before it (a late start, a slow consumer), they are read from the store until the position has
// reached the window. So a consumer that is slow slows its own reading and nothing else, and the way from history to
// live has no gap to fall into.
//
// A subscription with a name is durable: what was acknowledged is saved in the store's documents, and the next
// subscription of that name goes on behind it. Events are handed out at least once (again after a crash between
// handling and saving) and once in effect for whoever ignores what it knows by CID, as EventStore and GraphModel do.
//
// Threads: a manager runs one that follows the store and one that catches up and saves positions, and one for each
// Custom handler. All methods may be called from any thread. The store must outlive the manager.
#pragma once

#include <cim/document_store.hpp>
#include <cim/event.hpp>
#include <cim/event_store.hpp>
#include <cim/filter.hpp>
#include <cim/ids.hpp>
#include <cim/log_position.hpp>
#include <cim/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cim {

/// Names a subscription within its manager; never 0, never given twice.
using SubscriptionId = StrongNumber<struct SubscriptionIdTag>;

/// What a handler gets: whole transactions, in log order, and of each the events that the subscription wants.
struct SubscriptionBatch {
    std::vector<DomainEvent> events;
    /// Of the last transaction in it; what acknowledge() takes.
    GlobalSequence position{};
    /// GraphUpdate::target_graph; empty for other handlers.
    AggregateId target_graph;
};

/// For a graph: what there is comes with the next poll(), and says to which graph it belongs. Applying it is the
/// graph's own business (GraphProjection), on the thread that owns the model.
struct GraphUpdate {
    AggregateId target_graph;
};

/// For work in batches: poll() gives nothing until `max_size` events are there, or the first of them has waited for
/// `max_age`.
struct Buffered {
    std::size_t max_size = 1000;
    std::chrono::milliseconds max_age{100};
};

/// A function that is called with each batch, on a thread of the subscription's own, one call at a time; what it
/// returns success for is acknowledged. After an error it is called again with the same batch, see
/// SubscriptionOptions::max_attempts. It must not throw, and must not unsubscribe itself or destroy the manager.
struct Custom {
    std::function<Result<>(const SubscriptionBatch&)> handler;
};

using SubscriptionHandler = std::variant<GraphUpdate, Buffered, Custom>;

/// Where a subscription starts that has no saved position.
class SubscriptionStart {
  public:
    [[nodiscard]] static SubscriptionStart beginning() noexcept { return SubscriptionStart(GlobalSequence{}); }
    /// The event after that one, which may lie inside a transaction.
    [[nodiscard]] static SubscriptionStart after(GlobalSequence sequence) noexcept {
        return SubscriptionStart(sequence);
    }
    /// What is appended after subscribe() was called.
    [[nodiscard]] static SubscriptionStart now() noexcept { return SubscriptionStart(std::nullopt); }
    [[nodiscard]] std::optional<GlobalSequence> sequence() const noexcept { return sequence_; } ///< nullopt: now.

  private:
    explicit SubscriptionStart(std::optional<GlobalSequence> sequence) noexcept : sequence_(sequence) {}
    std::optional<GlobalSequence> sequence_;
};

/// Competing consumers: of `count` subscriptions, each takes the aggregates whose number is its `index`. An aggregate's
/// events all come to the same one, so their order holds. All must agree on `count`; with another count they are other
/// subscribers.
struct Partition {
    std::uint32_t index = 0;
    std::uint32_t count = 1; ///< 1 ... 65536; 1: everything.
    friend bool operator==(const Partition&, const Partition&) = default;
};

/// The aggregate's partition: FNV-1a (64 bits) of its id, modulo `count`.
[[nodiscard]] std::uint32_t partition_of(std::string_view aggregate_id, std::uint32_t count) noexcept;

struct SubscriptionOptions {
    /// Not empty: the position is saved under this name, which must be a document's (see DocumentStore), without '='
    /// and of at most 150 bytes.
    std::string name;
    SubscriptionStart start = SubscriptionStart::beginning();
    Partition partition{};
    /// Most events that are ready and not polled yet, at least; one transaction that alone is larger goes through all
    /// the same.
    std::size_t buffer_events = 10'000;
    /// Most events in a batch, at least; as above. Buffered::max_size takes its place.
    std::size_t batch_events = 1000;
    /// How long an acknowledgement may stay unsaved, and so what may come again after a crash. 0: saved before
    /// acknowledge(), or the Custom handler's thread, goes on. What was read but not wanted is saved 30 times less
    /// often.
    std::chrono::milliseconds save_interval{1000};
    /// Calls of a Custom handler for one batch before the subscription fails; 0: no limit. The pause between them
    /// doubles, from SubscriptionManagerOptions::first_pause to longest_pause, with jitter.
    unsigned max_attempts = 5;
};

enum class SubscriptionState : std::uint8_t {
    connecting,   ///< Nothing was read yet.
    catching_up,  ///< Reads what came before the window.
    live,         ///< Has everything there is.
    lagging,      ///< Its buffer is full: it reads on when its consumer does.
    reconnecting, ///< The store failed, and is tried again.
    failed,       ///< Gets nothing any more, see SubscriptionInfo::error.
    closed,
};
[[nodiscard]] std::string_view to_string(SubscriptionState state) noexcept; ///< The enumerator's name.

/// Numbers since subscribe(). Events that were read are those that were wanted and those that were not.
struct SubscriptionStatistics {
    std::uint64_t read = 0;
    std::uint64_t unwanted = 0;     ///< Of them, left out by subject, filter or partition.
    std::uint64_t delivered = 0;    ///< Events given out by poll() or to the handler.
    std::uint64_t transactions = 0; ///< That they belong to.
    std::uint64_t batches = 0;
    std::uint64_t retries = 0;   ///< Calls of a Custom handler after a failed one.
    std::uint64_t saves = 0;     ///< Of the position.
    std::uint64_t fallbacks = 0; ///< Times that it fell behind the window and went back to reading the store.
    std::uint64_t failures = 0;  ///< Store errors that were waited out.
    std::size_t buffered = 0;    ///< Events that are ready and not polled yet.
    std::size_t high_water = 0;  ///< The most there ever were.
    /// Sequences between the last event acknowledged (or passed over) and the last that the manager knows of.
    std::uint64_t lag = 0;
};

struct SubscriptionInfo {
    SubscriptionId id;
    std::string name; ///< Empty if it is not durable.
    std::string subject;
    Partition partition{};
    SubscriptionState state = SubscriptionState::connecting;
    LogPosition position;       ///< Up to here everything is acknowledged or was not wanted.
    std::optional<Error> error; ///< Why it failed, or the last error that it waits out.
    SubscriptionStatistics statistics;
};

struct SubscriptionManagerOptions {
    /// The window in memory: most events, and most bytes of blocks in it.
    std::size_t window_events = 65'536;
    std::size_t window_bytes = std::size_t{64} << 20;
    /// Pauses between attempts while the store fails: doubling from the first to the longest, each by chance between
    /// half and all of it.
    std::chrono::milliseconds first_pause{50};
    std::chrono::milliseconds longest_pause{10'000};
    /// Of the chance.
    std::uint64_t seed = 1;
    /// Where positions are saved; nullptr: in the store's own documents. Must outlive the manager.
    DocumentStore* positions = nullptr;
};

class SubscriptionManager {
  public:
    explicit SubscriptionManager(EventStore& store, SubscriptionManagerOptions options = {},
                                 const Clock& clock = system_clock());
    /// Stops all threads, waiting for handlers that are at work, and saves positions.
    ~SubscriptionManager();
    SubscriptionManager(const SubscriptionManager&) = delete;
    SubscriptionManager& operator=(const SubscriptionManager&) = delete;

    /// Events whose subject `event.store.{aggregate}.{type}` matches the pattern and that the filter wants too. Asks
    /// the store where it stands, so that nothing that is appended afterwards is missed. Errors: invalid_pattern,
    /// invalid_argument, conflict if a subscription of that name and partition is there already, history_rewritten if
    /// the log is not the one in which the saved position was, and what the store reports.
    [[nodiscard]] Result<SubscriptionId> subscribe(std::string_view subject, EventFilter filter,
                                                   SubscriptionHandler handler, SubscriptionOptions options = {});

    /// The next batch, waiting for it up to `timeout`; empty when there is none. Not for Custom. Errors: not_found for
    /// a subscription that is not there, closed, unsupported for Custom, and after the last event what made the
    /// subscription fail: cid_mismatch, chain_broken, incomplete_transaction, history_rewritten, conflict (another
    /// process uses the same name), or a store's error that cannot be waited out.
    [[nodiscard]] Result<SubscriptionBatch> poll(SubscriptionId id, std::chrono::milliseconds timeout = {});
    /// Everything up to there has been handled and need not come again. Errors: not_found, invalid_argument for what
    /// was not given out yet; with save_interval 0 also what saving reports.
    [[nodiscard]] Result<> acknowledge(SubscriptionId id, GlobalSequence position);

    /// Ends it, waiting for its handler if that is at work, and saves its position. Errors: not_found, invalid_argument
    /// from within its own handler, and what saving reports (the subscription is gone all the same).
    Result<> unsubscribe(SubscriptionId id);

    [[nodiscard]] std::vector<SubscriptionInfo> list() const;
    [[nodiscard]] Result<SubscriptionInfo> info(SubscriptionId id) const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// A durable subscriber as it is saved (docs/formats/subscriber.md).
struct SavedSubscriber {
    std::string name;
    Partition partition{};
    std::string subject;
    LogPosition position;
    Timestamp saved_at;
};

/// The durable subscribers in these documents, by name. Errors: store_corrupt for one that cannot be read, with its
/// key.
[[nodiscard]] Result<std::vector<SavedSubscriber>> saved_subscribers(DocumentStore& documents);
/// Forgets the positions of that name, of all its partitions. Gives how many there were.
[[nodiscard]] Result<std::size_t> forget_subscriber(DocumentStore& documents, std::string_view name);

} // namespace cim
