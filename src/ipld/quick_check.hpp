// The strict parser of dag-cbor for callers who only want to know where a valid item ends: readers of a log, who meet
// blocks that are nearly always right and give them to validate() to hear why not.
#pragma once

#include <cim/bytes.hpp>

namespace cim::ipld {

/// The end of the item at the front of `input`, which may be followed by anything; nullptr unless the item is strict
/// dag-cbor with at most `max_depth` containers in one another and links of any profile.
[[nodiscard]] const std::byte* end_of_valid_item(ByteView input, unsigned max_depth) noexcept;

} // namespace cim::ipld
