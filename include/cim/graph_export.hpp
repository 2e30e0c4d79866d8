// Pictures and exchange files of a graph: DOT, GraphML, node-link JSON, SVG.
#pragma once

#include <cim/error.hpp>
#include <cim/graph_model.hpp>

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace cim {

enum class GraphFormat : std::uint8_t { dot, graphml, json, svg };
/// "dot", "graphml", "json", "svg"; nullopt for anything else.
[[nodiscard]] std::optional<GraphFormat> graph_format(std::string_view name) noexcept;

struct GraphExportOptions {
    std::string title; ///< Shown in SVG and DOT.
    /// SVG only: the most nodes that are drawn. A larger graph is drawn without its least connected nodes, and the
    /// picture says so.
    std::size_t max_drawn_nodes = 1500;
    /// SVG only: how long Graphviz may take.
    std::chrono::milliseconds timeout{60'000};
};

/// Writes the graph. Elements come by id, so equal graphs give equal files (SVG: with equal Graphviz versions).
/// JSON is {"nodes": [{"id", "type", "properties"}], "links": [{"source", "target", "type", "properties"}]} with values
/// as dag-json. Errors: io_error; for SVG also command_failed (Graphviz is missing or failed; the advice says what to
/// install) and timeout.
[[nodiscard]] Result<> export_graph(const GraphModel& model, GraphFormat format, std::ostream& out,
                                    const GraphExportOptions& options = {});

} // namespace cim
