#include <cim/subject_consumer.hpp>

#include "base/try.hpp"
#include "router/channel.hpp"
#include "router/router_state.hpp"

#include <fmt/format.h>

#include <utility>

namespace cim {

Result<SubjectConsumer> SubjectConsumer::subscribe(SubjectRouter& router, std::span<const std::string_view> patterns,
                                                   ConsumerOptions options) {
    auto& state = *router.state_;
    if (patterns.empty())
        return fail(Errc::invalid_argument, "a consumer without patterns gets nothing", "'>' stands for all subjects",
                    {{"name", "patterns"}});
    const auto capacity = options.capacity.value_or(state.config.channel_capacity);
    const auto policy = options.overflow.value_or(state.config.overflow);
    if (!state.config_error) {
        CIM_TRY(detail::check_capacity(capacity));
        CIM_TRY(detail::check_policy(policy, state.config.enable_dlq));
    }
    CIM_TRY_ASSIGN(auto channel, state.join({.name = std::move(options.name),
                                             .queue_group = std::move(options.queue_group),
                                             .patterns = {patterns.begin(), patterns.end()},
                                             .capacity = capacity,
                                             .policy = policy}));
    return SubjectConsumer(std::move(channel));
}

SubjectConsumer::SubjectConsumer(std::shared_ptr<detail::Channel> channel) noexcept : channel_(std::move(channel)) {}
SubjectConsumer::SubjectConsumer(SubjectConsumer&&) noexcept = default;

SubjectConsumer& SubjectConsumer::operator=(SubjectConsumer&& other) noexcept {
    std::swap(channel_, other.channel_);
    SubjectConsumer gone(std::move(other));
    return *this;
}

SubjectConsumer::~SubjectConsumer() {
    if (channel_) channel_->router->leave(*channel_);
}

std::vector<RoutedEvent> SubjectConsumer::poll_events(std::size_t max) {
    std::vector<RoutedEvent> events;
    channel_->take(events, max);
    return events;
}

std::size_t SubjectConsumer::poll_events(std::vector<RoutedEvent>& out, std::size_t max) {
    return channel_->take(out, max);
}
bool SubjectConsumer::wait(std::chrono::milliseconds timeout) {
    return channel_->router->wait_for_events(*channel_, timeout);
}
std::size_t SubjectConsumer::depth() const noexcept { return channel_->depth(); }
const std::vector<std::string>& SubjectConsumer::patterns() const noexcept { return channel_->options.patterns; }
const std::string& SubjectConsumer::name() const noexcept { return channel_->options.name; }
const RouterConfig& SubjectConsumer::router_config() const noexcept { return channel_->router->config; }

void SubjectConsumer::report_error(std::uint32_t pattern_index, std::string_view error) {
    channel_->report_error(pattern_index, error);
}

ChannelStats SubjectConsumer::stats() const { return channel_->stats(); }

Result<GraphEventConsumer> GraphEventConsumer::for_graph(SubjectRouter& router, std::string_view graph_id,
                                                         std::string_view prefix, ConsumerOptions options) {
    CIM_TRY(check_token(graph_id, "graph id"));
    const auto pattern = fmt::format("{}.{}.>", prefix, graph_id);
    CIM_TRY_ASSIGN(auto consumer, SubjectConsumer::subscribe(router, {pattern}, std::move(options)));
    return GraphEventConsumer{.subject_consumer = std::move(consumer)};
}

Result<GraphEventConsumer> GraphEventConsumer::for_nodes(SubjectRouter& router, std::string_view prefix,
                                                         ConsumerOptions options) {
    const auto pattern = fmt::format("{}.*.node.>", prefix);
    CIM_TRY_ASSIGN(auto consumer, SubjectConsumer::subscribe(router, {pattern}, std::move(options)));
    return GraphEventConsumer{.subject_consumer = std::move(consumer)};
}

std::vector<RoutedEvent> GraphEventConsumer::poll_events(std::size_t max) {
    auto events = subject_consumer.poll_events(max);
    if (!events.empty()) last_global_sequence = events.back().global_sequence();
    events_processed += events.size();
    return events;
}

} // namespace cim
