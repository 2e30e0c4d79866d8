#include "graph/text_table.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace cim::graph {
namespace {

constexpr std::size_t first_size = 16;

std::uint64_t load(const char* at, std::size_t size) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, at, size);
    return word;
}

// Folds the 128 bits of a product: every bit of the result depends on all bits of both factors.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using Wide = unsigned __int128;
    const auto product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Reads sixteen bytes a step, the last of which may overlap those before. The result stays inside the process, so it
// may differ from machine to machine.
std::uint32_t hash_of(std::string_view text) noexcept {
    constexpr std::uint64_t k0 = 0x9e3779b97f4a7c15;
    constexpr std::uint64_t k1 = 0xe7037ed1a0b428db;
    const auto* at = text.data();
    auto left = text.size();
    std::uint64_t hash = mix(text.size() ^ k0, k1);
    for (; left > 16; left -= 16, at += 16) hash = mix(load(at, 8) ^ hash, load(at + 8, 8) ^ k1);
    if (left >= 8)
        hash = mix(load(at, 8) ^ hash, load(at + left - 8, 8) ^ k1);
    else if (left >= 4)
        hash = mix(load(at, 4) ^ hash, load(at + left - 4, 4) ^ k1);
    else if (left > 0)
        hash = mix(load(at, 1) ^ (load(at + left / 2, 1) << 8) ^ (load(at + left - 1, 1) << 16) ^ hash, k1);
    return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

// The first eight bytes, as a number that compares as they do; shorter texts are filled up with zeros.
std::uint64_t prefix_of(std::string_view text) noexcept {
    std::uint64_t prefix = 0;
    for (std::size_t i = 0; i < 8; ++i)
        prefix = (prefix << 8) | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0u);
    return prefix;
}

// Sorting compares numbers that lie side by side, and goes to the texts only where those are equal.
struct SortKey {
    std::uint64_t major; // the length where that comes first, else 0
    std::uint64_t prefix;
    std::uint32_t number;
};

std::vector<std::uint32_t> sorted(const TextTable& table, bool by_length) {
    std::vector<SortKey> keys;
    keys.reserve(table.size());
    table.for_each([&](std::uint32_t number) {
        const auto text = table.text(number);
        keys.push_back({by_length ? text.size() : 0, prefix_of(text), number});
    });
    std::ranges::sort(keys, [&](const SortKey& a, const SortKey& b) {
        if (a.major != b.major) return a.major < b.major;
        if (a.prefix != b.prefix) return a.prefix < b.prefix;
        return table.text(a.number) < table.text(b.number);
    });
    std::vector<std::uint32_t> numbers;
    numbers.reserve(keys.size());
    for (const auto& key : keys) numbers.push_back(key.number);
    return numbers;
}

} // namespace

TextKey::TextKey(std::string_view t) noexcept : text(t), hash(hash_of(t)) {}

std::uint32_t TextTable::add(const TextKey& key) {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
    const auto slice = bytes_.add(as_bytes(key.text));
    std::uint32_t number = first_removed_;
    if (number == none) {
        number = end();
        if (number == none) throw std::length_error("cim: graph over 2^32 - 1 elements");
        slices_.push_back(slice);
    } else {
        first_removed_ = slices_[number].at;
        slices_[number] = slice;
    }
    insert_slot({key.hash, number});
    ++size_;
    return number;
}

std::uint32_t TextTable::find_or_add(const TextKey& key) {
    const auto found = find(key);
    return found != none ? found : add(key);
}

void TextTable::remove(std::uint32_t number) {
    auto hole = TextKey(text(number)).hash & mask();
    while (slots_[hole].number != number) hole = (hole + 1) & mask();
    // Whatever follows and would no longer be found past the hole moves into it.
    for (auto at = (hole + 1) & mask(); slots_[at].number != none; at = (at + 1) & mask()) {
        const auto home = slots_[at].hash & mask();
        if (((at - home) & mask()) < ((at - hole) & mask())) continue;
        slots_[hole] = slots_[at];
        hole = at;
    }
    slots_[hole].number = none;

    bytes_.remove(slices_[number]);
    slices_[number] = {first_removed_, removed};
    first_removed_ = number;
    --size_;
    if (bytes_.worth_compacting()) {
        bytes_.compact([&](auto rewrite) {
            for (auto& slice : slices_) {
                if (slice.size != removed) rewrite(slice);
            }
        });
    }
}

void TextTable::grow() {
    auto old = std::exchange(slots_, std::vector<Slot>(std::max(first_size, slots_.size() * 2), Slot{0, none}));
    for (const auto slot : old) {
        if (slot.number != none) insert_slot(slot);
    }
}

void TextTable::insert_slot(Slot slot) noexcept {
    auto at = slot.hash & mask();
    while (slots_[at].number != none) at = (at + 1) & mask();
    slots_[at] = slot;
}

std::vector<std::uint32_t> sorted_by_text(const TextTable& table) { return sorted(table, false); }
std::vector<std::uint32_t> sorted_as_keys(const TextTable& table) { return sorted(table, true); }

} // namespace cim::graph
