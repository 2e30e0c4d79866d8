#include <cim/router.hpp>

#include "base/try.hpp"
#include "router/router_state.hpp"

#include <fmt/format.h>

#include <numeric>
#include <utility>

namespace cim {

namespace {

Result<> in_range(std::string_view name, std::uint64_t value, std::uint64_t least, std::uint64_t most) {
    if (value >= least && value <= most) return {};
    return fail(Errc::invalid_argument, fmt::format("{} is {}, and may be {} to {}", name, value, least, most), {},
                {{"name", std::string(name)}, {"value", std::to_string(value)}});
}

} // namespace

std::string_view to_string(OverflowPolicy::Kind kind) noexcept {
    switch (kind) {
    case OverflowPolicy::Kind::block: return "block";
    case OverflowPolicy::Kind::drop_newest: return "drop_newest";
    case OverflowPolicy::Kind::drop_oldest: return "drop_oldest";
    case OverflowPolicy::Kind::fail: return "fail";
    case OverflowPolicy::Kind::dead_letter: return "dead_letter";
    }
    return "unknown";
}

std::string_view to_string(DropReason reason) noexcept {
    switch (reason) {
    case DropReason::channel_full: return "channel_full";
    case DropReason::displaced: return "displaced";
    case DropReason::timed_out: return "timed_out";
    case DropReason::dead_lettered: return "dead_lettered";
    case DropReason::consumer_gone: return "consumer_gone";
    }
    return "unknown";
}

std::uint64_t total(const DropCounts& counts) noexcept {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

RouterRates rates(const RouterStats& before, const RouterStats& after) noexcept {
    const auto seconds = std::chrono::duration<double>(after.at - before.at).count();
    if (!(seconds > 0)) return {};
    const auto rate = [&](std::uint64_t from, std::uint64_t to) { return static_cast<double>(to - from) / seconds; };
    return {.routed = rate(before.routed, after.routed),
            .sent = rate(before.sent, after.sent),
            .dropped = rate(total(before.dropped), total(after.dropped))};
}

Result<> RouterConfig::check() const {
    CIM_TRY(in_range("channel_capacity", channel_capacity, 1, detail::max_channel_capacity));
    CIM_TRY(in_range("max_retries", max_retries, 0, 1000));
    CIM_TRY(in_range("max_aggregates", max_aggregates, 1, 100'000'000));
    CIM_TRY(in_range("start.aggregates", start.aggregates.size(), 0, max_aggregates));
    CIM_TRY(detail::check_policy(overflow, enable_dlq));
    return dead_letters.check();
}

namespace detail {

Result<> check_policy(OverflowPolicy policy, bool has_dead_letters) {
    if (policy.kind() == OverflowPolicy::Kind::dead_letter && !has_dead_letters)
        return fail(Errc::invalid_argument,
                    "the overflow policy is dead_letter, and the router has no dead-letter queue",
                    "turn enable_dlq on, or choose another policy", {{"name", "overflow"}});
    const auto most = std::chrono::milliseconds(std::chrono::hours(1));
    if (policy.timeout() < std::chrono::milliseconds(0) || policy.timeout() > most)
        return fail(Errc::invalid_argument,
                    fmt::format("the overflow policy blocks for {} ms, and may for 0 to {}", policy.timeout().count(),
                                most.count()),
                    {}, {{"name", "overflow"}, {"value", std::to_string(policy.timeout().count())}});
    return {};
}

Result<> check_capacity(std::size_t capacity) { return in_range("capacity", capacity, 1, max_channel_capacity); }

} // namespace detail

SubjectRouter::SubjectRouter(RouterConfig config, const Clock& clock)
    : state_(std::make_shared<detail::RouterState>(std::move(config), clock)) {}

SubjectRouter::~SubjectRouter() { state_->close(); }

Result<RouteReport> SubjectRouter::route_event(const DomainEvent& event) {
    return state_->route(event, std::nullopt, 0);
}

Result<RouteReport> SubjectRouter::route_event(const DomainEvent& event, std::string_view subject, std::uint32_t hops) {
    return state_->route(event, subject, hops);
}

Result<SubjectRouter::BatchReport> SubjectRouter::route_events(std::span<const DomainEvent> events) {
    return state_->route_batch(events);
}

Result<DeadLetterQueue::ReplayReport> SubjectRouter::replay_dead_letters(const DeadLetterFilter& filter,
                                                                         std::size_t limit) {
    if (state_->config_error) return fail(*state_->config_error);
    auto* const letters = dead_letters();
    if (letters == nullptr) return fail(Errc::not_found, "the router has no dead-letter queue", "turn enable_dlq on");
    return letters->replay(
        [&](const DeadLetter& letter) -> Result<> {
            CIM_TRY_ASSIGN(const auto report, state_->route(letter.event, letter.subject, letter.hops + 1));
            if (report.no_subscriber())
                return fail(Errc::not_found, fmt::format("nobody subscribes to '{}'", letter.subject));
            return {};
        },
        filter, limit);
}

DeadLetterQueue* SubjectRouter::dead_letters() noexcept { return state_->dead_letters.get(); }
RouterPositions SubjectRouter::positions() const { return state_->positions(); }
RouterStats SubjectRouter::get_stats() const { return state_->stats(); }
const RouterConfig& SubjectRouter::config() const noexcept { return state_->config; }

} // namespace cim
