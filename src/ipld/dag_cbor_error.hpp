// How a broken rule of dag-cbor is reported.
#pragma once

#include <cim/ipld.hpp>

#include "ipld/cid_format.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace cim::ipld {

/// The error for bytes that break `rule` at `offset`; `link` says what is wrong with the CID of an invalid_link.
[[nodiscard]] Error decode_error(Rule rule, std::size_t offset, const std::optional<CidFault>& link);

/// The error for a value that dag-cbor cannot hold; `path` leads to it, e.g. "/payload/tags/3".
[[nodiscard]] Error encode_error(Rule rule, std::string_view path);

/// What the rule demands, as the start of a message.
[[nodiscard]] std::string_view explain(Rule rule) noexcept;

} // namespace cim::ipld
