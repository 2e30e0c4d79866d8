// Text of unknown origin as it can stand in an error message: one line, valid UTF-8, of bounded length.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cim {

/// `text` with backslashes, control characters and bytes that are not UTF-8 as \\, \n, \r, \t and \xNN; what is longer
/// than `limit` bytes is cut and ends in "...".
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 120);

} // namespace cim
