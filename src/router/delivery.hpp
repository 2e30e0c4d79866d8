// What a RoutedEvent is a handle to, and the pool that these objects come from and return to.
//
// One delivery is shared by all channels that took the event: its uses are counted once, before anybody sees it.
// Whoever drops the last use gives it back, from any thread; the router takes all that came back at once when it has
// none left. The pool lives until the router and every delivery are done with it.
#pragma once

#include <cim/event.hpp>
#include <cim/ids.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cim::detail {

class DeliveryPool;

struct Delivery {
    DomainEvent event;
    std::string subject; // keeps its memory from use to use
    GlobalSequence global_sequence;
    AggregateSequence aggregate_sequence;
    std::uint32_t hops = 0;
    std::atomic<std::uint32_t> uses{0};
    Delivery* next = nullptr;
    DeliveryPool* pool = nullptr;
};

class DeliveryPool {
  public:
    DeliveryPool() = default;
    DeliveryPool(const DeliveryPool&) = delete;
    DeliveryPool& operator=(const DeliveryPool&) = delete;

    /// One that nobody uses. Only by one thread at a time.
    [[nodiscard]] Delivery& take();
    /// From any thread, by whoever dropped the last use.
    void give_back(Delivery& delivery) noexcept;
    /// The router is done with the pool, which goes away with the last delivery that is out.
    static void abandon(DeliveryPool* pool) noexcept;

  private:
    ~DeliveryPool() = default;
    static constexpr std::size_t slab_size = 64;

    Delivery* ready_ = nullptr; // the taker's
    std::uint64_t made_ = 0;    // the taker's
    std::atomic<Delivery*> returned_{nullptr};
    // Below 0 while the router is there; afterwards how many are out. Whoever brings it to 0 deletes the pool.
    std::atomic<std::int64_t> out_after_end_{0};
    std::vector<std::unique_ptr<Delivery[]>> slabs_;
};

} // namespace cim::detail
