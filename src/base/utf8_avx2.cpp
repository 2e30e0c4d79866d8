// UTF-8 validation 32 bytes at a time: the lookup algorithm of John Keiser and Daniel Lemire, "Validating UTF-8 In Less
// Than One Instruction Per Byte" (2020). Every error shows in two neighbouring bytes, which three tables of 16 classify
// by their half bytes, or in a byte that has to continue a sequence of three or four and does not, or does without
// need.
#include "base/utf8.hpp"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace cim::detail {

namespace {

#define CIM_AVX2 __attribute__((target("avx2")))

using Table = std::array<std::uint8_t, 16>;

// What a pair of bytes can be; an error where all three tables agree on a bit.
constexpr std::uint8_t too_short = 1 << 0; // a start where a continuation must be
constexpr std::uint8_t too_long = 1 << 1;  // a continuation behind ASCII
constexpr std::uint8_t overlong_3 = 1 << 2;
constexpr std::uint8_t too_large = 1 << 3; // above U+10FFFF
constexpr std::uint8_t surrogate = 1 << 4;
constexpr std::uint8_t overlong_2 = 1 << 5;
constexpr std::uint8_t too_large_1000 = 1 << 6; // the same with another second byte, and overlong forms of four
constexpr std::uint8_t overlong_4 = 1 << 6;
constexpr std::uint8_t two_continuations = 1 << 7;
constexpr std::uint8_t carry = too_short | too_long | two_continuations; // decided by the other two tables

constexpr Table by_first_high{
    too_long,
    too_long,
    too_long,
    too_long,
    too_long,
    too_long,
    too_long,
    too_long,
    two_continuations,
    two_continuations,
    two_continuations,
    two_continuations,
    too_short | overlong_2,
    too_short,
    too_short | overlong_3 | surrogate,
    too_short | too_large | too_large_1000 | overlong_4,
};

constexpr Table by_first_low = [] {
    Table table{};
    table.fill(carry | too_large | too_large_1000);
    table[0x0] = carry | overlong_3 | overlong_2 | overlong_4;
    table[0x1] = carry | overlong_2;
    table[0x2] = table[0x3] = carry;
    table[0x4] = carry | too_large;
    table[0xd] |= surrogate;
    return table;
}();

constexpr Table by_second_high = [] {
    Table table{};
    table.fill(too_short);
    constexpr std::uint8_t common = too_long | overlong_2 | two_continuations;
    table[0x8] = common | overlong_3 | too_large_1000 | overlong_4;
    table[0x9] = common | overlong_3 | too_large;
    table[0xa] = table[0xb] = common | surrogate | too_large;
    return table;
}();

CIM_AVX2 __m256i look_up(const Table& table, __m256i half_bytes) noexcept {
    const auto lane = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table.data()));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(lane), half_bytes);
}

CIM_AVX2 __m256i high_half(__m256i bytes) noexcept {
    return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f));
}

// The 32 bytes at `at`. Those before a byte are loaded, too, instead of being shifted in: loads are free here, and
// shuffles, which the tables need, are what there is too little of.
CIM_AVX2 __m256i load(const char* at) noexcept { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)); }

// Non-zero bytes where something is wrong with the 32 bytes at `at`, before which three can be read.
CIM_AVX2 __m256i errors(const char* at) noexcept {
    const auto block = load(at);
    // Nothing can be wrong in ASCII, and between it and what is before it only if that is not ASCII.
    if (_mm256_movemask_epi8(_mm256_or_si256(block, load(at - 3))) == 0) return _mm256_setzero_si256();
    const auto first = load(at - 1);
    const auto pairs =
        _mm256_and_si256(_mm256_and_si256(look_up(by_first_high, high_half(first)),
                                          look_up(by_first_low, _mm256_and_si256(first, _mm256_set1_epi8(0x0f)))),
                         look_up(by_second_high, high_half(block)));
    // The high bit is set where a start of three bytes stands two before, or one of four three before: there, and only
    // there, two continuations in a row are right.
    const auto third = _mm256_subs_epu8(load(at - 2), _mm256_set1_epi8(0xe0 - 0x80));
    const auto fourth = _mm256_subs_epu8(load(at - 3), _mm256_set1_epi8(0xf0 - 0x80));
    const auto must_continue =
        _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8(static_cast<char>(0x80)));
    return _mm256_xor_si256(must_continue, pairs);
}

// True if the text ends inside a sequence.
bool is_cut_off(const char* end) noexcept {
    const auto octet = [end](std::ptrdiff_t back) { return static_cast<unsigned char>(end[-back]); };
    return octet(1) >= 0xc0 || octet(2) >= 0xe0 || octet(3) >= 0xf0;
}

} // namespace

CIM_AVX2 bool is_valid_utf8_avx2(const char* text, std::size_t size) noexcept {
    // The first block has nothing before it, so it is looked at behind zeros.
    alignas(32) char padded[96] = {};
    const auto copied = size < 64 ? size : 64;
    std::memcpy(padded + 32, text, copied);
    auto wrong = _mm256_or_si256(errors(padded + 32), errors(padded + 64));
    if (size > 64) {
        for (const auto* at = text + 64; at < text + size - 32; at += 32) wrong = _mm256_or_si256(wrong, errors(at));
        wrong = _mm256_or_si256(wrong, errors(text + size - 32)); // again a part of what was before
    }
    return _mm256_testz_si256(wrong, wrong) != 0 && !is_cut_off(text + size);
}

} // namespace cim::detail

#endif
