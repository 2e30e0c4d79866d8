#include "graph/property_column.hpp"

#include "graph/cbor_writer.hpp"
#include "ipld/map_access.hpp"

#include <optional>

namespace cim::graph {
namespace {

// One entry of a map as it stands in the block: key and value together.
struct Entry {
    std::string_view key;
    ByteView encoded;
    bool is_null;
};

class EntryReader {
  public:
    explicit EntryReader(ipld::View map) noexcept : range_(map.entries()) { read(); }
    [[nodiscard]] const std::optional<Entry>& entry() const noexcept { return entry_; }
    void next() noexcept {
        ++range_.first;
        read();
    }

  private:
    void read() noexcept {
        entry_.reset();
        if (range_.first == range_.last) return;
        const auto [key, value] = *range_.first;
        const auto* start = as_bytes(key).data() - cbor_head_size(key.size());
        const auto last = value.encoded();
        entry_ = Entry{key, ByteView(start, last.data() + last.size()), value.is(ipld::Kind::null)};
    }

    ipld::View::Range<ipld::View::MapIterator> range_;
    std::optional<Entry> entry_;
};

} // namespace

void merge_properties(ByteView base, ipld::View updates, Bytes& out) {
    // The number of entries is known at the end only, so the entries come first, behind room for the longest head.
    constexpr std::size_t longest_head = 9;
    out.assign(longest_head, std::byte{0});
    std::size_t count = 0;
    const auto keep = [&](const Entry& entry) {
        out.insert(out.end(), entry.encoded.begin(), entry.encoded.end());
        ++count;
    };

    EntryReader old(ipld::View::trusted(base));
    EntryReader changed(updates);
    while (old.entry() || changed.entry()) {
        const int order = !old.entry()       ? 1
                          : !changed.entry() ? -1
                                             : ipld::compare_keys(old.entry()->key, changed.entry()->key);
        if (order < 0) {
            keep(*old.entry());
        } else if (!changed.entry()->is_null) {
            keep(*changed.entry());
        }
        if (order <= 0) old.next();
        if (order >= 0) changed.next();
    }

    const auto start = longest_head - cbor_head_size(count);
    write_cbor_head(out.data() + start, 5, count);
    out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(start));
}

} // namespace cim::graph
