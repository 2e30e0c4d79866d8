// expect: no matching function for call to|could not convert|no viable conversion|cannot convert
// Zero could mean "nothing yet" or "whatever there is".
#include <cim/event_store.hpp>

cim::Result<cim::AppendReceipt> append(cim::EventStore& store, const cim::Transaction& transaction) {
#ifdef OK_VARIANT
    return store.append(transaction, cim::ExpectedHead::none());
#else
    return store.append(transaction, 0);
#endif
}
