// The properties of nodes or edges, by their number: canonical dag-cbor maps, an empty one taking no memory of its own.
#pragma once

#include <cim/ipld.hpp>

#include "graph/byte_store.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cim::graph {

/// The canonical bytes of the empty map.
inline constexpr std::byte empty_map[1] = {std::byte{0xa0}};

class PropertyColumn {
  public:
    [[nodiscard]] ByteView encoded(std::uint32_t number) const noexcept {
        const auto slice = slices_[number];
        return slice.size == 0 ? ByteView(empty_map) : bytes_.get(slice);
    }
    [[nodiscard]] ipld::View get(std::uint32_t number) const noexcept { return ipld::View::trusted(encoded(number)); }
    [[nodiscard]] bool is_empty(std::uint32_t number) const noexcept { return slices_[number].size == 0; }

    /// For a number that has none: a new one, or the last seen one of an element removed since. The map may be
    /// anywhere.
    void add(std::uint32_t number, ByteView map) {
        if (number >= slices_.size()) slices_.resize(number + std::size_t{1});
        slices_[number] = bytes_.add(stored(map));
    }
    /// The map must not lie in this column.
    void replace(std::uint32_t number, ByteView map) {
        bytes_.replace(slices_[number], stored(map));
        compact_if_worth();
    }
    void remove(std::uint32_t number) {
        bytes_.remove(slices_[number]);
        slices_[number] = {};
        compact_if_worth();
    }

    [[nodiscard]] std::size_t memory_bytes() const noexcept {
        return slices_.capacity() * sizeof(Slice) + bytes_.memory_bytes();
    }

  private:
    static ByteView stored(ByteView map) noexcept { return map.size() == 1 ? ByteView() : map; }

    void compact_if_worth() {
        if (!bytes_.worth_compacting()) return;
        bytes_.compact([&](auto rewrite) {
            for (auto& slice : slices_) rewrite(slice);
        });
    }

    std::vector<Slice> slices_;
    ByteStore bytes_;
};

/// Merges the map `updates` into the map `base` as JSON Merge Patch does at the top level: a null removes the key, all
/// else replaces it. The canonical result lies in `scratch`, which neither of them may do.
[[nodiscard]] ByteView merge_properties(ByteView base, ByteView updates, Bytes& scratch);

} // namespace cim::graph
