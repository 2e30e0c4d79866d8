#include "stream/log_check.hpp"

#include "base/try.hpp"
#include "stream/chain_faults.hpp"

namespace cim::stream {

Result<> LogCheck::add(std::span<const DomainEvent> events) {
    if (events.empty()) return {};
    CIM_TRY(verifier_.add(events));
    return check_transactions(events);
}

Result<> LogCheck::check_transactions(std::span<const DomainEvent> events) {
    for (const auto& event : events) {
        const bool goes_on = last_ && !last_.ends_transaction();
        const bool follows = goes_on && event.transaction_id() == last_.transaction_id() &&
                             event.aggregate_id() == last_.aggregate_id() &&
                             event.transaction_index() == last_.transaction_index() + 1;
        if (goes_on && !follows)
            return fail(incomplete_transaction(last_.aggregate_id(), last_.transaction_id(),
                                               last_.transaction_index() + 1, last_.transaction_size()));
        if (last_ && !goes_on && event.transaction_index() != 0)
            return fail(incomplete_transaction(event.aggregate_id(), event.transaction_id(),
                                               event.transaction_size() - event.transaction_index(),
                                               event.transaction_size()));
        last_ = event;
    }
    return {};
}

std::size_t whole_transactions(std::span<const DomainEvent> events) noexcept {
    auto count = events.size();
    while (count > 0 && !events[count - 1].ends_transaction()) --count;
    return count;
}

} // namespace cim::stream
