// expect: nodiscard|ignoring return
// An append whose outcome nobody looks at may not have happened.
#pragma GCC diagnostic error "-Wunused-result"
#include <cim/event_store.hpp>

void append(cim::EventStore& store, const cim::Transaction& transaction) {
#ifdef OK_VARIANT
    if (!store.append(transaction, cim::ExpectedHead::any())) return;
#else
    store.append(transaction, cim::ExpectedHead::any());
#endif
}
