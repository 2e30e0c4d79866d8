#include "graph/property_column.hpp"

#include "graph/cbor_writer.hpp"
#include "ipld/value_access.hpp"

#include <cstring>

namespace cim::graph {
namespace {

// Stands on one entry of a map after the other.
class EntryReader {
  public:
    explicit EntryReader(ByteView map) noexcept : left_(ipld::View::trusted(map).size()) {
        read(map.data() + cbor_head_size(left_));
    }
    [[nodiscard]] bool at_end() const noexcept { return left_ == 0; }
    [[nodiscard]] std::string_view key() const noexcept { return key_; }
    [[nodiscard]] bool is_null() const noexcept { return *value_ == std::byte{0xf6}; }
    /// Key and value together, as they stand in the map.
    [[nodiscard]] ByteView encoded() const noexcept { return {start_, end_}; }
    void next() noexcept {
        --left_;
        read(end_);
    }

  private:
    void read(const std::byte* start) noexcept {
        if (left_ == 0) return;
        start_ = start;
        key_ = *ipld::View::trusted({start, 1}).as_string();
        value_ = as_bytes(key_).data() + key_.size();
        end_ = end_of(value_);
    }

    // Most values are short strings or small integers, whose first byte says it all.
    static const std::byte* end_of(const std::byte* value) noexcept {
        const auto initial = std::to_integer<unsigned>(*value);
        if (initial < 0x18) return value + 1;
        if (initial >= 0x60 && initial < 0x78) return value + 1 + (initial - 0x60);
        const auto encoded = ipld::View::trusted({value, 1}).encoded();
        return encoded.data() + encoded.size();
    }

    std::size_t left_;
    std::string_view key_;
    const std::byte* start_ = nullptr;
    const std::byte* value_ = nullptr;
    const std::byte* end_ = nullptr;
};

} // namespace

ByteView merge_properties(ByteView base, ByteView updates, Bytes& scratch) {
    // The number of entries is known at the end only, so the entries come first, behind room for the longest head.
    constexpr std::size_t longest_head = 9;
    const auto room = longest_head + base.size() + updates.size();
    if (scratch.size() < room) scratch.resize(room);
    auto* at = scratch.data() + longest_head;
    std::size_t count = 0;
    const auto keep = [&](const EntryReader& entry) {
        const auto encoded = entry.encoded();
        std::memcpy(at, encoded.data(), encoded.size());
        at += encoded.size();
        ++count;
    };

    EntryReader old(base);
    EntryReader changed(updates);
    while (!old.at_end() || !changed.at_end()) {
        const int order = old.at_end() ? 1 : changed.at_end() ? -1 : ipld::compare_keys(old.key(), changed.key());
        if (order < 0) {
            keep(old);
        } else if (!changed.is_null()) {
            keep(changed);
        }
        if (order <= 0) old.next();
        if (order >= 0) changed.next();
    }

    auto* const start = scratch.data() + longest_head - cbor_head_size(count);
    write_cbor_head(start, 5, count);
    return {start, at};
}

} // namespace cim::graph
