// What is said to a command line that cannot be understood.
#pragma once

#include <CLI/CLI.hpp>

namespace cim::cli {

/// Prints help or version, if that is what the "error" is, or what is wrong and where to read on. The exit status.
int report_usage(CLI::App& app, const CLI::ParseError& error, bool json);

} // namespace cim::cli
