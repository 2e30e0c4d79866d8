// What stands behind a DomainEvent. Records, blocks and texts of one page live in one slab, and every handle shares it.
#pragma once

#include <cim/event.hpp>

#include <cstdint>
#include <string_view>

namespace cim::detail {

/// What all events of a transaction have in common; one object for a run of them. The views look into the slab.
struct TransactionText {
    std::string_view id;
    std::string_view correlation_id;
    std::string_view causation_id;
    std::string_view traceparent;
    friend bool operator==(const TransactionText&, const TransactionText&) = default;
};

/// One event. The views look into the slab: those of `fields` into `block`, so the aggregate id needs no copy of its own.
struct EventRecord {
    EventBlock fields;
    ByteView block;
    Cid cid;
    GlobalSequence sequence;
    AggregateSequence aggregate_sequence;
    const TransactionText* transaction;
    std::uint32_t transaction_index;
    std::uint32_t transaction_size;
};

} // namespace cim::detail
