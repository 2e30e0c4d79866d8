// Time: microseconds since the Unix epoch, UTC, and clocks that can be injected.
//
// An event's timestamp is an integer of microseconds because nanoseconds pass 2^53 and break JavaScript readers.
// Nothing in the library reads the system's clock on its own: whoever needs the time is given a Clock, so tests never
// sleep and replays are exact.
#pragma once

#include <cim/error.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace cim {

/// A moment: microseconds since 1970-01-01T00:00:00Z.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;

[[nodiscard]] constexpr Timestamp from_micros(std::int64_t micros) noexcept { return Timestamp(Duration(micros)); }
[[nodiscard]] constexpr std::int64_t to_micros(Timestamp time) noexcept { return time.time_since_epoch().count(); }

/// RFC 3339, e.g. "2025-11-01T12:00:00.5Z" or with an offset "+02:00", in years 0001 ... 9999. Digits past the
/// microsecond are refused rather than rounded, and leap seconds (":60") because no count of microseconds has them.
/// Errors: invalid_argument with fields `value` and `reason`.
[[nodiscard]] Result<Timestamp> parse_rfc3339(std::string_view text);
/// RFC 3339 in UTC with as many of 0, 3 or 6 fraction digits as the value needs: "2025-11-01T12:00:00.500Z". Moments
/// outside of its years come as a count, "@-99999999999999999us".
[[nodiscard]] std::string to_rfc3339(Timestamp time);

/// What time it is. Implementations are safe to call from any thread.
class Clock {
  public:
    virtual ~Clock() = default;
    /// The wall clock, for timestamps. May jump.
    [[nodiscard]] virtual Timestamp now() const = 0;
    /// Time since some fixed moment, for measuring and waiting. Never goes back.
    [[nodiscard]] virtual Duration elapsed() const = 0;
};

/// The machine's clocks. One object, alive until the program ends.
[[nodiscard]] const Clock& system_clock() noexcept;

/// A clock that stands still until it is moved; for tests and simulations. Thread-safe.
class ManualClock final : public Clock {
  public:
    explicit ManualClock(Timestamp start = {}) noexcept : now_(to_micros(start)) {}
    [[nodiscard]] Timestamp now() const override { return from_micros(now_.load()); }
    [[nodiscard]] Duration elapsed() const override { return Duration(elapsed_.load()); }
    /// Moves both clocks forward. `step` must not be negative.
    void advance(Duration step) noexcept {
        now_ += step.count();
        elapsed_ += step.count();
    }

  private:
    std::atomic<std::int64_t> now_;
    std::atomic<std::int64_t> elapsed_{0};
};

} // namespace cim
