// The nodes outside the skeleton: on rings round it, in the order of the directions in which their neighbours lie.

#include "graph/drawing.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cim::graph {
namespace {

// For every node on a ring the sum of the ways from the centre to its neighbours: where it wants to be.
std::vector<Point> pulls(const Drawing& drawing, Point centre) {
    std::vector<Point> pull(drawing.nodes.size());
    const auto add = [&](std::size_t from, std::size_t to) {
        const auto& target = drawing.nodes[to];
        if (!drawing.nodes[from].on_ring || target.on_ring) return;
        pull[from].x += target.at.x - centre.x;
        pull[from].y += target.at.y - centre.y;
    };
    for (const auto& edge : drawing.edges) {
        add(edge.source, edge.target);
        add(edge.target, edge.source);
    }
    return pull;
}

// How far to turn evenly spread nodes so that on the whole they are nearest to where they want to be.
double best_turn(std::span<const double> wanted, double step) {
    Point sum;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const double off = wanted[i] - static_cast<double>(i) * step;
        sum.x += std::cos(off);
        sum.y += std::sin(off);
    }
    return std::atan2(sum.y, sum.x);
}

} // namespace

void place_rings(Drawing& drawing) {
    auto& nodes = drawing.nodes;
    Box box;
    std::vector<std::size_t> ring;
    double widest = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (!nodes[i].on_ring) {
            box.add(nodes[i]);
            continue;
        }
        ring.push_back(i);
        widest = std::max(widest, nodes[i].radius);
    }
    if (ring.empty()) return;
    const Point centre{(box.low.x + box.high.x) / 2, (box.low.y + box.high.y) / 2};
    const auto pull = pulls(drawing, centre);
    const auto direction = [&](std::size_t node) { return std::atan2(pull[node].y, pull[node].x); };
    std::ranges::stable_sort(ring, {}, direction);

    double farthest = 0;
    for (const auto& node : nodes) {
        if (!node.on_ring)
            farthest = std::max(farthest, std::hypot(node.at.x - centre.x, node.at.y - centre.y) + node.radius);
    }
    // As many rings as it takes to keep them near; neighbours in direction stand on different ones.
    constexpr double gap = 5;
    const double inner = farthest + 4 * widest + 20;
    const double length = static_cast<double>(ring.size()) * (1.4 * widest + gap);
    const double rings = std::ceil(length / (2 * std::numbers::pi * inner));
    const double step = 2 * std::numbers::pi / static_cast<double>(ring.size());
    std::vector<double> wanted;
    wanted.reserve(ring.size());
    for (const auto node : ring) wanted.push_back(direction(node));
    const double turn = best_turn(wanted, step);
    for (std::size_t i = 0; i < ring.size(); ++i) {
        const double angle = turn + static_cast<double>(i) * step;
        const double radius = inner + std::fmod(static_cast<double>(i), rings) * (2 * widest + gap);
        nodes[ring[i]].at = {centre.x + radius * std::cos(angle), centre.y + radius * std::sin(angle)};
    }
}

} // namespace cim::graph
