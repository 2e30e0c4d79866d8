// The fields of an event that a mapping's templates read, each in a numbered slot. All slots of an event are filled in
// one walk over its payload, whose keys stand in the same order as the wanted ones.
#pragma once

#include <cim/event.hpp>
#include <cim/ipld.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim::graph {

using FieldValue = std::optional<ipld::View>; // nullopt: the event has no such field

class FieldSet {
  public:
    using Slot = std::uint16_t;
    /// Most different fields in the mapping of one event type.
    static constexpr std::size_t max_slots = 1000;

    /// The slot of a path: segments separated by dots from the payload, or behind `$item`, or a name of the event's
    /// block: `$aggregate_id`, `$event_type`, `$timestamp`. nullopt if it is none of these, or there are too many.
    std::optional<Slot> add(std::string_view path);

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Whether add() was asked for something behind `$item` since this was last called.
    [[nodiscard]] bool take_item_use() noexcept { return std::exchange(item_used_, false); }

    /// Fills the slots, `slots` having size() entries, except those of the item.
    void read(const DomainEvent& event, std::span<FieldValue> slots) const noexcept;
    void read_item(ipld::View item, std::span<FieldValue> slots) const noexcept;

  private:
    using Segments = std::vector<std::string>;
    struct Field {
        std::string path;
        Segments segments;
        Slot slot;
    };

    std::vector<Field> payload_; // in canonical order of their first segments
    std::vector<Field> block_;
    std::vector<Field> item_;
    std::size_t size_ = 0;
    bool item_used_ = false;
};

/// Room for slots, on the stack for all but unusual mappings.
class FieldSlots {
  public:
    explicit FieldSlots(std::size_t size) : size_(size) {
        if (size > inline_.size()) heap_.resize(size);
    }
    [[nodiscard]] std::span<FieldValue> all() noexcept {
        return {heap_.empty() ? inline_.data() : heap_.data(), size_};
    }

  private:
    std::size_t size_;
    std::array<FieldValue, 16> inline_;
    std::vector<FieldValue> heap_;
};

} // namespace cim::graph
