// What the mapping of one event type does, compiled from a mapping file.
#pragma once

#include <cim/error.hpp>
#include <cim/event.hpp>
#include <cim/graph_mutation.hpp>

#include "graph/mapping_fields.hpp"
#include "graph/mapping_template.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cim::graph {

/// The mutations of graph_mutation.hpp with templates in the place of values.
namespace action {
struct AddNode {
    TextTemplate id, type;
    std::optional<ValueTemplate> properties;
};
struct UpdateNode {
    TextTemplate id;
    ValueTemplate updates;
};
struct RemoveNode {
    TextTemplate id;
};
struct AddEdge {
    TextTemplate id, source, target, type;
    std::optional<ValueTemplate> properties;
};
struct UpdateEdge {
    TextTemplate id;
    ValueTemplate updates;
};
struct RemoveEdge {
    TextTemplate id;
};
struct Transform {
    ValueTemplate target, operation;
};
struct CreateSubgraph {
    TextTemplate id, label;
    std::optional<ValueTemplate> nodes;
};
struct AddToSubgraph {
    TextTemplate id;
    ValueTemplate nodes;
};
struct RemoveFromSubgraph {
    TextTemplate id;
    ValueTemplate nodes;
};
struct CollapseSubgraph {
    TextTemplate id;
};
struct ExpandSubgraph {
    TextTemplate id;
};
} // namespace action

using Action =
    std::variant<action::AddNode, action::UpdateNode, action::RemoveNode, action::AddEdge, action::UpdateEdge,
                 action::RemoveEdge, action::Transform, action::CreateSubgraph, action::AddToSubgraph,
                 action::RemoveFromSubgraph, action::CollapseSubgraph, action::ExpandSubgraph>;

struct ProgramEntry {
    std::optional<Placeholder> if_present; ///< Skipped where that field is absent or null.
    std::optional<Placeholder> for_each;   ///< Once for every item of that list.
    Action action;
};

struct Program {
    FieldSet fields;
    std::vector<ProgramEntry> entries;

    /// Appends the event's mutations. Errors: invalid_input saying which field is missing or wrong.
    [[nodiscard]] Result<> run(const DomainEvent& event, MutationList& out) const;
};

} // namespace cim::graph
