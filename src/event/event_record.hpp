// What stands behind a DomainEvent. Records, blocks and texts of one page live in one slab, and every handle shares it.
#pragma once

#include <cim/event.hpp>

#include "event/event_page_builder.hpp"

#include <cstdint>
#include <string_view>

namespace cim::detail {

/// What all events of a transaction have in common; one object for a run of them. The views look into the slab.
struct TransactionText {
    std::string_view id;
    std::string_view correlation_id;
    std::string_view causation_id;
    std::string_view traceparent;
    friend bool operator==(const TransactionText& a, const TransactionText& b) noexcept {
        return same(a.id, b.id) && same(a.correlation_id, b.correlation_id) && same(a.causation_id, b.causation_id) &&
               same(a.traceparent, b.traceparent);
    }

  private:
    // Most of them are empty, which needs no call.
    static bool same(std::string_view a, std::string_view b) noexcept {
        return a.size() == b.size() && (a.empty() || a == b);
    }
};

/// One event. The views look into the slab: those of `fields` into `block`, so the aggregate id needs no copy of its
/// own.
struct EventRecord {
    /// Without its fields and its transaction, which are to be filled in place.
    EventRecord(const StoredEvent& stored, ByteView kept_block)
        : fields{ipld::View::trusted(kept_block), {}, {}, {}, {}},
          block(kept_block),
          cid(stored.cid),
          sequence(stored.sequence),
          aggregate_sequence(stored.aggregate_sequence),
          transaction(nullptr),
          transaction_index(stored.transaction_index),
          transaction_size(stored.transaction_size) {}

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
