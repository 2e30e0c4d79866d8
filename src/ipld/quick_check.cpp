#include "ipld/quick_check.hpp"

#include "base/utf8.hpp"
#include "ipld/cid_format.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace cim::ipld {

namespace {

using Octet = std::uint8_t;

constexpr std::size_t short_limit = 24;  // Arguments below it stand in the first byte of the head.
constexpr unsigned first_constant = 0xf4; // false; then true and null
constexpr unsigned constants = 3;

// The bits that no ASCII character has, at the places of the first `size` bytes of three words.
constexpr auto in_text = [] {
    std::array<std::array<std::uint64_t, 3>, short_limit> masks{};
    for (std::size_t size = 0; size < short_limit; ++size) {
        std::array<std::array<Octet, 8>, 3> octets{};
        for (std::size_t i = 0; i < size; ++i)
            octets[i / 8][i % 8] = 0x80;
        for (std::size_t word = 0; word < 3; ++word)
            masks[size][word] = std::bit_cast<std::uint64_t>(octets[word]);
    }
    return masks;
}();

// Positions are parameters and results, never members, so that they stay in registers; nullptr as a result means that
// a rule is broken. Bounds are compared as sizes left, because a declared size may be anything up to 2^64.
class Checker {
  public:
    explicit Checker(const Octet* end) noexcept : end_(end) {}

    const Octet* item(const Octet* at, unsigned depth_left) const noexcept {
        // Most items are decided by their first byte, here and without a call.
        if (at == end_) return nullptr;
        if (const auto* past = short_ascii(at)) return past;
        const unsigned initial = *at;
        if (initial < short_limit || initial - first_constant < constants) return at + 1;
        return long_item(at, depth_left);
    }

  private:
    [[gnu::noinline]] const Octet* long_item(const Octet* at, unsigned depth_left) const noexcept {
        std::uint64_t argument;
        switch (*at >> 5) {
        case 0:
        case 1: return head(at, argument);
        case 2: at = head(at, argument); return at == nullptr || argument > left(at) ? nullptr : at + argument;
        case 3: {
            std::string_view ignored;
            return text(at, ignored);
        }
        case 4: return list(at, depth_left);
        case 5: return map(at, depth_left);
        case 6: return link(at);
        default: return floating(at);
        }
    }

    std::size_t left(const Octet* at) const noexcept { return static_cast<std::size_t>(end_ - at); }

    // Past the head at `at`, which is not the end.
    const Octet* head(const Octet* at, std::uint64_t& argument) const noexcept {
        argument = *at & 31U;
        return argument < short_limit ? at + 1 : long_head(at, argument);
    }

    const Octet* long_head(const Octet* at, std::uint64_t& argument) const noexcept {
        if (argument > 27) return nullptr;
        const auto width = std::size_t{1} << (argument - short_limit);
        ++at;
        if (left(at) < width) return nullptr;
        argument = 0;
        for (std::size_t i = 0; i < width; ++i)
            argument = argument << 8 | at[i];
        const auto smallest = width == 1 ? short_limit : std::uint64_t{1} << (4 * width);
        return argument < smallest ? nullptr : at + width;
    }

    // Past the text at `at` if it is one of under 24 bytes, all ASCII, and not close to the end; else nullptr, which
    // means nothing. Nearly all keys and most values are such texts.
    const Octet* short_ascii(const Octet* at) const noexcept {
        const std::size_t size = *at - 0x60U;
        if (size >= short_limit || left(at) < 1 + short_limit) return nullptr;
        const auto word = [at](std::size_t i) {
            std::uint64_t loaded;
            std::memcpy(&loaded, at + 1 + 8 * i, sizeof loaded);
            return loaded;
        };
        auto seen = word(0) & in_text[size][0];
        if (size > 8) seen |= (word(1) & in_text[size][1]) | (word(2) & in_text[size][2]);
        return seen == 0 ? at + 1 + size : nullptr;
    }

    // Past the text at `at`, whose head says that it is one.
    const Octet* text(const Octet* at, std::string_view& out) const noexcept {
        std::uint64_t size;
        at = head(at, size);
        if (at == nullptr || size > left(at)) return nullptr;
        out = {reinterpret_cast<const char*>(at), static_cast<std::size_t>(size)};
        return is_valid_utf8(out) ? at + size : nullptr;
    }

    const Octet* list(const Octet* at, unsigned depth_left) const noexcept {
        std::uint64_t count;
        at = head(at, count);
        if (depth_left == 0) return nullptr;
        for (; at != nullptr && count > 0; --count)
            at = item(at, depth_left - 1);
        return at;
    }

    const Octet* map(const Octet* at, unsigned depth_left) const noexcept {
        std::uint64_t count;
        at = head(at, count);
        if (depth_left == 0 || at == nullptr) return nullptr;
        std::string_view last;
        for (bool first = true; count > 0; --count, first = false) {
            if (at == end_ || *at >> 5 != 3) return nullptr;
            std::string_view key;
            if (const auto* past = short_ascii(at)) {
                key = {reinterpret_cast<const char*>(at + 1), static_cast<std::size_t>(past - at - 1)};
                at = past;
            } else {
                at = text(at, key);
            }
            if (at == nullptr || (!first && !before(last, key))) return nullptr;
            last = key;
            at = item(at, depth_left - 1);
            if (at == nullptr) return nullptr;
        }
        return at;
    }

    // Canonical order. Keys of the same length nearly always differ in one of their first bytes.
    static bool before(std::string_view a, std::string_view b) noexcept {
        if (a.size() != b.size()) return a.size() < b.size();
        for (std::size_t i = 0; i < a.size(); ++i)
            if (a[i] != b[i]) return static_cast<Octet>(a[i]) < static_cast<Octet>(b[i]);
        return false;
    }

    const Octet* link(const Octet* at) const noexcept {
        std::uint64_t tag;
        at = head(at, tag);
        if (at == nullptr || tag != 42 || at == end_ || *at >> 5 != 2) return nullptr;
        std::uint64_t size;
        at = head(at, size);
        if (at == nullptr || size > left(at) || size == 0 || *at != 0) return nullptr;
        const ByteView cid(reinterpret_cast<const std::byte*>(at + 1), static_cast<std::size_t>(size - 1));
        return check_cid(cid, CidProfile::any) ? nullptr : at + size;
    }

    const Octet* floating(const Octet* at) const noexcept {
        if (*at != 0xfb || left(at) < 9) return nullptr;
        std::uint64_t bits = 0;
        for (std::size_t i = 1; i < 9; ++i)
            bits = bits << 8 | at[i];
        constexpr std::uint64_t exponent = 0x7ff0000000000000;
        constexpr std::uint64_t negative_zero = 0x8000000000000000;
        return (bits & exponent) == exponent || bits == negative_zero ? nullptr : at + 9;
    }

    const Octet* end_;
};

} // namespace

const std::byte* end_of_valid_item(ByteView input, unsigned max_depth) noexcept {
    const auto* begin = reinterpret_cast<const Octet*>(input.data());
    return reinterpret_cast<const std::byte*>(Checker(begin + input.size()).item(begin, max_depth));
}

} // namespace cim::ipld
