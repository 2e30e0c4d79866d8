// From the text of a mapping file to programs.
#pragma once

#include <cim/error.hpp>

#include "graph/mapping_program.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim::graph {

/// By event type. Errors: invalid_mapping with `line` and `column` where the text is no JSON, else with `pointer`, the
/// JSON pointer of what is wrong.
[[nodiscard]] Result<std::vector<std::pair<std::string, Program>>> compile_mapping(std::string_view text);

} // namespace cim::graph
