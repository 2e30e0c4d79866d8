#include "router/router_state.hpp"

#include "base/printable.hpp"
#include "base/text_hash.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace cim::detail {

namespace {

// Powers of two. Plans that fall out are made anew, which costs a match.
constexpr std::size_t first_plans = 256;
constexpr std::size_t most_plans = 16'384;
constexpr std::size_t plan_ways = 4; // places where a plan may be, one behind the other

std::optional<Error> error_of(Result<> checked) {
    if (checked) return std::nullopt;
    return std::move(checked).error();
}

} // namespace

RouterState::RouterState(RouterConfig chosen, const Clock& used_clock)
    : config(std::move(chosen)),
      clock(used_clock),
      config_error(error_of(config.check())),
      reader_(matcher_, {.cached_subjects = 0}), // plans keep the answers
      pool_(new DeliveryPool),
      plans_(first_plans),
      global_(config.start.global) {
    if (config.enable_dlq) dead_letters = std::make_unique<DeadLetterQueue>(config.dead_letters, clock);
    for (const auto& [id, sequence] : config.start.aggregates) aggregates_.emplace(id.str(), sequence.value());
}

RouterState::~RouterState() { DeliveryPool::abandon(pool_); }

// -- Who is there ----------------------------------------------------------------------------------------------------

Result<std::shared_ptr<Channel>> RouterState::join(Channel::Options options) {
    if (config_error) return fail(*config_error);
    std::vector<SubjectPattern> patterns;
    for (const auto& text : options.patterns) {
        CIM_TRY_ASSIGN(auto pattern, SubjectPattern::parse(text));
        patterns.push_back(std::move(pattern));
    }
    const std::scoped_lock lock(registry_);
    if (!options.queue_group.empty()) {
        const auto group = std::ranges::find(channels_, options.queue_group,
                                             [](const auto& channel) { return channel->options.queue_group; });
        if (group != channels_.end()) {
            const auto& theirs = (*group)->options;
            if (theirs.patterns != options.patterns || theirs.capacity != options.capacity ||
                theirs.policy != options.policy)
                return fail(Errc::invalid_argument,
                            fmt::format("queue group '{}' has other patterns, another capacity or another policy",
                                        printable(options.queue_group)),
                            "use the same in all its consumers, or another name", {{"name", "queue_group"}});
            ++(*group)->consumers;
            return *group;
        }
    }
    auto channel = std::make_shared<Channel>(shared_from_this(), std::move(options));
    std::vector<SubjectMatcher::Value> values;
    for (const auto& subscription : channel->subscriptions)
        values.push_back(std::bit_cast<std::uintptr_t>(subscription.get()));
    channel->consumers = 1;
    channels_.push_back(channel);
    auto ids = matcher_.subscribe(patterns, values);
    if (!ids) {
        channels_.pop_back();
        return fail(std::move(ids).error());
    }
    channel->ids = *std::move(ids);
    return channel;
}

void RouterState::leave(Channel& channel) {
    std::shared_ptr<Channel> last; // goes away behind the locks
    {
        const std::scoped_lock lock(registry_);
        if (--channel.consumers != 0) return;
        matcher_.unsubscribe(channel.ids);
        // A route that began before is done when this mutex is ours, and every later one does not find the channel.
        { const std::scoped_lock routes_done(routing_); }
        channel.close();
        const auto place = std::ranges::find(channels_, &channel, &std::shared_ptr<Channel>::get);
        last = std::move(*place);
        channels_.erase(place);
        for (const auto& subscription : channel.subscriptions)
            for (std::size_t reason = 0; reason < drop_reasons; ++reason)
                dropped_by_gone_[reason] += subscription->counters.drops(static_cast<DropReason>(reason));
    }
}

void RouterState::close() {
    const std::scoped_lock lock(registry_, routing_);
    closed_ = true;
    for (const auto& channel : channels_) channel->filled.notify_all();
}

bool RouterState::wait_for_events(Channel& channel, std::chrono::milliseconds timeout) {
    if (channel.depth() != 0) return true;
    timeout =
        std::clamp(timeout, std::chrono::milliseconds(0), std::chrono::milliseconds(std::chrono::hours(24 * 365)));
    const auto until = std::chrono::steady_clock::now() + timeout;
    std::unique_lock lock(routing_);
    ++channel.waiting;
    channel.filled.wait_until(lock, until, [&] { return closed_ || channel.depth() != 0; });
    --channel.waiting;
    return channel.depth() != 0;
}

// -- Plans -----------------------------------------------------------------------------------------------------------

// The plan of that name, or the place for it, which then has another hash.
RouterState::Plan& RouterState::find_plan(std::uint64_t hash, bool by_type, std::string_view name,
                                          std::string_view aggregate) noexcept {
    const auto mask = plans_.size() - 1;
    for (std::size_t way = 0; way < plan_ways; ++way) {
        auto& plan = plans_[(hash + way) & mask];
        if (plan.hash == hash && plan.by_type == by_type && same_text(plan.name, name) &&
            same_text(plan.aggregate, aggregate))
            return plan;
    }
    for (std::size_t way = 0; way < plan_ways; ++way)
        if (auto& plan = plans_[(hash + way) & mask]; plan.hash == 0) return plan;
    auto& victim = plans_[(hash + plan_misses_ % plan_ways) & mask];
    victim.hash = 0;
    return victim;
}

Result<RouterState::Plan*> RouterState::plan_for(const DomainEvent& event, std::optional<std::string_view> subject) {
    const auto aggregate = event.aggregate_id();
    if (!subject) {
        // Most events' subjects depend on the aggregate and the type alone, and most of these have a plan.
        const auto type = event.event_type();
        const auto hash = plan_hash(true, type, aggregate);
        auto* plan = &find_plan(hash, true, type, aggregate);
        if (plan->hash == hash) [[likely]]
            return ready_plan(*plan);
        CIM_TRY_ASSIGN(const auto made, config.subjects.subject_for(event));
        if (config.subjects.is_fixed(type)) {
            plan = &new_plan(*plan, hash, true, type, aggregate);
            plan->subject = made;
            return ready_plan(*plan);
        }
        return plan_for(event, made);
    }
    const auto hash = plan_hash(false, *subject, aggregate);
    auto* plan = &find_plan(hash, false, *subject, aggregate);
    if (plan->hash != hash) {
        CIM_TRY(Subject::parse(*subject));
        plan = &new_plan(*plan, hash, false, *subject, aggregate);
        plan->subject = *subject;
    }
    return ready_plan(*plan);
}

std::uint64_t RouterState::plan_hash(bool by_type, std::string_view name, std::string_view aggregate) noexcept {
    const auto hash = hash_text(name, hash_text(aggregate, by_type ? 1 : 2));
    return hash == 0 ? 1 : hash; // 0 marks an empty place
}

RouterState::Plan& RouterState::new_plan(Plan& place, std::uint64_t hash, bool by_type, std::string_view name,
                                         std::string_view aggregate) {
    auto* plan = &place;
    if (++plan_misses_ > plans_.size() && plans_.size() < most_plans) {
        plans_ = std::vector<Plan>(plans_.size() * 4);
        plan_misses_ = 0;
        plan = &plans_[hash & (plans_.size() - 1)];
    }
    plan->hash = hash;
    plan->generation = 0; // it has no targets yet
    plan->by_type = by_type;
    plan->name = name;
    plan->aggregate = aggregate;
    plan->counter = nullptr;
    return *plan;
}

Result<RouterState::Plan*> RouterState::ready_plan(Plan& plan) {
    if (plan.counter == nullptr && config.track_sequences) [[unlikely]] {
        CIM_TRY_ASSIGN(plan.counter, counter_of(plan.aggregate));
    }
    if (plan.generation != matcher_.generation()) [[unlikely]]
        find_targets(plan);
    return &plan;
}

void RouterState::find_targets(Plan& plan) {
    // Taken before matching: a change in between makes the plan old, not wrong.
    plan.generation = matcher_.generation();
    plan.targets.clear();
    for (const auto value : reader_.match(plan.subject))
        plan.targets.push_back(std::bit_cast<Subscription*>(static_cast<std::uintptr_t>(value)));
    // One for each channel: that of the consumer's first pattern.
    std::ranges::sort(plan.targets, [](const Subscription* a, const Subscription* b) {
        return std::pair(a->channel, a->pattern) < std::pair(b->channel, b->pattern);
    });
    const auto [first, last] = std::ranges::unique(plan.targets, {}, &Subscription::channel);
    plan.targets.erase(first, last);
}

Result<std::uint64_t*> RouterState::counter_of(std::string_view aggregate) {
    if (const auto found = aggregates_.find(aggregate); found != aggregates_.end()) return &found->second;
    if (aggregates_.size() >= config.max_aggregates)
        return fail(
            Errc::limit_exceeded,
            fmt::format("'{}' would be aggregate {} to be numbered", printable(aggregate), aggregates_.size() + 1),
            "raise max_aggregates, or turn track_sequences off",
            {{"limit", std::to_string(config.max_aggregates)}, {"needed", std::to_string(aggregates_.size() + 1)}});
    return &aggregates_.emplace(std::string(aggregate), 0).first->second;
}

// -- Routing ---------------------------------------------------------------------------------------------------------

Result<RouteReport> RouterState::route(const DomainEvent& event, std::optional<std::string_view> subject,
                                       std::uint32_t hops) {
    std::unique_lock lock(routing_);
    auto report = route_locked(lock, event, subject, hops);
    if (!report) ++failed_;
    return report;
}

Result<SubjectRouter::BatchReport> RouterState::route_batch(std::span<const DomainEvent> events) {
    SubjectRouter::BatchReport batch;
    std::unique_lock lock(routing_);
    for (const auto& event : events) {
        auto report = route_locked(lock, event, std::nullopt, 0);
        if (!report) {
            ++failed_;
            return fail(std::move(report).error().with("routed", std::to_string(batch.routed)));
        }
        ++batch.routed;
        batch.no_subscriber += report->no_subscriber() ? 1 : 0;
        batch.taken += report->taken;
        batch.refused += report->refused;
    }
    return batch;
}

Result<RouteReport> RouterState::route_locked(std::unique_lock<std::mutex>& lock, const DomainEvent& event,
                                              std::optional<std::string_view> subject, std::uint32_t hops) {
    if (config_error) return fail(*config_error);
    if (!event) return fail(Errc::invalid_argument, "an empty event cannot be routed", {}, {{"name", "event"}});
    using Kind = OverflowPolicy::Kind;

    Plan* plan = nullptr;
    std::uint32_t taken = 0;
    std::optional<std::chrono::steady_clock::time_point> began;
    std::vector<std::shared_ptr<Channel>> timed_out; // held, so that no other channel can have that address
    const auto has_timed_out = [&](const Channel& channel) {
        return std::ranges::find(timed_out, &channel, &std::shared_ptr<Channel>::get) != timed_out.end();
    };
    // Before anything is done: whoever has to be waited for is waited for, without the lock, and then all is looked at
    // anew.
    for (bool ready = false; !ready;) {
        CIM_TRY_ASSIGN(plan, plan_for(event, subject));
        ready = true;
        taken = 0;
        full_.clear();
        for (auto* target : plan->targets) {
            auto& channel = *target->channel;
            if (channel.has_room()) [[likely]] {
                ++taken;
                continue;
            }
            const auto policy = channel.options.policy;
            if (policy.kind() == Kind::fail) return fail(full(*target));
            if (policy.kind() == Kind::drop_oldest) ++taken;
            full_.push_back(target);
            if (policy.kind() != Kind::block || has_timed_out(channel)) continue;
            if (!began) began = std::chrono::steady_clock::now();
            // Held, because without the lock its consumer may go.
            const auto held = channel.weak_from_this().lock();
            if (!held) continue;
            lock.unlock();
            const bool room = held->wait_for_room(*began + policy.timeout());
            lock.lock();
            if (!room) timed_out.push_back(held);
            ready = false;
            break;
        }
    }

    RouteReport report;
    if (config.track_sequences) {
        global_ = global_.next();
        report.global_sequence = global_;
        report.aggregate_sequence = AggregateSequence(++*plan->counter);
    }
    ++routed_;
    if (plan->targets.empty()) {
        ++no_subscriber_;
        return report;
    }
    Delivery* delivery = nullptr;
    if (taken != 0) {
        delivery = &pool_->take();
        delivery->event = event;
        delivery->subject.assign(plan->subject);
        delivery->global_sequence = report.global_sequence;
        delivery->aggregate_sequence = report.aggregate_sequence;
        delivery->hops = hops;
        // All at once, before anybody can drop one.
        delivery->uses.store(taken, std::memory_order_relaxed);
    }
    report.taken = taken;
    report.refused = static_cast<std::uint32_t>(plan->targets.size()) - taken;
    for (auto* target : plan->targets) {
        auto& channel = *target->channel;
        // What was found full stays so for this event, even if there is room by now: the uses are counted.
        if (!full_.empty() && std::ranges::find(full_, target) != full_.end()) [[unlikely]] {
            if (channel.options.policy.kind() != Kind::drop_oldest) {
                refuse(*target, event, *plan, report, has_timed_out(channel), hops);
                continue;
            }
            channel.displace_oldest();
        }
        channel.put(*delivery, *target);
    }
    sent_ += report.taken;
    return report;
}

Error RouterState::full(const Subscription& target) const {
    const auto& options = target.channel->options;
    return Error(
        Errc::limit_exceeded,
        fmt::format("the channel of consumer '{}' is full with {} events", printable(options.name), options.capacity),
        "poll it, or give it another overflow policy",
        {{"consumer", options.name},
         {"pattern", options.patterns[target.pattern]},
         {"limit", std::to_string(options.capacity)},
         {"needed", std::to_string(options.capacity + 1)}});
}

void RouterState::refuse(Subscription& target, const DomainEvent& event, const Plan& plan, const RouteReport& report,
                         bool timed_out, std::uint32_t hops) {
    const auto& options = target.channel->options;
    if (options.policy.kind() != OverflowPolicy::Kind::dead_letter) {
        target.counters.drop(timed_out ? DropReason::timed_out : DropReason::channel_full);
        return;
    }
    target.counters.drop(DropReason::dead_lettered);
    const auto now = clock.now();
    // A letter that cannot be kept is counted there; there is nothing else to do with it here.
    static_cast<void>(dead_letters->add({.event = event,
                                         .subject = plan.subject,
                                         .pattern = options.patterns[target.pattern],
                                         .consumer = options.name,
                                         .global_sequence = report.global_sequence,
                                         .aggregate_sequence = report.aggregate_sequence,
                                         .reason = DeadLetterReason::channel_full,
                                         .error = full(target).message,
                                         .attempts = 1,
                                         .hops = hops,
                                         .first_failure = now,
                                         .last_failure = now}));
}

// -- Looking at it ---------------------------------------------------------------------------------------------------

RouterPositions RouterState::positions() {
    RouterPositions positions;
    {
        const std::scoped_lock lock(routing_);
        positions.global = global_;
        positions.aggregates.reserve(aggregates_.size());
        for (const auto& [id, sequence] : aggregates_)
            positions.aggregates.emplace_back(AggregateId(id), AggregateSequence(sequence));
    }
    std::ranges::sort(positions.aggregates);
    return positions;
}

RouterStats RouterState::stats() {
    const std::scoped_lock lock(registry_);
    RouterStats stats;
    stats.at = clock.elapsed();
    stats.dropped = dropped_by_gone_;
    {
        const std::scoped_lock routes(routing_);
        stats.routed = routed_;
        stats.no_subscriber = no_subscriber_;
        stats.failed = failed_;
        stats.sent = sent_;
        stats.global_sequence = global_;
        stats.aggregates = aggregates_.size();
    }
    for (const auto& channel : channels_) {
        auto& added = stats.channels.emplace_back(channel->stats());
        added.consumers = channel->consumers;
        stats.subscriptions += added.patterns.size();
        for (const auto& pattern : added.patterns)
            for (std::size_t reason = 0; reason < drop_reasons; ++reason)
                stats.dropped[reason] += pattern.dropped[reason];
    }
    return stats;
}

} // namespace cim::detail
