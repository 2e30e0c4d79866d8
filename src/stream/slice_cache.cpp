#include "stream/slice_cache.hpp"

#include <iterator>
#include <string_view>
#include <utility>

namespace cim::stream {

namespace {

// What a slice takes beside its events. Texts up to their capacity, and for each entry about what the maps need.
std::size_t own_bytes(const EventStreamTransaction& slice) {
    constexpr std::size_t bookkeeping = 128;
    std::size_t bytes = bookkeeping + sizeof slice + slice.events.size() * sizeof(DomainEvent);
    bytes += slice.transaction_id.str().capacity() + slice.aggregate_id.str().capacity();
    bytes += slice.sequence_range.stream_name.capacity() + slice.metadata.consumer_name.capacity() +
             slice.metadata.filter_subject.capacity();
    for (const auto& part : slice.slices) bytes += sizeof part + part.aggregate.str().capacity();
    return bytes;
}

} // namespace

void SliceCache::insert(const EventStreamTransaction& slice, std::size_t event_bytes) {
    const std::size_t bytes = event_bytes + own_bytes(slice);
    // Copied before the lock is taken: a slice may have millions of events.
    Entry entry{bytes <= stats().capacity_bytes ? std::make_shared<EventStreamTransaction>(slice) : nullptr, bytes};

    const std::scoped_lock lock(mutex_);
    if (const auto old = by_id_.find(slice.transaction_id.str()); old != by_id_.end()) remove(old->second);
    if (!entry.slice) return;
    while (stats_.bytes + bytes > stats_.capacity_bytes) {
        remove(std::prev(entries_.end()));
        ++stats_.evictions;
    }
    entries_.push_front(std::move(entry));
    by_id_.emplace(entries_.front().slice->transaction_id.str(), entries_.begin());
    stats_.bytes += bytes;
    ++stats_.entries;
}

std::optional<EventStreamTransaction> SliceCache::find(const TransactionId& id) {
    std::shared_ptr<const EventStreamTransaction> slice;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = by_id_.find(id.str());
        ++(found == by_id_.end() ? stats_.misses : stats_.hits);
        if (found == by_id_.end()) return std::nullopt;
        entries_.splice(entries_.begin(), entries_, found->second);
        slice = found->second->slice;
    }
    return *slice;
}

CacheStats SliceCache::stats() const {
    const std::scoped_lock lock(mutex_);
    return stats_;
}

// The caller holds the lock.
void SliceCache::remove(Entries::iterator entry) {
    stats_.bytes -= entry->bytes;
    --stats_.entries;
    by_id_.erase(entry->slice->transaction_id.str());
    entries_.erase(entry);
}

} // namespace cim::stream
