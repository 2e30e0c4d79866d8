// Routing inside a process: events go in under a subject and come out at every consumer with a pattern that matches.
//
//     cim::SubjectRouter router{{.channel_capacity = 10'000}};
//     auto nodes = cim::SubjectConsumer::subscribe(router, {"event.graph.*.node.>"});
//     auto report = router.route_event(event);
//     for (const auto& routed : nodes->poll_events()) handle(routed.event());
//
// Order. A route is one step: the event gets its numbers and is put into every channel before the next route begins, so
// that all consumers see one order, and the global number and the number within an aggregate never disagree.
//
// Bounds. Each consumer has one channel for all its patterns. Where it is full, its OverflowPolicy decides, and what is
// dropped is counted with its reason. One payload is shared: channels hold handles.
//
// Threads: all functions may be called from any number of threads at once, and from handlers. Subscribing does its work
// beside routing and does not hold it up. A router may be destroyed before its consumers, which are then closed; nobody
// may be inside one of its functions then.
#pragma once

#include <cim/dead_letter_queue.hpp>
#include <cim/error.hpp>
#include <cim/event.hpp>
#include <cim/ids.hpp>
#include <cim/subject_table.hpp>
#include <cim/time.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim {

namespace detail {
class RouterState;
}

/// What happens to an event whose consumer's channel is full.
class OverflowPolicy {
  public:
    enum class Kind : std::uint8_t { block, drop_newest, drop_oldest, fail, dead_letter };

    /// The route waits for room, at most so long, before anything is numbered; then the channel refuses the event.
    /// Other routes go on meanwhile. At most an hour.
    [[nodiscard]] static OverflowPolicy block(std::chrono::milliseconds timeout) noexcept {
        return {Kind::block, timeout};
    }
    /// The channel refuses the event.
    [[nodiscard]] static OverflowPolicy drop_newest() noexcept { return {Kind::drop_newest, {}}; }
    /// The channel takes it and loses its oldest one.
    [[nodiscard]] static OverflowPolicy drop_oldest() noexcept { return {Kind::drop_oldest, {}}; }
    /// The whole route fails with limit_exceeded, and nobody gets the event.
    [[nodiscard]] static OverflowPolicy fail() noexcept { return {Kind::fail, {}}; }
    /// The channel refuses the event, which becomes a dead letter of the router.
    [[nodiscard]] static OverflowPolicy dead_letter() noexcept { return {Kind::dead_letter, {}}; }

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] std::chrono::milliseconds timeout() const noexcept { return timeout_; }
    friend bool operator==(const OverflowPolicy&, const OverflowPolicy&) = default;

  private:
    OverflowPolicy(Kind kind, std::chrono::milliseconds timeout) noexcept : kind_(kind), timeout_(timeout) {}
    Kind kind_;
    std::chrono::milliseconds timeout_;
};
[[nodiscard]] std::string_view to_string(OverflowPolicy::Kind kind) noexcept; ///< The enumerator's name.

/// Why an event that matched was not handed to a consumer.
enum class DropReason : std::uint8_t {
    channel_full,  ///< Policy drop_newest.
    displaced,     ///< Policy drop_oldest: it was the oldest.
    timed_out,     ///< Policy block: no room came in time.
    dead_lettered, ///< Policy dead_letter.
    consumer_gone, ///< It was still in the channel when the consumer, or the last of its group, was destroyed.
};
inline constexpr std::size_t drop_reasons = 5;
[[nodiscard]] std::string_view to_string(DropReason reason) noexcept; ///< The enumerator's name.
using DropCounts = std::array<std::uint64_t, drop_reasons>;           ///< By DropReason.
[[nodiscard]] std::uint64_t total(const DropCounts& counts) noexcept;

/// Where numbering stands: the last numbers given.
struct RouterPositions {
    GlobalSequence global;
    std::vector<std::pair<AggregateId, AggregateSequence>> aggregates; ///< By id.
};

struct RouterConfig {
    /// Events in one channel, where its consumer asks for nothing else; 1 ... 16,777,216.
    std::size_t channel_capacity = 10'000;
    /// Whether events get numbers.
    bool track_sequences = true;
    /// Whether there is a dead-letter queue.
    bool enable_dlq = true;
    /// How often a failed handler is tried again, where its worker asks for nothing else; at most 1000.
    unsigned max_retries = 3;
    OverflowPolicy overflow = OverflowPolicy::drop_newest();
    /// Aggregates that are numbered; the first event of one more is refused. 1 ... 100,000,000.
    std::size_t max_aggregates = 1'000'000;
    /// Numbering goes on from here.
    RouterPositions start{};
    SubjectTable subjects{};
    DeadLetterConfig dead_letters{};
    [[nodiscard]] Result<> check() const; ///< Errors: invalid_argument naming the field.
};

/// What became of one event.
struct RouteReport {
    GlobalSequence global_sequence;       ///< 0 without track_sequences.
    AggregateSequence aggregate_sequence; ///< 0 without track_sequences.
    std::uint32_t taken = 0;              ///< Channels that have it.
    std::uint32_t refused = 0;            ///< Channels that matched and do not.

    [[nodiscard]] bool no_subscriber() const noexcept { return taken + refused == 0; }
    [[nodiscard]] bool all_full() const noexcept { return taken == 0 && refused != 0; }
};

struct PatternStats {
    std::string pattern;
    std::uint64_t sent = 0;     ///< Put into the channel.
    std::uint64_t received = 0; ///< Polled by the consumer.
    DropCounts dropped{};
    std::uint64_t depth = 0; ///< In the channel now.
    std::uint64_t high_water =
        0;                  ///< The most there were when the consumer, or somebody who asks for statistics, looked.
    std::string last_error; ///< As the consumer's worker reported it; empty if there was none.
};

/// One consumer, or one group. An event that several of its patterns match counts for the first of them alone.
struct ChannelStats {
    std::string name;
    std::string queue_group; ///< Empty if it is none.
    std::size_t consumers = 1;
    std::size_t capacity = 0;
    OverflowPolicy::Kind policy{};
    std::vector<PatternStats> patterns;
};

struct RouterStats {
    std::uint64_t routed = 0;        ///< Events.
    std::uint64_t no_subscriber = 0; ///< Of these, events that matched nothing.
    std::uint64_t failed = 0;        ///< Events that were not routed: an error was returned.
    std::uint64_t sent = 0;          ///< Events put into channels.
    DropCounts dropped{};            ///< Those of consumers that are gone included.
    GlobalSequence global_sequence;  ///< The last one given.
    std::size_t aggregates = 0;      ///< That are numbered.
    std::size_t subscriptions = 0;   ///< Patterns of all channels.
    Duration at{};                   ///< Clock::elapsed() of this snapshot.
    std::vector<ChannelStats> channels;
};

/// What happened between two snapshots of one router, for a second.
struct RouterRates {
    double routed = 0, sent = 0, dropped = 0;
};
/// All 0 if no time passed.
[[nodiscard]] RouterRates rates(const RouterStats& before, const RouterStats& after) noexcept;

class SubjectRouter {
  public:
    /// A configuration that its check() refuses gives a router whose every function returns that error.
    explicit SubjectRouter(RouterConfig config = {}, const Clock& clock = system_clock());
    ~SubjectRouter();
    SubjectRouter(const SubjectRouter&) = delete;
    SubjectRouter& operator=(const SubjectRouter&) = delete;

    /// Routes under the subject that the table gives. Errors, counted as `failed`, with nothing numbered and nobody
    /// having it: invalid_argument for an empty event, invalid_subject as SubjectTable::subject_for, limit_exceeded for
    /// a full channel whose policy is fail (field `consumer`) or one aggregate too many.
    Result<RouteReport> route_event(const DomainEvent& event);
    /// Under this subject. `hops`: how often it was a dead letter. Errors: as above, invalid_subject.
    Result<RouteReport> route_event(const DomainEvent& event, std::string_view subject, std::uint32_t hops = 0);

    struct BatchReport {
        std::size_t routed = 0;
        std::size_t no_subscriber = 0;
        std::uint64_t taken = 0;
        std::uint64_t refused = 0;
    };
    /// Routes one after the other, without going out and in again between them; other threads' routes come between the
    /// events only where a channel has to be waited for. Stops at the first error, which has the field `routed`: how
    /// many were.
    Result<BatchReport> route_events(std::span<const DomainEvent> events);

    /// Routes dead letters once more, under the subjects they had: to every consumer that matches, so those that had
    /// handled one get it again. Letters for which nobody subscribes stay.
    Result<DeadLetterQueue::ReplayReport> replay_dead_letters(const DeadLetterFilter& filter = {},
                                                              std::size_t limit = SIZE_MAX);

    /// nullptr without enable_dlq.
    [[nodiscard]] DeadLetterQueue* dead_letters() noexcept;
    /// Where numbering stands, to go on from with RouterConfig::start.
    [[nodiscard]] RouterPositions positions() const;
    /// A snapshot; routing goes on meanwhile, so numbers of different channels may be some events apart.
    [[nodiscard]] RouterStats get_stats() const;
    [[nodiscard]] const RouterConfig& config() const noexcept;

  private:
    friend class SubjectConsumer;
    std::shared_ptr<detail::RouterState> state_;
};

} // namespace cim
