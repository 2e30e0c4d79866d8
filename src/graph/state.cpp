#include "graph/state.hpp"

#include "base/utf8.hpp"

#include <algorithm>

namespace cim::graph {
namespace {

bool is_id(std::string_view text) noexcept { return !text.empty() && is_valid_utf8(text); }

bool is_map(const std::optional<ipld::View>& properties) noexcept {
    return !properties || properties->is(ipld::Kind::map);
}

ByteView encoded(const std::optional<ipld::View>& properties) noexcept {
    return properties ? properties->encoded() : ByteView(empty_map);
}

} // namespace

Outcome State::apply(const GraphMutation& mutation) {
    const auto outcome = std::visit([&](const auto& each) { return apply(each); }, mutation);
    ++outcomes[static_cast<std::size_t>(outcome)];
    return outcome;
}

std::uint32_t State::type_number(std::string_view type, std::uint32_t& last) {
    if (!types.contains(last) || types.text(last) != type) last = types.find_or_add(TextKey(type));
    return last;
}

Outcome State::apply(const mutation::AddNode& mutation) {
    if (!is_id(mutation.id) || !is_valid_utf8(mutation.type) || !is_map(mutation.properties))
        return Outcome::invalid_value;
    const TextKey id(mutation.id);
    if (const auto node = nodes.ids.find(id); node != none)
        return types.text(nodes.types[node]) == mutation.type ? Outcome::unchanged : Outcome::id_in_use;

    const auto type = type_number(mutation.type, last_node_type_);
    const auto node = nodes.ids.add(id);
    if (node == nodes.types.size()) {
        nodes.types.emplace_back();
        nodes.adjacency.emplace_back();
    }
    nodes.types[node] = type;
    nodes.adjacency[node] = {};
    nodes.properties.add(node, encoded(mutation.properties));
    changes.node_added(node);
    if (waiting.size() > 0) connect_waiting(id);
    return Outcome::applied;
}

Outcome State::apply(const mutation::UpdateNode& mutation) {
    if (!is_map(mutation.updates)) return Outcome::invalid_value;
    const auto node = nodes.ids.find(TextKey(mutation.id));
    if (node == none) return Outcome::unknown_node;
    if (!merge_into(nodes.properties, node, mutation.updates)) return Outcome::unchanged;
    changes.node_updated(node);
    return Outcome::applied;
}

Outcome State::apply(const mutation::RemoveNode& mutation) {
    const TextKey id(mutation.id);
    const auto node = nodes.ids.find(id);
    if (node == none) return Outcome::unknown_node;

    edges.for_each_at(nodes.adjacency[node], [&](std::uint32_t edge) { remove_edge(edge); });
    waiting.for_each_at(id, [&](std::uint32_t edge) { waiting.remove(edge); });
    nodes.extras.for_each_child(node, [&](std::uint32_t child) {
        nodes.extras.set_parent(child, none);
        changes.node_updated(child);
    });
    nodes.extras.set_parent(node, none);
    leave_subgraphs(node);
    nodes.extras.remove(node);
    nodes.properties.remove(node);
    changes.node_removed(node, nodes.ids.text(node));
    nodes.ids.remove(node);
    return Outcome::applied;
}

Outcome State::apply(const mutation::AddEdge& mutation) {
    if (!is_id(mutation.id) || !is_id(mutation.source) || !is_id(mutation.target) || !is_valid_utf8(mutation.type) ||
        !is_map(mutation.properties))
        return Outcome::invalid_value;
    const TextKey id(mutation.id);
    if (const auto edge = edges.ids().find(id); edge != none) {
        const auto [source, target] = edges.ends(edge);
        const bool same = nodes.ids.text(source) == mutation.source && nodes.ids.text(target) == mutation.target &&
                          types.text(edges.type(edge)) == mutation.type;
        return same ? Outcome::unchanged : Outcome::id_in_use;
    }
    if (const auto edge = waiting.ids().find(id); edge != none) {
        const bool same = waiting.source(edge) == mutation.source && waiting.target(edge) == mutation.target &&
                          types.text(waiting.type(edge)) == mutation.type;
        return same ? Outcome::unchanged : Outcome::id_in_use;
    }

    const auto source = nodes.ids.find(TextKey(mutation.source));
    const auto target = nodes.ids.find(TextKey(mutation.target));
    if (source == none || target == none) return add_waiting(mutation, id);
    const auto type = type_number(mutation.type, last_edge_type_);
    changes.edge_added(edges.add(id, type, {source, target}, encoded(mutation.properties), nodes.adjacency));
    return Outcome::applied;
}

Outcome State::add_waiting(const mutation::AddEdge& mutation, const TextKey& id) {
    if (waiting.size() >= options.max_waiting_edges) return Outcome::too_many_waiting;
    waiting.add(id, type_number(mutation.type, last_edge_type_), TextKey(mutation.source), TextKey(mutation.target),
                encoded(mutation.properties));
    return Outcome::waiting;
}

// Edges whose both ends exist now stop waiting.
void State::connect_waiting(const TextKey& node) {
    waiting.for_each_at(node, [&](std::uint32_t edge) {
        const auto source = nodes.ids.find(TextKey(waiting.source(edge)));
        const auto target = nodes.ids.find(TextKey(waiting.target(edge)));
        if (source == none || target == none) return;
        changes.edge_added(edges.add(TextKey(waiting.ids().text(edge)), waiting.type(edge), {source, target},
                                     waiting.properties().encoded(edge), nodes.adjacency));
        waiting.remove(edge);
    });
}

Outcome State::apply(const mutation::UpdateEdge& mutation) {
    if (!is_map(mutation.updates)) return Outcome::invalid_value;
    const TextKey id(mutation.id);
    if (const auto edge = edges.ids().find(id); edge != none) {
        if (!merge_into(edges.properties(), edge, mutation.updates)) return Outcome::unchanged;
        changes.edge_updated(edge);
        return Outcome::applied;
    }
    const auto edge = waiting.ids().find(id);
    if (edge == none) return Outcome::unknown_edge;
    return merge_into(waiting.properties(), edge, mutation.updates) ? Outcome::waiting : Outcome::unchanged;
}

Outcome State::apply(const mutation::RemoveEdge& mutation) {
    const TextKey id(mutation.id);
    if (const auto edge = edges.ids().find(id); edge != none) {
        remove_edge(edge);
        return Outcome::applied;
    }
    const auto edge = waiting.ids().find(id);
    if (edge == none) return Outcome::unknown_edge;
    waiting.remove(edge);
    return Outcome::applied;
}

// False if the properties were so already.
bool State::merge_into(PropertyColumn& column, std::uint32_t number, ipld::View updates) {
    const auto before = column.encoded(number);
    const auto merged = merge_properties(before, updates.encoded(), scratch_);
    if (as_text(merged) == as_text(before)) return false;
    column.replace(number, merged);
    return true;
}

void State::remove_edge(std::uint32_t edge) {
    changes.edge_removed(edge, edges.ids().text(edge));
    edges.remove(edge, nodes.adjacency);
}

std::size_t State::memory_bytes() const noexcept {
    return sizeof(State) + nodes.memory_bytes() + edges.memory_bytes() + waiting.memory_bytes() +
           subgraphs.memory_bytes() + types.memory_bytes() + changes.memory_bytes() + scratch_.capacity();
}

} // namespace cim::graph
