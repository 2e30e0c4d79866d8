// Trying again: what is worth it, and after which pause.
#pragma once

#include <cim/error.hpp>
#include <cim/time.hpp>

#include <cstdint>

namespace cim {

/// False for what no second attempt can mend: the caller is wrong, or the data itself is not as it must be.
[[nodiscard]] bool worth_retrying(Errc code) noexcept;

/// Pauses between attempts at what fails: doubling up to a longest one, each by chance between half and all of it, so
/// that many who lost the same server do not all come back at once. The same seed gives the same pauses. One thread at
/// a time.
class Backoff {
  public:
    Backoff(Duration first, Duration longest, std::uint64_t seed) noexcept;
    [[nodiscard]] Duration next() noexcept;
    /// It worked: the next pause is a first one again.
    void reset() noexcept { pause_ = first_; }

  private:
    Duration first_;
    Duration longest_;
    Duration pause_;
    std::uint64_t state_;
};

} // namespace cim
