#include "ipld/multibase.hpp"

#include "base/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace cim {
namespace ipld {
namespace {

constexpr std::uint8_t no_digit = 0xff;

struct Alphabet {
    std::string_view digits;
    std::array<std::uint8_t, 256> value_of{};
    unsigned bits; // of each character; 0 for the bases that are no power of two

    constexpr Alphabet(std::string_view all, unsigned bits_each) : digits(all), bits(bits_each) {
        value_of.fill(no_digit);
        for (std::size_t i = 0; i < all.size(); ++i)
            value_of[static_cast<unsigned char>(all[i])] = static_cast<std::uint8_t>(i);
    }
    [[nodiscard]] constexpr std::uint8_t value(char c) const noexcept {
        return value_of[static_cast<unsigned char>(c)];
    }
};

constexpr Alphabet base16{"0123456789abcdef", 4};
constexpr Alphabet base16_upper{"0123456789ABCDEF", 4};
constexpr Alphabet base32{"abcdefghijklmnopqrstuvwxyz234567", 5};
constexpr Alphabet base32_upper{"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5};
constexpr Alphabet base64{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6};
constexpr Alphabet base64url{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 6};
constexpr Alphabet base36{"0123456789abcdefghijklmnopqrstuvwxyz", 0};
constexpr Alphabet base36_upper{"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 0};
constexpr Alphabet base58btc{"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", 0};

const Alphabet* alphabet_of(Multibase base) noexcept {
    switch (base) {
    case Multibase::base16: return &base16;
    case Multibase::base16_upper: return &base16_upper;
    case Multibase::base32: return &base32;
    case Multibase::base32_upper: return &base32_upper;
    case Multibase::base36: return &base36;
    case Multibase::base36_upper: return &base36_upper;
    case Multibase::base58btc: return &base58btc;
    case Multibase::base64: return &base64;
    case Multibase::base64url: return &base64url;
    }
    return nullptr;
}

std::unexpected<TextFault> fault(CidRule rule, std::size_t offset) noexcept {
    return std::unexpected(TextFault{rule, offset});
}

std::expected<Bytes, TextFault> decode_bits(const Alphabet& alphabet, std::string_view text) {
    Bytes out;
    out.reserve(text.size() * alphabet.bits / 8);
    std::uint32_t pending = 0; // the low `count` bits have not been put out yet
    unsigned count = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto value = alphabet.value(text[i]);
        if (value == no_digit) return fault(CidRule::invalid_character, i);
        pending = (pending << alphabet.bits) | value;
        count += alphabet.bits;
        if (count >= 8) {
            count -= 8;
            out.push_back(static_cast<std::byte>(pending >> count));
            pending &= (1u << count) - 1;
        }
    }
    if (count >= alphabet.bits) return fault(CidRule::invalid_length, text.size());
    if (pending != 0) return fault(CidRule::non_zero_padding, text.size() - 1);
    return out;
}

void encode_bits(const Alphabet& alphabet, ByteView bytes, std::string& out) {
    out.reserve(out.size() + (bytes.size() * 8 + alphabet.bits - 1) / alphabet.bits);
    const auto mask = (1u << alphabet.bits) - 1;
    std::uint32_t pending = 0;
    unsigned count = 0;
    for (const auto byte : bytes) {
        pending = ((pending << 8) | std::to_integer<std::uint32_t>(byte)) & 0xffff;
        for (count += 8; count >= alphabet.bits;) {
            count -= alphabet.bits;
            out.push_back(alphabet.digits[(pending >> count) & mask]);
        }
    }
    if (count > 0) out.push_back(alphabet.digits[(pending << (alphabet.bits - count)) & mask]);
}

// A number in one base becomes a number in another; zeros at the front, which a number does not have, are counted.
std::expected<Bytes, TextFault> decode_number(const Alphabet& alphabet, std::string_view text) {
    const auto zeros = std::min(text.find_first_not_of(alphabet.digits[0]), text.size());
    Bytes reversed; // the number so far, least significant byte first
    for (std::size_t i = zeros; i < text.size(); ++i) {
        const auto value = alphabet.value(text[i]);
        if (value == no_digit) return fault(CidRule::invalid_character, i);
        std::size_t carry = value;
        for (auto& byte : reversed) {
            carry += std::to_integer<std::size_t>(byte) * alphabet.digits.size();
            byte = static_cast<std::byte>(carry);
            carry >>= 8;
        }
        for (; carry != 0; carry >>= 8) reversed.push_back(static_cast<std::byte>(carry));
    }
    reversed.insert(reversed.end(), zeros, std::byte{0});
    std::ranges::reverse(reversed);
    return reversed;
}

void encode_number(const Alphabet& alphabet, ByteView bytes, std::string& out) {
    const auto first = std::ranges::find_if(bytes, [](std::byte b) { return b != std::byte{0}; });
    const auto zeros = static_cast<std::size_t>(first - bytes.begin());
    std::string reversed; // digit values, least significant first
    for (const auto byte : bytes.subspan(zeros)) {
        auto carry = std::to_integer<std::size_t>(byte);
        for (auto& digit : reversed) {
            carry += static_cast<std::size_t>(static_cast<unsigned char>(digit)) << 8;
            digit = static_cast<char>(carry % alphabet.digits.size());
            carry /= alphabet.digits.size();
        }
        for (; carry != 0; carry /= alphabet.digits.size())
            reversed.push_back(static_cast<char>(carry % alphabet.digits.size()));
    }
    out.append(zeros, alphabet.digits[0]);
    for (auto digit = reversed.rbegin(); digit != reversed.rend(); ++digit)
        out.push_back(alphabet.digits[static_cast<unsigned char>(*digit)]);
}

std::string_view explain(CidRule rule) noexcept {
    switch (rule) {
    case CidRule::text_too_long: return "is longer than 1024 characters";
    case CidRule::unknown_multibase: return "does not start with a known multibase prefix (b z f u m k B F K)";
    case CidRule::invalid_character: return "has a character that its base does not have";
    case CidRule::non_zero_padding: return "has bits set behind its last byte";
    case CidRule::invalid_length: return "has a length that no bytes encode to";
    default: return "is malformed";
    }
}

} // namespace

std::expected<Bytes, TextFault> decode_base(Multibase base, std::string_view text) {
    const auto* alphabet = alphabet_of(base);
    if (alphabet == nullptr) return fault(CidRule::unknown_multibase, 0);
    return alphabet->bits != 0 ? decode_bits(*alphabet, text) : decode_number(*alphabet, text);
}

void encode_base(Multibase base, ByteView bytes, std::string& out) {
    const auto* alphabet = alphabet_of(base);
    if (alphabet == nullptr) return;
    alphabet->bits != 0 ? encode_bits(*alphabet, bytes, out) : encode_number(*alphabet, bytes, out);
}

std::expected<Bytes, TextFault> decode_multibase(std::string_view text) {
    if (text.size() > max_multibase_text) return fault(CidRule::text_too_long, max_multibase_text);
    if (text.empty()) return fault(CidRule::unknown_multibase, 0);
    auto bytes = decode_base(static_cast<Multibase>(text[0]), text.substr(1));
    if (!bytes && bytes.error().rule != CidRule::unknown_multibase) ++bytes.error().offset;
    return bytes;
}

Error text_error(std::string_view what, std::string_view text, TextFault fault) {
    return Error(Errc::invalid_cid,
                 fmt::format("{} '{}' {}, at character {}", what, printable(text), explain(fault.rule), fault.offset),
                 {}, {{"rule", std::string(to_string(fault.rule))}, {"offset", std::to_string(fault.offset)}});
}

} // namespace ipld

std::string multibase_encode(Multibase base, ByteView bytes) {
    std::string text(1, static_cast<char>(base));
    ipld::encode_base(base, bytes, text);
    return text;
}

Result<Bytes> multibase_decode(std::string_view text) {
    auto bytes = ipld::decode_multibase(text);
    if (!bytes) return fail(ipld::text_error("multibase text", text, bytes.error()));
    return *std::move(bytes);
}

} // namespace cim
