#include <cim/ids.hpp>

#include "base/printable.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

namespace cim {

namespace {

using Octet = unsigned char;

constexpr std::string_view empty_token = "%";

constexpr bool is_control(Octet octet) noexcept { return octet < 0x20 || octet == 0x7f; }
constexpr bool is_white_space(Octet octet) noexcept { return octet == ' ' || (octet >= '\t' && octet <= '\r'); }

// U+0080 ... U+009F, which UTF-8 writes as C2 80 ... C2 9F.
constexpr bool starts_with_c1_control(std::string_view text) noexcept {
    return text.size() >= 2 && static_cast<Octet>(text[0]) == 0xc2 && static_cast<Octet>(text[1]) >= 0x80 &&
           static_cast<Octet>(text[1]) <= 0x9f;
}

// Why the character at the front cannot stand in a token; empty if it can.
constexpr std::string_view fault_at(std::string_view text) noexcept {
    const auto octet = static_cast<Octet>(text[0]);
    if (octet == '.') return "holds a '.', which separates tokens";
    if (octet == '*' || octet == '>') return "holds a wildcard";
    if (is_white_space(octet)) return "holds white space";
    if (is_control(octet) || starts_with_c1_control(text)) return "holds a control character";
    return {};
}

// Eight bytes at a time: true only if none of them can break a rule. It may raise the alarm over a good byte, ':' for
// one, and then it takes a closer look.
constexpr bool is_plain(std::uint64_t word) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101;
    const auto space_or_control = (word - 0x21 * ones) & ~word;
    const auto delete_or_not_ascii = word | (word + ones);
    const auto wildcard_or_dot = (word | 0x14 * ones) ^ 0x3e * ones; // '*', '.', '>' and ':' become 0
    const auto zero = (wildcard_or_dot - ones) & ~wildcard_or_dot;
    return ((space_or_control | delete_or_not_ascii | zero) & 0x80 * ones) == 0;
}

// True for nearly every token there is.
bool is_plain_token(std::string_view text) noexcept {
    if (text.size() < 4 || text.size() > max_token_size) return false;
    const auto load = []<class Word>(const char* at, Word) -> std::uint64_t {
        Word word;
        std::memcpy(&word, at, sizeof word);
        return word;
    };
    const char* const last = text.data() + text.size();
    if (text.size() < 8) return is_plain(load(text.data(), std::uint32_t{}) | load(last - 4, std::uint32_t{}) << 32);
    for (const char* at = text.data(); at + 8 < last; at += 8)
        if (!is_plain(load(at, std::uint64_t{}))) return false;
    return is_plain(load(last - 8, std::uint64_t{})); // May look at some bytes again.
}

std::optional<std::string_view> token_fault(std::string_view text) noexcept {
    if (text.empty()) return "is empty";
    if (text.size() > max_token_size) return "is longer than 255 bytes";
    for (std::size_t i = 0; i < text.size(); ++i)
        if (const auto reason = fault_at(text.substr(i)); !reason.empty()) return reason;
    if (!is_valid_utf8(text)) return "is not UTF-8";
    return std::nullopt;
}

void append_escaped(std::string& out, std::string_view octets) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char octet : octets) {
        out += '%';
        out += digits[static_cast<Octet>(octet) >> 4];
        out += digits[static_cast<Octet>(octet) & 0xf];
    }
}

// The value of a digit as escape_token writes it, or -1.
constexpr int hex_value(char digit) noexcept {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

} // namespace

Result<> check_token(std::string_view text, std::string_view what) {
    if (is_token(text)) return {};
    const auto reason = token_fault(text).value_or("");
    auto shown = printable(text);
    auto message = fmt::format("{} '{}' {}", what, shown, reason);
    return fail(Errc::invalid_token, std::move(message),
                "a token is 1 to 255 bytes of UTF-8 without '.', '*', '>', white space and control characters; "
                "escape_token makes one of any text",
                {{"name", std::string(what)}, {"value", std::move(shown)}, {"reason", std::string(reason)}});
}

bool is_token(std::string_view text) noexcept { return is_plain_token(text) || !token_fault(text); }

std::string escape_token(std::string_view text) {
    if (text.empty()) return std::string(empty_token);
    std::string token;
    token.reserve(text.size());
    while (!text.empty()) {
        const auto length = utf8_length(text);
        const auto fault = fault_at(text);
        const auto taken = text.substr(0, length == 0 ? 1 : length);
        if (length == 0 || text[0] == '%' || !fault.empty())
            append_escaped(token, taken);
        else
            token += taken;
        text.remove_prefix(taken.size());
    }
    return token;
}

std::string unescape_token(std::string_view token) {
    if (token == empty_token) return {};
    std::string text;
    text.reserve(token.size());
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] == '%' && i + 2 < token.size()) {
            const int high = hex_value(token[i + 1]);
            const int low = hex_value(token[i + 2]);
            if (high >= 0 && low >= 0) {
                text += static_cast<char>(high * 16 + low);
                i += 2;
                continue;
            }
        }
        text += token[i];
    }
    return text;
}

} // namespace cim
