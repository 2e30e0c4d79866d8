// SVG: edges below nodes below labels, a title with the numbers above, a legend of types below it.
//
// All sizes derive from the width of the drawing, so that a picture of 5,000 nodes, scaled to a page, has letters as
// large as one of 50.

#include "base/try.hpp"
#include "graph/drawing.hpp"
#include "graph/export_text.hpp"
#include "graph/exporters.hpp"
#include "graph/svg_labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <ostream>

namespace cim::graph {
namespace {

constexpr std::array<std::string_view, 9> palette{"#2f6db3", "#c2403b", "#f0a53a", "#3f9b6d", "#8a63b5",
                                                  "#35a3ad", "#d57aa6", "#8d6e4f", "#a3a33a"};
constexpr std::string_view other_colour = "#9a9a9a";
constexpr std::string_view edge_colour = "#6b7683";
constexpr std::string_view text_colour = "#24292f";
constexpr std::string_view font = "-apple-system, 'Segoe UI', 'Helvetica Neue', Helvetica, Arial, sans-serif";

struct TypeCount {
    std::string_view type;
    std::size_t count;
    std::string_view colour;
};

// By name, so that a type has the same colour as long as the types are the same. Where there are more than colours, the
// rarest share one.
std::vector<TypeCount> count_types(const GraphModel& model) {
    std::map<std::string_view, std::size_t> counts;
    for (const auto node : model.nodes()) ++counts[model.node(node).type];
    std::vector<TypeCount> types;
    types.reserve(counts.size());
    for (const auto& [type, count] : counts) types.push_back({type, count, other_colour});
    std::ranges::stable_sort(types, std::ranges::greater{}, &TypeCount::count);
    const auto coloured = types.begin() + static_cast<std::ptrdiff_t>(std::min(types.size(), palette.size()));
    std::ranges::sort(types.begin(), coloured, {}, &TypeCount::type);
    for (std::size_t i = 0; i < std::min(types.size(), palette.size()); ++i) types[i].colour = palette[i];
    return types;
}

class SvgWriter {
  public:
    SvgWriter(const GraphModel& model, const Drawing& drawing, const GraphExportOptions& options, std::ostream& out)
        : model_(model),
          drawing_(drawing),
          options_(options),
          out_(out),
          types_(count_types(model)),
          unit_(std::max(900.0, std::max(drawing.size.x, drawing.size.y * 1.2)) / 1000) {
        for (const auto& type : types_) colours_[type.type] = type.colour;
    }

    void write() {
        const auto labels = place_labels(drawing_, unit_);
        // Labels may stand out of the drawing.
        Point low{0, 0};
        Point high = drawing_.size;
        for (const auto& label : labels) {
            low = {std::min(low.x, label.at.x), std::min(low.y, label.at.y - label.size)};
            high = {std::max(high.x, label.at.x + label.width), std::max(high.y, label.at.y + label.size)};
        }
        const double margin = 30 * unit_;
        const double head = head_height();
        const double width = std::max(high.x - low.x + 2 * margin, 600 * unit_);
        const double height = high.y - low.y + 2 * margin + head;
        const double shown = std::min(width, 1400.0);
        out_ << fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.0f}\" height=\"{:.0f}\" "
                            "viewBox=\"0 0 {:.1f} {:.1f}\" font-family=\"{}\">\n",
                            shown, shown * height / width, width, height, font);
        if (!options_.title.empty()) out_ << "<title>" << xml_escaped(options_.title) << "</title>\n";
        out_ << "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
        write_head(margin);
        out_ << fmt::format("<g transform=\"translate({:.1f} {:.1f})\">\n", (width - (high.x + low.x)) / 2,
                            head + margin - low.y);
        write_edges();
        write_nodes();
        write_labels(labels);
        out_ << "</g>\n</svg>\n";
    }

  private:
    [[nodiscard]] double head_height() const { return (options_.title.empty() ? 52 : 80) * unit_; }

    void write_head(double left) {
        double y = 26 * unit_;
        if (!options_.title.empty()) {
            y += 8 * unit_;
            out_ << fmt::format(
                "<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{:.1f}\" font-weight=\"600\" fill=\"{}\">{}</text>\n",
                left, y, 24 * unit_, text_colour, xml_escaped(options_.title));
            y += 22 * unit_;
        }
        const auto count = [](std::size_t number, std::string_view what) {
            return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
        };
        auto numbers = count(model_.node_count(), "node") + ", " + count(model_.edge_count(), "edge");
        if (drawing_.nodes.size() < model_.node_count())
            numbers +=
                fmt::format("; without the {} least connected nodes", model_.node_count() - drawing_.nodes.size());
        out_ << fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{:.1f}\" fill=\"#57606a\">{}</text>\n", left,
                            y, 13 * unit_, numbers);
        write_legend(left, y + 24 * unit_);
    }

    void write_legend(double x, double y) {
        const double size = 13 * unit_;
        const auto shown = std::min(types_.size(), palette.size());
        for (std::size_t i = 0; i < shown; ++i) {
            const auto& [type, count, colour] = types_[i];
            const auto text = fmt::format("{} {}", shortened(type, 40), count);
            out_ << fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" fill=\"{}\"/><text x=\"{:.1f}\" "
                                "y=\"{:.1f}\" font-size=\"{:.1f}\" fill=\"{}\">{}</text>\n",
                                x + size / 2, y - size * 0.36, size * 0.42, colour, x + size * 1.3, y, size,
                                text_colour, xml_escaped(text));
            x += size * 1.3 + text_width(text, size) + size * 1.4;
        }
        if (shown < types_.size()) {
            out_ << fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" fill=\"{}\"/><text x=\"{:.1f}\" "
                                "y=\"{:.1f}\" font-size=\"{:.1f}\" fill=\"{}\">{} other types</text>\n",
                                x + size / 2, y - size * 0.36, size * 0.42, other_colour, x + size * 1.3, y, size,
                                text_colour, types_.size() - shown);
        }
    }

    void write_edges() {
        if (drawing_.is_small()) return write_arrows();
        // The more there are, the fainter each is; what holds the landmarks together stays clear.
        const auto loose = static_cast<double>(std::ranges::count(drawing_.edges, false, &DrawnEdge::in_skeleton));
        const auto firm = static_cast<double>(drawing_.edges.size()) - loose;
        const double faint = std::clamp(4.5 / std::sqrt(loose + 1), 0.06, 0.5);
        const double spoke = std::clamp(14 / std::sqrt(firm + 1), 0.25, 0.9);
        out_ << fmt::format("<g fill=\"none\" stroke-width=\"{:.2f}\" stroke-opacity=\"{:.2f}\">\n", 0.9 * unit_,
                            faint);
        for (const auto& edge : drawing_.edges) {
            if (!edge.in_skeleton) write_loose(edge);
        }
        out_ << "</g>\n";
        write_lines(0.9 * unit_, spoke,
                    [&](const DrawnEdge& edge) { return edge.in_skeleton && !is_between_hubs(edge); });
        write_lines(1.4 * unit_, std::max(spoke, 0.55),
                    [&](const DrawnEdge& edge) { return edge.in_skeleton && is_between_hubs(edge); });
    }

    [[nodiscard]] bool is_between_hubs(const DrawnEdge& edge) const {
        return drawing_.nodes[edge.source].hub == no_hub && drawing_.nodes[edge.target].hub == no_hub;
    }

    template <class Wanted> void write_lines(double width, double opacity, Wanted wanted) {
        out_ << fmt::format("<g stroke=\"{}\" stroke-width=\"{:.2f}\" stroke-opacity=\"{:.2f}\">\n", edge_colour, width,
                            opacity);
        for (const auto& edge : drawing_.edges) {
            if (!wanted(edge)) continue;
            const auto a = drawing_.nodes[edge.source].at;
            const auto b = drawing_.nodes[edge.target].at;
            out_ << fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\"/>\n", a.x, a.y, b.x, b.y);
        }
        out_ << "</g>\n";
    }

    // From border to border with an arrowhead; one from a node to itself is a loop above it. The type stands beside it.
    void write_arrows() {
        const double head = 7 * unit_;
        out_ << fmt::format(
            "<defs><marker id=\"head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"{0:.1f}\" "
            "markerHeight=\"{0:.1f}\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 1L10 5L0 9z\" "
            "fill=\"{1}\"/></marker></defs>\n",
            head, edge_colour);
        out_ << fmt::format("<g stroke=\"{}\" stroke-width=\"{:.2f}\" fill=\"none\" marker-end=\"url(#head)\">\n",
                            edge_colour, 1.3 * unit_);
        for (const auto& edge : drawing_.edges) {
            const auto& source = drawing_.nodes[edge.source];
            const auto& target = drawing_.nodes[edge.target];
            if (edge.source == edge.target) {
                const double r = source.radius;
                out_ << fmt::format("<path d=\"M{:.1f} {:.1f}c{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} 0\"/>\n",
                                    source.at.x - r * 0.6, source.at.y - r * 0.8, -r * 1.5, -r * 3, r * 2.7, -r * 3,
                                    r * 1.2);
                continue;
            }
            const Point way{target.at.x - source.at.x, target.at.y - source.at.y};
            const double length = std::max(std::hypot(way.x, way.y), 1.0);
            const double from = source.radius / length;
            const double to = 1 - (target.radius + 1.5 * unit_) / length;
            out_ << fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\"/>\n", source.at.x + way.x * from,
                                source.at.y + way.y * from, source.at.x + way.x * to, source.at.y + way.y * to);
        }
        out_ << "</g>\n";
        write_edge_types();
    }

    // Where a picture has so few edges that their types can be read.
    void write_edge_types() {
        if (drawing_.edges.size() > 40) return;
        out_ << fmt::format("<g font-size=\"{:.1f}\" fill=\"#57606a\" text-anchor=\"middle\" stroke=\"#ffffff\" "
                            "stroke-width=\"{:.2f}\" paint-order=\"stroke\">\n",
                            9.5 * unit_, 2.5 * unit_);
        for (const auto& edge : drawing_.edges) {
            const auto& source = drawing_.nodes[edge.source];
            const auto& target = drawing_.nodes[edge.target];
            const double up = edge.source == edge.target ? source.radius * 3.4 : -3 * unit_;
            out_ << fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", (source.at.x + target.at.x) / 2,
                                (source.at.y + target.at.y) / 2 - up, xml_escaped(shortened(edge.type, 24)));
        }
        out_ << "</g>\n";
    }

    // In the colour of the end outside the skeleton, bent towards the middle, so that edges of one node run together.
    void write_loose(const DrawnEdge& edge) {
        const auto& source = drawing_.nodes[edge.source];
        const auto& target = drawing_.nodes[edge.target];
        const Point middle{drawing_.size.x / 2, drawing_.size.y / 2};
        const Point bend{(source.at.x + target.at.x) * 0.4 + middle.x * 0.2,
                         (source.at.y + target.at.y) * 0.4 + middle.y * 0.2};
        const auto& coloured = source.on_ring || !target.on_ring ? source : target;
        out_ << fmt::format("<path stroke=\"{}\" d=\"M{:.1f} {:.1f}Q{:.1f} {:.1f} {:.1f} {:.1f}\"/>\n",
                            colours_[coloured.type], source.at.x, source.at.y, bend.x, bend.y, target.at.x,
                            target.at.y);
    }

    void write_nodes() {
        out_ << fmt::format("<g stroke=\"#ffffff\" stroke-width=\"{:.2f}\">\n", 0.8 * unit_);
        for (const auto& node : drawing_.nodes) {
            out_ << fmt::format(
                "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" fill=\"{}\"><title>{}</title></circle>\n", node.at.x,
                node.at.y, node.radius, colours_[node.type], xml_escaped(node.name));
        }
        out_ << "</g>\n";
    }

    void write_labels(std::span<const Label> labels) {
        out_ << fmt::format("<g fill=\"{}\" stroke=\"#ffffff\" stroke-width=\"{:.2f}\" stroke-linejoin=\"round\" "
                            "paint-order=\"stroke\">\n",
                            text_colour, 3 * unit_);
        for (const auto& label : labels) {
            out_ << fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{:.1f}\"{}>{}</text>\n", label.at.x,
                                label.at.y, label.size, label.strong ? " font-weight=\"600\"" : "",
                                xml_escaped(label.text));
        }
        out_ << "</g>\n";
    }

    const GraphModel& model_;
    const Drawing& drawing_;
    const GraphExportOptions& options_;
    std::ostream& out_;
    std::vector<TypeCount> types_;
    std::map<std::string_view, std::string_view> colours_;
    double unit_; // a thousandth of the picture's width
};

} // namespace

Result<> write_svg(const GraphModel& model, std::ostream& out, const GraphExportOptions& options) {
    auto drawing = choose_nodes(model, options.max_drawn_nodes);
    CIM_TRY(place_nodes(drawing, options.timeout));
    SvgWriter(model, drawing, options, out).write();
    return {};
}

} // namespace cim::graph
