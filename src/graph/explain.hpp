// Why a mutation was refused, as a sentence with its ids in it.
#pragma once

#include <cim/graph_model.hpp>
#include <cim/graph_mutation.hpp>

#include <string>

namespace cim::graph {

/// For an outcome that refused() holds for.
[[nodiscard]] std::string explain(const GraphMutation& mutation, Outcome outcome);

} // namespace cim::graph
