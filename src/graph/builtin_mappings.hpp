// The mapping files that GraphMapping::builtin() is made of. They are ordinary ones (docs/formats/mapping.md).
#pragma once

#include <string_view>

namespace cim::graph {

/// The general graph events: NodeCreated, EdgeConnected, SubgraphCreated and their kin.
extern const std::string_view seed_events_mapping;
/// The events of `cim import git` (docs/formats/git-events.md).
extern const std::string_view git_events_mapping;

} // namespace cim::graph
