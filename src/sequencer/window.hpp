// The numbers just ahead of the next one of a stream, and which events wait there.
//
// A ring of event numbers (indices into the sequencer's WaitingEvents), as large as the farthest one needs. And what is
// remembered of the numbers behind: which were skipped, as far as there is room.
#pragma once

#include <cim/event.hpp>
#include <cim/time.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace cim::detail {

using WaitingIndex = std::uint32_t; // 0: none

/// Events that wait, on either level, in one pool.
struct WaitingEvent {
    enum class Kind : std::uint8_t {
        in_aggregate, ///< Waits for its aggregate's order; known to the global order as there, but not ready.
        in_global,    ///< Waits for the global order alone.
        passed_over,  ///< Takes a place in the global order and is not delivered: it was a duplicate, or late.
    };
    DomainEvent event;
    std::uint64_t global = 0;
    std::uint64_t aggregate = 0;
    Duration seen{};
    Kind kind = Kind::in_aggregate;
};

class WaitingEvents {
  public:
    [[nodiscard]] WaitingIndex add(WaitingEvent event) {
        if (free_.empty()) {
            events_.push_back(std::move(event));
            return static_cast<WaitingIndex>(events_.size() - 1);
        }
        const auto index = free_.back();
        free_.pop_back();
        events_[index] = std::move(event);
        return index;
    }
    void remove(WaitingIndex index) {
        events_[index].event = {};
        free_.push_back(index);
    }
    [[nodiscard]] WaitingEvent& operator[](WaitingIndex index) noexcept { return events_[index]; }
    [[nodiscard]] const WaitingEvent& operator[](WaitingIndex index) const noexcept { return events_[index]; }
    [[nodiscard]] std::size_t size() const noexcept { return events_.size() - 1 - free_.size(); }

  private:
    std::vector<WaitingEvent> events_{1}; // the first stands for none
    std::vector<WaitingIndex> free_;
};

class Window {
  public:
    /// The event at `number`, which is at or after `next`; 0 if there is none.
    [[nodiscard]] WaitingIndex at(std::uint64_t next, std::uint64_t number) const noexcept {
        return number - next < slots_.size() ? slots_[number & (slots_.size() - 1)] : 0;
    }
    /// Puts one where there is none.
    void put(std::uint64_t next, std::uint64_t number, WaitingIndex index) {
        if (number - next >= slots_.size()) grow(next, number - next + 1);
        slots_[number & (slots_.size() - 1)] = index;
        ++count_;
    }
    /// There must be one.
    void clear(std::uint64_t number) noexcept {
        slots_[number & (slots_.size() - 1)] = 0;
        --count_;
    }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    /// The lowest number with an event; there must be one.
    [[nodiscard]] std::uint64_t first_known(std::uint64_t next) const noexcept {
        while (slots_[next & (slots_.size() - 1)] == 0) ++next;
        return next;
    }
    template <class Visit> void for_each(Visit visit) const {
        if (count_ == 0) return;
        for (const auto index : slots_)
            if (index != 0) visit(index);
    }

  private:
    void grow(std::uint64_t next, std::uint64_t needed) {
        std::vector<WaitingIndex> slots(std::bit_ceil(std::max<std::uint64_t>(needed, 8)));
        for (std::uint64_t number = next; number - next < slots_.size(); ++number)
            slots[number & (slots.size() - 1)] = slots_[number & (slots_.size() - 1)];
        slots_ = std::move(slots);
    }

    std::vector<WaitingIndex> slots_; // none, or a power of two of them
    std::size_t count_ = 0;
};

/// Ranges that were skipped and have not come since.
class SkippedRanges {
  public:
    /// Above all that are there. If there is no room, the lowest is forgotten: returns the number after it, and 0
    /// otherwise.
    std::uint64_t add(std::uint64_t from, std::uint64_t to) {
        ranges_.emplace_back(from, to);
        return ranges_.size() > max_ranges ? forget_lowest() : 0;
    }
    /// True if the number was among them, which it then no longer is. A range that falls apart may make the lowest be
    /// forgotten, as above: `forgotten` is then the number after it.
    bool take(std::uint64_t number, std::uint64_t& forgotten) {
        forgotten = 0;
        const auto at = std::ranges::lower_bound(ranges_, number, {}, &std::pair<std::uint64_t, std::uint64_t>::second);
        if (at == ranges_.end() || number < at->first) return false;
        const auto [from, to] = *at;
        if (from == to) {
            ranges_.erase(at);
        } else if (number == from) {
            ++at->first;
        } else if (number == to) {
            --at->second;
        } else {
            at->second = number - 1;
            ranges_.emplace(at + 1, number + 1, to);
            if (ranges_.size() > max_ranges) forgotten = forget_lowest();
        }
        return true;
    }
    [[nodiscard]] const std::vector<std::pair<std::uint64_t, std::uint64_t>>& all() const noexcept { return ranges_; }
    void restore(std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) { ranges_ = std::move(ranges); }

    static constexpr std::size_t max_ranges = 64;

  private:
    std::uint64_t forget_lowest() {
        const auto after = ranges_.front().second + 1;
        ranges_.erase(ranges_.begin());
        return after;
    }
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_;
};

} // namespace cim::detail
