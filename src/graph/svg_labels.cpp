#include "graph/svg_labels.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <utility>

namespace cim::graph {
namespace {

constexpr std::size_t most_labels = 160;
constexpr std::size_t important_labels = 90;
constexpr std::size_t most_leaf_labels = 40;
constexpr std::size_t many_around = 4;    // nodes that make the one in their middle a landmark
constexpr std::size_t longest_label = 28; // characters

struct Rectangle {
    double left, top, right, bottom;
    [[nodiscard]] bool meets(const Rectangle& other) const noexcept {
        return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
    }
};

// Rectangles that must not be written across, in squares of a grid, so that asking looks at near ones only.
class Taken {
  public:
    Taken(Point size, double cell)
        : cell_(cell),
          columns_(static_cast<std::size_t>(size.x / cell) + 1),
          rows_(static_cast<std::size_t>(size.y / cell) + 1),
          cells_(columns_ * rows_) {}

    void add(const Rectangle& taken) {
        each_cell(taken, [&](std::vector<Rectangle>& cell) {
            cell.push_back(taken);
            return true;
        });
    }
    [[nodiscard]] bool is_free(const Rectangle& wanted) {
        return each_cell(wanted, [&](const std::vector<Rectangle>& cell) {
            return std::ranges::none_of(cell, [&](const Rectangle& taken) { return taken.meets(wanted); });
        });
    }

  private:
    template <class F> bool each_cell(const Rectangle& area, F function) {
        const auto index = [&](double position, std::size_t count) {
            return static_cast<std::size_t>(std::clamp(position / cell_, 0.0, static_cast<double>(count - 1)));
        };
        for (auto row = index(area.top, rows_); row <= index(area.bottom, rows_); ++row) {
            for (auto column = index(area.left, columns_); column <= index(area.right, columns_); ++column) {
                if (!function(cells_[row * columns_ + column])) return false;
            }
        }
        return true;
    }

    double cell_;
    std::size_t columns_, rows_;
    std::vector<std::vector<Rectangle>> cells_;
};

Rectangle box_of(const DrawnNode& node) {
    return {node.at.x - node.radius, node.at.y - node.radius, node.at.x + node.radius, node.at.y + node.radius};
}

// How many nodes hang on each node alone.
std::vector<std::size_t> gathered(const Drawing& drawing) {
    std::vector<std::size_t> around(drawing.nodes.size());
    for (const auto& node : drawing.nodes) {
        if (node.hub != no_hub) ++around[node.hub];
    }
    return around;
}

// The nodes in the order in which they get labels: first those that others gather round, then by degree. In a crowd, of
// the nodes that hang on another only the best connected.
std::vector<std::size_t> by_importance(const Drawing& drawing, std::span<const std::size_t> around) {
    const auto& nodes = drawing.nodes;
    std::vector<std::size_t> ranked(nodes.size());
    std::iota(ranked.begin(), ranked.end(), std::size_t{0});
    std::ranges::stable_sort(ranked, std::ranges::greater{}, [&](std::size_t node) {
        return std::pair(around[node] >= many_around ? around[node] : 0, nodes[node].degree);
    });
    if (drawing.is_small()) return ranked;
    std::size_t leaves = 0;
    std::erase_if(ranked, [&](std::size_t node) { return nodes[node].hub != no_hub && ++leaves > most_leaf_labels; });
    return ranked;
}

// Where the base line of a node's label may begin, the best place first.
std::array<Point, 4> places(const DrawnNode& node, const Drawing& drawing, double width, double size, double unit) {
    const double gap = node.radius + 2 * unit;
    const Point right{node.at.x + gap, node.at.y + size * 0.35};
    const Point left{node.at.x - gap - width, node.at.y + size * 0.35};
    const Point below{node.at.x - width / 2, node.at.y + gap + size * 0.8};
    const Point above{node.at.x - width / 2, node.at.y - gap - size * 0.2};
    if (drawing.is_small()) return {below, right, left, above}; // where fewest arrows end
    // Labels on a ring stand outside it.
    if (node.on_ring && node.at.x < drawing.size.x / 2) return {left, right, above, below};
    return {right, left, below, above};
}

} // namespace

double text_width(std::string_view text, double size) noexcept {
    double width = 0;
    while (!text.empty()) {
        const auto length = std::max<std::size_t>(utf8_length(text), 1);
        const char c = text[0];
        const bool narrow = length == 1 && std::string_view("iljtfr.,:;'|!()[] ").find(c) != std::string_view::npos;
        const bool wide = length > 2 || c == 'm' || c == 'w' || (c >= 'A' && c <= 'Z');
        width += narrow ? 0.32 : wide ? (length > 2 ? 1.0 : 0.74) : 0.56;
        text.remove_prefix(length);
    }
    return width * size;
}

std::string shortened(std::string_view text, std::size_t limit) {
    std::size_t end = 0; // of what is kept if it has to be cut
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++count) {
        if (count + 1 == limit) end = at;
        if (count == limit) return std::string(text.substr(0, end)) + "…";
        at += std::max<std::size_t>(utf8_length(text.substr(at)), 1);
    }
    return std::string(text);
}

std::vector<Label> place_labels(const Drawing& drawing, double unit) {
    const auto& nodes = drawing.nodes;
    const auto around = gathered(drawing);
    const bool crowded = !drawing.is_small();

    Taken taken(drawing.size, 40 * unit);
    const auto keep_clear = [&](auto wanted) {
        for (const auto& node : nodes) {
            if (wanted(node)) taken.add(box_of(node));
        }
    };
    // In a crowd a label may cover small nodes, or there would be no labels at all; that of a less important node may
    // not cover those on the rings.
    keep_clear([&](const DrawnNode& node) { return !crowded || node.radius > 8; });
    std::vector<Label> labels;
    std::size_t tried = 0;
    for (const auto index : by_importance(drawing, around)) {
        if (labels.size() == most_labels) break;
        if (++tried == important_labels) keep_clear([&](const DrawnNode& node) { return node.on_ring; });
        const auto& node = nodes[index];
        const bool strong = crowded && around[index] >= many_around;
        const double size = (strong ? 13 : crowded ? 10 : 13) * unit;
        auto text = shortened(node.name, longest_label);
        const double width = text_width(text, size) * (strong ? 1.06 : 1);
        for (const auto& place : places(node, drawing, width, size, unit)) {
            const Rectangle box{place.x, place.y - size * 0.8, place.x + width, place.y + size * 0.25};
            if (!taken.is_free(box)) continue;
            taken.add(box);
            labels.push_back({std::move(text), place, size, width, strong});
            break;
        }
    }
    return labels;
}

} // namespace cim::graph
