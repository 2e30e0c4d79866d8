// A picture of a graph before it is written: which nodes are in it, where they are, how large, what they are called.
#pragma once

#include <cim/error.hpp>
#include <cim/graph_export.hpp>
#include <cim/graph_model.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace cim::graph {

struct Point {
    double x = 0;
    double y = 0;
};

inline constexpr std::size_t no_hub = std::numeric_limits<std::size_t>::max();

struct DrawnNode {
    std::string_view name; ///< Into the model.
    std::string_view type; ///< Into the model.
    std::size_t degree;    ///< In the whole graph.
    double radius;
    Point at;
    bool on_ring = false;     ///< Not part of the skeleton.
    std::size_t hub = no_hub; ///< The only node that it is connected to in the skeleton, if it has but one.
};

struct DrawnEdge {
    std::size_t source; ///< Into Drawing::nodes.
    std::size_t target;
    std::string_view type; ///< Into the model.
    bool in_skeleton;      ///< It has a say in where its ends are.
};

/// What encloses nodes.
struct Box {
    Point low{1e300, 1e300};
    Point high{-1e300, -1e300};
    void add(const DrawnNode& node) noexcept {
        low = {std::min(low.x, node.at.x - node.radius), std::min(low.y, node.at.y - node.radius)};
        high = {std::max(high.x, node.at.x + node.radius), std::max(high.y, node.at.y + node.radius)};
    }
};

struct Drawing {
    std::vector<DrawnNode> nodes; ///< By id.
    std::vector<DrawnEdge> edges; ///< By id.
    Point size;
    /// Few enough for every node to have a label and the place for it, and every edge an arrowhead.
    [[nodiscard]] bool is_small() const noexcept { return nodes.size() <= 60; }
};

/// The `max_nodes` best connected nodes, with the edges between them, not yet placed.
///
/// The skeleton is what decides where nodes are. In a small picture that is all edges. In others, where the edges of
/// one type form a forest that holds at least half of the nodes (the tree of directories and files, say), it is that
/// type; a picture of it is legible at any size, while all the other edges would pull it into a ball. Else it is all
/// edges.
[[nodiscard]] Drawing choose_nodes(const GraphModel& model, std::size_t max_nodes);

/// Places the nodes. Those that hang on one node only form a disc round it; Graphviz places the discs; what is not part
/// of the skeleton stands on rings round everything, each near what it is connected to. Errors: command_failed if
/// Graphviz is missing or fails, timeout.
[[nodiscard]] Result<> place_nodes(Drawing& drawing, std::chrono::milliseconds timeout);

/// Its last step: the nodes that are on a ring, when all others have their places.
void place_rings(Drawing& drawing);

} // namespace cim::graph
