#include "base/utf8.hpp"

namespace cim {
namespace {

using Octet = unsigned char;

constexpr bool is_continuation(Octet octet) noexcept { return (octet & 0xc0) == 0x80; }

// The length of the multi-byte sequence at `at`, which has `left` bytes before it; 0 if it is malformed. The second
// byte decides over overlong forms, surrogates and the upper end.
std::size_t sequence_length(const Octet* at, std::size_t left) noexcept {
    const auto first = at[0];
    if (first >= 0xc2 && first <= 0xdf) return left >= 2 && is_continuation(at[1]) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        if (left < 3 || !is_continuation(at[1]) || !is_continuation(at[2])) return 0;
        if (first == 0xe0 && at[1] < 0xa0) return 0;
        if (first == 0xed && at[1] > 0x9f) return 0;
        return 3;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        if (left < 4 || !is_continuation(at[1]) || !is_continuation(at[2]) || !is_continuation(at[3])) return 0;
        if (first == 0xf0 && at[1] < 0x90) return 0;
        if (first == 0xf4 && at[1] > 0x8f) return 0;
        return 4;
    }
    return 0;
}

} // namespace

std::size_t utf8_length(std::string_view text) noexcept {
    if (text.empty()) return 0;
    if (static_cast<Octet>(text[0]) < 0x80) return 1;
    return sequence_length(reinterpret_cast<const Octet*>(text.data()), text.size());
}

std::size_t valid_utf8_prefix(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto left = text.size() - at;
        const auto* here = text.data() + at;
        if (left >= 8 && (detail::load<std::uint64_t>(here) & detail::high_bits) == 0) {
            at += 8;
        } else if (static_cast<Octet>(*here) < 0x80) {
            ++at;
        } else {
            const auto length = sequence_length(reinterpret_cast<const Octet*>(here), left);
            if (length == 0) return at;
            at += length;
        }
    }
    return at;
}

namespace detail {

bool is_valid_utf8_long(std::string_view text) noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
    static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
    if (has_avx2) return is_valid_utf8_avx2(text.data(), text.size());
#endif
    return is_ascii(text.data(), text.size()) || valid_utf8_prefix(text) == text.size();
}

} // namespace detail

} // namespace cim
