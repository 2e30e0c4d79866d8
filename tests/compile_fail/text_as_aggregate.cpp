// expect: no matching function for call to|could not convert|no viable conversion|cannot convert
// Any text would do as an id, and the wrong one would be noticed late.
#include <cim/event_store.hpp>

cim::ReadQuery query() {
#ifdef OK_VARIANT
    return cim::ReadQuery::of(cim::AggregateId{"graph-1"});
#else
    return cim::ReadQuery::of("graph-1");
#endif
}
