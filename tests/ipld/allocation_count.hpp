// How much memory a piece of code asks for. For one test at a time.
#pragma once

#include <cstddef>

namespace cim::test {

void start_counting_allocations() noexcept;

/// Bytes asked of operator new by any thread since the start; what was given back does not come off.
std::size_t stop_counting_allocations() noexcept;

} // namespace cim::test
