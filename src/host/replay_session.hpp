// A replay as a bridge shows it: a Replayer, and what of its graph the host has not seen yet.
#pragma once

#include <cim/event_bridge.hpp>
#include <cim/replayer.hpp>

#include "host/frame_mutations.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace cim::host {

class ReplaySession {
  public:
    /// `grows`: it may follow what comes live.
    ReplaySession(std::vector<DomainEvent> events, GraphMapping mapping, GraphModelOptions model, const Clock& clock,
                  bool grows);

    [[nodiscard]] Replayer& replayer() noexcept { return replayer_; }
    [[nodiscard]] const Replayer& replayer() const noexcept { return replayer_; }
    [[nodiscard]] bool grows() const noexcept { return grows_; }

    /// Notes what a control did.
    void moved(const ReplayUpdate& update) noexcept {
        rebuilt_ |= update.rebuilt;
        applied_ += update.applied;
    }

    struct Shown {
        bool rebuilt = false;
        std::size_t events = 0;
    };
    /// Lets time pass and gives what happened since the last call; mutations only if the graph was not rebuilt.
    Shown show(std::size_t max_events, FrameMutations& frame);

    [[nodiscard]] ReplayStatus status() const;

  private:
    GraphMapping mapping_;
    Replayer replayer_;
    bool grows_;
    bool rebuilt_ = true; // what is shown first is another graph
    std::size_t applied_ = 0;
};

} // namespace cim::host
