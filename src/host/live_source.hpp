// The live side of a bridge: a subscription, the graph that its events make, and how far both are.
#pragma once

#include <cim/event_bridge.hpp>
#include <cim/subscription.hpp>

#include "host/live_graph.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>

namespace cim::host {

class LiveSource {
  public:
    struct Setup {
        std::string subject;
        std::string snapshot_name;
        History history = History::all;
        GraphMapping mapping;
        GraphModelOptions model;
        std::size_t buffer_events = 0;
    };
    /// The store and the manager must outlive it.
    LiveSource(EventStore& store, SubscriptionManager& subscriptions, const Clock& clock, Setup setup);

    /// Begins, or begins anew. Errors: what subscribe() reports, and the store where the snapshot is kept.
    [[nodiscard]] Result<> start();

    struct Pulled {
        std::size_t events = 0;
        std::size_t transactions = 0;
        bool more = false;
    };
    /// Applies whole transactions until the budget or what is there ends; `seen` is shown what was applied. `until`:
    /// when the time of the budget is over, on the clock.
    Pulled pull(std::size_t max_events, Duration until, FrameMutations* frame,
                const std::function<void(std::span<const DomainEvent>)>& seen);

    [[nodiscard]] LiveGraph& graph() noexcept { return graph_; }
    [[nodiscard]] const LiveGraph& graph() const noexcept { return graph_; }
    [[nodiscard]] const Setup& setup() const noexcept { return setup_; }
    [[nodiscard]] BridgeStatus status() const;
    [[nodiscard]] std::size_t high_water() const;

  private:
    [[nodiscard]] std::optional<GraphSnapshot> usable_snapshot();
    [[nodiscard]] bool fill();
    [[nodiscard]] std::size_t whole_transactions(std::size_t most) const noexcept;

    EventStore& store_;
    SubscriptionManager& subscriptions_;
    const Clock& clock_;
    Setup setup_;

    LiveGraph graph_;
    SubscriptionId id_;
    SubscriptionBatch batch_;
    std::size_t next_ = 0; // of batch_, the first that is not applied
    std::optional<Error> failure_;
    std::optional<Error> snapshot_error_;
    GlobalSequence started_after_;
};

} // namespace cim::host
