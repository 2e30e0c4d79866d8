// The man page, made from the command line itself, so that neither forgets what the other has.
#pragma once

#include "command_tree.hpp"

#include <span>
#include <string>

namespace cim::cli {

/// cim(1) in the man macros of roff.
[[nodiscard]] std::string man_page(std::span<const CommandEntry> tree);

} // namespace cim::cli
