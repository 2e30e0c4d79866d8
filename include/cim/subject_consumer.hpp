// Consumers of a router: what they are subscribed to is theirs, in one order, when they ask for it.
//
// A consumer has one bounded channel for all its patterns, so it gets each event once, in the order of the router's
// global numbers. Consumers of one queue group share a channel: each event goes to the one that polls first.
//
// Threads: a consumer may be polled by one thread at a time; different consumers, those of one group included, by
// different threads. Destroying a consumer unregisters it before the destructor returns.
#pragma once

#include <cim/error.hpp>
#include <cim/ids.hpp>
#include <cim/routed_event.hpp>
#include <cim/router.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cim {

namespace detail {
class Channel;
}

struct ConsumerOptions {
    std::string name;                       ///< For statistics and dead letters; need not be unique.
    std::optional<std::size_t> capacity;    ///< RouterConfig::channel_capacity; the same range.
    std::optional<OverflowPolicy> overflow; ///< RouterConfig::overflow.
    /// Not empty: shares the channel of the consumers of that name, which must have the same patterns, capacity and
    /// policy.
    std::string queue_group;
};

class SubjectConsumer {
  public:
    /// Gets every event from now on that one of the patterns matches. Errors, which leave nothing behind:
    /// invalid_pattern, invalid_argument (no patterns, a capacity or timeout out of range, dead_letter without a
    /// dead-letter queue, a group that has other patterns or options), limit_exceeded.
    [[nodiscard]] static Result<SubjectConsumer>
    subscribe(SubjectRouter& router, std::span<const std::string_view> patterns, ConsumerOptions options = {});
    [[nodiscard]] static Result<SubjectConsumer>
    subscribe(SubjectRouter& router, std::initializer_list<std::string_view> patterns, ConsumerOptions options = {}) {
        return subscribe(router, std::span(patterns.begin(), patterns.size()), std::move(options));
    }

    SubjectConsumer(SubjectConsumer&&) noexcept;
    SubjectConsumer& operator=(SubjectConsumer&&) noexcept;
    ~SubjectConsumer();

    /// The next events, at most `max`; empty if there are none now. Never waits.
    [[nodiscard]] std::vector<RoutedEvent> poll_events(std::size_t max = 1000);
    /// The same, appended to `out`; returns how many. Allocates nothing where `out` has room.
    std::size_t poll_events(std::vector<RoutedEvent>& out, std::size_t max = 1000);
    /// Waits until there is something to poll: true, or at most that long, or until the router is destroyed: false.
    bool wait(std::chrono::milliseconds timeout);

    [[nodiscard]] std::size_t depth() const noexcept; ///< Events in the channel.
    [[nodiscard]] const std::vector<std::string>& patterns() const noexcept;
    [[nodiscard]] const std::string& name() const noexcept;
    [[nodiscard]] const RouterConfig& router_config() const noexcept; ///< Of its router, even if that is gone.
    /// Remembered as the last error of that pattern, for statistics.
    void report_error(std::uint32_t pattern_index, std::string_view error);
    [[nodiscard]] ChannelStats stats() const;

  private:
    explicit SubjectConsumer(std::shared_ptr<detail::Channel> channel) noexcept;
    std::shared_ptr<detail::Channel> channel_;
};

/// A consumer of graphs' events that remembers how far it came.
struct GraphEventConsumer {
    /// All events of one graph: `{prefix}.{id}.>`. Errors: as SubjectConsumer::subscribe, and invalid_token.
    [[nodiscard]] static Result<GraphEventConsumer>
    for_graph(SubjectRouter& router, std::string_view graph_id,
              std::string_view prefix = SubjectTable::default_graph_prefix, ConsumerOptions options = {});
    /// The node events of all graphs: `{prefix}.*.node.>`.
    [[nodiscard]] static Result<GraphEventConsumer>
    for_nodes(SubjectRouter& router, std::string_view prefix = SubjectTable::default_graph_prefix,
              ConsumerOptions options = {});

    /// As SubjectConsumer's, and counts.
    [[nodiscard]] std::vector<RoutedEvent> poll_events(std::size_t max = 1000);

    SubjectConsumer subject_consumer;
    GlobalSequence last_global_sequence{}; ///< Of the last event polled.
    std::uint64_t events_processed = 0;
};

} // namespace cim
