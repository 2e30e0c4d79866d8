// What the tests of this folder share: chains to read, and a log of rows that can be damaged like one on a disk.
#pragma once

#include <cim/chain.hpp>
#include <cim/event.hpp>
#include <cim/transaction.hpp>

#include "event/event_page_builder.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim::test {

/// An event as a store would keep it.
struct Row {
    Bytes block;
    Cid cid;
    std::uint64_t sequence;
    std::uint64_t aggregate_sequence;
    std::string aggregate_id;
    std::string transaction_id;
    std::uint32_t transaction_index;
    std::uint32_t transaction_size;
    TraceContext trace;

    detail::StoredEvent stored() const {
        return {.block = block,
                .cid = cid,
                .sequence = GlobalSequence(sequence),
                .aggregate_sequence = AggregateSequence(aggregate_sequence),
                .aggregate_id = aggregate_id,
                .transaction_id = transaction_id,
                .transaction_index = transaction_index,
                .transaction_size = transaction_size,
                .correlation_id = trace.correlation_id,
                .causation_id = trace.causation_id,
                .traceparent = trace.traceparent};
    }
};

/// A transaction of `size` events of different lengths, the i-th stamped start + i microseconds.
inline ChainedTransaction make_chain(std::string_view aggregate, std::size_t size, const ChainHead& start = {},
                                     std::string_view salt = "") {
    Transaction transaction{AggregateId(aggregate)};
    for (std::size_t i = 0; i < size; ++i) {
        const auto number = start.sequence.value() + i;
        transaction.add(
            "NodeCreated",
            {{"node_id", "n" + std::to_string(number)}, {"title", std::string(number % 97, 'x')}, {"salt", salt}},
            from_micros(static_cast<std::int64_t>(number)));
    }
    return *ChainBuilder(AggregateId(aggregate), start).build(transaction);
}

/// Appends the events to the log.
inline void append(std::vector<Row>& log, const ChainedTransaction& transaction) {
    const auto events = transaction.events();
    for (std::size_t i = 0; i < events.size(); ++i)
        log.push_back({Bytes(events[i].block.begin(), events[i].block.end()), events[i].cid, log.size() + 1,
                       transaction.start().sequence.value() + i + 1, transaction.aggregate_id().str(),
                       transaction.id().str(), static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(events.size()),
                       transaction.trace()});
}

inline std::vector<Row> make_log(std::string_view aggregate, std::size_t size) {
    std::vector<Row> log;
    append(log, make_chain(aggregate, size));
    return log;
}

inline Result<std::vector<DomainEvent>> read(std::span<const Row> log) {
    detail::EventPageBuilder page;
    for (const auto& row : log)
        if (auto added = page.add(row.stored()); !added) return fail(std::move(added).error());
    return page.finish();
}

/// Of a log that is fine.
inline std::vector<DomainEvent> events_of(std::span<const Row> log) { return read(log).value(); }

inline std::vector<DomainEvent> make_events(std::string_view aggregate, std::size_t size) {
    return events_of(make_log(aggregate, size));
}

} // namespace cim::test
