#include "stream/kept_events.hpp"

#include "event/event_record.hpp"

namespace cim::stream {

void KeptEvents::add(std::span<const DomainEvent> wanted, std::size_t page_bytes) {
    const auto before = events_.size();
    if (keeps_all_) {
        events_.insert(events_.end(), wanted.begin(), wanted.end());
    } else {
        for (const auto& event : wanted)
            if (filter_->matches(event)) events_.push_back(event);
    }
    if (events_.size() != before) bytes_ += page_bytes;
}

std::size_t page_bytes(std::span<const DomainEvent> page) {
    std::size_t bytes = 0;
    for (const auto& event : page) {
        bytes += sizeof(detail::EventRecord) + event.block().size();
        // A transaction's texts are kept once for all of its events.
        if (&event == page.data() || event.transaction_index() == 0)
            bytes += sizeof(detail::TransactionText) + event.transaction_id().size() + event.correlation_id().size() +
                     event.causation_id().size() + event.traceparent().size();
    }
    return bytes;
}

} // namespace cim::stream
