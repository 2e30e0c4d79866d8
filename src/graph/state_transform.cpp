// ApplyTransform: which nodes are meant, and what the operations do to them.

#include "graph/state.hpp"

#include <algorithm>

namespace cim::graph {

State::Nodes State::resolve(std::span<const std::string_view> ids) const {
    std::vector<std::uint32_t> found;
    found.reserve(ids.size());
    for (const auto id : ids) {
        const auto node = nodes.ids.find(TextKey(id));
        if (node == none) return std::unexpected(Outcome::unknown_node);
        found.push_back(node);
    }
    if (found.size() > 1) {
        std::ranges::sort(found, {}, [&](std::uint32_t node) { return nodes.ids.text(node); });
        const auto repeats = std::ranges::unique(found);
        found.erase(repeats.begin(), repeats.end());
    }
    return found;
}

State::Nodes State::targets(const mutation::ApplyTransform& mutation) const {
    using Target = mutation::ApplyTransform;
    if (const auto* node = std::get_if<Target::Node>(&mutation.target)) return resolve({&node->id, 1});
    if (const auto* listed = std::get_if<Target::Nodes>(&mutation.target)) return resolve(listed->ids);

    const auto subgraph = subgraphs.ids.find(TextKey(std::get<Target::Subgraph>(mutation.target).id));
    if (subgraph == none) return std::unexpected(Outcome::unknown_subgraph);
    std::vector<std::uint32_t> members;
    for (const auto node : subgraphs.rows[subgraph].nodes) members.push_back(static_cast<std::uint32_t>(node));
    return members;
}

Outcome State::apply(const mutation::ApplyTransform& mutation) {
    const auto found = targets(mutation);
    if (!found) return found.error();
    if (const auto* reparent = std::get_if<mutation::Reparent>(&mutation.operation))
        return transform(*found, *reparent);
    if (const auto* update = std::get_if<mutation::UpdateProperties>(&mutation.operation))
        return transform(*found, *update);
    if (const auto* translate = std::get_if<mutation::Translate>(&mutation.operation))
        return transform(*found, Motion(*translate));
    if (const auto* scale = std::get_if<mutation::Scale>(&mutation.operation)) return transform(*found, Motion(*scale));
    return transform(*found, Motion(std::get<mutation::Rotate>(mutation.operation)));
}

Outcome State::transform(std::span<const std::uint32_t> targets, const Motion& motion) {
    std::vector<Transform> moved;
    moved.reserve(targets.size());
    for (const auto node : targets) moved.push_back(nodes.extras.transform(node));
    if (!apply_motion(motion, moved)) return Outcome::invalid_number;

    auto outcome = Outcome::unchanged;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        if (moved[i] == nodes.extras.transform(targets[i])) continue;
        nodes.extras.set_transform(targets[i], moved[i]);
        changes.node_updated(targets[i]);
        outcome = Outcome::applied;
    }
    return outcome;
}

Outcome State::transform(std::span<const std::uint32_t> targets, const mutation::Reparent& reparent) {
    auto parent = none;
    if (!reparent.new_parent.empty()) {
        parent = nodes.ids.find(TextKey(reparent.new_parent));
        if (parent == none) return Outcome::unknown_node;
    }
    const auto is_above_parent = [&](std::uint32_t node) { return nodes.extras.is_at_or_below(parent, node); };
    if (parent != none && std::ranges::any_of(targets, is_above_parent)) return Outcome::cycle;

    auto outcome = Outcome::unchanged;
    for (const auto node : targets) {
        if (nodes.extras.parent(node) == parent) continue;
        nodes.extras.set_parent(node, parent);
        changes.node_updated(node);
        outcome = Outcome::applied;
    }
    return outcome;
}

Outcome State::transform(std::span<const std::uint32_t> targets, const mutation::UpdateProperties& update) {
    if (!update.updates.is(ipld::Kind::map)) return Outcome::invalid_value;
    // A copy, because the updates may lie in this model, whose memory moves with the first node.
    const auto encoded = update.updates.encoded();
    const Bytes updates(encoded.begin(), encoded.end());

    auto outcome = Outcome::unchanged;
    for (const auto node : targets) {
        if (!merge_into(nodes.properties, node, ipld::View::trusted(updates))) continue;
        changes.node_updated(node);
        outcome = Outcome::applied;
    }
    return outcome;
}

} // namespace cim::graph
