// Ctrl-C and SIGTERM: long work asks interrupted() between its steps and ends cleanly; a second signal ends it at once.
#pragma once

namespace cim::cli {

/// Called once, by main. Also makes writing to a closed pipe an error instead of the program's end.
void handle_signals();
[[nodiscard]] bool interrupted() noexcept;
/// 128 + the number of the signal that came.
[[nodiscard]] int interrupted_status() noexcept;

} // namespace cim::cli
