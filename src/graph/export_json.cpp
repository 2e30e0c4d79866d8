// Node-link JSON, as D3 and networkx read it, one element a line; values are dag-json.

#include "base/try.hpp"
#include "graph/export_text.hpp"
#include "graph/exporters.hpp"

#include <fmt/format.h>

#include <ostream>

namespace cim::graph {
namespace {

// Shortest digits that read back as the same float; finite, as all numbers of a model are.
void write_floats(std::ostream& out, std::string_view name, std::span<const float> values) {
    out << '"' << name << "\": [";
    for (std::size_t i = 0; i < values.size(); ++i) out << (i == 0 ? "" : ", ") << fmt::format("{}", values[i]);
    out << ']';
}

void write_transform(std::ostream& out, const Transform& transform) {
    out << ", \"transform\": {";
    write_floats(out, "translation", transform.translation);
    out << ", ";
    write_floats(out, "rotation", transform.rotation);
    out << ", ";
    write_floats(out, "scale", transform.scale);
    out << '}';
}

Result<> write_nodes(const GraphModel& model, std::ostream& out) {
    const char* separator = "\n";
    for (const auto index : nodes_by_id(model)) {
        const auto node = model.node(index);
        CIM_TRY_ASSIGN(const auto properties, json_of(node.properties, node.id));
        out << separator << "    {\"id\": " << json_quoted(node.id) << ", \"type\": " << json_quoted(node.type)
            << ", \"properties\": " << properties;
        if (node.transform != Transform{}) write_transform(out, node.transform);
        if (node.parent) out << ", \"parent\": " << json_quoted(model.node(*node.parent).id);
        out << '}';
        separator = ",\n";
    }
    return {};
}

Result<> write_links(const GraphModel& model, std::ostream& out) {
    const char* separator = "\n";
    for (const auto index : edges_by_id(model)) {
        const auto edge = model.edge(index);
        CIM_TRY_ASSIGN(const auto properties, json_of(edge.properties, edge.id));
        out << separator << "    {\"id\": " << json_quoted(edge.id)
            << ", \"source\": " << json_quoted(model.node(edge.source).id)
            << ", \"target\": " << json_quoted(model.node(edge.target).id) << ", \"type\": " << json_quoted(edge.type)
            << ", \"properties\": " << properties << '}';
        separator = ",\n";
    }
    return {};
}

void write_subgraphs(const GraphModel& model, std::ostream& out) {
    const char* separator = "\n";
    for (const auto& subgraph : model.subgraphs()) {
        out << separator << "    {\"id\": " << json_quoted(subgraph.id)
            << ", \"label\": " << json_quoted(subgraph.label)
            << ", \"collapsed\": " << (subgraph.collapsed ? "true" : "false") << ", \"nodes\": [";
        const char* comma = "";
        for (const auto member : subgraph.nodes) {
            out << comma << json_quoted(model.node(member).id);
            comma = ", ";
        }
        out << "]}";
        separator = ",\n";
    }
}

} // namespace

Result<> write_json(const GraphModel& model, std::ostream& out, const GraphExportOptions& options) {
    out << "{\n  \"directed\": true,\n  \"multigraph\": true,\n  \"graph\": {\"title\": " << json_quoted(options.title)
        << "},\n  \"nodes\": [";
    CIM_TRY(write_nodes(model, out));
    out << "\n  ],\n  \"links\": [";
    CIM_TRY(write_links(model, out));
    out << "\n  ],\n  \"subgraphs\": [";
    write_subgraphs(model, out);
    out << "\n  ]\n}\n";
    return {};
}

} // namespace cim::graph
