#include "ipld/cid_format.hpp"

#include "ipld/varint.hpp"

#include <array>

namespace cim::ipld {
namespace {

constexpr std::size_t v0_size = 34; // 12 20 and 32 bytes of digest

struct DigestLength {
    std::uint64_t code;
    std::uint64_t length;
};

// From the multicodec table. Functions with output of any length (SHAKE, BLAKE3, identity) are not here.
constexpr std::array digest_lengths{
    DigestLength{0x12, 32},   // sha2-256
    DigestLength{0x11, 20},   // sha1
    DigestLength{0x13, 64},   // sha2-512
    DigestLength{0x14, 64},   // sha3-512
    DigestLength{0x15, 48},   // sha3-384
    DigestLength{0x16, 32},   // sha3-256
    DigestLength{0x17, 28},   // sha3-224
    DigestLength{0x1a, 28},   // keccak-224
    DigestLength{0x1b, 32},   // keccak-256
    DigestLength{0x1c, 48},   // keccak-384
    DigestLength{0x1d, 64},   // keccak-512
    DigestLength{0x20, 48},   // sha2-384
    DigestLength{0x56, 32},   // dbl-sha2-256
    DigestLength{0xd4, 16},   // md4
    DigestLength{0xd5, 16},   // md5
    DigestLength{0x1012, 32}, // sha2-256-trunc254-padded
    DigestLength{0x1013, 28}, // sha2-224
    DigestLength{0x1014, 28}, // sha2-512-224
    DigestLength{0x1015, 32}, // sha2-512-256
    DigestLength{0x1053, 20}, // ripemd-160
};

// The length that every digest of this function has; 0 where any will do.
constexpr std::uint64_t digest_length(std::uint64_t hash_code) noexcept {
    // BLAKE2 has one code for each length from 1 byte up: blake2b to 64 bytes, then blake2s to 32.
    if (hash_code >= 0xb201 && hash_code <= 0xb240) return hash_code - 0xb200;
    if (hash_code >= 0xb241 && hash_code <= 0xb260) return hash_code - 0xb240;
    for (const auto& [code, length] : digest_lengths) {
        if (code == hash_code) return length;
    }
    return 0;
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

// Reads the numbers of a CIDv1 one after the other; after a fault it reads no more.
class Fields {
  public:
    explicit Fields(ByteView bytes) noexcept : bytes_(bytes) {}

    std::uint64_t next() noexcept {
        start_ = at_;
        const auto number = read_varint(bytes_.subspan(at_));
        at_ += number.size;
        if (number.status != VarintStatus::ok && !fault_) fault_ = CidFault{rule_of(number.status), start_};
        return number.value;
    }
    [[nodiscard]] const std::optional<CidFault>& fault() const noexcept { return fault_; }
    [[nodiscard]] std::size_t start() const noexcept { return start_; } // of the last number
    [[nodiscard]] std::size_t at() const noexcept { return at_; }

  private:
    ByteView bytes_;
    std::size_t start_ = 0;
    std::size_t at_ = 0;
    std::optional<CidFault> fault_;
};

std::expected<CidParts, CidFault> read_v1(ByteView bytes) noexcept {
    Fields fields(bytes);
    const auto version = fields.next();
    if (!fields.fault() && version != 1) return fault(CidRule::unsupported_version, 0);
    const auto codec = fields.next();
    const auto hash_code = fields.next();
    const auto length = fields.next();
    if (fields.fault()) return std::unexpected(*fields.fault());

    if (length > Cid::max_digest_size) return fault(CidRule::digest_too_long, fields.start());
    const auto required = digest_length(hash_code);
    if (required != 0 && length != required) return fault(CidRule::digest_length, fields.start());
    const auto at = fields.at();
    if (length > bytes.size() - at) return fault(CidRule::truncated, at);
    return CidParts{codec, hash_code, 1, static_cast<std::uint8_t>(at), static_cast<std::uint16_t>(at + length)};
}

} // namespace

std::expected<CidParts, CidFault> read_cid_prefix(ByteView bytes, CidProfile profile) noexcept {
    std::expected<CidParts, CidFault> parts;
    if (bytes.size() >= 2 && bytes[0] == std::byte{0x12} && bytes[1] == std::byte{0x20}) {
        if (bytes.size() < v0_size) return fault(CidRule::truncated, 2);
        parts = CidParts{multicodec::dag_pb, multicodec::sha2_256, 0, 2, v0_size};
    } else if (bytes.size() >= 36 && is_plain_cid(bytes.first(36))) {
        parts = CidParts{std::to_integer<std::uint64_t>(bytes[1]), multicodec::sha2_256, 1, 4, 36};
    } else {
        parts = read_v1(bytes);
    }
    if (parts && profile == CidProfile::dasl && !in_dasl(*parts)) return fault(CidRule::not_dasl, 0);
    return parts;
}

std::optional<CidFault> find_cid_fault(ByteView bytes, CidProfile profile) noexcept {
    const auto parts = read_cid_prefix(bytes, profile);
    if (!parts) return parts.error();
    if (parts->size != bytes.size()) return CidFault{CidRule::trailing_bytes, parts->size};
    return std::nullopt;
}

} // namespace cim::ipld
