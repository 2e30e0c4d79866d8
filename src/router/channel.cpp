#include "router/channel.hpp"

#include "router/router_state.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace cim::detail {

namespace {

constexpr std::size_t first_size = 16;

} // namespace

std::uint64_t PatternCounters::depth() const noexcept {
    // What left is read first, so that the difference is never below 0.
    const auto left =
        received.load(std::memory_order_acquire) + drops(DropReason::displaced) + drops(DropReason::consumer_gone);
    return sent.load(std::memory_order_relaxed) - left;
}

Channel::Channel(std::shared_ptr<RouterState> owner, Options chosen)
    : router(std::move(owner)),
      options(std::move(chosen)),
      last_errors_(options.patterns.size()),
      size_(std::min(first_size, std::bit_ceil(options.capacity))),
      slots_(std::make_unique<Slot[]>(size_)) {
    for (std::uint32_t i = 0; i < options.patterns.size(); ++i)
        subscriptions.push_back(std::make_unique<Subscription>(this, i));
}

Channel::~Channel() { close(); }

bool Channel::has_room() noexcept {
    const auto tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ < options.capacity) return true;
    head_seen_ = head_.load(std::memory_order_acquire);
    return tail - head_seen_ < options.capacity;
}

void Channel::put(Delivery& delivery, Subscription& subscription) {
    const auto tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ >= size_) {
        head_seen_ = head_.load(std::memory_order_acquire);
        if (tail - head_seen_ >= size_) grow();
    }
    slots_[tail & (size_ - 1)] = {&delivery, &subscription};
    PatternCounters::bump(subscription.counters.sent);
    tail_.store(tail + 1, std::memory_order_release);
    if (waiting != 0) filled.notify_all();
}

void Channel::grow() {
    const std::scoped_lock lock(taking_);
    const auto size = size_ * 2;
    auto slots = std::make_unique<Slot[]>(size);
    for (auto i = head_.load(std::memory_order_relaxed), tail = tail_.load(std::memory_order_relaxed); i < tail; ++i)
        slots[i & (size - 1)] = slots_[i & (size_ - 1)];
    slots_ = std::move(slots);
    size_ = size;
}

void Channel::displace_oldest() {
    Delivery* oldest = nullptr;
    {
        const std::scoped_lock lock(taking_);
        note_high_water();
        const auto head = head_.load(std::memory_order_relaxed);
        if (tail_.load(std::memory_order_relaxed) - head >= options.capacity) {
            const auto slot = slots_[head & (size_ - 1)];
            slot.subscription->counters.drop(DropReason::displaced);
            oldest = slot.delivery;
            head_.store(head + 1, std::memory_order_release);
        }
        head_seen_ = head_.load(std::memory_order_relaxed);
    }
    if (oldest != nullptr) release(*oldest);
}

bool Channel::wait_for_room(std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(taking_);
    const auto has_some = [&] {
        return gone_ ||
               tail_.load(std::memory_order_acquire) - head_.load(std::memory_order_relaxed) < options.capacity;
    };
    ++waiting_for_room_;
    const bool woken = emptied_.wait_until(lock, until, has_some);
    --waiting_for_room_;
    return woken && !gone_;
}

std::size_t Channel::take(std::vector<RoutedEvent>& out, std::size_t max) {
    const std::scoped_lock lock(taking_);
    const auto head = head_.load(std::memory_order_relaxed);
    const auto there = tail_.load(std::memory_order_acquire) - head;
    if (there == 0) return 0;
    note_high_water();
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(max, there));
    out.reserve(out.size() + count > out.capacity() ? std::max(out.size() + count, out.capacity() * 2) : 0);
    for (auto i = head; i < head + count; ++i) {
        const auto& slot = slots_[i & (size_ - 1)];
        PatternCounters::bump(slot.subscription->counters.received);
        out.emplace_back(*slot.delivery, i + 1, slot.subscription->pattern);
    }
    head_.store(head + count, std::memory_order_release);
    if (waiting_for_room_ != 0) emptied_.notify_all();
    return count;
}

void Channel::note_high_water() noexcept {
    for (const auto& subscription : subscriptions) {
        auto& counters = subscription->counters;
        const auto depth = counters.depth();
        if (depth > counters.high_water.load(std::memory_order_relaxed))
            counters.high_water.store(depth, std::memory_order_relaxed);
    }
}

std::size_t Channel::depth() const noexcept {
    const auto head = head_.load(std::memory_order_acquire);
    return static_cast<std::size_t>(tail_.load(std::memory_order_acquire) - head);
}

ChannelStats Channel::stats() {
    ChannelStats stats{.name = options.name,
                       .queue_group = options.queue_group,
                       .capacity = options.capacity,
                       .policy = options.policy.kind()};
    const std::scoped_lock lock(taking_);
    note_high_water();
    for (std::size_t i = 0; i < subscriptions.size(); ++i) {
        const auto& counters = subscriptions[i]->counters;
        PatternStats pattern{.pattern = options.patterns[i],
                             .received = counters.received.load(std::memory_order_relaxed),
                             .depth = counters.depth(),
                             .high_water = counters.high_water.load(std::memory_order_relaxed),
                             .last_error = last_errors_[i]};
        for (std::size_t reason = 0; reason < drop_reasons; ++reason)
            pattern.dropped[reason] = counters.dropped[reason].load(std::memory_order_relaxed);
        pattern.sent = counters.sent.load(std::memory_order_relaxed);
        stats.patterns.push_back(std::move(pattern));
    }
    return stats;
}

void Channel::report_error(std::uint32_t pattern, std::string_view error) {
    const std::scoped_lock lock(taking_);
    if (pattern < last_errors_.size()) last_errors_[pattern] = error.substr(0, DeadLetter::max_error_size);
}

void Channel::close() {
    std::vector<Delivery*> left;
    {
        const std::scoped_lock lock(taking_);
        gone_ = true;
        const auto tail = tail_.load(std::memory_order_acquire);
        for (auto i = head_.load(std::memory_order_relaxed); i < tail; ++i) {
            const auto& slot = slots_[i & (size_ - 1)];
            slot.subscription->counters.drop(DropReason::consumer_gone);
            left.push_back(slot.delivery);
        }
        head_.store(tail, std::memory_order_release);
        emptied_.notify_all();
    }
    for (auto* delivery : left) release(*delivery);
}

} // namespace cim::detail
