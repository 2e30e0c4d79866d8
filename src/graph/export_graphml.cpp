// GraphML, for Gephi, yEd, networkx, igraph. Every property becomes a typed key: boolean, long, double or string where
// all its values are of that kind, else a string that holds dag-json.

#include "base/try.hpp"
#include "graph/export_text.hpp"
#include "graph/exporters.hpp"

#include <fmt/format.h>

#include <map>
#include <ostream>
#include <string>

namespace cim::graph {
namespace {

using ipld::Kind;

enum class KeyType : std::uint8_t { boolean, integer, real, text, json };

KeyType type_of(ipld::View value) noexcept {
    switch (value.kind()) {
    case Kind::boolean: return KeyType::boolean;
    case Kind::integer: return value.as_int64() ? KeyType::integer : KeyType::json;
    case Kind::floating: return KeyType::real;
    case Kind::string: return KeyType::text;
    default: return KeyType::json;
    }
}

KeyType common(KeyType a, KeyType b) noexcept {
    const auto is_number = [](KeyType type) { return type == KeyType::integer || type == KeyType::real; };
    if (a == b) return a;
    return is_number(a) && is_number(b) ? KeyType::real : KeyType::json;
}

std::string_view name_of(KeyType type) noexcept {
    switch (type) {
    case KeyType::boolean: return "boolean";
    case KeyType::integer: return "long";
    case KeyType::real: return "double";
    default: return "string";
    }
}

// The keys of nodes or of edges, by property.
class Keys {
  public:
    explicit Keys(std::string_view domain) : domain_(domain) {}

    void add(ipld::View properties) {
        for (const auto [name, value] : properties.entries()) {
            const auto type = type_of(value);
            const auto [key, is_new] = types_.try_emplace(std::string(name), type);
            if (!is_new) key->second = common(key->second, type);
        }
    }

    void declare(std::ostream& out) const {
        declare(out, "type", "type", KeyType::text);
        std::size_t number = 0;
        for (const auto& [name, type] : types_)
            declare(out, fmt::format("p{}", number++), name == "type" ? "property type" : name, type);
    }

    Result<> write(std::ostream& out, ipld::View properties, std::string_view element) const {
        std::size_t number = 0;
        for (const auto& [name, type] : types_) {
            if (const auto value = properties.find(name)) {
                CIM_TRY_ASSIGN(const auto text, text_of(*value, type, element));
                out << fmt::format("<data key=\"{}.p{}\">{}</data>", domain_, number, xml_escaped(text));
            }
            ++number;
        }
        return {};
    }

  private:
    void declare(std::ostream& out, std::string_view id, std::string_view name, KeyType type) const {
        out << fmt::format("  <key id=\"{0}.{1}\" for=\"{0}\" attr.name=\"{2}\" attr.type=\"{3}\"/>\n", domain_, id,
                           xml_escaped(name), name_of(type));
    }

    static Result<std::string> text_of(ipld::View value, KeyType type, std::string_view element) {
        switch (type) {
        case KeyType::boolean: return std::string(*value.as_boolean() ? "true" : "false");
        case KeyType::integer: return value.as_integer()->to_string();
        case KeyType::real: return fmt::format("{}", *value.as_number());
        case KeyType::text: return std::string(*value.as_string());
        default: return json_of(value, element);
        }
    }

    std::string_view domain_;
    std::map<std::string, KeyType> types_;
};

} // namespace

Result<> write_graphml(const GraphModel& model, std::ostream& out) {
    Keys node_keys("node");
    Keys edge_keys("edge");
    for (const auto node : model.nodes()) node_keys.add(model.node(node).properties);
    for (const auto edge : model.edges()) edge_keys.add(model.edge(edge).properties);

    out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\" "
           "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
           "xsi:schemaLocation=\"http://graphml.graphdrawing.org/xmlns "
           "http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd\">\n";
    node_keys.declare(out);
    edge_keys.declare(out);
    out << "  <graph id=\"G\" edgedefault=\"directed\">\n";
    for (const auto index : nodes_by_id(model)) {
        const auto node = model.node(index);
        out << "    <node id=\"" << xml_escaped(node.id) << "\"><data key=\"node.type\">" << xml_escaped(node.type)
            << "</data>";
        CIM_TRY(node_keys.write(out, node.properties, node.id));
        out << "</node>\n";
    }
    for (const auto index : edges_by_id(model)) {
        const auto edge = model.edge(index);
        out << "    <edge id=\"" << xml_escaped(edge.id) << "\" source=\"" << xml_escaped(model.node(edge.source).id)
            << "\" target=\"" << xml_escaped(model.node(edge.target).id) << "\"><data key=\"edge.type\">"
            << xml_escaped(edge.type) << "</data>";
        CIM_TRY(edge_keys.write(out, edge.properties, edge.id));
        out << "</edge>\n";
    }
    out << "  </graph>\n</graphml>\n";
    return {};
}

} // namespace cim::graph
