// One function for each format of export_graph(). Each writes what it can; whether `out` took it is the caller's to
// see.
#pragma once

#include <cim/error.hpp>
#include <cim/graph_export.hpp>
#include <cim/graph_model.hpp>

#include <iosfwd>

namespace cim::graph {

[[nodiscard]] Result<> write_dot(const GraphModel& model, std::ostream& out, const GraphExportOptions& options);
[[nodiscard]] Result<> write_graphml(const GraphModel& model, std::ostream& out);
[[nodiscard]] Result<> write_json(const GraphModel& model, std::ostream& out, const GraphExportOptions& options);
[[nodiscard]] Result<> write_svg(const GraphModel& model, std::ostream& out, const GraphExportOptions& options);

} // namespace cim::graph
