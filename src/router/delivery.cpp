#include "router/delivery.hpp"

#include <cim/routed_event.hpp>

namespace cim {

namespace detail {

namespace {

// Stands in `returned_` once the router is gone.
Delivery end_mark;

} // namespace

Delivery& DeliveryPool::take() {
    if (ready_ == nullptr) ready_ = returned_.exchange(nullptr, std::memory_order_acquire);
    if (ready_ == nullptr) {
        auto& slab = slabs_.emplace_back(std::make_unique<Delivery[]>(slab_size));
        for (std::size_t i = 0; i < slab_size; ++i) {
            slab[i].pool = this;
            slab[i].next = ready_;
            ready_ = &slab[i];
        }
        made_ += slab_size;
    }
    auto& delivery = *ready_;
    ready_ = delivery.next;
    return delivery;
}

void DeliveryPool::give_back(Delivery& delivery) noexcept {
    delivery.event = {};
    auto* first = returned_.load(std::memory_order_relaxed);
    while (first != &end_mark) {
        delivery.next = first;
        if (returned_.compare_exchange_weak(first, &delivery, std::memory_order_release, std::memory_order_relaxed))
            return;
    }
    if (out_after_end_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

void DeliveryPool::abandon(DeliveryPool* pool) noexcept {
    std::int64_t back = 0;
    for (auto* one = pool->ready_; one != nullptr; one = one->next) ++back;
    for (auto* one = pool->returned_.exchange(&end_mark, std::memory_order_acquire); one != nullptr; one = one->next)
        ++back;
    const auto out = static_cast<std::int64_t>(pool->made_) - back;
    // Those that came back since then have been subtracted already.
    if (pool->out_after_end_.fetch_add(out, std::memory_order_acq_rel) + out == 0) delete pool;
}

void keep(Delivery& delivery) noexcept { delivery.uses.fetch_add(1, std::memory_order_relaxed); }

void release(Delivery& delivery) noexcept {
    // The only user needs no subtraction.
    if (delivery.uses.load(std::memory_order_acquire) == 1 ||
        delivery.uses.fetch_sub(1, std::memory_order_acq_rel) == 1)
        delivery.pool->give_back(delivery);
}

} // namespace detail

const DomainEvent& RoutedEvent::event() const noexcept { return delivery_->event; }
std::string_view RoutedEvent::subject() const noexcept { return delivery_->subject; }
GlobalSequence RoutedEvent::global_sequence() const noexcept { return delivery_->global_sequence; }
AggregateSequence RoutedEvent::aggregate_sequence() const noexcept { return delivery_->aggregate_sequence; }
std::uint32_t RoutedEvent::hops() const noexcept { return delivery_->hops; }

} // namespace cim
