// The aggregates that a sequencer knows, by name: the next number of each, and more where something is out of order.
#pragma once

#include "base/text_hash.hpp"
#include "sequencer/window.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cim::detail {

/// What is known of a stream beyond its next number.
struct StreamDetails {
    Window window;
    SkippedRanges skipped_ranges;
    std::uint64_t skipped = 0;
    std::uint64_t late = 0;
    std::uint64_t duplicates = 0;
    // The farthest number that was too far ahead since the stream last went on, and when the first such came; 0: none.
    // Where nothing else waits, it is the far end of a gap.
    std::uint64_t farthest = 0;
    Duration farthest_seen{};
    bool has_timer = false; // an entry among the timers
    bool touched = true;    // since eviction last looked
};

struct AggregateState {
    std::string name;
    std::uint64_t next = 0;
    std::uint64_t first = 0; // what is below is late
    std::unique_ptr<StreamDetails> details;
};

/// Never forgets a name; whoever adds sees to a bound.
class AggregateTable {
  public:
    using Index = std::uint32_t;
    static constexpr Index none = ~Index{0};

    [[nodiscard]] Index find(std::string_view name) const noexcept {
        const auto hash = hash_of(name);
        for (std::size_t i = hash & mask_;; i = (i + 1) & mask_) {
            const auto word = slots_[i];
            if (word == 0) return none;
            if (word >> 32 != hash) continue;
            const auto index = static_cast<Index>(word) - 1;
            if (same_text(states_[index].name, name)) return index;
        }
    }
    /// One that is not there yet.
    Index add(std::string_view name) {
        if ((states_.size() + 1) * 2 > slots_.size()) grow();
        states_.push_back({.name = std::string(name)});
        place(hash_of(name), static_cast<Index>(states_.size()));
        return static_cast<Index>(states_.size() - 1);
    }
    [[nodiscard]] AggregateState& operator[](Index index) noexcept { return states_[index]; }
    [[nodiscard]] const std::vector<AggregateState>& all() const noexcept { return states_; }
    [[nodiscard]] std::size_t size() const noexcept { return states_.size(); }
    void clear() { *this = AggregateTable(); }

  private:
    static std::uint32_t hash_of(std::string_view name) noexcept {
        return static_cast<std::uint32_t>(hash_text(name) >> 32);
    }
    void place(std::uint32_t hash, Index number) noexcept {
        std::size_t i = hash & mask_;
        while (slots_[i] != 0) i = (i + 1) & mask_;
        slots_[i] = std::uint64_t{hash} << 32 | number;
    }
    void grow() {
        slots_.assign(slots_.size() * 2, 0);
        mask_ = slots_.size() - 1;
        for (std::size_t i = 0; i < states_.size(); ++i) place(hash_of(states_[i].name), static_cast<Index>(i + 1));
    }

    std::vector<AggregateState> states_;
    std::vector<std::uint64_t> slots_ = std::vector<std::uint64_t>(64); // hash above, number + 1 below
    std::size_t mask_ = 63;
};

} // namespace cim::detail
