// The bytes of an event block that are the same in every one. Canonical order of the keys is fixed, so a block is
//     A5  67 payload <item>  69 timestamp <int>  6A event_type <text>
//         6C aggregate_id <text>  6C previous_cid <link|null>
// and can be put together by writing one after the other.
#pragma once

#include <cim/bytes.hpp>
#include <cim/cid.hpp>
#include <cim/ipld.hpp>
#include <cim/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace cim::detail {

/// In canonical order: shorter keys first.
inline constexpr std::array<std::string_view, 5> block_keys{"payload", "timestamp", "event_type", "aggregate_id",
                                                            "previous_cid"};

/// The characters of a literal as bytes, without its zero.
template <std::size_t N> consteval std::array<std::byte, N - 1> byte_array(const char (&text)[N]) {
    std::array<std::byte, N - 1> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(text[i]);
    return bytes;
}

// What stands before each value.
inline constexpr auto to_payload = byte_array("\xa5\x67payload");
inline constexpr auto to_timestamp = byte_array("\x69timestamp");
inline constexpr auto to_event_type = byte_array("\152event_type");     // 6A; a hex escape would go on
inline constexpr auto to_aggregate_id = byte_array("\154aggregate_id"); // 6C
inline constexpr auto to_previous_cid = byte_array("\x6cprevious_cid");

inline constexpr auto null_item = byte_array("\xf6");
/// Tag 42 on 37 bytes, a zero and the CID, which follows.
inline constexpr auto link_head = byte_array("\xd8\x2a\x58\x25\x00");

/// An event's CID in its binary form: CIDv1, dag-cbor, sha2-256, and 32 bytes of digest.
inline constexpr std::size_t event_cid_size = 36;
inline constexpr auto event_cid_prefix = byte_array("\x01\x71\x12\x20");
[[nodiscard]] inline bool is_event_cid(ByteView cid) noexcept {
    return cid.size() == event_cid_size &&
           std::memcmp(cid.data(), event_cid_prefix.data(), event_cid_prefix.size()) == 0;
}

/// What a payload may be nested: the block around it is one level of what a decoder accepts by default.
inline constexpr ipld::DecodeOptions payload_options{
    .max_depth = static_cast<std::uint16_t>(ipld::DecodeOptions{}.max_depth - 1), .links = CidProfile::any};

/// What follows the payload. Both texts must be tokens, `previous` an event's CID or nullptr.
struct BlockTail {
    Timestamp timestamp;
    std::string_view event_type;
    std::string_view aggregate_id;
    const Cid* previous_cid;
};

/// Everything before the payload; the payload's own bytes come next.
void append_block_head(Bytes& out);
/// Everything after the payload. Gives the offset in `out` at which the text of the event type stands.
std::size_t append_block_tail(const BlockTail& tail, Bytes& out);

} // namespace cim::detail
