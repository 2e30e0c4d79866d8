// Texts of a graph in the languages of the export formats, and elements in the order of their ids.
#pragma once

#include <cim/error.hpp>
#include <cim/graph_model.hpp>
#include <cim/ipld.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace cim::graph {

[[nodiscard]] std::vector<NodeIndex> nodes_by_id(const GraphModel& model);
[[nodiscard]] std::vector<EdgeIndex> edges_by_id(const GraphModel& model);

/// What to call a node in a picture: its property "name", "title" or "label" where that is a string, else its id.
[[nodiscard]] std::string_view display_name(const NodeView& node);

/// As text or attribute value of XML 1.0. Characters that XML cannot hold are shown as others: control characters as
/// their pictures (U+2400 ff.), U+FFFE and U+FFFF as U+FFFD.
[[nodiscard]] std::string xml_escaped(std::string_view text);
/// As a quoted DOT string, with control characters replaced as for XML.
[[nodiscard]] std::string dot_quoted(std::string_view text);
/// As a quoted JSON string.
[[nodiscard]] std::string json_quoted(std::string_view text);

/// Properties, or one of them, as dag-json. Errors: invalid_dag_json (the key "/"), naming the element.
[[nodiscard]] Result<std::string> json_of(ipld::View value, std::string_view element_id);

} // namespace cim::graph
