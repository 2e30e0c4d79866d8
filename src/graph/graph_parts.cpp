#include <cim/graph_model.hpp>
#include <cim/graph_parts.hpp>

#include "base/try.hpp"
#include "graph/cbor_writer.hpp"
#include "graph/snapshot_format.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace cim {
namespace {

using graph::CborWriter;
namespace key = graph::key;

// The order of map keys: shorter first, then bytewise.
bool before(std::string_view a, std::string_view b) noexcept {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
}
template <class Part> void sort(std::vector<Part>& parts) {
    std::ranges::sort(parts, [](const Part& a, const Part& b) { return before(a.id, b.id); });
}

void write_text(CborWriter& out, std::string_view name, std::string_view value) {
    out.text(name);
    out.text(value);
}

template <std::size_t N> void write_floats(CborWriter& out, std::string_view name, const std::array<float, N>& values) {
    out.text(name);
    out.list(N);
    for (const float value : values) out.floating(value);
}

void write_properties(CborWriter& out, const Bytes& properties) {
    out.text(key::properties);
    out.raw(properties);
}

bool has_properties(const Bytes& properties) noexcept {
    return !properties.empty() && properties != Bytes{std::byte{0xa0}};
}

void write(CborWriter& out, const GraphParts::Node& node) {
    const bool moved = node.transform != Transform{};
    const bool properties = has_properties(node.properties);
    out.text(node.id);
    out.map(std::size_t{1} + !node.parent.empty() + moved + properties);
    write_text(out, key::type, node.type);
    if (!node.parent.empty()) write_text(out, key::parent, node.parent);
    if (moved) {
        out.text(key::transform);
        out.map(3);
        write_floats(out, key::scale, node.transform.scale);
        write_floats(out, key::rotation, node.transform.rotation);
        write_floats(out, key::translation, node.transform.translation);
    }
    if (properties) write_properties(out, node.properties);
}

void write(CborWriter& out, const GraphParts::Edge& edge) {
    const bool properties = has_properties(edge.properties);
    out.text(edge.id);
    out.map(std::size_t{3} + properties);
    write_text(out, key::type, edge.type);
    write_text(out, key::source, edge.source);
    write_text(out, key::target, edge.target);
    if (properties) write_properties(out, edge.properties);
}

void write(CborWriter& out, GraphParts::Subgraph& subgraph) {
    std::ranges::sort(subgraph.nodes);
    out.text(subgraph.id);
    out.map(3);
    write_text(out, key::label, subgraph.label);
    out.text(key::nodes);
    out.list(subgraph.nodes.size());
    for (const auto& node : subgraph.nodes) out.text(node);
    out.text(key::collapsed);
    out.boolean(subgraph.collapsed);
}

template <class Part> void write_all(CborWriter& out, std::string_view name, std::vector<Part>& parts) {
    sort(parts);
    out.text(name);
    out.map(parts.size());
    for (auto& part : parts) write(out, part);
}

} // namespace

Result<Bytes> snapshot(GraphParts parts) {
    Bytes block;
    CborWriter out(block);
    out.map(4);
    write_all(out, key::edges, parts.edges);
    write_all(out, key::nodes, parts.nodes);
    write_all(out, key::waiting, parts.waiting);
    write_all(out, key::subgraphs, parts.subgraphs);
    // The reader of snapshots knows all rules of a graph, so it is asked instead of telling them twice.
    CIM_TRY(load_snapshot(block, {.max_waiting_edges = parts.waiting.size()}));
    return block;
}

Result<Cid> state_cid(GraphParts parts) {
    CIM_TRY_ASSIGN(const auto block, snapshot(std::move(parts)));
    return Cid::of_dag_cbor(block);
}

} // namespace cim
