// DOT, the language of Graphviz. Types and properties are attributes that Graphviz does not know and keeps.

#include "base/try.hpp"
#include "graph/export_text.hpp"
#include "graph/exporters.hpp"

#include <ostream>

namespace cim::graph {
namespace {

Result<> write_properties(std::ostream& out, ipld::View properties, std::string_view id) {
    if (properties.size() == 0) return {};
    CIM_TRY_ASSIGN(const auto json, json_of(properties, id));
    out << ", properties=" << dot_quoted(json);
    return {};
}

} // namespace

Result<> write_dot(const GraphModel& model, std::ostream& out, const GraphExportOptions& options) {
    out << "digraph " << dot_quoted(options.title) << " {\n";
    if (!options.title.empty()) out << "  label=" << dot_quoted(options.title) << ";\n";
    for (const auto index : nodes_by_id(model)) {
        const auto node = model.node(index);
        out << "  " << dot_quoted(node.id) << " [label=" << dot_quoted(display_name(node))
            << ", type=" << dot_quoted(node.type);
        CIM_TRY(write_properties(out, node.properties, node.id));
        out << "];\n";
    }
    for (const auto index : edges_by_id(model)) {
        const auto edge = model.edge(index);
        out << "  " << dot_quoted(model.node(edge.source).id) << " -> " << dot_quoted(model.node(edge.target).id)
            << " [id=" << dot_quoted(edge.id) << ", type=" << dot_quoted(edge.type);
        CIM_TRY(write_properties(out, edge.properties, edge.id));
        out << "];\n";
    }
    // Not named "cluster...", because Graphviz draws clusters and cannot draw those that share nodes.
    for (const auto& subgraph : model.subgraphs()) {
        out << "  subgraph " << dot_quoted("subgraph " + std::string(subgraph.id))
            << " {\n    label=" << dot_quoted(subgraph.label)
            << ";\n    collapsed=" << (subgraph.collapsed ? "true" : "false") << ";\n";
        for (const auto member : subgraph.nodes) out << "    " << dot_quoted(model.node(member).id) << ";\n";
        out << "  }\n";
    }
    out << "}\n";
    return {};
}

} // namespace cim::graph
