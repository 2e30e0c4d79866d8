#include <cim/cid.hpp>

#include "base/printable.hpp"
#include "ipld/cid_format.hpp"
#include "ipld/multibase.hpp"
#include "ipld/sha256.hpp"
#include "ipld/varint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <cstring>

namespace cim {

namespace {

constexpr std::size_t v0_text_size = 46; // of 34 bytes that start with 12 20, always

std::string_view explain(CidRule rule) noexcept {
    switch (rule) {
    case CidRule::truncated: return "the bytes end too early";
    case CidRule::non_minimal_varint: return "a number is not in its shortest form";
    case CidRule::varint_overflow: return "a number is longer than 9 bytes";
    case CidRule::unsupported_version: return "the version is neither 0 nor 1";
    case CidRule::version0_in_multibase: return "a version 0 CID has no multibase prefix";
    case CidRule::digest_too_long: return "the digest is longer than 128 bytes";
    case CidRule::digest_length: return "the digest does not have the length that its hash function gives";
    case CidRule::trailing_bytes: return "something follows the CID";
    case CidRule::not_dasl: return "it is not CIDv1 in base32 with sha2-256 and codec raw or dag-cbor";
    default: return "it is malformed";
    }
}

Error binary_error(std::string_view shown, ipld::CidFault fault) {
    return Error(Errc::invalid_cid,
                 fmt::format("CID '{}': {}, at byte {}", printable(shown), explain(fault.rule), fault.offset), {},
                 {{"rule", std::string(to_string(fault.rule))}, {"offset", std::to_string(fault.offset)}});
}

std::string hex(ByteView bytes) {
    constexpr std::size_t enough = 40;
    std::string text;
    ipld::encode_base(Multibase::base16, bytes.first(std::min(bytes.size(), enough)), text);
    return bytes.size() > enough ? text + "..." : text;
}

// The bytes that a text stands for. CIDv0 is base58btc without a prefix and is recognised by its length and start.
std::expected<Bytes, ipld::TextFault> decode_text(std::string_view text) {
    if (text.size() == v0_text_size && text.starts_with("Qm")) return ipld::decode_base(Multibase::base58btc, text);
    return ipld::decode_multibase(text);
}

} // namespace

std::string_view to_string(CidRule rule) noexcept {
    switch (rule) {
    case CidRule::text_too_long: return "text_too_long";
    case CidRule::unknown_multibase: return "unknown_multibase";
    case CidRule::invalid_character: return "invalid_character";
    case CidRule::non_zero_padding: return "non_zero_padding";
    case CidRule::invalid_length: return "invalid_length";
    case CidRule::truncated: return "truncated";
    case CidRule::non_minimal_varint: return "non_minimal_varint";
    case CidRule::varint_overflow: return "varint_overflow";
    case CidRule::unsupported_version: return "unsupported_version";
    case CidRule::version0_in_multibase: return "version0_in_multibase";
    case CidRule::digest_too_long: return "digest_too_long";
    case CidRule::digest_length: return "digest_length";
    case CidRule::trailing_bytes: return "trailing_bytes";
    case CidRule::not_dasl: return "not_dasl";
    }
    return "unknown";
}

void Cid::own(ByteView checked) {
    auto* owned = new std::byte[checked.size()];
    std::ranges::copy(checked, owned);
    std::memcpy(inline_.data(), &owned, sizeof owned);
}

void Cid::free_heap() noexcept { delete[] heap(); }

Cid Cid::of_dag_cbor(ByteView block) { return of(multicodec::dag_cbor, block); }

Cid Cid::of(std::uint64_t codec, ByteView block) { return from_sha256(codec, ipld::sha256(block)); }

Cid Cid::from_sha256(std::uint64_t codec, std::span<const std::byte, 32> digest) {
    assert(codec >> 63 == 0);
    std::array<std::byte, 1 + ipld::max_varint_size + 2 + 32> bytes{std::byte{1}};
    auto size = 1 + ipld::write_varint(codec, bytes.data() + 1);
    bytes[size++] = static_cast<std::byte>(multicodec::sha2_256);
    bytes[size++] = static_cast<std::byte>(digest.size());
    std::ranges::copy(digest, bytes.begin() + static_cast<std::ptrdiff_t>(size));
    return Cid(ByteView(bytes).first(size + digest.size()));
}

Result<Cid> Cid::parse(std::string_view text, CidProfile profile) {
    const auto bytes = decode_text(text);
    if (!bytes) return fail(ipld::text_error("CID", text, bytes.error()));
    const bool has_prefix = text.size() != v0_text_size || text[0] != 'Q';
    if (has_prefix && !bytes->empty() && bytes->front() == std::byte{0x12})
        return fail(binary_error(text, {CidRule::version0_in_multibase, 0}));
    if (const auto fault = ipld::check_cid(*bytes, profile)) return fail(binary_error(text, *fault));
    if (profile == CidProfile::dasl && text[0] != static_cast<char>(Multibase::base32))
        return fail(binary_error(text, {CidRule::not_dasl, 0}));
    return Cid(*bytes);
}

Result<Cid> Cid::from_bytes(ByteView bytes, CidProfile profile) {
    if (const auto fault = ipld::check_cid(bytes, profile)) return fail(binary_error(hex(bytes), *fault));
    return Cid(bytes);
}

// The bytes were checked when this was made, so that taking them apart again cannot fail.
static ipld::CidParts parts_of(const Cid& cid) noexcept { return *ipld::read_cid_prefix(cid.bytes(), CidProfile::any); }

int Cid::version() const noexcept { return parts_of(*this).version; }
std::uint64_t Cid::codec() const noexcept { return parts_of(*this).codec; }
std::uint64_t Cid::hash_code() const noexcept { return parts_of(*this).hash_code; }
ByteView Cid::digest() const noexcept { return bytes().subspan(parts_of(*this).digest_offset); }

std::string Cid::to_string() const { return to_string(Multibase::base32); }

std::string Cid::to_string(Multibase base) const {
    if (version() != 0) return multibase_encode(base, bytes());
    std::string text;
    ipld::encode_base(Multibase::base58btc, bytes(), text);
    return text;
}

bool Cid::can_verify() const noexcept {
    const auto code = hash_code();
    return code == multicodec::sha2_256 || code == multicodec::identity_hash;
}

bool Cid::matches(ByteView block) const {
    const auto parts = parts_of(*this);
    const auto expected = bytes().subspan(parts.digest_offset);
    if (parts.hash_code == multicodec::sha2_256) return std::ranges::equal(expected, ipld::sha256(block));
    return parts.hash_code == multicodec::identity_hash && std::ranges::equal(expected, block);
}

bool Cid::equal(const Cid& a, const Cid& b) noexcept {
    return a.size_ == b.size_ && std::memcmp(a.data(), b.data(), a.size_) == 0;
}

std::strong_ordering Cid::compare(const Cid& a, const Cid& b) noexcept {
    const int order = std::memcmp(a.data(), b.data(), std::min(a.size_, b.size_));
    return order != 0 ? order <=> 0 : a.size_ <=> b.size_;
}

} // namespace cim

std::size_t std::hash<cim::Cid>::operator()(const cim::Cid& cid) const noexcept {
    return std::hash<std::string_view>{}(cim::as_text(cid.bytes()));
}
