// What must hold of a transaction beside its blocks, however it is made.
#pragma once

#include <cim/error.hpp>
#include <cim/transaction.hpp>

namespace cim::detail {

/// An id that is given must be 1 ... 255 bytes of UTF-8 without control characters; so must what is set of the trace.
[[nodiscard]] Result<> check_labels(const TransactionId& id, const TraceContext& trace);

/// A chain has a head exactly if it has events, and the head is named by an event's CID.
[[nodiscard]] Result<> check_start(const ChainHead& start);

/// 1 ... Transaction::max_events.
[[nodiscard]] Result<> check_event_count(std::size_t count);

} // namespace cim::detail
