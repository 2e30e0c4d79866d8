// The names in a snapshot (docs/formats/snapshot.md), for its writer and its reader.
#pragma once

#include <string_view>

namespace cim::graph::key {

// Of the snapshot, in canonical order.
inline constexpr std::string_view edges = "edges";
inline constexpr std::string_view nodes = "nodes"; // also of a subgraph
inline constexpr std::string_view waiting = "waiting";
inline constexpr std::string_view subgraphs = "subgraphs";

// Of a node, in canonical order; an edge and a waiting edge have type, source, target and properties.
inline constexpr std::string_view type = "type";
inline constexpr std::string_view parent = "parent";
inline constexpr std::string_view source = "source";
inline constexpr std::string_view target = "target";
inline constexpr std::string_view transform = "transform";
inline constexpr std::string_view properties = "properties";

// Of a transform, in canonical order.
inline constexpr std::string_view scale = "scale";
inline constexpr std::string_view rotation = "rotation";
inline constexpr std::string_view translation = "translation";

// Of a subgraph, beside nodes, in canonical order.
inline constexpr std::string_view label = "label";
inline constexpr std::string_view collapsed = "collapsed";

} // namespace cim::graph::key
