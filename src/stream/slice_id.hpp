// The id of a slice: "slice-" and the CID of a small dag-cbor value that says what was asked for and what was found.
// The same events give the same id in every store and program: nothing of a store's own, as global sequences are, goes
// in.
#pragma once

#include <cim/chain.hpp>
#include <cim/filter.hpp>
#include <cim/ids.hpp>
#include <cim/time.hpp>

#include <span>

namespace cim::stream {

/// A slice of one chain; `last` is the sequence looked at last, which tells empty slices apart.
[[nodiscard]] TransactionId chain_slice_id(const AggregateId& aggregate, AggregateSequence last,
                                           std::span<const VerifiedSlice> slices, const EventFilter& filter);
[[nodiscard]] TransactionId window_id(Timestamp start, Timestamp end, std::span<const VerifiedSlice> slices,
                                      const EventFilter& filter);

} // namespace cim::stream
