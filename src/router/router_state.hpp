// What a SubjectRouter and its consumers share.
#pragma once

#include <cim/router.hpp>
#include <cim/subject_matcher.hpp>

#include "router/channel.hpp"
#include "router/delivery.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cim::detail {

inline constexpr std::size_t max_channel_capacity = std::size_t{1} << 24;
Result<> check_capacity(std::size_t capacity);
Result<> check_policy(OverflowPolicy policy, bool has_dead_letters);

class RouterState : public std::enable_shared_from_this<RouterState> {
  public:
    RouterState(RouterConfig chosen, const Clock& used_clock);
    ~RouterState();

    /// A new channel, or that of the group, with one consumer more.
    Result<std::shared_ptr<Channel>> join(Channel::Options options);
    /// One consumer less; without any the channel is closed.
    void leave(Channel& channel);
    /// No consumer waits any longer.
    void close();

    Result<RouteReport> route(const DomainEvent& event, std::optional<std::string_view> subject, std::uint32_t hops);
    Result<SubjectRouter::BatchReport> route_batch(std::span<const DomainEvent> events);
    bool wait_for_events(Channel& channel, std::chrono::milliseconds timeout);
    RouterPositions positions();
    RouterStats stats();

    // Constant.
    const RouterConfig config;
    const Clock& clock;
    const std::optional<Error> config_error;
    std::unique_ptr<DeadLetterQueue> dead_letters;

  private:
    /// Where an event of this kind goes: the result of matching, as long as no subscription changes.
    struct Plan {
        std::uint64_t hash = 0;
        std::uint64_t generation = 0;
        bool by_type = false;
        std::string name; // the subject that was given, or
        std::string type; // ... the type, for events whose subject depends on nothing else
        std::string aggregate;
        std::string subject;
        std::vector<Subscription*> targets; // each channel once
        std::uint64_t* counter = nullptr;   // of the aggregate
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };

    Result<RouteReport> route_locked(std::unique_lock<std::mutex>& lock, const DomainEvent& event,
                                     std::optional<std::string_view> subject, std::uint32_t hops);
    Result<Plan*> plan_for(const DomainEvent& event, std::optional<std::string_view> subject);
    static std::uint64_t plan_hash(bool by_type, std::string_view name, std::string_view aggregate) noexcept;
    Plan& find_plan(std::uint64_t hash, bool by_type, std::string_view name, std::string_view aggregate) noexcept;
    Plan& new_plan(Plan& place, std::uint64_t hash, bool by_type, std::string_view name, std::string_view aggregate);
    Result<Plan*> ready_plan(Plan& plan);
    void find_targets(Plan& plan);
    Result<std::uint64_t*> counter_of(std::string_view aggregate);
    [[nodiscard]] Error full(const Subscription& target) const;
    void refuse(Subscription& target, const DomainEvent& event, const Plan& plan, const RouteReport& report,
                bool timed_out, std::uint32_t hops);

    SubjectMatcher matcher_;

    // The order of all routes. Everything down to the next comment is guarded by it.
    std::mutex routing_;
    SubjectMatcher::Reader reader_;
    DeliveryPool* pool_;
    std::vector<Plan> plans_; // by hash; its size is a power of two
    std::size_t plan_misses_ = 0;
    std::vector<Subscription*> full_; // of the route at work
    GlobalSequence global_;
    std::unordered_map<std::string, std::uint64_t, TextHash, std::equal_to<>> aggregates_;
    std::uint64_t routed_ = 0, no_subscriber_ = 0, failed_ = 0, sent_ = 0;
    bool closed_ = false;

    // Who is there. Taken before the routing mutex where both are needed.
    std::mutex registry_;
    std::vector<std::shared_ptr<Channel>> channels_;
    DropCounts dropped_by_gone_{};
};

} // namespace cim::detail
