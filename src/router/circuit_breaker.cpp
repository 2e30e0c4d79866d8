#include <cim/circuit_breaker.hpp>

#include <fmt/format.h>

#include <utility>

namespace cim {

std::string_view to_string(BreakerState state) noexcept {
    switch (state) {
    case BreakerState::closed: return "closed";
    case BreakerState::open: return "open";
    case BreakerState::half_open: return "half_open";
    case BreakerState::forced_open: return "forced_open";
    }
    return "unknown";
}

Result<> CircuitBreakerConfig::check() const {
    const auto refuse = [](std::string_view name, std::string_view range) {
        return fail(Errc::invalid_argument, fmt::format("{} of the circuit breaker must be {}", name, range), {},
                    {{"name", std::string(name)}});
    };
    if (!(failure_rate > 0 && failure_rate <= 1)) return refuse("failure_rate", "above 0 and at most 1");
    if (window_calls < 1 || window_calls > 1'000'000) return refuse("window_calls", "1 to 1,000,000");
    if (window_time && *window_time <= Duration(0)) return refuse("window_time", "more than 0");
    if (minimum_calls < 1 || minimum_calls > window_calls) return refuse("minimum_calls", "1 to window_calls");
    if (open_for <= Duration(0)) return refuse("open_for", "more than 0");
    if (probes < 1 || probes > 10'000) return refuse("probes", "1 to 10,000");
    return {};
}

CircuitBreaker::CircuitBreaker(CircuitBreakerConfig config, Hook hook, const Clock& clock)
    : config_(config), hook_(std::move(hook)), clock_(clock) {
    if (!config_.check()) {
        state_ = BreakerState::forced_open;
        return;
    }
    window_.resize(config_.window_calls);
}

std::optional<CircuitBreaker::Permit> CircuitBreaker::acquire() {
    Change change;
    std::optional<Permit> permit;
    {
        const std::scoped_lock lock(mutex_);
        change = pass_time();
        const bool may =
            state_ == BreakerState::closed || (state_ == BreakerState::half_open && probes_begun_ < config_.probes);
        if (may) {
            if (state_ == BreakerState::half_open) ++probes_begun_;
            permit = Permit(period_);
        } else {
            ++stats_.rejected;
        }
    }
    tell(change);
    return permit;
}

void CircuitBreaker::record(Permit permit, bool succeeded) {
    Change change;
    {
        const std::scoped_lock lock(mutex_);
        ++(succeeded ? stats_.succeeded : stats_.failed);
        if (permit.period_ != period_) {
            ++stats_.late;
        } else if (state_ == BreakerState::half_open) {
            ++probes_ended_;
            probes_failed_ += succeeded ? 0 : 1;
            if (probes_ended_ == config_.probes) {
                const auto share = static_cast<double>(probes_failed_) / static_cast<double>(probes_ended_);
                change = enter(share >= config_.failure_rate ? BreakerState::open : BreakerState::closed);
            }
        } else if (state_ == BreakerState::closed) {
            if (window_size_ == window_.size()) {
                window_failures_ -= window_[window_begin_].failed ? 1 : 0;
                window_begin_ = (window_begin_ + 1) % window_.size();
                --window_size_;
            }
            window_[(window_begin_ + window_size_++) % window_.size()] = {clock_.elapsed(), !succeeded};
            window_failures_ += succeeded ? 0 : 1;
            forget_old();
            const auto share = static_cast<double>(window_failures_) / static_cast<double>(window_size_);
            if (window_size_ >= config_.minimum_calls && share >= config_.failure_rate)
                change = enter(BreakerState::open);
        }
    }
    tell(change);
}

void CircuitBreaker::give_back(Permit permit) {
    const std::scoped_lock lock(mutex_);
    if (permit.period_ == period_ && state_ == BreakerState::half_open) --probes_begun_;
}

void CircuitBreaker::force_open() {
    Change change;
    {
        const std::scoped_lock lock(mutex_);
        change = enter(BreakerState::forced_open);
    }
    tell(change);
}

void CircuitBreaker::reset() {
    Change change;
    {
        const std::scoped_lock lock(mutex_);
        // Without a window there is a configuration that nothing can work with.
        if (!window_.empty()) change = enter(BreakerState::closed);
    }
    tell(change);
}

BreakerState CircuitBreaker::state() {
    Change change;
    BreakerState state;
    {
        const std::scoped_lock lock(mutex_);
        change = pass_time();
        state = state_;
    }
    tell(change);
    return state;
}

std::optional<Duration> CircuitBreaker::retry_after() {
    const std::scoped_lock lock(mutex_);
    const auto until = since_ + config_.open_for;
    switch (state_) {
    case BreakerState::closed: return Duration(0);
    case BreakerState::half_open:
        if (probes_begun_ < config_.probes) return Duration(0);
        [[fallthrough]];
    case BreakerState::open: return std::max(Duration(0), until - clock_.elapsed());
    case BreakerState::forced_open: break;
    }
    return std::nullopt;
}

CircuitBreakerStats CircuitBreaker::stats() {
    const std::scoped_lock lock(mutex_);
    forget_old();
    auto stats = stats_;
    stats.state = state_;
    stats.window_calls = window_size_;
    stats.window_failures = window_failures_;
    return stats;
}

CircuitBreaker::Change CircuitBreaker::enter(BreakerState state) {
    const auto from = std::exchange(state_, state);
    ++period_;
    since_ = clock_.elapsed();
    window_begin_ = window_size_ = window_failures_ = 0;
    probes_begun_ = probes_ended_ = probes_failed_ = 0;
    if (state == BreakerState::open) ++stats_.opened;
    if (from == state) return std::nullopt;
    return std::pair(from, state);
}

// Open long enough becomes half-open; probes whose outcomes do not come are given up for new ones.
CircuitBreaker::Change CircuitBreaker::pass_time() {
    const bool long_enough = clock_.elapsed() - since_ >= config_.open_for;
    const bool stuck = state_ == BreakerState::half_open && probes_begun_ == config_.probes;
    if (long_enough && (state_ == BreakerState::open || stuck)) return enter(BreakerState::half_open);
    return std::nullopt;
}

void CircuitBreaker::forget_old() {
    if (!config_.window_time) return;
    const auto limit = clock_.elapsed() - *config_.window_time;
    while (window_size_ != 0 && window_[window_begin_].at <= limit) {
        window_failures_ -= window_[window_begin_].failed ? 1 : 0;
        window_begin_ = (window_begin_ + 1) % window_.size();
        --window_size_;
    }
}

void CircuitBreaker::tell(const Change& change) const {
    if (change && hook_) hook_(change->first, change->second);
}

} // namespace cim
