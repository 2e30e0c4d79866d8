#include <cim/event_stream.hpp>

#include "base/try.hpp"
#include "stream/fetch.hpp"
#include "stream/known_heads.hpp"
#include "stream/slice_cache.hpp"

#include <mutex>
#include <utility>

namespace cim {

struct EventStreamService::State {
    State(EventStore& event_store, EventStreamOptions stream_options, const Clock& stream_clock)
        : store(event_store),
          options(std::move(stream_options)),
          clock(stream_clock),
          heads(options.max_tracked_heads),
          cache(options.cache_bytes) {}

    // Constant after construction.
    EventStore& store;
    const EventStreamOptions options;
    const Clock& clock;

    // Safe by themselves.
    stream::KnownHeads heads;
    stream::SliceCache cache;

    std::mutex mutex;
    std::string stream_name; // guarded by mutex; empty until the store was asked

    [[nodiscard]] stream::FetchContext context() { return {store, options, clock, heads}; }

    Result<std::string> name_of_store() {
        const std::scoped_lock lock(mutex);
        if (stream_name.empty()) {
            CIM_TRY_ASSIGN(auto info, store.summary());
            stream_name = std::move(info.url);
        }
        return stream_name;
    }

    // Everything was verified: only now is any of it remembered.
    Result<EventStreamTransaction> publish(stream::Fetched fetched, const EventFilter& filter, ReplayPolicy policy) {
        auto& slice = fetched.slice;
        CIM_TRY_ASSIGN(slice.sequence_range.stream_name, name_of_store());
        slice.metadata = {.fetched_at = clock.now(),
                          .consumer_name = options.consumer_name,
                          .filter_subject = filter.empty() ? std::string() : filter.to_subject(),
                          .replay_policy = policy};
        for (std::size_t i = 0; i < slice.slices.size(); ++i) heads.remember(slice.slices[i], fetched.confirmed[i]);
        cache.insert(slice, fetched.event_bytes);
        return std::move(slice);
    }
};

EventStreamService::EventStreamService(EventStore& store, EventStreamOptions options, const Clock& clock)
    : state_(std::make_unique<State>(store, std::move(options), clock)) {}

EventStreamService::~EventStreamService() = default;

Result<EventStreamTransaction> EventStreamService::fetch_transaction(const AggregateId& aggregate,
                                                                     const TransactionOptions& options) {
    CIM_TRY_ASSIGN(auto fetched, stream::fetch_chain(state_->context(), aggregate, options));
    return state_->publish(std::move(fetched), options.filter, options.replay_policy);
}

Result<EventStreamTransaction> EventStreamService::fetch_time_window(Timestamp start, Timestamp end,
                                                                     const EventFilter& filter,
                                                                     std::chrono::milliseconds timeout) {
    CIM_TRY_ASSIGN(auto fetched, stream::fetch_window(state_->context(), start, end, filter, timeout));
    return state_->publish(std::move(fetched), filter, ReplayPolicy::by_start_time(start));
}

std::optional<EventStreamTransaction> EventStreamService::cached(const TransactionId& id) {
    return state_->cache.find(id);
}

CacheStats EventStreamService::cache_stats() const { return state_->cache.stats(); }

std::optional<ChainHead> EventStreamService::latest_head(const AggregateId& aggregate) const {
    return state_->heads.latest(aggregate.str());
}

void EventStreamService::trust_head(const AggregateId& aggregate, const ChainHead& head) {
    state_->heads.trust(aggregate, head);
}

} // namespace cim
