// Completion scripts for shells, made from the command line itself.
#pragma once

#include "command_tree.hpp"

#include <span>
#include <string>

namespace cim::cli {

[[nodiscard]] std::string bash_completions(std::span<const CommandEntry> tree);
[[nodiscard]] std::string zsh_completions(std::span<const CommandEntry> tree);
[[nodiscard]] std::string fish_completions(std::span<const CommandEntry> tree);

} // namespace cim::cli
