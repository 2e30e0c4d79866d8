// From the log into a frame loop: an EventBridge reads, verifies and appends on threads of its own, and gives the host,
// an ECS, a viewer or a game loop, one call a frame that never waits for any of it.
//
//     auto bridge = cim::EventBridge::open({.store = "sqlite:history.db", .graph = cim::AggregateId{"graph-123"}});
//     if (!bridge) return complain(bridge.error());
//     while (running) {
//         auto frame = bridge->pump({.max_events = 10'000, .max_time = 2ms});
//         if (frame->rebuilt) redraw(*frame->model);
//         for (const auto& event : frame->mutations) react(event);
//         render(*frame->model);
//     }
//
//  - A transaction is applied whole within one frame, or not yet. What is not verified is never applied.
//  - What is waiting lies in one bounded buffer. A host that stops pumping makes the bridge stop reading, and loses
//    nothing: it reads on from the store when there is room (EventBridgeOptions::buffer_events).
//  - One graph is shown at a time: the live one or that of a replay. A replay has a model of its own, so neither can
//    harm the other; meanwhile the live one goes on unseen within what the budget leaves. Where the shown graph changes
//    otherwise than by mutations (a replay starts, goes back or ends), Frame::rebuilt says: take everything from the
//    model.
//  - What the host wants recorded is queued by publish() and its outcome is in a later frame.
//
// Threads: one thread at a time owns a bridge, which is the one that called bind_thread() or pump() first. All methods
// but open(), bind_thread() and the destructor must be called by it, and answer Errc::wrong_thread (or nothing, where
// they return no Result) to others. The store, where one is passed, the Clock and the Frame's readers: see each.
#pragma once

#include <cim/error.hpp>
#include <cim/event.hpp>
#include <cim/event_store.hpp>
#include <cim/event_stream.hpp>
#include <cim/graph_mapping.hpp>
#include <cim/graph_model.hpp>
#include <cim/graph_mutation.hpp>
#include <cim/graph_projection.hpp>
#include <cim/ids.hpp>
#include <cim/playback.hpp>
#include <cim/subscription.hpp>
#include <cim/time.hpp>
#include <cim/transaction.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace cim {

/// How much one frame may do. It ends at the first limit that is reached, and after one whole transaction at least.
struct FrameBudget {
    std::size_t max_events = 10'000;
    std::chrono::microseconds max_time{2000};
};

/// What the graph is made of before live events.
enum class History : std::uint8_t {
    all,      ///< Every event from the first on.
    snapshot, ///< The saved snapshot and what came after it; as `all` where there is none that fits.
    none,     ///< Nothing: the graph is what happens from now on, and its edges may wait for nodes of before.
};

struct EventBridgeOptions {
    /// As open_store() takes it; opened for reading and writing. Not with the open() that is given a store.
    std::string store;
    /// The graph's aggregate. Empty: `subject` says which events there are.
    AggregateId graph;
    /// Subject pattern of the events, `event.store.{aggregate}.{type}`; only without `graph`.
    std::string subject = "event.store.>";
    History history = History::all;
    GraphMapping mapping = GraphMapping::builtin();
    GraphModelOptions model;
    /// Most events that are read and verified and not in a frame yet, at least (see SubscriptionOptions).
    std::size_t buffer_events = 65'536;
    /// Most transactions of publish() whose outcome is not known yet.
    std::size_t max_pending_publishes = 10'000;
    /// Most events of one replay.
    std::size_t max_replay_events = 10'000'000;
    /// Under which document the graph's snapshot is kept; "" gives it the graph's id, or "all". A bridge with another
    /// mapping wants another name: snapshots do not know by which mapping they were made.
    std::string snapshot_name;
    SubscriptionManagerOptions subscriptions;
};

namespace source {
/// Out of the log, as it came.
struct Nats {
    GlobalSequence sequence;
    const DomainEvent* event; ///< Valid as long as the frame.
    [[nodiscard]] std::string subject() const { return event->subject(); }
};
/// Made by this host and recorded nowhere, see EventBridge::apply_local.
struct Local {};
/// Out of a replay.
struct Replay {
    GlobalSequence original_sequence;
    const DomainEvent* event; ///< Valid as long as the frame.
};
} // namespace source
using EventSource = std::variant<source::Nats, source::Local, source::Replay>;

/// One change of the graph that a frame brought. Texts are valid as long as the frame.
struct GraphMutationEvent {
    EventSource source;
    GraphMutation mutation;
    std::string_view transaction_id; ///< Empty for Local.
    /// What became of it: a host that draws from mutations skips those that were refused. A replay says `applied` of
    /// all of them.
    Outcome outcome = Outcome::applied;
};

enum class ConnectionState : std::uint8_t {
    connecting,   ///< Nothing was read yet.
    catching_up,  ///< Reads what was there before.
    connected,    ///< Has everything there is.
    lagging,      ///< Its buffer is full: it reads on when the host pumps.
    reconnecting, ///< The store fails, and is tried again.
    failed,       ///< Gets nothing any more, see BridgeStatus::error. The graph stays as it is.
    closed,
};
[[nodiscard]] std::string_view to_string(ConnectionState state) noexcept; ///< The enumerator's name.

struct BridgeStatus {
    ConnectionState state = ConnectionState::connecting;
    /// Why it failed, or the last error that it waits out where that is known.
    std::optional<Error> error;
    GlobalSequence position;  ///< Of the last event in the live graph.
    std::uint64_t lag = 0;    ///< Sequences from there to the last that is known of.
    std::size_t buffered = 0; ///< Events read and not in a frame yet.
    /// With History::snapshot: why the saved one was not used; nullopt if it was, or if there was none.
    std::optional<Error> snapshot_error;
    GlobalSequence started_after; ///< Where the snapshot that was used stands; 0 without.
};

/// Since open(). Every event that came is in exactly one of `applied`, `repeated`; every publish in one of the three.
struct BridgeStatistics {
    std::uint64_t frames = 0;
    std::uint64_t wrong_thread = 0; ///< Calls that were refused for their thread.
    ProjectionStats graph;          ///< Of the live graph: events, mutations, problems.
    std::uint64_t replayed = 0;     ///< Mutations given out by replays.
    std::uint64_t rebuilt = 0;      ///< Frames that said so.
    std::uint64_t local = 0;        ///< Mutations of apply_local().
    std::uint64_t publishes_done = 0;
    std::uint64_t publishes_failed = 0;
    std::size_t publishes_pending = 0;
    std::uint64_t replay_events_left_out = 0; ///< Live events that a full replay could not take any more.
    std::chrono::microseconds longest_pump{};
    std::size_t high_water = 0; ///< Most events that were buffered.
};

/// Names what was asked of a bridge until its outcome is known; never 0, never given twice.
using RequestId = StrongNumber<struct RequestIdTag>;

/// What became of a publish() or save_snapshot().
struct RequestOutcome {
    RequestId id;
    enum class Kind : std::uint8_t { publish, snapshot, replay } kind = Kind::publish;
    std::optional<Error> error;           ///< nullopt: it succeeded.
    std::optional<AppendReceipt> receipt; ///< Of a publish.
    std::optional<Cid> state;             ///< Of a snapshot.
};

/// What one pump() brought. Everything in it is valid until the next call of a method of the bridge that is not const.
struct Frame {
    std::span<const GraphMutationEvent> mutations; ///< In order.
    const GraphModel* model = nullptr;             ///< The graph that is shown; never null.
    /// What is different from the frame before; empty if `rebuilt`.
    const GraphChanges* changes = nullptr; ///< Never null.
    bool rebuilt = false;                  ///< The model is another one, or was set back: read all of it.
    bool replaying = false;                ///< The model is that of a replay.
    bool more = false;                     ///< The budget ended the frame, and there is more.
    std::size_t events = 0;                ///< Applied in this frame.
    std::size_t transactions = 0;          ///< That they are of.
    std::span<const RequestOutcome> outcomes;
};

/// Which part of the bridge's own events a replay shows.
struct ReplayRequest {
    std::optional<Timestamp> from;  ///< At or after.
    std::optional<Timestamp> until; ///< Before.
    double speed = 1.0;             ///< As PlaybackClock::set_speed.
    bool play = true;
};

struct ReplayStatus {
    enum class State : std::uint8_t { none, loading, paused, playing, following } state = State::none;
    Timestamp position, begin, end;
    double speed = 1.0;
    std::size_t event = 0; ///< How many of its events are in the graph.
    std::size_t events = 0;
    std::size_t snapshot_bytes = 0; ///< Memory of the copies that make going back fast.
};
[[nodiscard]] std::string_view to_string(ReplayStatus::State state) noexcept; ///< The enumerator's name.

class EventBridge {
  public:
    /// Opens the store and, with History::snapshot, loads it, and so may take its time. The Clock must outlive it.
    /// Errors: invalid_argument, invalid_token, invalid_pattern, what open_store() and SubscriptionManager report.
    [[nodiscard]] static Result<EventBridge> open(EventBridgeOptions options, const Clock& clock = system_clock());
    /// On a store of yours, which must outlive the bridge; `options.store` must be empty.
    [[nodiscard]] static Result<EventBridge> open(EventStore& store, EventBridgeOptions options,
                                                  const Clock& clock = system_clock());
    EventBridge(EventBridge&&) noexcept;
    EventBridge& operator=(EventBridge&&) noexcept;
    /// Stops its threads, waiting for the append or read that is at work. What was published and is still queued is
    /// appended first. May be called from any thread, while nobody uses the bridge.
    ~EventBridge();

    /// Makes the calling thread the owner. While another thread is in a call: Errc::wrong_thread.
    [[nodiscard]] Result<> bind_thread();
    /// Succeeds for the owner, which the caller becomes if there is none; else wrong_thread, counted.
    [[nodiscard]] Result<> check_thread() const;

    /// Applies what is there, as far as the budget goes, and never waits for more. Errors: wrong_thread; closed for a
    /// bridge that was moved from; invalid_argument for a budget of no events. A store that fails is no error here: see
    /// status().
    [[nodiscard]] Result<Frame> pump(const FrameBudget& budget = {});

    /// Has the transaction appended, in the order of the calls. Errors: limit_exceeded while max_pending_publishes
    /// wait, wrong_thread. The outcome (conflict, store_full, ...) comes in a frame, under the id.
    [[nodiscard]] Result<RequestId> publish(Transaction transaction, ExpectedHead expected = ExpectedHead::any());
    /// A change that is shown and not recorded, such as a node while it is dragged: it is in the next frame, with
    /// source::Local. The live graph is then no longer what the log says (status stays, save_snapshot() refuses) until
    /// resync(). Errors: unsupported while a replay is shown, limit_exceeded for too many in one frame, wrong_thread.
    [[nodiscard]] Result<> apply_local(const GraphMutation& mutation);
    [[nodiscard]] bool has_local_changes() const noexcept;
    /// Reads the graph anew from its beginning; the next frame is `rebuilt`. Errors: wrong_thread, what subscribe()
    /// reports.
    [[nodiscard]] Result<> resync();

    /// Has the live graph saved for History::snapshot; the outcome comes in a frame. Costs a copy of the graph.
    /// Errors: unsupported with History::none or local changes, limit_exceeded while one is being saved, wrong_thread.
    [[nodiscard]] Result<RequestId> save_snapshot();

    /// Shows a slice that was fetched, from its beginning. A replay that is there ends. Errors: invalid_argument for a
    /// speed that cannot be, limit_exceeded for too many events, wrong_thread.
    [[nodiscard]] Result<> start_transaction_replay(const EventStreamTransaction& transaction, double speed = 1.0);
    /// The same for a slice that events() still has cached. Errors: also not_found.
    [[nodiscard]] Result<> start_transaction_replay(const TransactionId& transaction, double speed = 1.0);
    /// Fetches the bridge's own events in the background, then shows them; the outcome comes in a frame. With
    /// follow_live() the end grows as events come. Errors: as above.
    [[nodiscard]] Result<RequestId> start_replay(const ReplayRequest& request = {});
    /// Back to the live graph. Nothing if there is no replay.
    [[nodiscard]] Result<> end_replay();

    // Controls of the replay that is shown; seeking is at once, and seen in the next frame. Errors of all: not_found
    // without a replay, wrong_thread.
    [[nodiscard]] Result<> play();
    [[nodiscard]] Result<> pause();
    [[nodiscard]] Result<> set_speed(double speed); ///< Also invalid_argument, see PlaybackClock::set_speed.
    [[nodiscard]] Result<> seek(Timestamp time);
    [[nodiscard]] Result<> seek(GlobalSequence sequence);          ///< Also not_found for one outside the replay.
    [[nodiscard]] Result<> seek(const TransactionId& transaction); ///< As above.
    [[nodiscard]] Result<> seek_begin();
    [[nodiscard]] Result<> seek_end();
    [[nodiscard]] Result<> step(std::int64_t transactions);    ///< Back if negative. Pauses.
    [[nodiscard]] Result<> loop(Timestamp from, Timestamp to); ///< Also invalid_argument.
    [[nodiscard]] Result<> clear_loop();
    [[nodiscard]] Result<> follow_live(bool on);
    [[nodiscard]] ReplayStatus replay() const;

    /// The graph that the last frame showed.
    [[nodiscard]] const GraphModel& model() const noexcept;
    /// The live graph, also while a replay is shown.
    [[nodiscard]] const GraphModel& live_model() const noexcept;
    /// Events and mutations of the live graph that could not be applied; the last GraphProjection::max_problems.
    [[nodiscard]] const std::deque<ProjectionProblem>& problems() const noexcept;
    [[nodiscard]] BridgeStatus status() const;
    [[nodiscard]] BridgeStatistics statistics() const;

    /// The store, and slices of it. Both may be used from any thread.
    [[nodiscard]] EventStore& store() noexcept;
    [[nodiscard]] EventStreamService& events() noexcept;

  private:
    class Impl;
    explicit EventBridge(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

} // namespace cim
