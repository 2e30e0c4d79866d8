#include "stream/catch_up.hpp"

#include "base/try.hpp"
#include "stream/chain_faults.hpp"

#include <iterator>

namespace cim::stream {

Result<bool> CatchUp::read_on() {
    CIM_TRY_ASSIGN(auto page, store_.read(next_));
    CIM_TRY(check_.add(page.events));
    if (!page.events.empty()) next_.after = page.events.back().sequence().value();
    events_.insert(events_.end(), std::move_iterator(page.events.begin()), std::move_iterator(page.events.end()));
    whole_ = whole_transactions(events_);
    return page.next.has_value();
}

Result<> CatchUp::check_end(GlobalSequence end) const {
    if (events_.size() == whole_ || events_[whole_].sequence() > end) return {};
    const auto& last = events_.back();
    return fail(incomplete_transaction(last.aggregate_id(), last.transaction_id(), events_.size() - whole_,
                                       last.transaction_size()));
}

void CatchUp::drop(std::size_t count) {
    events_.erase(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(count));
    whole_ -= count;
}

} // namespace cim::stream
