// expect: abstract|deleted
// A store is a place and not a value.
#include <cim/event_store.hpp>

#ifdef OK_VARIANT
void use(cim::EventStore& store);
void pass(cim::EventStore& store) { use(store); }
#else
void use(cim::EventStore store);
void pass(cim::EventStore& store) { use(store); }
#endif
