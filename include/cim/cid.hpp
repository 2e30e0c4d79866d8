// Content identifiers: a CID names bytes by their hash, so that anybody can check that they got what was meant.
//
// A Cid holds the binary form of CIDv0 or CIDv1 and is an ordinary value: copies are cheap (no heap for digests up to
// 32 bytes, which is every CID that cim makes), equality is equality of bytes, ordering is bytewise. All input is
// untrusted: parsing refuses every deviation by rule and byte offset. Sources: the CID, multihash, multibase and
// unsigned-varint specifications of multiformats.io; "DASL" is the restricted profile of dasl.ing.
//
//     auto cid = cim::Cid::parse("bafyreifyqu5yftkpqhp2ougpo32xcqz3c6mri5sd2aeuiu4t752tb2yc7a");
//     if (cid && *cid == cim::Cid::of_dag_cbor(block)) ...   // the block is the one that was named
#pragma once

#include <cim/bytes.hpp>
#include <cim/error.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace cim {

/// Codec numbers of the multicodec table that cim itself writes; any other number is kept as it came.
namespace multicodec {
inline constexpr std::uint64_t raw = 0x55;
inline constexpr std::uint64_t dag_pb = 0x70;
inline constexpr std::uint64_t dag_cbor = 0x71;
inline constexpr std::uint64_t dag_json = 0x0129;
inline constexpr std::uint64_t identity_hash = 0x00;
inline constexpr std::uint64_t sha2_256 = 0x12;
} // namespace multicodec

/// Text encodings by their multibase prefix. Decoding accepts all of them, encoding defaults to base32.
enum class Multibase : char {
    base32 = 'b',
    base32_upper = 'B',
    base58btc = 'z',
    base16 = 'f',
    base16_upper = 'F',
    base64 = 'm',
    base64url = 'u',
    base36 = 'k',
    base36_upper = 'K',
};

/// Text with its multibase prefix for these octets.
[[nodiscard]] std::string multibase_encode(Multibase base, ByteView bytes);
/// The octets of a prefixed text. Unknown prefixes, characters outside the alphabet, bad lengths and non-zero pad bits
/// are errors (invalid_cid, with rule and offset). Lengths over 1024 characters are refused: base58 and base36 cost
/// grows with the square.
[[nodiscard]] Result<Bytes> multibase_decode(std::string_view text);

/// Which CIDs to accept. `any`: every well-formed CIDv0 or CIDv1. `dasl`: only CIDv1, raw or dag-cbor, sha2-256, and as
/// text only base32 in lower case.
enum class CidProfile : std::uint8_t { any, dasl };

/// The rules of well-formed CIDs and multibase texts; to_string gives the name that errors carry in their field `rule`.
/// The field `offset` is the first character or byte of what breaks the rule. It counts characters of the text for the
/// rules up to `invalid_length` and bytes of the binary form for the others, also where that came out of a text.
enum class CidRule : std::uint8_t {
    text_too_long,         ///< More than 1024 characters.
    unknown_multibase,     ///< No multibase prefix that is known, or no text at all.
    invalid_character,     ///< A character outside the alphabet of the base.
    non_zero_padding,      ///< The bits that the last character has over are not zero.
    invalid_length,        ///< No octets have a text of that length.
    truncated,             ///< The bytes end inside the CID.
    non_minimal_varint,    ///< A number that is not in its shortest form.
    varint_overflow,       ///< A number longer than 9 bytes.
    unsupported_version,   ///< Neither CIDv0 nor CIDv1.
    version0_in_multibase, ///< A CIDv0 may only be written as `Qm...`, without a prefix.
    digest_too_long,       ///< Longer than Cid::max_digest_size.
    digest_length,         ///< Not the length that digests of that hash function have.
    trailing_bytes,        ///< Something follows the CID.
    not_dasl,              ///< Well-formed, but not in CidProfile::dasl.
};
[[nodiscard]] std::string_view to_string(CidRule rule) noexcept; ///< The enumerator's name.

namespace ipld {
struct CidAccess; // the decoder, which makes a Cid of bytes that it has checked
}

class Cid {
  public:
    /// The longest digest accepted, in bytes; longer ones are refused as malformed.
    static constexpr std::size_t max_digest_size = 128;
    /// The longest binary form: version, codec, hash code and length before the digest.
    static constexpr std::size_t max_size = 1 + 9 + 9 + 2 + max_digest_size;

    /// CIDv1 of a dag-cbor block with sha2-256: the CID of an event.
    [[nodiscard]] static Cid of_dag_cbor(ByteView block);
    /// CIDv1 with that codec, which is below 2^63 as all of the multicodec table, and sha2-256.
    [[nodiscard]] static Cid of(std::uint64_t codec, ByteView block);
    /// CIDv1 with sha2-256 from a digest computed elsewhere.
    [[nodiscard]] static Cid from_sha256(std::uint64_t codec, std::span<const std::byte, 32> digest);

    /// From text: CIDv0 (`Qm...`) or multibase CIDv1. Errors: invalid_cid.
    [[nodiscard]] static Result<Cid> parse(std::string_view text, CidProfile profile = CidProfile::any);
    /// From the binary form, which must fill `bytes` exactly. Errors: invalid_cid; the offset counts from `bytes`.
    [[nodiscard]] static Result<Cid> from_bytes(ByteView bytes, CidProfile profile = CidProfile::any);

    [[nodiscard]] int version() const noexcept; ///< 0 or 1.
    [[nodiscard]] std::uint64_t codec() const noexcept;
    [[nodiscard]] std::uint64_t hash_code() const noexcept;
    /// The hash without its multihash prefix; valid as long as this Cid.
    [[nodiscard]] ByteView digest() const noexcept;
    /// The binary form; valid as long as this Cid.
    [[nodiscard]] ByteView bytes() const noexcept { return {data(), size_}; }

    /// The usual text: base58btc for v0, base32 lower for v1.
    [[nodiscard]] std::string to_string() const;
    /// Text in that base; a v0 CID has only its one spelling, whatever is asked.
    [[nodiscard]] std::string to_string(Multibase base) const;

    /// True if these bytes hash to this CID. False also for a hash function that cim cannot compute (it can: identity,
    /// sha2-256); can_verify() tells the two apart.
    [[nodiscard]] bool matches(ByteView block) const;
    [[nodiscard]] bool can_verify() const noexcept;

    [[nodiscard]] friend bool operator==(const Cid& a, const Cid& b) noexcept { return equal(a, b); }
    [[nodiscard]] friend std::strong_ordering operator<=>(const Cid& a, const Cid& b) noexcept { return compare(a, b); }

    Cid(const Cid& other) : inline_(other.inline_), size_(other.size_) {
        if (size_ > inline_capacity) own(other.bytes());
    }
    /// `other` is then good only for being assigned to or destroyed.
    Cid(Cid&& other) noexcept : inline_(other.inline_), size_(std::exchange(other.size_, 0)) {}
    Cid& operator=(const Cid& other) { return *this = Cid(other); }
    Cid& operator=(Cid&& other) noexcept {
        std::swap(inline_, other.inline_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~Cid() {
        if (size_ > inline_capacity) free_heap();
    }

  private:
    friend struct ipld::CidAccess;
    static constexpr std::size_t inline_capacity = 36; // 01 71 12 20 and 32 bytes of digest

    explicit Cid(ByteView checked) : inline_{}, size_(static_cast<std::uint16_t>(checked.size())) {
        if (checked.size() == inline_capacity) { // nearly always, and a copy of fixed size is cheap
            std::memcpy(inline_.data(), checked.data(), inline_capacity);
        } else if (checked.size() < inline_capacity) {
            std::memcpy(inline_.data(), checked.data(), checked.size());
        } else {
            own(checked);
        }
    }
    void own(ByteView checked);
    void free_heap() noexcept;
    [[nodiscard]] std::byte* heap() const noexcept {
        std::byte* pointer;
        std::memcpy(&pointer, inline_.data(), sizeof pointer);
        return pointer;
    }
    [[nodiscard]] const std::byte* data() const noexcept { return size_ <= inline_capacity ? inline_.data() : heap(); }
    static bool equal(const Cid& a, const Cid& b) noexcept;
    static std::strong_ordering compare(const Cid& a, const Cid& b) noexcept;

    // Invariant: up to inline_capacity bytes stand in inline_; more are owned by the pointer that stands there instead.
    // No union, so that copying is one copy of fixed size and the alignment stays small.
    std::array<std::byte, inline_capacity> inline_;
    std::uint16_t size_ = 0;
};

} // namespace cim

template <> struct std::hash<cim::Cid> {
    std::size_t operator()(const cim::Cid& cid) const noexcept;
};
