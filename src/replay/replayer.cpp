#include <cim/replayer.hpp>

#include "replay/snapshots.hpp"
#include "replay/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace cim {

namespace {

// How many events are applied in no time that anybody would see: what lies closer to a copy needs no closer one.
constexpr std::size_t short_way = 1024;

} // namespace

struct Replayer::State {
    State(std::vector<DomainEvent> history, GraphMapping graph_mapping, const Clock& outer_clock,
          ReplayOptions replay_options)
        : events(std::move(history)),
          mapping(std::move(graph_mapping)),
          wall(&outer_clock),
          options(replay_options),
          clock({}, {}, outer_clock),
          current(mapping, options.model),
          snapshots(options.snapshot_bytes, options.snapshot_interval) {
        current.model().track_changes(options.track_changes);
        timeline.extend(events);
        if (!timeline.empty()) clock = PlaybackClock(timeline.begin(), timeline.end(), outer_clock);
        settled = clock.position();
    }

    // Invariant: `current` is what the first `position` events make, whatever way it came there.
    std::vector<DomainEvent> events;
    replay::Timeline timeline;
    GraphMapping mapping;
    const Clock* wall;
    ReplayOptions options;
    PlaybackClock clock;
    GraphProjection current;
    std::size_t position = 0;
    replay::Snapshots snapshots;
    // The playback time for which the graph stands where it should. A place that was asked for by sequence or step need
    // not be the last of its time, so the time alone does not say where the graph belongs.
    std::optional<Timestamp> settled;
    bool went_back = false; // the last move that was one went back

    // Whether to leave out events that nobody wants to see one by one, where a copy lies ahead.
    enum class Way : std::uint8_t { every_event, any };

    ReplayUpdate move_to(std::size_t target, Way way) {
        const auto from = position;
        const auto base = snapshots.at_or_before(target);
        const bool back = target < position;
        const bool jump =
            way == Way::any && base != snapshots.end() && base->first > position + snapshots.interval() / 2;
        if (back || jump) {
            restore(base);
            // Who goes back twice, or round a loop, will go back again: a copy halfway makes the next time shorter.
            if (back && (went_back || clock.loop_range()) && target - position > short_way) {
                apply_until(position + (target - position) / 2);
                snapshots.keep_near(position, current);
            }
        }
        apply_until(target);
        if (target != from) went_back = back;
        if (!back && !jump) return {from, position - from, false, clock.position()};
        current.model().track_changes(options.track_changes);
        return {position, 0, true, clock.position()};
    }

    void restore(replay::Snapshots::Copies::const_iterator base) {
        if (base == snapshots.end()) {
            current = GraphProjection(mapping, options.model);
            position = 0;
        } else {
            current = base->second.projection;
            position = base->first;
        }
    }

    void apply_until(std::size_t target) {
        while (position < target) {
            const auto regular = snapshots.next_regular(position);
            const auto stop = std::min(target, regular);
            current.apply(std::span(events).subspan(position, stop - position));
            position = stop;
            if (position == regular) snapshots.keep_regular(position, current, events.size());
        }
    }

    // Puts graph and clock where somebody asked, which the next tick leaves as it is.
    ReplayUpdate go(std::size_t target, Way way) {
        if (!timeline.empty()) clock.seek(timeline.time_at(target));
        settled = clock.position();
        return move_to(target, way);
    }

    ReplayUpdate tick(std::size_t max_events) {
        const auto now = clock.tick();
        if (settled == now) return {position, 0, false, now};
        auto target = timeline.position_at(now);
        const auto reachable = timeline.at_most(position, max_events);
        settled = now;
        if (target > reachable) {
            target = reachable;
            settled.reset();
        }
        return move_to(target, Way::every_event);
    }

    void append(std::span<const DomainEvent> more) {
        if (!events.empty()) {
            const auto last = events.back().sequence();
            more = more.subspan(static_cast<std::size_t>(
                std::ranges::find_if(more, [&](const DomainEvent& event) { return event.sequence() > last; }) -
                more.begin()));
        }
        if (more.empty()) return;
        const bool first = events.empty();
        events.insert(events.end(), more.begin(), more.end());
        timeline.extend(events);
        if (first) start_clock();
        clock.extend(timeline.end());
        if (clock.following_live()) settled.reset();
    }

    // An empty history has no times: only now is known where it begins. The controls stay as they were set.
    void start_clock() {
        const auto old = std::exchange(clock, PlaybackClock(timeline.begin(), timeline.begin(), *wall));
        (void)clock.set_speed(old.speed()); // Was accepted before, as the loop was.
        if (const auto range = old.loop_range()) (void)clock.loop(range->first, range->second);
        if (old.playing()) clock.play();
        if (old.following_live()) clock.follow_live(true);
        settled = clock.position();
    }
};

Replayer::Replayer(std::vector<DomainEvent> events, GraphMapping mapping, const Clock& clock, ReplayOptions options)
    : state_(std::make_unique<State>(std::move(events), std::move(mapping), clock, options)) {}

Replayer::~Replayer() = default;
Replayer::Replayer(Replayer&&) noexcept = default;
Replayer& Replayer::operator=(Replayer&&) noexcept = default;

ReplayUpdate Replayer::tick(std::size_t max_events) { return state_->tick(max_events); }

void Replayer::play() noexcept { state_->clock.play(); }
void Replayer::pause() noexcept { state_->clock.pause(); }
Result<> Replayer::set_speed(double speed) { return state_->clock.set_speed(speed); }
Result<> Replayer::loop(Timestamp from, Timestamp to) { return state_->clock.loop(from, to); }
void Replayer::clear_loop() noexcept { state_->clock.clear_loop(); }

void Replayer::follow_live(bool on) noexcept {
    state_->clock.follow_live(on);
    if (on) state_->settled.reset();
}

ReplayUpdate Replayer::seek(Timestamp time) {
    state_->clock.seek(time);
    state_->settled = state_->clock.position();
    return state_->move_to(state_->timeline.position_at(time), State::Way::any);
}

Result<ReplayUpdate> Replayer::seek(GlobalSequence sequence) {
    const auto& events = state_->events;
    const auto found = std::ranges::lower_bound(events, sequence, {}, &DomainEvent::sequence);
    if (found == events.end() || found->sequence() != sequence)
        return fail(Errc::not_found, fmt::format("event {} of the log is not in this history", sequence.value()), {},
                    {{"sequence", std::to_string(sequence.value())}});
    const auto event = static_cast<std::size_t>(found - events.begin());
    return state_->go(state_->timeline.end_of_transaction(event), State::Way::any);
}

Result<ReplayUpdate> Replayer::seek(const TransactionId& transaction) {
    const auto& events = state_->events;
    const auto found = std::ranges::find(events, std::string_view(transaction.str()), &DomainEvent::transaction_id);
    if (found == events.end())
        return fail(Errc::not_found, fmt::format("transaction '{}' is not in this history", transaction.str()), {},
                    {{"transaction", transaction.str()}});
    const auto event = static_cast<std::size_t>(found - events.begin());
    return state_->go(state_->timeline.end_of_transaction(event), State::Way::any);
}

ReplayUpdate Replayer::seek_begin() { return state_->go(0, State::Way::any); }
ReplayUpdate Replayer::seek_end() { return state_->go(state_->events.size(), State::Way::any); }

ReplayUpdate Replayer::step(std::int64_t count, StepUnit unit) {
    state_->clock.pause();
    auto target = state_->position;
    if (unit == StepUnit::transaction) {
        target = state_->timeline.step(target, count);
    } else if (count >= 0) {
        target += std::min<std::size_t>(static_cast<std::size_t>(count), state_->events.size() - target);
    } else {
        // ~count is -1 - count, which also the most negative number has.
        target -= std::min<std::size_t>(static_cast<std::size_t>(~count) + 1, target);
    }
    return state_->go(target, State::Way::every_event);
}

void Replayer::append(std::span<const DomainEvent> events) { state_->append(events); }

const PlaybackClock& Replayer::clock() const noexcept { return state_->clock; }
const GraphModel& Replayer::model() const noexcept { return state_->current.model(); }
GraphModel& Replayer::model() noexcept { return state_->current.model(); }
const GraphProjection& Replayer::projection() const noexcept { return state_->current; }
std::span<const DomainEvent> Replayer::events() const noexcept { return state_->events; }
std::size_t Replayer::position() const noexcept { return state_->position; }
std::size_t Replayer::snapshot_count() const noexcept { return state_->snapshots.count(); }
std::size_t Replayer::snapshot_memory() const noexcept { return state_->snapshots.bytes(); }

} // namespace cim
