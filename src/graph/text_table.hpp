// Texts (ids, types) as dense numbers: find a text's number, find a number's text, both O(1).
//
// Open addressing with linear probing over slots of hash and number; deleting shifts back what follows, so there are no
// tombstones and a table that lives for long stays as fast as a new one. Numbers of removed texts are given out again.
#pragma once

#include "graph/byte_store.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace cim::graph {

/// "No such number", in tables, lists and links.
inline constexpr std::uint32_t none = 0xffffffff;

/// A text with its hash, to be looked up in several tables.
struct TextKey {
    std::string_view text;
    std::uint32_t hash;
    explicit TextKey(std::string_view t) noexcept;
};

class TextTable {
  public:
    [[nodiscard]] std::uint32_t find(const TextKey& key) const noexcept {
        if (slots_.empty()) return none;
        for (auto at = key.hash & mask();; at = (at + 1) & mask()) {
            const auto slot = slots_[at];
            if (slot.number == none) return none;
            if (slot.hash == key.hash && text(slot.number) == key.text) return slot.number;
        }
    }

    /// The text must not be in the table. It may lie in this table's own memory.
    std::uint32_t add(const TextKey& key);
    /// find(), and add() if that found nothing.
    std::uint32_t find_or_add(const TextKey& key);
    void remove(std::uint32_t number);

    [[nodiscard]] std::string_view text(std::uint32_t number) const noexcept {
        return as_text(bytes_.get(slices_[number]));
    }
    [[nodiscard]] bool contains(std::uint32_t number) const noexcept {
        return number < slices_.size() && slices_[number].size != removed;
    }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// All numbers are below this.
    [[nodiscard]] std::uint32_t end() const noexcept { return static_cast<std::uint32_t>(slices_.size()); }

    template <class F> void for_each(F function) const {
        for (std::uint32_t number = 0; number < end(); ++number) {
            if (slices_[number].size != removed) function(number);
        }
    }

    [[nodiscard]] std::size_t memory_bytes() const noexcept {
        return slots_.capacity() * sizeof(Slot) + slices_.capacity() * sizeof(Slice) + bytes_.memory_bytes();
    }

  private:
    struct Slot {
        std::uint32_t hash;
        std::uint32_t number; // none: empty
    };
    static constexpr std::uint32_t removed = 0xffffffff; // as a slice's size

    [[nodiscard]] std::uint32_t mask() const noexcept { return static_cast<std::uint32_t>(slots_.size() - 1); }
    void grow();
    void insert_slot(Slot slot) noexcept;

    std::vector<Slot> slots_;   // empty, or a power of two of which at most three quarters are used
    std::vector<Slice> slices_; // by number; of a removed one `at` is the next removed number
    ByteStore bytes_;
    std::size_t size_ = 0;
    std::uint32_t first_removed_ = none;
};

/// All numbers of a table in the order of their texts, bytewise.
[[nodiscard]] std::vector<std::uint32_t> sorted_by_text(const TextTable& table);
/// The same in the canonical order of map keys: shorter texts first, then bytewise.
[[nodiscard]] std::vector<std::uint32_t> sorted_as_keys(const TextTable& table);

} // namespace cim::graph
