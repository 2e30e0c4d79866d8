// Hands a consumer's events to a handler, and sees to those that fail: retries, a circuit breaker, dead letters.
//
//     cim::SubjectWorker worker(std::move(*consumer), [&](const cim::RoutedEvent& routed) { return
//     apply(routed.event()); }); while (running) { worker.work(); consumer_side_work(); }
//
// Order is kept: an event that fails is tried again before the next one is, after a pause that grows, up to max_retries
// times; then it becomes a dead letter and the next one's turn comes. While the breaker is open nothing is taken out of
// the channel, whose overflow policy decides what happens there. A handler that throws has failed.
//
// Nothing waits here: work() does what can be done now and says when there will be more. One thread at a time; the
// handler is called on it, and may use the router, subscribe and unsubscribe, but not this worker. The clock and the
// dead-letter queue must outlive the worker.
#pragma once

#include <cim/circuit_breaker.hpp>
#include <cim/dead_letter_queue.hpp>
#include <cim/error.hpp>
#include <cim/routed_event.hpp>
#include <cim/subject_consumer.hpp>
#include <cim/time.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace cim {

struct RetryPolicy {
    /// After the first try; at most 1000. nullopt: RouterConfig::max_retries.
    std::optional<unsigned> max_retries;
    Duration first_pause = std::chrono::milliseconds(100); ///< Before the first retry; at least 0.
    double growth = 2;                                     ///< Of each pause over the one before; 1 ... 100.
    Duration longest_pause = std::chrono::seconds(30);     ///< At least first_pause.
    double jitter = 0.5;                  ///< A pause is shortened by a random share of itself up to this; 0 ... 1.
    [[nodiscard]] Result<> check() const; ///< Errors: invalid_argument naming the field.
    /// Before that retry, from 1; `random` is in [0, 1).
    [[nodiscard]] Duration pause(unsigned retry, double random) const noexcept;
};

struct WorkerConfig {
    RetryPolicy retries{};
    CircuitBreakerConfig breaker{};
    CircuitBreaker::Hook on_breaker_change{};
    /// Random numbers in [0, 1) for the jitter. Empty: those of a generator that starts from the clock.
    std::function<double()> random{};
};

struct WorkReport {
    std::size_t handled = 0;       ///< Events.
    std::size_t failures = 0;      ///< Calls of the handler that failed.
    std::size_t dead_lettered = 0; ///< Events.
    std::size_t given_up = 0;      ///< Events that failed and had no dead-letter queue to go to.
    /// How long until there is something to do although nothing new comes: a retry, or the breaker's next state.
    /// nullopt: there is not.
    std::optional<Duration> again_after;
};

struct WorkerStats {
    std::uint64_t handled = 0;
    std::uint64_t failures = 0;
    std::uint64_t retries = 0;
    std::uint64_t dead_lettered = 0;
    std::uint64_t given_up = 0;
    CircuitBreakerStats breaker;
};

class SubjectWorker {
  public:
    using Handler = std::function<Result<>(const RoutedEvent&)>;

    /// `dead_letters`: usually SubjectRouter::dead_letters(); nullptr: what fails for good is only counted. A
    /// configuration whose checks refuse it gives a worker that does nothing, see config_error().
    SubjectWorker(SubjectConsumer consumer, Handler handler, DeadLetterQueue* dead_letters, WorkerConfig config = {},
                  const Clock& clock = system_clock());
    ~SubjectWorker();
    SubjectWorker(SubjectWorker&&) noexcept;
    SubjectWorker& operator=(SubjectWorker&&) = delete;

    /// Handles events until there are none, one has to pause, the breaker is open, or `max` calls were made.
    WorkReport work(std::size_t max = 1000);

    [[nodiscard]] const std::optional<Error>& config_error() const noexcept;
    [[nodiscard]] SubjectConsumer& consumer() noexcept;
    [[nodiscard]] CircuitBreaker& breaker() noexcept;
    [[nodiscard]] WorkerStats stats() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace cim
