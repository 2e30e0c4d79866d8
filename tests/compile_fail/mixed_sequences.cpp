// expect: no matching function for call to|could not convert|no viable conversion|cannot convert
// A position in one chain is no position in the log.
#include <cim/event_store.hpp>

cim::ReadQuery query() {
#ifdef OK_VARIANT
    return cim::ReadQuery::all(cim::GlobalSequence(7));
#else
    return cim::ReadQuery::all(cim::AggregateSequence(7));
#endif
}
