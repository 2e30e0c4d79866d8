// What the tests of this folder share: bytes written as hex, and a broken rule as one comparable text.
#pragma once

#include <cim/bytes.hpp>
#include <cim/error.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cim::test {

/// Hex digits, with spaces anywhere to make heads visible.
inline Bytes from_hex(std::string_view text) {
    Bytes bytes;
    int high = -1;
    for (const char c : text) {
        if (c == ' ') continue;
        const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
        if (high >= 0) bytes.push_back(static_cast<std::byte>(high * 16 + digit));
        high = high >= 0 ? -1 : digit;
    }
    return bytes;
}

inline std::string to_hex(ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const auto byte : bytes) {
        text += digits[std::to_integer<unsigned>(byte) >> 4];
        text += digits[std::to_integer<unsigned>(byte) & 15];
    }
    return text;
}

/// As the generators of random tests have them.
inline Bytes from_octets(const std::vector<std::uint8_t>& octets) {
    Bytes bytes;
    for (const auto octet : octets) bytes.push_back(static_cast<std::byte>(octet));
    return bytes;
}

/// "rule@offset" of an error that has both fields, "ok" of a result that holds no error.
template <class T> std::string broken_rule(const Result<T>& result) {
    if (result) return "ok";
    return std::string(result.error().field("rule").value_or("?")) + "@" +
           std::string(result.error().field("offset").value_or("?"));
}

/// The IPLD project's codec fixtures; nullopt, with a line that says so, where they are not on this machine.
std::optional<std::filesystem::path> codec_fixtures();

} // namespace cim::test
