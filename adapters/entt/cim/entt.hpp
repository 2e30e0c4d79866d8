// The live graph of a cim::EventBridge in an entt::registry: one line to attach, one a frame.
//
//     entt::registry registry;
//     cim::entt::attach(registry, bridge);
//     while (running) {
//         cim::entt::pump(registry, {.max_time = 2ms});
//         for (auto [entity, node, transform] : registry.view<cim::entt::Node, cim::Transform>().each()) draw(...);
//     }
//
// Nodes and edges are entities (an edge has components of its own, and a graph may have several between two nodes). The
// registry may have other entities, and these may have other components: pump() changes what is named here only. State
// is in registry.ctx(). The bridge must outlive it, and all of it is for the thread that owns both. For EnTT 3.16
// and 4.0.
#pragma once

#include <cim/event_bridge.hpp>
#include <cim/graph_model.hpp>
#include <cim/graph_parts.hpp>

#include <entt/entt.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cim::entt {

/// A node's component, beside cim::Transform.
struct Node {
    NodeIndex index;
    std::string id;
    std::string type;
    Bytes properties; ///< A canonical dag-cbor map; ipld::View::trusted(properties) looks into it.
    ::entt::entity parent{::entt::null};
};

/// An edge's component, on an entity of its own.
struct Edge {
    EdgeIndex index;
    std::string id;
    std::string type;
    Bytes properties;
    ::entt::entity source{::entt::null};
    ::entt::entity target{::entt::null};
};

/// A subgraph's component, on an entity of its own.
struct Subgraph {
    std::string id;
    std::string label;
    bool collapsed = false;
    std::vector<::entt::entity> nodes;
};

/// Set by hosts that move nodes by themselves: pump() leaves the Transform of such an entity alone.
struct Pinned {};

/// In the registry's context: which entity is which element, by index.
struct Mirror {
    EventBridge* bridge = nullptr;
    std::vector<::entt::entity> nodes;
    std::vector<::entt::entity> edges;
    std::vector<::entt::entity> subgraphs;
};

namespace detail {

template <class Index>::entt::entity& at(std::vector<::entt::entity>& entities, Index index) {
    const auto number = static_cast<std::size_t>(index);
    if (number >= entities.size()) entities.resize(number + 1, ::entt::entity{::entt::null});
    return entities[number];
}

inline Bytes copy(ipld::View properties) {
    if (properties.size() == 0) return {};
    const auto bytes = properties.encoded();
    return {bytes.begin(), bytes.end()};
}

inline void put_node(::entt::registry& registry, Mirror& mirror, const GraphModel& model, NodeIndex index) {
    const auto view = model.node(index);
    auto& entity = at(mirror.nodes, index);
    if (entity == ::entt::null) entity = registry.create();
    const auto parent = view.parent ? at(mirror.nodes, *view.parent) : ::entt::entity{::entt::null};
    auto& own = at(mirror.nodes, index); // the parent may have moved the entities
    if (registry.all_of<Node>(own)) {
        auto& node = registry.get<Node>(own);
        node.properties = copy(view.properties);
        node.parent = parent;
    } else {
        registry.emplace<Node>(own, index, std::string(view.id), std::string(view.type), copy(view.properties), parent);
    }
    if (!registry.all_of<Pinned>(own)) registry.emplace_or_replace<Transform>(own, view.transform);
}

inline void put_edge(::entt::registry& registry, Mirror& mirror, const GraphModel& model, EdgeIndex index) {
    const auto view = model.edge(index);
    auto& entity = at(mirror.edges, index);
    if (entity == ::entt::null) entity = registry.create();
    registry.emplace_or_replace<Edge>(entity, index, std::string(view.id), std::string(view.type),
                                      copy(view.properties), at(mirror.nodes, view.source),
                                      at(mirror.nodes, view.target));
}

template <class Index>
void remove(::entt::registry& registry, std::vector<::entt::entity>& entities, const std::vector<Index>& indexes) {
    for (const auto index : indexes) {
        auto& entity = at(entities, index);
        if (registry.valid(entity)) registry.destroy(entity);
        entity = ::entt::null;
    }
}

inline void put_subgraphs(::entt::registry& registry, Mirror& mirror, const GraphModel& model) {
    for (const auto entity : mirror.subgraphs)
        if (registry.valid(entity)) registry.destroy(entity);
    mirror.subgraphs.clear();
    for (const auto& view : model.subgraphs()) {
        const auto entity = registry.create();
        auto& subgraph =
            registry.emplace<Subgraph>(entity, std::string(view.id), std::string(view.label), view.collapsed);
        for (const auto node : view.nodes) subgraph.nodes.push_back(at(mirror.nodes, node));
        mirror.subgraphs.push_back(entity);
    }
}

inline void clear(::entt::registry& registry, std::vector<::entt::entity>& entities) {
    for (const auto entity : entities)
        if (entity != ::entt::null && registry.valid(entity)) registry.destroy(entity);
    entities.clear();
}

inline void rebuild(::entt::registry& registry, Mirror& mirror, const GraphModel& model) {
    clear(registry, mirror.edges);
    clear(registry, mirror.nodes);
    const auto nodes = model.nodes();
    // All entities first: a parent may come after its child.
    for (const auto index : nodes) at(mirror.nodes, index) = registry.create();
    for (const auto index : nodes) put_node(registry, mirror, model, index);
    for (const auto index : model.edges()) put_edge(registry, mirror, model, index);
    put_subgraphs(registry, mirror, model);
}

inline void follow(::entt::registry& registry, Mirror& mirror, const GraphModel& model, const GraphChanges& changes) {
    // Removed ones first: their indexes may be in use again.
    remove(registry, mirror.edges, changes.removed_edge_indexes);
    remove(registry, mirror.nodes, changes.removed_node_indexes);
    for (const auto index : changes.added_nodes) at(mirror.nodes, index) = registry.create();
    for (const auto index : changes.added_nodes) put_node(registry, mirror, model, index);
    for (const auto index : changes.updated_nodes) put_node(registry, mirror, model, index);
    for (const auto index : changes.added_edges) put_edge(registry, mirror, model, index);
    for (const auto index : changes.updated_edges) put_edge(registry, mirror, model, index);
    if (changes.subgraphs_changed) put_subgraphs(registry, mirror, model);
}

} // namespace detail

/// Makes the registry follow the bridge; in place of one that it followed before.
inline void attach(::entt::registry& registry, EventBridge& bridge) {
    auto& mirror = registry.ctx().contains<Mirror>() ? registry.ctx().get<Mirror>() : registry.ctx().emplace<Mirror>();
    mirror.bridge = &bridge;
    detail::rebuild(registry, mirror, bridge.model());
}

/// Destroys the graph's entities and forgets the bridge.
inline void detach(::entt::registry& registry) {
    if (!registry.ctx().contains<Mirror>()) return;
    auto& mirror = registry.ctx().get<Mirror>();
    for (auto* entities : {&mirror.subgraphs, &mirror.edges, &mirror.nodes}) detail::clear(registry, *entities);
    registry.ctx().erase<Mirror>();
}

/// Pumps the bridge and makes the registry's entities what its graph is. With a ::entt::dispatcher in the context, each
/// GraphMutationEvent is triggered, and then the Frame. Errors: as EventBridge::pump; invalid_argument before attach().
inline Result<Frame> pump(::entt::registry& registry, const FrameBudget& budget = {}) {
    if (!registry.ctx().contains<Mirror>())
        return fail(Errc::invalid_argument, "the registry follows no bridge", "attach() one to it");
    auto& mirror = registry.ctx().get<Mirror>();
    auto frame = mirror.bridge->pump(budget);
    if (!frame) return frame;
    if (frame->rebuilt) {
        detail::rebuild(registry, mirror, *frame->model);
    } else {
        detail::follow(registry, mirror, *frame->model, *frame->changes);
    }
    if (registry.ctx().contains<::entt::dispatcher>()) {
        auto& dispatcher = registry.ctx().get<::entt::dispatcher>();
        for (const auto& event : frame->mutations) dispatcher.trigger(GraphMutationEvent(event));
        dispatcher.trigger(Frame(*frame));
    }
    return frame;
}

/// The node's entity; ::entt::null if there is none. O(1).
[[nodiscard]] inline ::entt::entity find_node(const ::entt::registry& registry, std::string_view id) {
    if (!registry.ctx().contains<Mirror>()) return ::entt::null;
    const auto& mirror = registry.ctx().get<Mirror>();
    const auto index = mirror.bridge->model().find_node(id);
    const auto number = index ? static_cast<std::size_t>(*index) : mirror.nodes.size();
    return number < mirror.nodes.size() ? mirror.nodes[number] : ::entt::entity{::entt::null};
}

/// The graph as it is in the components, for state_cid(): equal to that of the log if nothing else changed them. Edges
/// that wait for a node are in no component, and not in it.
[[nodiscard]] inline GraphParts parts(const ::entt::registry& registry) {
    GraphParts parts;
    const auto id_of = [&](::entt::entity entity) {
        return entity == ::entt::null ? std::string() : registry.get<Node>(entity).id;
    };
    for (const auto [entity, node, transform] : registry.view<const Node, const Transform>().each())
        parts.nodes.push_back({node.id, node.type, id_of(node.parent), transform, node.properties});
    for (const auto [entity, edge] : registry.view<const Edge>().each())
        parts.edges.push_back({edge.id, edge.type, id_of(edge.source), id_of(edge.target), edge.properties});
    for (const auto [entity, subgraph] : registry.view<const Subgraph>().each()) {
        auto& part =
            parts.subgraphs.emplace_back(GraphParts::Subgraph{subgraph.id, subgraph.label, subgraph.collapsed, {}});
        for (const auto node : subgraph.nodes) part.nodes.push_back(id_of(node));
    }
    return parts;
}

} // namespace cim::entt
