#include <cim/subject_worker.hpp>

#include "base/text_hash.hpp"
#include "router/call_handler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace cim {

Result<> RetryPolicy::check() const {
    const auto refuse = [](std::string_view name, std::string_view range) {
        return fail(Errc::invalid_argument, fmt::format("{} of the retry policy must be {}", name, range), {},
                    {{"name", std::string(name)}});
    };
    if (max_retries && *max_retries > 1000) return refuse("max_retries", "at most 1000");
    if (first_pause < Duration(0)) return refuse("first_pause", "at least 0");
    if (!(growth >= 1 && growth <= 100)) return refuse("growth", "1 to 100");
    if (longest_pause < first_pause) return refuse("longest_pause", "at least first_pause");
    if (!(jitter >= 0 && jitter <= 1)) return refuse("jitter", "0 to 1");
    return {};
}

Duration RetryPolicy::pause(unsigned retry, double random) const noexcept {
    const auto longest = static_cast<double>(longest_pause.count());
    const auto grown = static_cast<double>(first_pause.count()) * std::pow(growth, static_cast<double>(retry) - 1);
    return Duration(static_cast<std::int64_t>(std::min(grown, longest) * (1 - jitter * random)));
}

namespace {

// Good enough to keep workers from retrying in step.
std::function<double()> generator_from(std::uint64_t seed) {
    return [state = seed]() mutable {
        state += 0x9e3779b97f4a7c15;
        return static_cast<double>(mix_bits(state, 0xd6e8feb86659fd93) >> 11) * 0x1p-53;
    };
}

std::optional<Error> first_error(const WorkerConfig& config) {
    if (auto checked = config.retries.check(); !checked) return std::move(checked).error();
    if (auto checked = config.breaker.check(); !checked) return std::move(checked).error();
    return std::nullopt;
}

} // namespace

struct SubjectWorker::State {
    State(SubjectConsumer used_consumer, Handler used_handler, DeadLetterQueue* letters, WorkerConfig chosen,
          const Clock& used_clock)
        : consumer(std::move(used_consumer)),
          handler(std::move(used_handler)),
          dead_letters(letters),
          config(std::move(chosen)),
          clock(used_clock),
          config_error(first_error(config)),
          breaker(config.breaker, config.on_breaker_change, clock) {
        if (!config.retries.max_retries) config.retries.max_retries = consumer.router_config().max_retries;
        if (!config.random) config.random = generator_from(static_cast<std::uint64_t>(to_micros(clock.now())));
    }

    bool next();
    void failed(const Error& error, WorkReport& report);
    void bury(const Error& error, WorkReport& report);

    SubjectConsumer consumer;
    const Handler handler;
    DeadLetterQueue* const dead_letters;
    WorkerConfig config;
    const Clock& clock;
    const std::optional<Error> config_error;
    CircuitBreaker breaker;
    WorkerStats stats;

    // The event at work; it stays until it is handled or buried.
    std::vector<RoutedEvent> current; // one or none
    unsigned attempts = 0;
    Timestamp first_failure;
    Duration not_before{};
};

bool SubjectWorker::State::next() {
    if (!current.empty()) return true;
    attempts = 0;
    return consumer.poll_events(current, 1) != 0;
}

void SubjectWorker::State::failed(const Error& error, WorkReport& report) {
    ++report.failures;
    ++stats.failures;
    if (attempts == 1) first_failure = clock.now();
    consumer.report_error(current.front().pattern_index(), error.message);
    if (attempts > *config.retries.max_retries) return bury(error, report);
    ++stats.retries;
    not_before = clock.elapsed() + config.retries.pause(attempts, config.random());
}

void SubjectWorker::State::bury(const Error& error, WorkReport& report) {
    const auto& routed = current.front();
    const auto kept =
        dead_letters != nullptr && dead_letters->add({.event = routed.event(),
                                                      .subject = std::string(routed.subject()),
                                                      .pattern = consumer.patterns()[routed.pattern_index()],
                                                      .consumer = consumer.name(),
                                                      .global_sequence = routed.global_sequence(),
                                                      .aggregate_sequence = routed.aggregate_sequence(),
                                                      .reason = DeadLetterReason::handler_failed,
                                                      .error = error.message,
                                                      .attempts = attempts,
                                                      .hops = routed.hops(),
                                                      .first_failure = first_failure,
                                                      .last_failure = clock.now()});
    ++(kept ? report.dead_lettered : report.given_up);
    ++(kept ? stats.dead_lettered : stats.given_up);
    current.clear();
    not_before = {};
}

SubjectWorker::SubjectWorker(SubjectConsumer consumer, Handler handler, DeadLetterQueue* dead_letters,
                             WorkerConfig config, const Clock& clock)
    : state_(std::make_unique<State>(std::move(consumer), std::move(handler), dead_letters, std::move(config), clock)) {
}
SubjectWorker::~SubjectWorker() = default;
SubjectWorker::SubjectWorker(SubjectWorker&&) noexcept = default;

WorkReport SubjectWorker::work(std::size_t max) {
    auto& state = *state_;
    WorkReport report;
    if (state.config_error) return report;
    for (std::size_t calls = 0; calls < max; ++calls) {
        // An event that has to pause blocks the ones behind it, so that they stay in order.
        if (!state.current.empty()) {
            const auto now = state.clock.elapsed();
            if (now < state.not_before) {
                report.again_after = state.not_before - now;
                break;
            }
        } else if (state.consumer.depth() == 0) {
            break; // without asking the breaker for leave that would not be used
        }
        const auto permit = state.breaker.acquire();
        if (!permit) {
            report.again_after = state.breaker.retry_after();
            break;
        }
        if (!state.next()) {
            // Another of the group was faster. The leave must not stay out: a probe would never end.
            state.breaker.give_back(*permit);
            break;
        }
        ++state.attempts;
        auto outcome = detail::call_handler(state.handler, state.current.front());
        state.breaker.record(*permit, outcome.has_value());
        if (!outcome) {
            state.failed(outcome.error(), report);
            continue;
        }
        ++report.handled;
        ++state.stats.handled;
        state.current.clear();
    }
    return report;
}

const std::optional<Error>& SubjectWorker::config_error() const noexcept { return state_->config_error; }
SubjectConsumer& SubjectWorker::consumer() noexcept { return state_->consumer; }
CircuitBreaker& SubjectWorker::breaker() noexcept { return state_->breaker; }

WorkerStats SubjectWorker::stats() const {
    auto stats = state_->stats;
    stats.breaker = state_->breaker.stats();
    return stats;
}

} // namespace cim
