#include "stream/subscription_buffer.hpp"

#include <algorithm>
#include <array>

namespace cim::stream {

bool Wanted::operator()(const DomainEvent& event) const {
    if (partition.count > 1 && partition_of(event.aggregate_id(), partition.count) != partition.index) return false;
    if (!any_subject) {
        // Put together on the stack: this runs for every event and every subscription.
        std::array<char, default_subject_prefix.size() + 2 * (1 + max_token_size)> text;
        auto* end = text.data();
        for (const auto part : {default_subject_prefix, std::string_view("."), event.aggregate_id(),
                                std::string_view("."), event.event_type()})
            end = std::ranges::copy(part, end).out;
        if (!subject.matches({text.data(), end})) return false;
    }
    return filter.matches(event);
}

std::size_t SubscriptionBuffer::offer(std::span<const DomainEvent> events, Duration now) {
    std::size_t taken = 0;
    full_ = false;
    while (taken < events.size()) {
        const auto rest = events.subspan(taken);
        const auto last = std::ranges::find_if(rest, &DomainEvent::ends_transaction);
        if (last == rest.end()) break;
        const auto size = static_cast<std::size_t>(last - rest.begin()) + 1;
        const auto transaction = rest.first(size);
        if (events_.size() + size > capacity_ && !events_.empty()) {
            // Room is counted for the whole transaction only where some of it is wanted.
            const auto wanted = static_cast<std::size_t>(std::ranges::count_if(transaction, wanted_));
            if (wanted != 0 && events_.size() + wanted > capacity_) {
                full_ = true;
                break;
            }
        }
        take_in(transaction, now);
        taken += size;
    }
    high_water_ = std::max(high_water_, events_.size());
    return taken;
}

void SubscriptionBuffer::take_in(std::span<const DomainEvent> transaction, Duration now) {
    const auto before = events_.size();
    for (const auto& event : transaction)
        if (wanted_(event)) events_.push_back(event);
    const auto wanted = events_.size() - before;
    read_ = {transaction.back().sequence(), transaction.back().cid()};
    read_count_ += transaction.size();
    unwanted_ += transaction.size() - wanted;
    if (wanted != 0) ends_.push_back({wanted, read_, now});
}

void SubscriptionBuffer::pass_over(GlobalSequence position) {
    if (position > read_.sequence) read_ = {position, std::nullopt};
}

SubscriptionBatch SubscriptionBuffer::take(std::size_t most) {
    SubscriptionBatch batch;
    while (!ends_.empty() && (batch.events.empty() || batch.events.size() + ends_.front().events <= most)) {
        auto& end = ends_.front();
        const auto first = events_.begin();
        const auto past = first + static_cast<std::ptrdiff_t>(end.events);
        batch.events.insert(batch.events.end(), std::move_iterator(first), std::move_iterator(past));
        events_.erase(first, past);
        batch.position = end.position.sequence;
        if (tracks_)
            handed_.push_back(std::move(end.position));
        else
            acknowledged_ = std::move(end.position);
        ends_.pop_front();
        ++transactions_;
    }
    delivered_ += batch.events.size();
    if (!batch.events.empty()) ++batches_;
    return batch;
}

bool SubscriptionBuffer::acknowledge(GlobalSequence position) {
    if (position <= acknowledged_.sequence) return true; // once more
    const auto known = std::ranges::find(handed_, position, &LogPosition::sequence);
    if (known == handed_.end()) return false;
    acknowledged_ = *known;
    handed_.erase(handed_.begin(), known + 1);
    ++acknowledgements_;
    return true;
}

const LogPosition& SubscriptionBuffer::acknowledged() const noexcept {
    return handed_.empty() && ends_.empty() ? read_ : acknowledged_;
}

void SubscriptionBuffer::count(SubscriptionStatistics& into) const noexcept {
    into.read = read_count_;
    into.unwanted = unwanted_;
    into.delivered = delivered_;
    into.transactions = transactions_;
    into.batches = batches_;
    into.buffered = events_.size();
    into.high_water = high_water_;
}

} // namespace cim::stream
