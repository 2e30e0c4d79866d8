#include <cim/event_store.hpp>

namespace cim {

Result<StoreDescription> EventStore::describe(std::size_t) { return StoreDescription{}; }

ReadQuery ReadQuery::all(GlobalSequence after) {
    ReadQuery query;
    query.after = after.value();
    return query;
}

ReadQuery ReadQuery::of(AggregateId aggregate, AggregateSequence after) {
    ReadQuery query;
    query.aggregate = std::move(aggregate);
    query.after = after.value();
    return query;
}

ReadQuery ReadQuery::between(Timestamp from, Timestamp until) {
    ReadQuery query;
    query.from = from;
    query.until = until;
    return query;
}

} // namespace cim
