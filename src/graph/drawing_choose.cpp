#include "graph/drawing.hpp"
#include "graph/export_text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace cim::graph {
namespace {

constexpr std::size_t left_out = std::numeric_limits<std::size_t>::max();

double radius_for(std::size_t degree) { return std::min(3.0 + 1.7 * std::log1p(static_cast<double>(degree)), 15.0); }

// Who is connected with whom, for finding out whether an edge closes a circle.
class Components {
  public:
    explicit Components(std::size_t size) : above_(size) { std::iota(above_.begin(), above_.end(), std::size_t{0}); }
    bool join(std::size_t a, std::size_t b) {
        a = top(a);
        b = top(b);
        above_[a] = b;
        return a != b;
    }

  private:
    std::size_t top(std::size_t node) {
        while (above_[node] != node) node = above_[node] = above_[above_[node]];
        return node;
    }
    std::vector<std::size_t> above_;
};

// The nodes that edges of this type hold together; 0 if they are no forest.
std::size_t forest_size(const Drawing& drawing, std::string_view type) {
    Components components(drawing.nodes.size());
    std::vector<bool> held(drawing.nodes.size());
    for (const auto& edge : drawing.edges) {
        if (edge.type != type) continue;
        if (!components.join(edge.source, edge.target)) return 0;
        held[edge.source] = held[edge.target] = true;
    }
    return static_cast<std::size_t>(std::ranges::count(held, true));
}

void choose_skeleton(Drawing& drawing) {
    std::map<std::string_view, std::size_t> edges_of_type;
    for (const auto& edge : drawing.edges) ++edges_of_type[edge.type];
    std::string_view best;
    std::size_t best_size = 0;
    for (const auto& [type, count] : edges_of_type) {
        if (count < best_size)
            continue; // a forest holds fewer than twice as many nodes as it has edges, a tree one more
        const auto size = forest_size(drawing, type);
        if (size > best_size) {
            best = type;
            best_size = size;
        }
    }
    if (best_size * 5 < drawing.nodes.size() || edges_of_type.size() < 2) return;
    for (auto& node : drawing.nodes) node.on_ring = true;
    for (auto& edge : drawing.edges) {
        edge.in_skeleton = edge.type == best;
        if (edge.in_skeleton) drawing.nodes[edge.source].on_ring = drawing.nodes[edge.target].on_ring = false;
    }
}

// Finds the nodes that have one neighbour in the skeleton. Of two that have only each other the first is the hub.
void choose_hubs(Drawing& drawing) {
    auto& nodes = drawing.nodes;
    std::vector<std::size_t> neighbour(nodes.size(), no_hub);
    std::vector<std::size_t> edges(nodes.size());
    for (const auto& edge : drawing.edges) {
        if (!edge.in_skeleton || edge.source == edge.target) continue;
        ++edges[edge.source];
        ++edges[edge.target];
        neighbour[edge.source] = edge.target;
        neighbour[edge.target] = edge.source;
    }
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (edges[i] == 1 && (edges[neighbour[i]] > 1 || neighbour[i] < i)) nodes[i].hub = neighbour[i];
    }
}

} // namespace

Drawing choose_nodes(const GraphModel& model, std::size_t max_nodes) {
    const auto by_id = nodes_by_id(model);
    const auto edges = edges_by_id(model);
    std::size_t slots = 0;
    for (const auto node : by_id) slots = std::max(slots, static_cast<std::size_t>(node) + 1);
    std::vector<std::size_t> degree(slots);
    for (const auto index : edges) {
        const auto edge = model.edge(index);
        ++degree[static_cast<std::size_t>(edge.source)];
        ++degree[static_cast<std::size_t>(edge.target)];
    }

    auto ranked = by_id;
    const auto degree_of = [&](NodeIndex node) { return degree[static_cast<std::size_t>(node)]; };
    std::ranges::stable_sort(ranked, std::ranges::greater{}, degree_of);
    ranked.resize(std::min(ranked.size(), max_nodes));
    std::vector<std::size_t> position(slots, left_out);
    for (const auto node : ranked) position[static_cast<std::size_t>(node)] = 0;

    Drawing drawing;
    for (const auto index : by_id) {
        auto& place = position[static_cast<std::size_t>(index)];
        if (place == left_out) continue;
        place = drawing.nodes.size();
        const auto node = model.node(index);
        drawing.nodes.push_back({.name = display_name(node),
                                 .type = node.type,
                                 .degree = degree_of(index),
                                 .radius = radius_for(degree_of(index)),
                                 .at = {}});
    }
    for (const auto index : edges) {
        const auto edge = model.edge(index);
        const auto source = position[static_cast<std::size_t>(edge.source)];
        const auto target = position[static_cast<std::size_t>(edge.target)];
        if (source != left_out && target != left_out) drawing.edges.push_back({source, target, edge.type, true});
    }
    if (!drawing.is_small()) {
        choose_skeleton(drawing);
        choose_hubs(drawing);
    }
    return drawing;
}

} // namespace cim::graph
