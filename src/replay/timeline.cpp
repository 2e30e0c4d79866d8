#include "replay/timeline.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace cim::replay {

namespace {

// Events of a transaction that a filter left out, or that have not been appended yet, do not part those that are there.
bool same_transaction(const DomainEvent& before, const DomainEvent& event) {
    return !before.ends_transaction() && event.transaction_index() > before.transaction_index() &&
           event.transaction_id() == before.transaction_id() && event.aggregate_id() == before.aggregate_id();
}

} // namespace

void Timeline::extend(std::span<const DomainEvent> history) {
    for (; events_ < history.size(); ++events_) {
        const auto& event = history[events_];
        const auto time = empty() ? event.timestamp() : std::max(end(), event.timestamp());
        if (events_ > 0 && same_transaction(history[events_ - 1], event))
            transactions_.back() = {events_ + 1, time};
        else
            transactions_.push_back({events_ + 1, time});
    }
}

std::size_t Timeline::position_at(Timestamp time) const noexcept {
    const auto after = std::ranges::upper_bound(transactions_, time, {}, &Transaction::time);
    return after == transactions_.begin() ? 0 : std::prev(after)->end;
}

Timestamp Timeline::time_at(std::size_t position) const noexcept {
    if (position == 0) return begin();
    return std::ranges::lower_bound(transactions_, position, {}, &Transaction::end)->time;
}

std::size_t Timeline::end_of_transaction(std::size_t event) const noexcept { return ending_after(event)->end; }

std::size_t Timeline::step(std::size_t position, std::int64_t transactions) const noexcept {
    if (transactions == 0 || empty()) return position;
    if (transactions > 0) {
        const auto next = ending_after(position);
        const auto left = transactions_.end() - next;
        if (left == 0) return position;
        return next[std::min<std::int64_t>(transactions, left) - 1].end;
    }
    // Inside a transaction, its start is one back.
    const auto here = std::ranges::lower_bound(transactions_, position, {}, &Transaction::end);
    const std::int64_t target = here - transactions_.begin() + transactions;
    return target < 0 ? 0 : transactions_[static_cast<std::size_t>(target)].end;
}

std::size_t Timeline::at_most(std::size_t position, std::size_t most) const noexcept {
    const auto next = ending_after(position);
    if (next == transactions_.end()) return position;
    const auto left = transactions_.back().end - position;
    if (most >= left) return transactions_.back().end;
    if (position + most <= next->end) return next->end;
    return std::prev(ending_after(position + most))->end;
}

Timeline::Iterator Timeline::ending_after(std::size_t position) const noexcept {
    return std::ranges::upper_bound(transactions_, position, {}, &Transaction::end);
}

} // namespace cim::replay
