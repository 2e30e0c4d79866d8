// A log of small events, and short ways to say what a test expects of a slice.
#pragma once

#include <cim/event_stream.hpp>
#include <cim/transaction.hpp>

#include "stream/memory_store.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cim::test {

inline Timestamp second(std::int64_t n) { return from_micros(n * 1'000'000); }

/// Appends one transaction with an event at each of these seconds; payloads count through the chain.
inline ChainHead append(EventStore& store, const std::string& aggregate, const std::vector<std::int64_t>& seconds,
                        std::string_view type = "Counted") {
    const auto head = store.head(AggregateId(aggregate));
    EXPECT_TRUE(head);
    Transaction transaction{AggregateId(aggregate)};
    auto count = head->sequence.value();
    for (const auto at : seconds) transaction.add(type, {{"count", ++count}}, second(at));
    ChainBuilder builder(transaction.aggregate_id, *head);
    auto chained = builder.build(transaction);
    EXPECT_TRUE(chained) << chained.error().text();
    const auto receipts = store.append_chained(std::span(&*chained, 1));
    EXPECT_TRUE(receipts) << receipts.error().text();
    return builder.head();
}

/// Transactions of these sizes, one event a second from second 1 of the chain on.
inline ChainHead append_sizes(EventStore& store, const std::string& aggregate, const std::vector<int>& sizes) {
    auto at = static_cast<std::int64_t>(store.head(AggregateId(aggregate))->sequence.value());
    ChainHead head;
    for (const int size : sizes) {
        std::vector<std::int64_t> seconds;
        for (int i = 0; i < size; ++i) seconds.push_back(++at);
        head = append(store, aggregate, seconds);
    }
    return head;
}

/// The aggregate sequences of the events, in order.
inline std::vector<std::uint64_t> sequences(const EventStreamTransaction& slice) {
    std::vector<std::uint64_t> numbers;
    for (const auto& event : slice.events) numbers.push_back(event.aggregate_sequence().value());
    return numbers;
}

inline std::vector<std::uint64_t> range(std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> numbers;
    for (auto n = first; n <= last; ++n) numbers.push_back(n);
    return numbers;
}

/// "aggregate:first-last", with a '!' behind where the slice is not anchored.
inline std::vector<std::string> described(const std::vector<VerifiedSlice>& slices) {
    std::vector<std::string> texts;
    for (const auto& slice : slices)
        texts.push_back(slice.aggregate.str() + ':' + std::to_string(slice.first.value()) + '-' +
                        std::to_string(slice.last.value()) + (slice.anchored ? "" : "!"));
    return texts;
}

} // namespace cim::test

/// The error of a Result that must have one with that code.
#define ASSERT_FAILS(result, errc)                                                                                     \
    ASSERT_FALSE(result) << "expected " << cim::to_string(errc);                                                       \
    ASSERT_EQ((result).error().code, (errc)) << (result).error().text()
