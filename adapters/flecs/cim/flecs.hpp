// The live graph of a cim::EventBridge in a flecs::world: a module, and a bridge given to it.
//
//     flecs::world world;
//     world.import<cim::flecs::Module>();
//     cim::flecs::attach(world, bridge);
//     while (world.progress()) {}                       // a system in OnLoad pumps
//     world.each([](const cim::flecs::Node& node, const cim::Transform& transform) { draw(...); });
//
// Nodes and edges are entities: edges as pairs would make a table of each, which costs thirty times the time and
// fifteen times the memory. Entities have no names (ids are in the components; find_node() finds by id in O(1)). The
// budget of a frame is the singleton FrameBudget, what it brought the singleton LastFrame. The bridge must outlive the
// world or be detached. For flecs 4.1.
#pragma once

#include <cim/event_bridge.hpp>
#include <cim/graph_model.hpp>
#include <cim/graph_parts.hpp>

#include <flecs.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cim::flecs {

/// A node's component, beside cim::Transform.
struct Node {
    NodeIndex index{};
    std::string id;
    std::string type;
    Bytes properties; ///< A canonical dag-cbor map; ipld::View::trusted(properties) looks into it.
    ::flecs::entity_t parent = 0;
};
/// An edge's component, on an entity of its own.
struct Edge {
    EdgeIndex index{};
    std::string id;
    std::string type;
    Bytes properties;
    ::flecs::entity_t source = 0;
    ::flecs::entity_t target = 0;
};
/// A subgraph's component, on an entity of its own.
struct Subgraph {
    std::string id;
    std::string label;
    bool collapsed = false;
    std::vector<::flecs::entity_t> nodes;
};

/// Singleton: which entity is which element, by index; 0 for none.
struct Mirror {
    EventBridge* bridge = nullptr;
    std::vector<::flecs::entity_t> nodes;
    std::vector<::flecs::entity_t> edges;
    std::vector<::flecs::entity_t> subgraphs;
};
/// Singleton: what the last pump gave.
struct LastFrame {
    std::size_t events = 0;
    std::size_t mutations = 0;
    bool rebuilt = false;
    bool more = false;
    std::optional<Error> error;
};

namespace detail {

template <class Index>::flecs::entity_t& at(std::vector<::flecs::entity_t>& entities, Index index) {
    const auto number = static_cast<std::size_t>(index);
    if (number >= entities.size()) entities.resize(number + 1, 0);
    return entities[number];
}

inline Bytes copy(ipld::View properties) {
    if (properties.size() == 0) return {};
    const auto bytes = properties.encoded();
    return {bytes.begin(), bytes.end()};
}

inline void put_node(::flecs::world& world, Mirror& mirror, const GraphModel& model, NodeIndex index) {
    const auto view = model.node(index);
    const auto parent = view.parent ? at(mirror.nodes, *view.parent) : 0;
    world.entity(at(mirror.nodes, index))
        .set<Node>({index, std::string(view.id), std::string(view.type), copy(view.properties), parent})
        .set<Transform>(view.transform);
}

inline void put_edge(::flecs::world& world, Mirror& mirror, const GraphModel& model, EdgeIndex index) {
    const auto view = model.edge(index);
    auto& entity = at(mirror.edges, index);
    if (entity == 0) entity = world.entity().id();
    world.entity(entity).set<Edge>({index, std::string(view.id), std::string(view.type), copy(view.properties),
                                    at(mirror.nodes, view.source), at(mirror.nodes, view.target)});
}

inline void clear(::flecs::world& world, std::vector<::flecs::entity_t>& entities) {
    for (const auto entity : entities)
        if (entity != 0 && world.is_alive(entity)) world.entity(entity).destruct();
    entities.clear();
}

template <class Index>
void remove(::flecs::world& world, std::vector<::flecs::entity_t>& entities, const std::vector<Index>& indexes) {
    for (const auto index : indexes) {
        auto& entity = at(entities, index);
        if (entity != 0 && world.is_alive(entity)) world.entity(entity).destruct();
        entity = 0;
    }
}

inline void put_subgraphs(::flecs::world& world, Mirror& mirror, const GraphModel& model) {
    clear(world, mirror.subgraphs);
    for (const auto& view : model.subgraphs()) {
        Subgraph subgraph{std::string(view.id), std::string(view.label), view.collapsed, {}};
        for (const auto node : view.nodes) subgraph.nodes.push_back(at(mirror.nodes, node));
        mirror.subgraphs.push_back(world.entity().set<Subgraph>(std::move(subgraph)).id());
    }
}

inline void rebuild(::flecs::world& world, Mirror& mirror, const GraphModel& model) {
    clear(world, mirror.edges);
    clear(world, mirror.nodes);
    const auto nodes = model.nodes();
    for (const auto index : nodes) at(mirror.nodes, index) = world.entity().id();
    for (const auto index : nodes) put_node(world, mirror, model, index);
    for (const auto index : model.edges()) put_edge(world, mirror, model, index);
    put_subgraphs(world, mirror, model);
}

inline void follow(::flecs::world& world, Mirror& mirror, const GraphModel& model, const GraphChanges& changes) {
    // Removed ones first: their indexes may be in use again.
    remove(world, mirror.edges, changes.removed_edge_indexes);
    remove(world, mirror.nodes, changes.removed_node_indexes);
    for (const auto index : changes.added_nodes) at(mirror.nodes, index) = world.entity().id();
    for (const auto index : changes.added_nodes) put_node(world, mirror, model, index);
    for (const auto index : changes.updated_nodes) put_node(world, mirror, model, index);
    for (const auto index : changes.added_edges) put_edge(world, mirror, model, index);
    for (const auto index : changes.updated_edges) put_edge(world, mirror, model, index);
    if (changes.subgraphs_changed) put_subgraphs(world, mirror, model);
}

} // namespace detail

/// Pumps the bridge and makes the world's entities what its graph is; the module's system does it each frame. Not while
/// the world is deferred. Errors: as EventBridge::pump; invalid_argument before attach().
inline Result<Frame> pump(::flecs::world& world) {
    // A copy of the pointer only: the lists would be costly to copy, and setting components moves no singleton.
    auto& mirror = world.get_mut<Mirror>();
    if (mirror.bridge == nullptr)
        return fail(Errc::invalid_argument, "the world follows no bridge", "attach() one to it");
    auto frame = mirror.bridge->pump(world.get<FrameBudget>());
    if (!frame) {
        world.set<LastFrame>({.error = frame.error()});
        return frame;
    }
    if (frame->rebuilt) {
        detail::rebuild(world, mirror, *frame->model);
    } else {
        detail::follow(world, mirror, *frame->model, *frame->changes);
    }
    world.set<LastFrame>({frame->events, frame->mutations.size(), frame->rebuilt, frame->more, std::nullopt});
    return frame;
}

/// Components, singletons and the system.
struct Module {
    explicit Module(::flecs::world& world) {
        world.module<Module>();
        world.component<Node>();
        world.component<Edge>();
        world.component<Subgraph>();
        // For the explorer, which shows what it knows the members of.
        world.component<Transform>()
            .member<float>("translation", 3)
            .member<float>("rotation", 4)
            .member<float>("scale", 3);
        world.component<Mirror>().add(::flecs::Singleton);
        world.component<LastFrame>().add(::flecs::Singleton);
        world.component<FrameBudget>().add(::flecs::Singleton);
        world.set<Mirror>({});
        world.set<LastFrame>({});
        world.set<FrameBudget>({});
        world.system("Pump").kind(::flecs::OnLoad).immediate().run([](::flecs::iter& it) {
            auto of = it.world();
            if (of.get<Mirror>().bridge == nullptr) return;
            of.defer_suspend();
            (void)pump(of); // the outcome is in LastFrame
            of.defer_resume();
        });
    }
};

/// Makes the world follow the bridge; in place of one that it followed before. The module must have been imported.
inline void attach(::flecs::world& world, EventBridge& bridge) {
    auto& mirror = world.get_mut<Mirror>();
    mirror.bridge = &bridge;
    detail::rebuild(world, mirror, bridge.model());
}

/// Destroys the graph's entities and forgets the bridge.
inline void detach(::flecs::world& world) {
    auto& mirror = world.get_mut<Mirror>();
    for (auto* entities : {&mirror.subgraphs, &mirror.edges, &mirror.nodes}) detail::clear(world, *entities);
    mirror.bridge = nullptr;
}

/// The node's entity; an empty one if there is none. O(1).
[[nodiscard]] inline ::flecs::entity find_node(const ::flecs::world& world, std::string_view id) {
    const auto& mirror = world.get<Mirror>();
    if (mirror.bridge == nullptr) return {};
    const auto index = mirror.bridge->model().find_node(id);
    const auto number = index ? static_cast<std::size_t>(*index) : mirror.nodes.size();
    return number < mirror.nodes.size() ? world.entity(mirror.nodes[number]) : ::flecs::entity{};
}

/// The graph as it is in the components, for state_cid(): equal to that of the log if nothing else changed them. Edges
/// that wait for a node are in no component, and not in it.
[[nodiscard]] inline GraphParts parts(const ::flecs::world& world) {
    GraphParts parts;
    const auto id_of = [&](::flecs::entity_t entity) {
        return entity == 0 ? std::string() : world.entity(entity).get<Node>().id;
    };
    world.each([&](const Node& node, const Transform& transform) {
        parts.nodes.push_back({node.id, node.type, id_of(node.parent), transform, node.properties});
    });
    world.each([&](const Edge& edge) {
        parts.edges.push_back({edge.id, edge.type, id_of(edge.source), id_of(edge.target), edge.properties});
    });
    world.each([&](const Subgraph& subgraph) {
        auto& part =
            parts.subgraphs.emplace_back(GraphParts::Subgraph{subgraph.id, subgraph.label, subgraph.collapsed, {}});
        for (const auto node : subgraph.nodes) part.nodes.push_back(id_of(node));
    });
    return parts;
}

} // namespace cim::flecs
