// UTF-8 validation with a fast path for ASCII, which most strings and nearly all keys are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace cim {

/// The length of the longest start of `text` that is well-formed according to the Unicode standard, table 3-7: no
/// overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] std::size_t valid_utf8_prefix(std::string_view text) noexcept;

/// The length of the well-formed character at the front of `text`, 1 ... 4 bytes; 0 if there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

namespace detail {
inline constexpr std::uint64_t high_bits = 0x8080808080808080;

template <class Word> [[nodiscard]] inline std::uint64_t load(const char* at) noexcept {
    Word word;
    std::memcpy(&word, at, sizeof word);
    return word;
}
} // namespace detail

[[nodiscard]] inline bool is_ascii(const char* text, std::size_t size) noexcept {
    using detail::load;
    std::uint64_t seen = 0;
    if (size >= 8) {
        // Whole words, then the last eight bytes, which may overlap what was seen.
        for (std::size_t i = 0; i + 8 < size; i += 8) seen |= load<std::uint64_t>(text + i);
        seen |= load<std::uint64_t>(text + size - 8);
    } else if (size >= 4) {
        seen = load<std::uint32_t>(text) | load<std::uint32_t>(text + size - 4);
    } else if (size > 0) {
        seen = load<std::uint8_t>(text) | load<std::uint8_t>(text + size / 2) | load<std::uint8_t>(text + size - 1);
    }
    return (seen & detail::high_bits) == 0;
}

namespace detail {
/// For texts that are not short.
[[nodiscard]] bool is_valid_utf8_long(std::string_view text) noexcept;
/// Only for machines that have AVX2.
[[nodiscard]] bool is_valid_utf8_avx2(const char* text, std::size_t size) noexcept;
} // namespace detail

[[nodiscard]] inline bool is_valid_utf8(std::string_view text) noexcept {
    if (text.size() >= 32) return detail::is_valid_utf8_long(text);
    return is_ascii(text.data(), text.size()) || valid_utf8_prefix(text) == text.size();
}

} // namespace cim
