// Replay: a recorded history played into a graph, at any speed, in either direction.
//
// The history is a list of verified events, for example EventStreamTransaction::events; it can grow at its end while it
// is played (follow live). A stored transaction is applied whole: between calls the graph stands at the end of one,
// unless a step by event put it inside. Event times need not grow: playback time is the latest time so far, so an event
// appears when all before it have. Going back uses in-memory copies of the graph, bounded in number and bytes.
//
//     cim::Replayer replay{batch.events, cim::GraphMapping::builtin(), clock};
//     replay.set_speed(2.0); replay.play();
//     while (rendering) draw(replay.tick(), replay.model());
#pragma once

#include <cim/event.hpp>
#include <cim/graph_mapping.hpp>
#include <cim/graph_model.hpp>
#include <cim/graph_projection.hpp>
#include <cim/playback.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace cim {

struct ReplayOptions {
    /// Most memory for the copies that make going back fast, in bytes; at least one copy is always kept.
    std::size_t snapshot_bytes = 512u << 20;
    /// Events between two copies to start with, at least 1; grows when memory runs out.
    std::size_t snapshot_interval = 16'384;
    /// Whether model().take_changes() tells what changed. Set here and not at the model, which is another one each time
    /// the graph is set back.
    bool track_changes = false;
    GraphModelOptions model{};
};

/// What a call did to the graph.
struct ReplayUpdate {
    std::size_t first = 0;   ///< Index of the first event applied by going forward...
    std::size_t applied = 0; ///< ...and how many; 0 if the graph was rebuilt.
    /// The graph was set back or put somewhere else: redraw it from the model rather than from changes, of which there
    /// are none then.
    bool rebuilt = false;
    Timestamp position{}; ///< Playback time.
};

enum class StepUnit : std::uint8_t { event, transaction };

/// Not for use by several threads at once. The Clock must outlive it.
class Replayer {
  public:
    Replayer(std::vector<DomainEvent> events, GraphMapping mapping, const Clock& clock = system_clock(),
             ReplayOptions options = {});
    ~Replayer();
    Replayer(Replayer&&) noexcept;
    Replayer& operator=(Replayer&&) noexcept;

    /// Lets time pass and applies what became due, whole transactions at a time, at most about `max_events` (never less
    /// than one transaction); the rest becomes due again in the next tick. Going back takes no notice of the bound: it
    /// costs a copy of the graph and the events since the copy was made.
    ReplayUpdate tick(std::size_t max_events = SIZE_MAX);

    void play() noexcept;
    void pause() noexcept;
    [[nodiscard]] Result<> set_speed(double speed); ///< As PlaybackClock::set_speed.
    [[nodiscard]] Result<> loop(Timestamp from, Timestamp to);
    void clear_loop() noexcept;
    void follow_live(bool on) noexcept;

    // Seeking ends following, and playing goes on from there.

    /// To the state as of that time: every transaction that had happened by then.
    ReplayUpdate seek(Timestamp time);
    /// To right after that event's transaction. Errors: not_found for a sequence outside this history.
    [[nodiscard]] Result<ReplayUpdate> seek(GlobalSequence sequence);
    /// To right after that transaction. Errors: not_found.
    [[nodiscard]] Result<ReplayUpdate> seek(const TransactionId& transaction);
    ReplayUpdate seek_begin(); ///< The empty graph, before the first event.
    ReplayUpdate seek_end();
    /// Forward if positive, back if negative; stops at the ends. Pauses.
    ReplayUpdate step(std::int64_t count, StepUnit unit = StepUnit::transaction);

    /// Adds what has happened since; events must continue the history. Those that it has already are left out, so a
    /// feed may start anywhere in it.
    void append(std::span<const DomainEvent> events);

    [[nodiscard]] const PlaybackClock& clock() const noexcept;
    [[nodiscard]] const GraphModel& model() const noexcept;
    [[nodiscard]] GraphModel& model() noexcept; ///< For take_changes().
    [[nodiscard]] const GraphProjection& projection() const noexcept;
    [[nodiscard]] std::span<const DomainEvent> events() const noexcept;
    /// How many events of the history are in the graph.
    [[nodiscard]] std::size_t position() const noexcept;
    [[nodiscard]] std::size_t snapshot_count() const noexcept;
    [[nodiscard]] std::size_t snapshot_memory() const noexcept; ///< Bytes.

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace cim
