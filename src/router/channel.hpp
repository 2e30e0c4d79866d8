// The bounded queue between a router and one consumer, or one queue group.
//
// A ring that starts small and grows to its capacity. The router puts in, one route at a time (it holds the routing
// mutex, "the router" below); consumers take out under `taking_`, a batch at a time. Where there is room the two do not
// meet. The router takes `taking_` only to grow the ring, to displace the oldest, and to wait for room. Order of locks:
// routing, then taking_.
#pragma once

#include <cim/routed_event.hpp>
#include <cim/router.hpp>
#include <cim/subject_matcher.hpp>

#include "router/delivery.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cim::detail {

class Channel;
class RouterState;

struct PatternCounters {
    // Written by one thread at a time, under the lock named; read by anybody.
    std::atomic<std::uint64_t> sent{0};                             // the router
    std::atomic<std::uint64_t> received{0};                         // taking_
    std::atomic<std::uint64_t> high_water{0};                       // taking_
    std::array<std::atomic<std::uint64_t>, drop_reasons> dropped{}; // displaced: taking_; others: the router

    static void bump(std::atomic<std::uint64_t>& counter) noexcept {
        counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    void drop(DropReason reason) noexcept { bump(dropped[static_cast<std::size_t>(reason)]); }
    [[nodiscard]] std::uint64_t drops(DropReason reason) const noexcept {
        return dropped[static_cast<std::size_t>(reason)].load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t depth() const noexcept;
};

/// What a subscription of the router's matcher stands for.
struct Subscription {
    Subscription(Channel* of, std::uint32_t index) noexcept : channel(of), pattern(index) {}
    Channel* const channel;
    const std::uint32_t pattern;
    PatternCounters counters;
};

class Channel : public std::enable_shared_from_this<Channel> {
  public:
    struct Options {
        std::string name;
        std::string queue_group;
        std::vector<std::string> patterns;
        std::size_t capacity;
        OverflowPolicy policy;
    };
    Channel(std::shared_ptr<RouterState> router, Options options);
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    // -- The router.
    [[nodiscard]] bool has_room() noexcept;
    /// There must be room. Takes over a use of the delivery.
    void put(Delivery& delivery, Subscription& subscription);
    /// Drops the oldest if there is still no room.
    void displace_oldest();

    // -- Anybody.
    /// Waits for room without the routing lock; false if there is none when the time is up, or the channel is closed.
    [[nodiscard]] bool wait_for_room(std::chrono::steady_clock::time_point until);
    std::size_t take(std::vector<RoutedEvent>& out, std::size_t max);
    [[nodiscard]] std::size_t depth() const noexcept;
    [[nodiscard]] ChannelStats stats();
    void report_error(std::uint32_t pattern, std::string_view error);
    /// Nothing is put in any more: drops what is left, counted as consumer_gone, and wakes who waits.
    void close();

    // -- Constant.
    const std::shared_ptr<RouterState> router;
    const Options options;
    std::vector<std::unique_ptr<Subscription>> subscriptions; // by pattern

    // -- Guarded by the router's registry mutex.
    std::size_t consumers = 0;
    std::vector<SubjectMatcher::SubscriptionId> ids;

    // -- Guarded by the routing mutex.
    std::condition_variable filled;
    std::size_t waiting = 0; // consumers
    bool closed = false;

  private:
    struct Slot {
        Delivery* delivery;
        Subscription* subscription;
    };
    void grow();
    void note_high_water() noexcept;

    // The router writes `tail_`, whoever holds `taking_` writes `head_`; both count from 0 and never fall.
    alignas(64) std::atomic<std::uint64_t> tail_{0};
    std::uint64_t head_seen_ = 0; // the router's: not above head_
    alignas(64) std::atomic<std::uint64_t> head_{0};

    std::mutex taking_;
    std::condition_variable emptied_;
    std::size_t waiting_for_room_ = 0;     // guarded by taking_
    bool gone_ = false;                    // guarded by taking_
    std::vector<std::string> last_errors_; // guarded by taking_, by pattern

    // Replaced by the router under taking_; read under either lock.
    std::size_t size_ = 0; // a power of two
    std::unique_ptr<Slot[]> slots_;
};

} // namespace cim::detail
