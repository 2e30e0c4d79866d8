// How long a fetch may take, by the clock it was given.
#pragma once

#include <cim/error.hpp>
#include <cim/time.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace cim::stream {

class Deadline {
  public:
    Deadline(const Clock& clock, std::chrono::milliseconds allowed)
        : clock_(&clock), start_(clock.elapsed()), allowed_(allowed) {}

    /// What is left, rounded up to a millisecond; 0 when it is over.
    [[nodiscard]] std::chrono::milliseconds left() const {
        const auto left = allowed_ - (clock_->elapsed() - start_);
        return std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(0));
    }
    /// Errors: timeout, saying how far the fetch came.
    [[nodiscard]] Result<> check(std::uint64_t events_read) const;

  private:
    const Clock* clock_;
    Duration start_;
    std::chrono::milliseconds allowed_;
};

} // namespace cim::stream
