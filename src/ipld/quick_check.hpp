// A second, smaller implementation of the rules of dag-cbor that only says yes or no, several times faster than the parser
// that can say why not. Reading a log spends most of its time here. What it says is what validate() says: a fuzzer
// compares the two.
#pragma once

#include <cim/bytes.hpp>

#include <cstddef>

namespace cim::ipld {

/// The end of the item at the front of `input`, which may be followed by anything; nullptr unless the item is strict
/// dag-cbor with at most `max_depth` containers in one another and links of any profile.
[[nodiscard]] const std::byte* end_of_valid_item(ByteView input, unsigned max_depth) noexcept;

} // namespace cim::ipld
