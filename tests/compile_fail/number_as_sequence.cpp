// expect: no matching function for call to|could not convert|no viable conversion|cannot convert
// A bare number does not say what it counts.
#include <cim/event_store.hpp>

cim::ReadQuery query() {
#ifdef OK_VARIANT
    return cim::ReadQuery::all(cim::GlobalSequence(7));
#else
    return cim::ReadQuery::all(7);
#endif
}
