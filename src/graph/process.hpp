// Runs another program on a text: no shell, no signal for the host, no wait without an end.
#pragma once

#include <cim/error.hpp>

#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace cim::graph {

struct ProcessOutput {
    std::string out;
    std::string errors; ///< What the program wrote to its standard error.
    int status = 0;     ///< Its exit status; 128 + n if signal n ended it.
};

/// Starts `command`, looked for in PATH, gives it `input` and takes what it writes. After `timeout` it is killed.
/// Errors: command_failed if it cannot be started, with field `command`; timeout; io_error. A status other than 0 is
/// for the caller to judge.
[[nodiscard]] Result<ProcessOutput> run_process(std::span<const std::string> command, std::string_view input,
                                                std::chrono::milliseconds timeout);

} // namespace cim::graph
