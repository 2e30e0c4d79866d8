// Writes snapshots: straight from the columns into canonical bytes, whose order is that of the sorted ids.

#include <cim/cid.hpp>
#include <cim/graph_model.hpp>

#include "graph/access.hpp"
#include "graph/cbor_writer.hpp"
#include "graph/snapshot_format.hpp"
#include "graph/state.hpp"

namespace cim {
namespace {

using graph::CborWriter;
using graph::none;
using graph::State;
namespace key = graph::key;

template <std::size_t N> void write_floats(CborWriter& out, std::string_view name, const std::array<float, N>& values) {
    out.text(name);
    out.list(N);
    for (const float value : values) out.floating(value);
}

void write_transform(CborWriter& out, const Transform& transform) {
    out.text(key::transform);
    out.map(3);
    write_floats(out, key::scale, transform.scale);
    write_floats(out, key::rotation, transform.rotation);
    write_floats(out, key::translation, transform.translation);
}

void write_text(CborWriter& out, std::string_view name, std::string_view value) {
    out.text(name);
    out.text(value);
}

void write_node(CborWriter& out, const State& state, std::uint32_t node) {
    const auto& nodes = state.nodes;
    const auto parent = nodes.extras.parent(node);
    const auto transform = nodes.extras.transform(node);
    const bool moved = transform != Transform{};
    const bool has_properties = !nodes.properties.is_empty(node);

    out.text(nodes.ids.text(node));
    out.map(std::size_t{1} + (parent != none) + moved + has_properties);
    write_text(out, key::type, state.types.text(nodes.types[node]));
    if (parent != none) write_text(out, key::parent, nodes.ids.text(parent));
    if (moved) write_transform(out, transform);
    if (has_properties) {
        out.text(key::properties);
        out.raw(nodes.properties.encoded(node));
    }
}

struct EdgeTexts {
    std::string_view id, type, source, target;
};

void write_edge(CborWriter& out, const EdgeTexts& edge, const graph::PropertyColumn& properties, std::uint32_t number) {
    const bool has_properties = !properties.is_empty(number);
    out.text(edge.id);
    out.map(std::size_t{3} + has_properties);
    write_text(out, key::type, edge.type);
    write_text(out, key::source, edge.source);
    write_text(out, key::target, edge.target);
    if (has_properties) {
        out.text(key::properties);
        out.raw(properties.encoded(number));
    }
}

void write_edges(CborWriter& out, const State& state) {
    const auto& [edges, nodes] = std::tie(state.edges, state.nodes);
    out.text(key::edges);
    out.map(edges.size());
    for (const auto edge : sorted_as_keys(edges.ids())) {
        const auto [source, target] = edges.ends(edge);
        const EdgeTexts texts{edges.ids().text(edge), state.types.text(edges.type(edge)), nodes.ids.text(source),
                              nodes.ids.text(target)};
        write_edge(out, texts, edges.properties(), edge);
    }
}

void write_nodes(CborWriter& out, const State& state) {
    out.text(key::nodes);
    out.map(state.nodes.ids.size());
    for (const auto node : sorted_as_keys(state.nodes.ids)) write_node(out, state, node);
}

void write_waiting(CborWriter& out, const State& state) {
    const auto& waiting = state.waiting;
    out.text(key::waiting);
    out.map(waiting.size());
    for (const auto edge : sorted_as_keys(waiting.ids())) {
        const EdgeTexts texts{waiting.ids().text(edge), state.types.text(waiting.type(edge)), waiting.source(edge),
                              waiting.target(edge)};
        write_edge(out, texts, waiting.properties(), edge);
    }
}

void write_subgraphs(CborWriter& out, const State& state) {
    out.text(key::subgraphs);
    out.map(state.subgraphs.ids.size());
    for (const auto subgraph : sorted_as_keys(state.subgraphs.ids)) {
        const auto& row = state.subgraphs.rows[subgraph];
        out.text(state.subgraphs.ids.text(subgraph));
        out.map(3);
        write_text(out, key::label, row.label);
        out.text(key::nodes);
        out.list(row.nodes.size());
        for (const auto node : row.nodes) out.text(state.nodes.ids.text(static_cast<std::uint32_t>(node)));
        out.text(key::collapsed);
        out.boolean(row.collapsed);
    }
}

} // namespace

Bytes snapshot(const GraphModel& model) {
    const auto& state = graph::Access::state(model);
    Bytes block;
    block.reserve(state.memory_bytes());
    CborWriter out(block);
    out.map(4);
    write_edges(out, state);
    write_nodes(out, state);
    write_waiting(out, state);
    write_subgraphs(out, state);
    return block;
}

Cid state_cid(const GraphModel& model) { return Cid::of_dag_cbor(snapshot(model)); }

} // namespace cim
