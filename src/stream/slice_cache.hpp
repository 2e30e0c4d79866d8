// Slices that were fetched, by their ids, bounded in bytes: the least recently used goes first. What a caller holds
// stays good when its slice goes from here, since events share their bytes. Safe to use from several threads at once.
#pragma once

#include <cim/event_stream.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace cim::stream {

class SliceCache {
  public:
    explicit SliceCache(std::size_t capacity_bytes) { stats_.capacity_bytes = capacity_bytes; }

    /// Keeps a copy, in place of one with the same id. `event_bytes` is what its events keep alive. A slice that is
    /// larger than the cache is not kept, and drives nothing else out.
    void insert(const EventStreamTransaction& slice, std::size_t event_bytes);
    /// Counts as a use, and as a hit or a miss.
    [[nodiscard]] std::optional<EventStreamTransaction> find(const TransactionId& id);
    [[nodiscard]] CacheStats stats() const;

  private:
    struct Entry {
        std::shared_ptr<const EventStreamTransaction> slice;
        std::size_t bytes;
    };
    using Entries = std::list<Entry>;

    void remove(Entries::iterator entry);

    mutable std::mutex mutex_; // guards what follows
    CacheStats stats_;
    Entries entries_;                                               // most recently used first
    std::unordered_map<std::string_view, Entries::iterator> by_id_; // keys look into the slices
};

} // namespace cim::stream
