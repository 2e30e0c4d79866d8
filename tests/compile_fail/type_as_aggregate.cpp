// expect: no matching function for call to|could not convert|no viable conversion|cannot convert
#include <cim/event_store.hpp>

cim::ReadQuery query(const cim::EventType& type, const cim::AggregateId& aggregate) {
#ifdef OK_VARIANT
    static_cast<void>(type);
    return cim::ReadQuery::of(aggregate);
#else
    static_cast<void>(aggregate);
    return cim::ReadQuery::of(type);
#endif
}
