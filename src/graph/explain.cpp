#include "graph/explain.hpp"

#include "base/printable.hpp"

#include <fmt/format.h>

namespace cim::graph {
namespace {

using Target = mutation::ApplyTransform;

template <class... F> struct Overloaded : F... {
    using F::operator()...;
};
template <class... F> Overloaded(F...) -> Overloaded<F...>;

std::string quoted(std::string_view id) { return "'" + printable(id) + "'"; }

std::string quoted(std::span<const std::string_view> ids) {
    constexpr std::size_t shown = 5;
    std::string list;
    for (std::size_t i = 0; i < ids.size() && i < shown; ++i) list += (i == 0 ? "" : ", ") + quoted(ids[i]);
    return ids.size() > shown ? fmt::format("{} and {} more", list, ids.size() - shown) : list;
}

std::string describe_operation(const Target& transform) {
    return std::visit(Overloaded{[](const mutation::Translate&) { return std::string("Translate"); },
                                 [](const mutation::Scale&) { return std::string("Scale"); },
                                 [](const mutation::Rotate&) { return std::string("Rotate"); },
                                 [](const mutation::Reparent& m) {
                                     return m.new_parent.empty() ? std::string("Reparent to no parent")
                                                                 : "Reparent to " + quoted(m.new_parent);
                                 },
                                 [](const mutation::UpdateProperties&) { return std::string("UpdateProperties"); }},
                      transform.operation);
}

std::string describe_target(const Target& transform) {
    return std::visit(Overloaded{[](const Target::Node& m) { return "node " + quoted(m.id); },
                                 [](const Target::Nodes& m) { return "nodes " + quoted(m.ids); },
                                 [](const Target::Subgraph& m) { return "subgraph " + quoted(m.id); }},
                      transform.target);
}

std::string describe(const GraphMutation& mutation) {
    return std::visit(Overloaded{[](const mutation::AddNode& m) {
                                     return fmt::format("AddNode {} of type {}", quoted(m.id), quoted(m.type));
                                 },
                                 [](const mutation::UpdateNode& m) { return "UpdateNode " + quoted(m.id); },
                                 [](const mutation::RemoveNode& m) { return "RemoveNode " + quoted(m.id); },
                                 [](const mutation::AddEdge& m) {
                                     return fmt::format("AddEdge {} of type {} from {} to {}", quoted(m.id),
                                                        quoted(m.type), quoted(m.source), quoted(m.target));
                                 },
                                 [](const mutation::UpdateEdge& m) { return "UpdateEdge " + quoted(m.id); },
                                 [](const mutation::RemoveEdge& m) { return "RemoveEdge " + quoted(m.id); },
                                 [](const Target& m) { return describe_operation(m) + " of " + describe_target(m); },
                                 [](const mutation::CreateSubgraph& m) {
                                     return fmt::format("CreateSubgraph {} labelled {} of {}", quoted(m.id),
                                                        quoted(m.label), quoted(m.nodes));
                                 },
                                 [](const mutation::AddToSubgraph& m) {
                                     return fmt::format("AddToSubgraph {} of {}", quoted(m.id), quoted(m.nodes));
                                 },
                                 [](const mutation::RemoveFromSubgraph& m) {
                                     return fmt::format("RemoveFromSubgraph {} of {}", quoted(m.id), quoted(m.nodes));
                                 },
                                 [](const mutation::CollapseSubgraph& m) { return "CollapseSubgraph " + quoted(m.id); },
                                 [](const mutation::ExpandSubgraph& m) { return "ExpandSubgraph " + quoted(m.id); }},
                      mutation);
}

std::string_view reason(Outcome outcome) noexcept {
    switch (outcome) {
    case Outcome::unknown_node: return "there is no such node";
    case Outcome::unknown_edge: return "there is no such edge";
    case Outcome::unknown_subgraph: return "there is no such subgraph";
    case Outcome::id_in_use: return "the id is in use for something else";
    case Outcome::cycle: return "the new parent is that node or below it";
    case Outcome::invalid_number: return "a number is not finite, or the result is out of range";
    case Outcome::too_many_waiting: return "an end is missing, and no more edges may wait";
    case Outcome::invalid_value: return "an id is empty, a text is not UTF-8, or properties are no map";
    default: return to_string(outcome);
    }
}

} // namespace

std::string explain(const GraphMutation& mutation, Outcome outcome) {
    return fmt::format("{}: {}", describe(mutation), reason(outcome));
}

} // namespace cim::graph
