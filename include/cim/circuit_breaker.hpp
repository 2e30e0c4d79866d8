// Stops calling what keeps failing, and tries again later: closed, open, half-open.
//
//     if (auto permit = breaker.acquire()) breaker.record(*permit, handle(event).has_value());
//
// Closed: calls go through, and the outcomes of the latest are kept; once there are enough and too many of them failed,
// it opens. Open: no call goes through until some time has passed. Half-open: a few probes go through, and their
// outcomes decide between closed and open. It can also be forced open, until it is reset.
//
// Safe to use from several threads at once. The hook is called on the thread that caused the change, without a lock
// held, and may use the breaker.
#pragma once

#include <cim/error.hpp>
#include <cim/time.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace cim {

struct CircuitBreakerConfig {
    double failure_rate = 0.5;      ///< Opens at this share of failures or more; above 0 and at most 1.
    std::size_t window_calls = 100; ///< The latest calls that count; 1 ... 1,000,000.
    /// Calls that are longer ago do not count; nullopt: only their number matters. More than 0.
    std::optional<Duration> window_time;
    std::size_t minimum_calls = 20;               ///< Fewer say nothing; 1 ... window_calls.
    Duration open_for = std::chrono::seconds(30); ///< More than 0.
    std::size_t probes = 5;                       ///< Calls that decide in half-open; 1 ... 10,000.
    [[nodiscard]] Result<> check() const;         ///< Errors: invalid_argument naming the field.
};

enum class BreakerState : std::uint8_t { closed, open, half_open, forced_open };
[[nodiscard]] std::string_view to_string(BreakerState state) noexcept; ///< The enumerator's name.

struct CircuitBreakerStats {
    BreakerState state = BreakerState::closed;
    std::size_t window_calls = 0; ///< Calls that count at the moment.
    std::size_t window_failures = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t rejected = 0; ///< Calls that were not let through.
    std::uint64_t late = 0;     ///< Outcomes of calls that began before the state last changed; they decide nothing.
    std::uint64_t opened = 0;   ///< Times it went from closed or half-open to open.
};

class CircuitBreaker {
  public:
    using Hook = std::function<void(BreakerState from, BreakerState to)>;

    /// A configuration that its check() refuses gives a breaker that is forced open.
    explicit CircuitBreaker(CircuitBreakerConfig config = {}, Hook hook = {}, const Clock& clock = system_clock());
    CircuitBreaker(const CircuitBreaker&) = delete;
    CircuitBreaker& operator=(const CircuitBreaker&) = delete;

    /// Leave to make one call, whose outcome is to be recorded.
    class Permit {
        friend class CircuitBreaker;
        explicit Permit(std::uint64_t period) : period_(period) {}
        std::uint64_t period_;
    };
    /// nullopt: make no call now. A probe whose outcome is not recorded within open_for is given up for another.
    [[nodiscard]] std::optional<Permit> acquire();
    void record(Permit permit, bool succeeded);
    /// The call was not made after all.
    void give_back(Permit permit);

    /// No call goes through until reset().
    void force_open();
    /// Closed, with no memory of earlier calls.
    void reset();

    [[nodiscard]] BreakerState state();
    /// How long until a call may go through; 0 if one may now, nullopt if only reset() can help.
    [[nodiscard]] std::optional<Duration> retry_after();
    [[nodiscard]] CircuitBreakerStats stats();

  private:
    struct Outcome {
        Duration at;
        bool failed;
    };
    using Change = std::optional<std::pair<BreakerState, BreakerState>>;

    Change enter(BreakerState state);
    Change pass_time();
    void forget_old();
    void tell(const Change& change) const;

    const CircuitBreakerConfig config_;
    const Hook hook_;
    const Clock& clock_;

    std::mutex mutex_; // guards everything below
    BreakerState state_ = BreakerState::closed;
    std::uint64_t period_ = 0;    // counts changes of state
    Duration since_{};            // when the state last changed, or half-open began anew
    std::vector<Outcome> window_; // a ring
    std::size_t window_begin_ = 0, window_size_ = 0, window_failures_ = 0;
    std::size_t probes_begun_ = 0, probes_ended_ = 0, probes_failed_ = 0;
    CircuitBreakerStats stats_;
};

} // namespace cim
