#include "host/replay_session.hpp"

#include <utility>

namespace cim::host {

ReplaySession::ReplaySession(std::vector<DomainEvent> events, GraphMapping mapping, GraphModelOptions model,
                             const Clock& clock, bool grows)
    : mapping_(mapping),
      replayer_(std::move(events), std::move(mapping), clock, {.track_changes = true, .model = model}),
      grows_(grows) {}

ReplaySession::Shown ReplaySession::show(std::size_t max_events, FrameMutations& frame) {
    const auto controlled = applied_;
    moved(replayer_.tick(max_events > controlled ? max_events - controlled : 1));
    const Shown shown{std::exchange(rebuilt_, false), std::exchange(applied_, 0)};
    if (shown.rebuilt) return shown;
    // The model took them already; what they were is found out once more, because only this session wants to tell.
    const auto position = replayer_.position();
    for (const auto& event : replayer_.events().subspan(position - shown.events, shown.events)) {
        auto& texts = frame.scratch();
        texts.truncate(0);
        if (!mapping_.map(event, texts)) continue; // the Replayer's projection has counted it
        for (const auto& mutation : texts.mutations()) frame.add(event, true, mutation, Outcome::applied);
    }
    return shown;
}

ReplayStatus ReplaySession::status() const {
    const auto& clock = replayer_.clock();
    using State = ReplayStatus::State;
    return {.state = clock.following_live() ? State::following
                     : clock.playing()      ? State::playing
                                            : State::paused,
            .position = clock.position(),
            .begin = clock.begin(),
            .end = clock.end(),
            .speed = clock.speed(),
            .event = replayer_.position(),
            .events = replayer_.events().size(),
            .snapshot_bytes = replayer_.snapshot_memory()};
}

} // namespace cim::host
