// Which nodes of a drawing get a label, and where it stands: the best connected first, none across another.
#pragma once

#include "graph/drawing.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace cim::graph {

struct Label {
    std::string text;
    Point at; ///< Left end of the base line.
    double size;
    double width; ///< About.
    bool strong;  ///< Of a node that others gather round.
};

/// `unit` is a thousandth of the picture's width.
[[nodiscard]] std::vector<Label> place_labels(const Drawing& drawing, double unit);

/// About how wide the text is in a sans-serif font of this size.
[[nodiscard]] double text_width(std::string_view text, double size) noexcept;
/// At most `limit` characters, the last of them an ellipsis where something was cut off.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t limit);

} // namespace cim::graph
