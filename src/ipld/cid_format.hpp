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

/// The same for a CID that must fill `bytes`; nullopt if it does so according to all rules.
[[nodiscard]] std::optional<CidFault> check_cid(ByteView bytes, CidProfile profile) noexcept;

/// Makes a Cid of bytes that have been checked.
struct CidAccess {
    [[nodiscard]] static Cid make(ByteView checked) { return Cid(checked); }
};

} // namespace cim::ipld
