// Reading an event block in place: what EventBlock::parse() and the page builder share.
#pragma once

#include <cim/bytes.hpp>
#include <cim/error.hpp>
#include <cim/event.hpp>

namespace cim::detail {

/// Fills `out` with views into `block`. False if it is not an event block; `out` then holds anything.
[[nodiscard]] bool read_event_block(ByteView block, EventBlock& out);

/// Why read_event_block() said no.
[[nodiscard]] Error explain_event_block(ByteView block);

} // namespace cim::detail
