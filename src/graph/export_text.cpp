#include "graph/export_text.hpp"

#include <cim/dag_json.hpp>

#include "base/printable.hpp"
#include "graph/access.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace cim::graph {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd"; // U+FFFD

// A character that XML 1.0 has no place for, as one that it has; empty for all others. Only U+0000 ... U+001F and
// U+FFFE, U+FFFF can occur, because the text is UTF-8.
std::string substitute(std::string_view text) {
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x20 && first != '\t' && first != '\n' && first != '\r')
        return {'\xe2', '\x90', static_cast<char>(0x80 + first)}; // U+2400 + the character
    if (text.starts_with("\xef\xbf\xbe") || text.starts_with("\xef\xbf\xbf")) return std::string(replacement);
    return {};
}

// Copies `text` to the result, with what `escape` gives for the place instead of the character where that is not empty.
template <class Escape> std::string escaped(std::string_view text, Escape escape) {
    std::string out;
    out.reserve(text.size() + 8);
    for (std::size_t i = 0; i < text.size();) {
        const auto replaced = substitute(text.substr(i));
        if (!replaced.empty()) {
            out += replaced;
            i += replaced == replacement ? replacement.size() : 1;
            continue;
        }
        const std::string_view special = escape(text[i]);
        special.empty() ? out += text[i] : out += special;
        ++i;
    }
    return out;
}

} // namespace

std::vector<NodeIndex> nodes_by_id(const GraphModel& model) {
    std::vector<NodeIndex> nodes;
    for (const auto node : sorted_by_text(Access::state(model).nodes.ids)) nodes.push_back(NodeIndex{node});
    return nodes;
}

std::vector<EdgeIndex> edges_by_id(const GraphModel& model) {
    std::vector<EdgeIndex> edges;
    for (const auto edge : sorted_by_text(Access::state(model).edges.ids())) edges.push_back(EdgeIndex{edge});
    return edges;
}

std::string_view display_name(const NodeView& node) {
    for (const std::string_view key : {"name", "title", "label"}) {
        const auto found = node.properties.find(key);
        const auto text = found ? found->as_string() : std::nullopt;
        if (text && !text->empty()) return *text;
    }
    return node.id;
}

std::string xml_escaped(std::string_view text) {
    return escaped(text, [](char c) -> std::string_view {
        switch (c) {
        case '&': return "&amp;";
        case '<': return "&lt;";
        case '>': return "&gt;";
        case '"': return "&quot;";
        case '\t': return "&#9;"; // as such, an attribute would hold a space
        case '\n': return "&#10;";
        case '\r': return "&#13;";
        default: return {};
        }
    });
}

std::string dot_quoted(std::string_view text) {
    // A backslash is doubled, because one before a quote or an end of line would mean something.
    return '"' + escaped(text, [](char c) -> std::string_view { return c == '"'    ? "\\\""
                                                                       : c == '\\' ? "\\\\"
                                                                                   : ""; }) +
           '"';
}

std::string json_quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (static_cast<unsigned char>(c) < 0x20)
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        else
            out += c;
    }
    return out += '"';
}

Result<std::string> json_of(ipld::View value, std::string_view element_id) {
    auto json = ipld::encode_dag_json(value);
    if (json) return json;
    auto error = std::move(json).error();
    error.message = fmt::format("properties of '{}': {}", printable(element_id), error.message);
    return fail(std::move(error));
}

} // namespace cim::graph
