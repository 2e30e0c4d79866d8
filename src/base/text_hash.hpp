// Hashing and comparing short texts without a call: names, tokens and subjects are shorter than what a general function
// takes to find out how to treat them. Not for anything that is stored: the values may change with every version.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace cim {

namespace detail {

inline std::uint64_t load8(const char* p) noexcept {
    std::uint64_t value;
    std::memcpy(&value, p, sizeof value);
    return value;
}
inline std::uint64_t load4(const char* p) noexcept {
    std::uint32_t value;
    std::memcpy(&value, p, sizeof value);
    return value;
}

} // namespace detail

/// Two words into one in which every bit depends on every bit: the two halves of the product, added without carry.
inline std::uint64_t mix_bits(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using Wide = unsigned __int128;
    const auto product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Not cryptographic; a `seed` that an attacker does not know makes collisions hard to arrange.
inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed = 0) noexcept {
    constexpr std::uint64_t k0 = 0x9e3779b97f4a7c15, k1 = 0xd6e8feb86659fd93;
    const char* p = text.data();
    const std::size_t size = text.size();
    seed ^= k0;
    std::uint64_t a, b;
    if (size <= 16) {
        if (size >= 8) {
            a = detail::load8(p);
            b = detail::load8(p + size - 8);
        } else if (size >= 4) {
            a = detail::load4(p);
            b = detail::load4(p + size - 4);
        } else if (size > 0) {
            const auto octet = [&](std::size_t i) {
                return static_cast<std::uint64_t>(static_cast<unsigned char>(p[i]));
            };
            a = octet(0) << 16 | octet(size / 2) << 8 | octet(size - 1);
            b = 0;
        } else {
            a = b = 0;
        }
    } else {
        const char* last = p + size - 16;
        for (; p < last; p += 16) seed = mix_bits(detail::load8(p) ^ k1, detail::load8(p + 8) ^ seed);
        a = detail::load8(last);
        b = detail::load8(last + 8);
    }
    return mix_bits(mix_bits(a ^ k1, b ^ seed) ^ k0, k1 ^ size);
}

/// Whether the texts at `a` and `b`, both of that size, are the same.
inline bool same_text(const char* a, const char* b, std::size_t size) noexcept {
    using detail::load4, detail::load8;
    if (size >= 8) {
        const char* const last = a + size - 8;
        for (; a < last; a += 8, b += 8)
            if (load8(a) != load8(b)) return false;
        return load8(last) == load8(b + (last - a));
    }
    if (size >= 4) return load4(a) == load4(b) && load4(a + size - 4) == load4(b + size - 4);
    for (std::size_t i = 0; i < size; ++i)
        if (a[i] != b[i]) return false;
    return true;
}
inline bool same_text(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && same_text(a.data(), b.data(), a.size());
}

} // namespace cim
