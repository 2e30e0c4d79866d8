// The command line as data, for what is made from it: help, shell completions and the man page.
#pragma once

#include "options.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace cim::cli {

struct OptionEntry {
    std::vector<std::string> names; ///< "--aggregate", "-a"; for a positional its name alone.
    std::string value;              ///< What it takes, e.g. "FILE"; empty for a flag.
    std::string description;
    std::vector<std::string> choices; ///< The values it may have, where they are few.
    bool positional = false;
    bool required = false;
};

[[nodiscard]] OptionEntry option_entry(const CLI::Option& option);

/// The description up to the end of its first thought, for menus and lists.
[[nodiscard]] std::string brief(std::string_view description);

struct CommandEntry {
    std::string path; ///< "import git"; empty for the command itself.
    std::string description;
    std::string footer;
    std::vector<OptionEntry> options;
    std::vector<std::string> subcommands; ///< Names.
};

/// The whole line that `part` is of: the command itself and all below it that are not hidden, each after what it is
/// below.
[[nodiscard]] std::vector<CommandEntry> command_tree(Command part);

} // namespace cim::cli
