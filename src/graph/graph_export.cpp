#include <cim/graph_export.hpp>

#include "base/try.hpp"
#include "graph/exporters.hpp"

#include <ostream>

namespace cim {

namespace {

Result<> write(const GraphModel& model, GraphFormat format, std::ostream& out, const GraphExportOptions& options) {
    switch (format) {
    case GraphFormat::dot: return graph::write_dot(model, out, options);
    case GraphFormat::graphml: return graph::write_graphml(model, out);
    case GraphFormat::json: return graph::write_json(model, out, options);
    case GraphFormat::svg: return graph::write_svg(model, out, options);
    }
    return fail(Errc::invalid_argument, "no such graph format");
}

} // namespace

std::optional<GraphFormat> graph_format(std::string_view name) noexcept {
    if (name == "dot") return GraphFormat::dot;
    if (name == "graphml") return GraphFormat::graphml;
    if (name == "json") return GraphFormat::json;
    if (name == "svg") return GraphFormat::svg;
    return std::nullopt;
}

Result<> export_graph(const GraphModel& model, GraphFormat format, std::ostream& out,
                      const GraphExportOptions& options) {
    CIM_TRY(write(model, format, out, options));
    out.flush();
    if (!out) return fail(Errc::io_error, "the graph could not be written: the output stream failed");
    return {};
}

} // namespace cim
