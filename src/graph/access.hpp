// The inside of a GraphModel, for the snapshot.
#pragma once

#include <cim/graph_model.hpp>

#include "graph/state.hpp"

namespace cim::graph {

struct Access {
    [[nodiscard]] static const State& state(const GraphModel& model) noexcept { return *model.state_; }
    [[nodiscard]] static State& state(GraphModel& model) noexcept { return *model.state_; }
};

} // namespace cim::graph
