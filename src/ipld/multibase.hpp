// Text encodings of octets: the RFC 4648 bases and the big-number bases, with strict decoding.
#pragma once

#include <cim/cid.hpp>

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace cim::ipld {

struct TextFault {
    CidRule rule;
    std::size_t offset; ///< In characters of the text that was given.
};

/// The octets of a text without prefix. The cost of the big-number bases grows with the square of the length, which the
/// caller bounds.
[[nodiscard]] std::expected<Bytes, TextFault> decode_base(Multibase base, std::string_view text);

/// Appends the text of these octets, without prefix.
void encode_base(Multibase base, ByteView bytes, std::string& out);

/// The octets of a text with its prefix; at most max_multibase_text characters.
[[nodiscard]] std::expected<Bytes, TextFault> decode_multibase(std::string_view text);
inline constexpr std::size_t max_multibase_text = 1024;

/// The error for one of these rules; `what` names the text, e.g. "CID".
[[nodiscard]] Error text_error(std::string_view what, std::string_view text, TextFault fault);

} // namespace cim::ipld
