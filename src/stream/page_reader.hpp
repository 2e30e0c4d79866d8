// Reads a query page by page and hands each page on, until there is no more, the deadline has passed or the taker
// fails.
#pragma once

#include <cim/event_store.hpp>

#include "base/try.hpp"
#include "stream/deadline.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace cim::stream {

/// Large enough that verifying on several threads pays, small enough that a deadline is noticed soon.
inline constexpr std::size_t page_events = 8192;

/// `take(EventPage)` returns Result<>. Errors: its own, the store's, timeout.
template <class Take>
[[nodiscard]] Result<> read_pages(EventStore& store, ReadQuery query, const Deadline& deadline, Take take) {
    query.limit = page_events;
    std::uint64_t events = 0;
    for (;;) {
        CIM_TRY_ASSIGN(auto page, store.read(query));
        events += page.events.size();
        CIM_TRY(deadline.check(events));
        CIM_TRY(take(std::move(page.events)));
        if (!page.next) return {};
        query = *std::move(page.next);
    }
}

} // namespace cim::stream
