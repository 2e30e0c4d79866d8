// Subgraphs: creating, filling, emptying, collapsing.

#include "base/utf8.hpp"
#include "graph/state.hpp"

#include <algorithm>
#include <iterator>

namespace cim::graph {

Outcome State::apply(const mutation::CreateSubgraph& mutation) {
    if (mutation.id.empty() || !is_valid_utf8(mutation.id) || !is_valid_utf8(mutation.label))
        return Outcome::invalid_value;
    const TextKey id(mutation.id);
    if (const auto subgraph = subgraphs.ids.find(id); subgraph != none)
        return subgraphs.rows[subgraph].label == mutation.label ? Outcome::unchanged : Outcome::id_in_use;
    const auto members = resolve(mutation.nodes);
    if (!members) return members.error();

    const auto subgraph = subgraphs.ids.add(id);
    subgraphs.rows.push_back({.label = std::string(mutation.label), .collapsed = false, .nodes = {}});
    join(subgraph, *members);
    changes.subgraphs_changed();
    return Outcome::applied;
}

Outcome State::apply(const mutation::AddToSubgraph& mutation) {
    const auto subgraph = subgraphs.ids.find(TextKey(mutation.id));
    if (subgraph == none) return Outcome::unknown_subgraph;
    auto found = resolve(mutation.nodes);
    if (!found) return found.error();

    const auto& members = subgraphs.rows[subgraph].nodes;
    const auto by_id = [&](NodeIndex node) { return nodes.ids.text(static_cast<std::uint32_t>(node)); };
    std::erase_if(*found, [&](std::uint32_t node) {
        return std::ranges::binary_search(members, nodes.ids.text(node), {}, by_id);
    });
    if (found->empty()) return Outcome::unchanged;
    join(subgraph, *found);
    changes.subgraphs_changed();
    return Outcome::applied;
}

Outcome State::apply(const mutation::RemoveFromSubgraph& mutation) {
    const auto subgraph = subgraphs.ids.find(TextKey(mutation.id));
    if (subgraph == none) return Outcome::unknown_subgraph;
    const auto leaving = resolve(mutation.nodes);
    if (!leaving) return leaving.error();

    // Both lists are in the order of their ids.
    auto next = leaving->begin();
    const auto gone = std::erase_if(subgraphs.rows[subgraph].nodes, [&](NodeIndex member) {
        const auto id = nodes.ids.text(static_cast<std::uint32_t>(member));
        while (next != leaving->end() && nodes.ids.text(*next) < id) ++next;
        if (next == leaving->end() || *next != static_cast<std::uint32_t>(member)) return false;
        nodes.extras.leave(*next, subgraph);
        return true;
    });
    if (gone == 0) return Outcome::unchanged;
    changes.subgraphs_changed();
    return Outcome::applied;
}

Outcome State::apply(const mutation::CollapseSubgraph& mutation) { return set_collapsed(mutation.id, true); }
Outcome State::apply(const mutation::ExpandSubgraph& mutation) { return set_collapsed(mutation.id, false); }

Outcome State::set_collapsed(std::string_view id, bool collapsed) {
    const auto subgraph = subgraphs.ids.find(TextKey(id));
    if (subgraph == none) return Outcome::unknown_subgraph;
    if (subgraphs.rows[subgraph].collapsed == collapsed) return Outcome::unchanged;
    subgraphs.rows[subgraph].collapsed = collapsed;
    changes.subgraphs_changed();
    return Outcome::applied;
}

// Adds nodes that are not members yet; they come, and stay, in the order of their ids.
void State::join(std::uint32_t subgraph, std::span<const std::uint32_t> joining) {
    auto& members = subgraphs.rows[subgraph].nodes;
    const auto middle = static_cast<std::ptrdiff_t>(members.size());
    for (const auto node : joining) {
        members.push_back(NodeIndex{node});
        nodes.extras.join(node, subgraph);
    }
    std::ranges::inplace_merge(members, members.begin() + middle, {},
                               [&](NodeIndex node) { return nodes.ids.text(static_cast<std::uint32_t>(node)); });
}

// For a node that is about to be removed.
void State::leave_subgraphs(std::uint32_t node) {
    nodes.extras.for_each_subgraph(node, [&](std::uint32_t subgraph) {
        auto& members = subgraphs.rows[subgraph].nodes;
        members.erase(std::ranges::lower_bound(members, nodes.ids.text(node), {}, [&](NodeIndex member) {
            return nodes.ids.text(static_cast<std::uint32_t>(member));
        }));
        changes.subgraphs_changed();
    });
}

} // namespace cim::graph
