#include "base/try.hpp"
#include "graph/drawing.hpp"
#include "graph/process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <numbers>
#include <span>

namespace cim::graph {
namespace {

constexpr double points_per_inch = 72;
constexpr std::string_view advice =
    "install Graphviz, whose program `dot` places the nodes (Debian: apt install graphviz)";

// Puts the nodes that hang on one hub round it like the seeds of a sunflower, relative to the hub. Gives the radius of
// the disc of every node: of hubs with their nodes, of others without any.
std::vector<double> arrange_discs(Drawing& drawing) {
    constexpr double gap = 3;
    const double golden_angle = std::numbers::pi * (3 - std::sqrt(5.0));
    auto& nodes = drawing.nodes;
    std::vector<std::size_t> count(nodes.size());
    std::vector<double> widest(nodes.size());
    for (const auto& node : nodes) {
        if (node.hub == no_hub) continue;
        ++count[node.hub];
        widest[node.hub] = std::max(widest[node.hub], node.radius);
    }
    std::vector<double> disc(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) disc[i] = nodes[i].radius;
    std::vector<std::size_t> placed(nodes.size());
    for (auto& node : nodes) {
        if (node.hub == no_hub) continue;
        // Each takes the same share of the area, beginning outside the hub itself.
        const double share = 1.15 * (2 * widest[node.hub] + gap) * (2 * widest[node.hub] + gap) / std::numbers::pi;
        const double inner = nodes[node.hub].radius + widest[node.hub] + gap;
        const auto number = static_cast<double>(placed[node.hub]++);
        const double distance = std::sqrt(inner * inner + number * share);
        const double angle = number * golden_angle;
        node.at = {distance * std::cos(angle), distance * std::sin(angle)};
        disc[node.hub] = std::max(disc[node.hub], distance + node.radius);
    }
    return disc;
}

// The hubs for Graphviz, with numbers for names.
std::string skeleton_of(const Drawing& drawing, std::span<const double> disc) {
    std::string text = "graph {\nnode [shape=circle, fixedsize=true, label=\"\"];\n";
    text += drawing.is_small() ? "graph [layout=neato, overlap=prism, sep=\"+30\", start=7]; edge [len=1.6];\n"
                               : "graph [layout=sfdp, overlap=prism, overlap_scaling=-1.6, sep=\"+10\"];\n";
    auto out = std::back_inserter(text);
    for (std::size_t i = 0; i < drawing.nodes.size(); ++i) {
        const auto& node = drawing.nodes[i];
        if (!node.on_ring && node.hub == no_hub)
            fmt::format_to(out, "{} [width={:.3f}];\n", i, 2 * disc[i] / points_per_inch);
    }
    for (const auto& edge : drawing.edges) {
        const bool between_hubs = drawing.nodes[edge.source].hub == no_hub && drawing.nodes[edge.target].hub == no_hub;
        if (edge.in_skeleton && between_hubs) fmt::format_to(out, "{} -- {};\n", edge.source, edge.target);
    }
    text += "}\n";
    return text;
}

// One word of a line, and moves past it.
std::string_view next_word(std::string_view& line) {
    const auto end = std::min(line.find(' '), line.size());
    const auto word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}
template <class Number> bool next_number(std::string_view& line, Number& number) {
    const auto word = next_word(line);
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    return error == std::errc{} && end == word.data() + word.size();
}

// Reads `node NAME X Y ...` lines of Graphviz's plain format, which are in inches.
bool read_positions(std::string_view plain, Drawing& drawing) {
    std::size_t placed = 0;
    while (!plain.empty()) {
        const auto end = std::min(plain.find('\n'), plain.size());
        auto line = plain.substr(0, end);
        plain.remove_prefix(std::min(end + 1, plain.size()));
        if (next_word(line) != "node") continue;
        std::size_t node = 0;
        Point at;
        if (!next_number(line, node) || !next_number(line, at.x) || !next_number(line, at.y)) return false;
        if (node >= drawing.nodes.size() || !std::isfinite(at.x) || !std::isfinite(at.y)) return false;
        drawing.nodes[node].at = {at.x * points_per_inch, at.y * points_per_inch};
        ++placed;
    }
    const auto asked =
        std::ranges::count_if(drawing.nodes, [](const DrawnNode& each) { return !each.on_ring && each.hub == no_hub; });
    return placed == static_cast<std::size_t>(asked);
}

void move_to_origin(Drawing& drawing) {
    Box box;
    for (const auto& node : drawing.nodes) box.add(node);
    for (auto& node : drawing.nodes) {
        node.at.x -= box.low.x;
        node.at.y = box.high.y - node.at.y; // Graphviz counts upwards
    }
    drawing.size = {box.high.x - box.low.x, box.high.y - box.low.y};
}

} // namespace

Result<> place_nodes(Drawing& drawing, std::chrono::milliseconds timeout) {
    if (drawing.nodes.empty()) return {};
    const auto disc = arrange_discs(drawing);
    const std::array<std::string, 2> command{"dot", "-Tplain"};
    auto output = run_process(command, skeleton_of(drawing, disc), timeout);
    if (!output) {
        auto error = std::move(output).error();
        if (error.code == Errc::command_failed) error.advice = advice;
        return fail(std::move(error));
    }
    if (output->status != 0 || !read_positions(output->out, drawing)) {
        return fail(Errc::command_failed,
                    fmt::format("'dot' could not place the nodes, status {}: {}", output->status, output->errors),
                    std::string(advice), {{"command", "dot"}, {"status", std::to_string(output->status)}});
    }
    for (auto& node : drawing.nodes) {
        if (node.hub == no_hub) continue;
        const auto& hub = drawing.nodes[node.hub];
        node.at = {hub.at.x + node.at.x, hub.at.y + node.at.y};
    }
    place_rings(drawing);
    move_to_origin(drawing);
    return {};
}

} // namespace cim::graph
