// Many small byte strings, of changing length, in one block of memory that is copied with one memcpy.
//
// A Slice names a string; slices stay valid until compact(), which whoever holds them calls when worth_compacting()
// says that more than half of the block is garbage, so that its cost is spread over what made the garbage.
#pragma once

#include <cim/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

namespace cim::graph {

/// A string in a ByteStore; the default is the empty string.
struct Slice {
    std::uint32_t at = 0; ///< In units of ByteStore::unit.
    std::uint32_t size = 0;
};

class ByteStore {
  public:
    /// Strings start at multiples of this, so that 32 bits reach 16 GiB.
    static constexpr std::size_t unit = 4;

    ByteStore() = default;
    ByteStore(const ByteStore& other) : size_(other.size_), garbage_(other.garbage_) {
        grow_to(size_);
        if (size_ > 0) std::memcpy(bytes_.get(), other.bytes_.get(), size_);
    }
    ByteStore(ByteStore&& other) noexcept { swap(other); }
    ByteStore& operator=(ByteStore other) noexcept {
        swap(other);
        return *this;
    }
    ~ByteStore() = default;

    [[nodiscard]] ByteView get(Slice slice) const noexcept { return {bytes_.get() + slice.at * unit, slice.size}; }

    /// `bytes` may lie in this store.
    [[nodiscard]] Slice add(ByteView bytes) {
        if (bytes.empty()) return {};
        const auto start = size_;
        const auto end = start + round_up(bytes.size());
        if (end > limit) throw std::length_error("cim: more than 16 GiB of text in one graph");
        // What `bytes` looks at must live until it is copied.
        const auto outgrown = end > capacity_ ? grow_to(end + end / 2) : nullptr;
        std::memcpy(bytes_.get() + start, bytes.data(), bytes.size());
        size_ = end;
        return {static_cast<std::uint32_t>(start / unit), static_cast<std::uint32_t>(bytes.size())};
    }

    /// Puts `bytes`, which must not lie in this store, in the place of `slice`.
    void replace(Slice& slice, ByteView bytes) {
        if (round_up(bytes.size()) > round_up(slice.size)) {
            remove(slice);
            slice = add(bytes);
            return;
        }
        garbage_ += round_up(slice.size) - round_up(bytes.size());
        slice.size = static_cast<std::uint32_t>(bytes.size());
        if (!bytes.empty()) std::memcpy(bytes_.get() + slice.at * unit, bytes.data(), bytes.size());
    }

    void remove(Slice slice) noexcept { garbage_ += round_up(slice.size); }

    [[nodiscard]] bool worth_compacting() const noexcept { return garbage_ > small_enough && garbage_ > size_ / 2; }

    /// Rewrites every slice that for_each(function of Slice&) gives; all others are gone afterwards.
    template <class ForEach> void compact(ForEach for_each) {
        ByteStore packed;
        packed.grow_to((size_ - garbage_) + size_ / 8);
        for_each([&](Slice& slice) { slice = packed.add(get(slice)); });
        swap(packed);
    }

    [[nodiscard]] std::size_t memory_bytes() const noexcept { return capacity_; }

  private:
    using Memory = std::unique_ptr<std::byte[]>;
    static constexpr std::size_t limit = std::numeric_limits<std::uint32_t>::max() * unit;
    static constexpr std::size_t small_enough = 64 * 1024; // garbage not worth a rewrite

    static constexpr std::size_t round_up(std::size_t size) noexcept { return (size + unit - 1) / unit * unit; }

    /// Gives back the old memory.
    Memory grow_to(std::size_t capacity) {
        auto bigger = capacity > 0 ? std::make_unique_for_overwrite<std::byte[]>(capacity) : nullptr;
        if (bytes_) std::memcpy(bigger.get(), bytes_.get(), size_);
        capacity_ = capacity;
        return std::exchange(bytes_, std::move(bigger));
    }
    void swap(ByteStore& other) noexcept {
        std::swap(bytes_, other.bytes_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
        std::swap(garbage_, other.garbage_);
    }

    Memory bytes_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    std::size_t garbage_ = 0;
};

} // namespace cim::graph
