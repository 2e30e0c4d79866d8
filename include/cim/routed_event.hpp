// An event on its way through a router: the event, the subject it was routed under and the numbers it was given.
//
// A handle to one object that all consumers share: copies are cheap and may go to other threads. It may outlive the
// consumer and the router it came from. A default-made one is empty: only operator bool may be called on it.
#pragma once

#include <cim/event.hpp>
#include <cim/ids.hpp>

#include <cstdint>
#include <string_view>
#include <utility>

namespace cim {

namespace detail {
struct Delivery;
void keep(Delivery& delivery) noexcept;
void release(Delivery& delivery) noexcept;
} // namespace detail

class RoutedEvent {
  public:
    RoutedEvent() noexcept = default;
    RoutedEvent(const RoutedEvent& other) noexcept
        : delivery_(other.delivery_), number_(other.number_), pattern_(other.pattern_) {
        if (delivery_ != nullptr) detail::keep(*delivery_);
    }
    RoutedEvent(RoutedEvent&& other) noexcept
        : delivery_(std::exchange(other.delivery_, nullptr)), number_(other.number_), pattern_(other.pattern_) {}
    RoutedEvent& operator=(RoutedEvent other) noexcept {
        std::swap(delivery_, other.delivery_);
        number_ = other.number_;
        pattern_ = other.pattern_;
        return *this;
    }
    ~RoutedEvent() {
        if (delivery_ != nullptr) detail::release(*delivery_);
    }
    explicit operator bool() const noexcept { return delivery_ != nullptr; }

    [[nodiscard]] const DomainEvent& event() const noexcept;
    /// Valid as long as some copy of this lives.
    [[nodiscard]] std::string_view subject() const noexcept;
    /// The router's number for it: 1, 2, 3 ... over all events; 0 if the router does not number.
    [[nodiscard]] GlobalSequence global_sequence() const noexcept;
    /// The router's number within the event's aggregate; 0 if the router does not number.
    [[nodiscard]] AggregateSequence aggregate_sequence() const noexcept;
    /// How often it had been a dead letter before it was routed this time.
    [[nodiscard]] std::uint32_t hops() const noexcept;
    /// Its place in the consumer's channel: 1, 2, 3 ... without gaps, but for events that were displaced there.
    [[nodiscard]] std::uint64_t delivery_number() const noexcept { return number_; }
    /// The first of the consumer's patterns that matched, as an index into SubjectConsumer::patterns().
    [[nodiscard]] std::uint32_t pattern_index() const noexcept { return pattern_; }

    /// For the router: takes over one use of `delivery`.
    RoutedEvent(detail::Delivery& delivery, std::uint64_t number, std::uint32_t pattern) noexcept
        : delivery_(&delivery), number_(number), pattern_(pattern) {}

  private:
    detail::Delivery* delivery_ = nullptr;
    std::uint64_t number_ = 0;
    std::uint32_t pattern_ = 0;
};

} // namespace cim
