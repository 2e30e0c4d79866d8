// What the command's exit status says; scripts rely on it.
#pragma once

#include <cim/error.hpp>

namespace cim::cli {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;    ///< The command line is wrong.
inline constexpr int exit_bad_data = 3; ///< Data failed verification.
inline constexpr int exit_conflict = 4; ///< The head, or the history, is not the expected one.
inline constexpr int exit_no_store = 5; ///< The store is unavailable.
inline constexpr int exit_interrupted = 130;

/// The exit status for a command that failed with that error.
[[nodiscard]] int exit_status(const Error& error) noexcept;

} // namespace cim::cli
