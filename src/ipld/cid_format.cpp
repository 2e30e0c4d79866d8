#include "ipld/cid_format.hpp"

#include "ipld/varint.hpp"

#include <algorithm>
#include <array>

namespace cim::ipld {
namespace {

constexpr std::size_t v0_size = 34; // 12 20 and 32 bytes of digest

struct DigestLength {
    std::uint64_t first_code, last_code;
    std::uint64_t length;
};

// From the multicodec table, sorted by code. Functions with output of any length (SHAKE, BLAKE3, identity) are not here.
constexpr std::array digest_lengths{
    DigestLength{0x11, 0x11, 20},     // sha1
    DigestLength{0x12, 0x12, 32},     // sha2-256
    DigestLength{0x13, 0x13, 64},     // sha2-512
    DigestLength{0x14, 0x14, 64},     // sha3-512
    DigestLength{0x15, 0x15, 48},     // sha3-384
    DigestLength{0x16, 0x16, 32},     // sha3-256
    DigestLength{0x17, 0x17, 28},     // sha3-224
    DigestLength{0x1a, 0x1a, 28},     // keccak-224
    DigestLength{0x1b, 0x1b, 32},     // keccak-256
    DigestLength{0x1c, 0x1c, 48},     // keccak-384
    DigestLength{0x1d, 0x1d, 64},     // keccak-512
    DigestLength{0x20, 0x20, 48},     // sha2-384
    DigestLength{0x56, 0x56, 32},     // dbl-sha2-256
    DigestLength{0xd4, 0xd4, 16},     // md4
    DigestLength{0xd5, 0xd5, 16},     // md5
    DigestLength{0x1012, 0x1012, 32}, // sha2-256-trunc254-padded
    DigestLength{0x1013, 0x1013, 28}, // sha2-224
    DigestLength{0x1014, 0x1014, 28}, // sha2-512-224
    DigestLength{0x1015, 0x1015, 32}, // sha2-512-256
    DigestLength{0x1053, 0x1053, 20}, // ripemd-160
};
constexpr DigestLength blake2b{0xb201, 0xb240, 64}; // one code for each length from 1 byte up
constexpr DigestLength blake2s{0xb241, 0xb260, 32};

// The length that every digest of this function has; 0 where any will do.
constexpr std::uint64_t digest_length(std::uint64_t hash_code) noexcept {
    for (const auto& blake : {blake2b, blake2s}) {
        if (hash_code >= blake.first_code && hash_code <= blake.last_code) return hash_code - blake.first_code + 1;
    }
    const auto found = std::ranges::lower_bound(digest_lengths, hash_code, {}, &DigestLength::first_code);
    return found != digest_lengths.end() && found->first_code == hash_code ? found->length : 0;
}

constexpr bool in_dasl(const CidParts& parts) noexcept {
    return parts.version == 1 && (parts.codec == multicodec::raw || parts.codec == multicodec::dag_cbor) &&
           parts.hash_code == multicodec::sha2_256;
}

constexpr CidRule rule_of(VarintStatus status) noexcept {
    switch (status) {
    case VarintStatus::non_minimal: return CidRule::non_minimal_varint;
    case VarintStatus::overflow: return CidRule::varint_overflow;
    default: return CidRule::truncated;
    }
}

std::unexpected<CidFault> fault(CidRule rule, std::size_t offset) noexcept {
    return std::unexpected(CidFault{rule, offset});
}

// The fields of a CIDv1 in their order, each with the offset at which it starts.
std::expected<CidParts, CidFault> read_v1(ByteView bytes) noexcept {
    std::array<std::uint64_t, 4> fields{}; // version, codec, hash code, digest length
    std::array<std::size_t, 4> starts{};
    std::size_t at = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto number = read_varint(bytes.subspan(at));
        if (number.status != VarintStatus::ok) return fault(rule_of(number.status), at);
        fields[i] = number.value;
        starts[i] = at;
        if (i == 0 && number.value != 1) return fault(CidRule::unsupported_version, 0);
        at += number.size;
    }
    const auto [version, codec, hash_code, length] = fields;
    if (length > Cid::max_digest_size) return fault(CidRule::digest_too_long, starts[3]);
    const auto required = digest_length(hash_code);
    if (required != 0 && length != required) return fault(CidRule::digest_length, starts[3]);
    if (length > bytes.size() - at) return fault(CidRule::truncated, at);
    return CidParts{codec, hash_code, 1, static_cast<std::uint8_t>(at), static_cast<std::uint16_t>(at + length)};
}

// Event CIDs are all of this form, so it is recognised at once: 01, a one-byte codec, sha2-256 with 32 bytes.
constexpr bool is_common_form(ByteView bytes) noexcept {
    return bytes.size() >= 36 && bytes[0] == std::byte{1} && bytes[1] < std::byte{0x80} && bytes[2] == std::byte{0x12} &&
           bytes[3] == std::byte{0x20};
}

} // namespace

std::expected<CidParts, CidFault> read_cid_prefix(ByteView bytes, CidProfile profile) noexcept {
    std::expected<CidParts, CidFault> parts;
    if (is_common_form(bytes)) {
        parts = CidParts{std::to_integer<std::uint64_t>(bytes[1]), multicodec::sha2_256, 1, 4, 36};
    } else if (bytes.size() >= 2 && bytes[0] == std::byte{0x12} && bytes[1] == std::byte{0x20}) {
        if (bytes.size() < v0_size) return fault(CidRule::truncated, 2);
        parts = CidParts{multicodec::dag_pb, multicodec::sha2_256, 0, 2, v0_size};
    } else {
        parts = read_v1(bytes);
    }
    if (parts && profile == CidProfile::dasl && !in_dasl(*parts)) return fault(CidRule::not_dasl, 0);
    return parts;
}

std::optional<CidFault> check_cid(ByteView bytes, CidProfile profile) noexcept {
    const auto parts = read_cid_prefix(bytes, profile);
    if (!parts) return parts.error();
    if (parts->size != bytes.size()) return CidFault{CidRule::trailing_bytes, parts->size};
    return std::nullopt;
}

} // namespace cim::ipld
