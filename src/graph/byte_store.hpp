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
#include <stdexcept>
#include <utility>
#include <vector>

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

    [[nodiscard]] ByteView get(Slice slice) const noexcept { return {bytes_.data() + slice.at * unit, slice.size}; }

    /// `bytes` may lie in this store.
    [[nodiscard]] Slice add(ByteView bytes) {
        if (bytes.empty()) return {};
        const auto start = bytes_.size();
        const auto padded = round_up(bytes.size());
        if (bytes.size() > max_size || start / unit > max_size) throw std::length_error("cim: graph text over 16 GiB");
        std::vector<std::byte> outgrown; // keeps what `bytes` looks at alive until it is copied
        if (start + padded > bytes_.capacity()) {
            std::vector<std::byte> bigger;
            bigger.reserve(start + padded + start / 2);
            bigger.assign(bytes_.begin(), bytes_.end());
            outgrown = std::exchange(bytes_, std::move(bigger));
        }
        bytes_.resize(start + padded);
        std::memcpy(bytes_.data() + start, bytes.data(), bytes.size());
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
        if (!bytes.empty()) std::memcpy(bytes_.data() + slice.at * unit, bytes.data(), bytes.size());
    }

    void remove(Slice slice) noexcept { garbage_ += round_up(slice.size); }

    [[nodiscard]] bool worth_compacting() const noexcept {
        return garbage_ > small_enough && garbage_ > bytes_.size() / 2;
    }

    /// Rewrites every slice that for_each(function of Slice&) gives; all others are gone afterwards.
    template <class ForEach> void compact(ForEach for_each) {
        ByteStore packed;
        packed.bytes_.reserve(bytes_.size() - garbage_ + bytes_.size() / 8);
        for_each([&](Slice& slice) { slice = packed.add(get(slice)); });
        *this = std::move(packed);
    }

    [[nodiscard]] std::size_t memory_bytes() const noexcept { return bytes_.capacity(); }

  private:
    static constexpr std::size_t max_size = std::numeric_limits<std::uint32_t>::max() - unit;
    static constexpr std::size_t small_enough = 64 * 1024; // garbage not worth a rewrite

    static constexpr std::size_t round_up(std::size_t size) noexcept { return (size + unit - 1) / unit * unit; }

    std::vector<std::byte> bytes_;
    std::size_t garbage_ = 0;
};

} // namespace cim::graph
