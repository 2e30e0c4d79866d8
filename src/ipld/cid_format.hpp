// The binary form of a CID, taken apart without allocating: what Cid, the dag-cbor validator and the CAR reader share.
#pragma once

#include <cim/cid.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>

namespace cim::ipld {

struct CidFault {
    CidRule rule;
    std::size_t offset; ///< In bytes of the binary form.
};

struct CidParts {
    std::uint64_t codec;
    std::uint64_t hash_code;
    std::uint8_t version;
    std::uint8_t digest_offset; ///< The digest follows to the end.
    std::uint16_t size;         ///< Of the whole CID.
};

/// Takes apart the CID at the front of `bytes`; something may follow it.
[[nodiscard]] std::expected<CidParts, CidFault> read_cid_prefix(ByteView bytes, CidProfile profile) noexcept;

/// True for the two forms that nearly all CIDs have: CIDv0, and CIDv1 with a codec of one byte and sha2-256.
[[nodiscard]] inline bool is_plain_cid(ByteView bytes) noexcept {
    const auto at = [bytes](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
    if (bytes.size() == 36) return at(0) == 1 && at(1) < 0x80 && at(2) == 0x12 && at(3) == 0x20;
    return bytes.size() == 34 && at(0) == 0x12 && at(1) == 0x20;
}

/// The fault of a CID that must fill `bytes`; nullopt if it does so according to all rules.
[[nodiscard]] std::optional<CidFault> find_cid_fault(ByteView bytes, CidProfile profile) noexcept;

/// The same, quick for plain ones.
[[nodiscard]] inline std::optional<CidFault> check_cid(ByteView bytes, CidProfile profile) noexcept {
    if (profile == CidProfile::any && is_plain_cid(bytes)) return std::nullopt;
    return find_cid_fault(bytes, profile);
}

/// Makes a Cid of bytes that have been checked.
struct CidAccess {
    [[nodiscard]] static Cid make(ByteView checked) { return Cid(checked); }
};

} // namespace cim::ipld
