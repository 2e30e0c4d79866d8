// The two ways to fetch: a slice of one chain, and a window of time over all of them. Both verify first and give what
// they found as one value; what is remembered and cached is up to the service.
#pragma once

#include <cim/error.hpp>
#include <cim/event_store.hpp>
#include <cim/event_stream.hpp>
#include <cim/time.hpp>

#include "stream/known_heads.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

namespace cim::stream {

/// What a fetch works with; the service owns all of it.
struct FetchContext {
    EventStore& store;
    const EventStreamOptions& options;
    const Clock& clock;
    KnownHeads& heads;
};

/// A slice with all that was found in the log; names and times of the service are still missing from it.
struct Fetched {
    EventStreamTransaction slice;
    std::size_t event_bytes = 0; ///< Memory that its events keep alive.
    /// For each of its slices: the known points that it holds or directly follows.
    std::vector<std::vector<KnownPoint>> confirmed;
};

[[nodiscard]] Result<Fetched> fetch_chain(const FetchContext& context, const AggregateId& aggregate,
                                          const TransactionOptions& options);
[[nodiscard]] Result<Fetched> fetch_window(const FetchContext& context, Timestamp start, Timestamp end,
                                           const EventFilter& filter, std::chrono::milliseconds timeout);

/// Checks points that lie behind the last event that was read against the head, which was asked for after the points
/// were known: chains only grow. Errors: head_mismatch.
[[nodiscard]] Result<> check_head(const AggregateId& aggregate, const ChainHead& head,
                                  const std::vector<KnownPoint>& points, AggregateSequence last_read);

} // namespace cim::stream
