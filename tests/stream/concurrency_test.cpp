// Aim: one service may be used by many threads while others append; every slice that comes out is whole and true, and
// chains that only grow never look broken. Method: readers of every kind against writers, over both stores; the thread
// sanitizer sees the rest.
#include "stream/support.hpp"

#include <atomic>
#include <memory>
#include <thread>

namespace cim::test {
namespace {

void grow(EventStore& store, const std::string& aggregate, int transactions, const std::atomic<bool>& stop) {
    for (int i = 0; i < transactions && !stop; ++i) append_sizes(store, aggregate, {1 + i % 3});
}

void fetch_all_ways(EventStreamService& service, const std::string& aggregate, const std::atomic<bool>& done) {
    const AggregateId id(aggregate);
    std::uint64_t seen = 0;
    while (!done) {
        const auto all = service.fetch_transaction(id, {.max_events = 100'000});
        ASSERT_TRUE(all) << all.error().text();
        ASSERT_GE(all->last_sequence, seen) << "chains grow";
        ASSERT_TRUE(all->events.back().ends_transaction());
        const auto rest = service.fetch_transaction(
            id, {.max_events = 100'000, .replay_policy = ReplayPolicy::after_sequence(all->last_sequence)});
        ASSERT_TRUE(rest) << rest.error().text();
        const auto window = service.fetch_time_window(second(5), second(25));
        ASSERT_TRUE(window) << window.error().text();
        const auto cached = service.cached(all->transaction_id); // Or evicted by another reader meanwhile.
        if (cached) {
            ASSERT_EQ(cached->events.size(), all->events.size());
        }
        seen = rest->last_sequence;
        ASSERT_GE(service.latest_head(id)->sequence.value(), seen);
    }
}

void read_while_it_grows(EventStore& store) {
    const std::vector<std::string> names{"a", "b"};
    for (const auto& name : names) append_sizes(store, name, {1});
    EventStreamService service(store, {.cache_bytes = 100'000, .verify_threads = 2, .max_tracked_heads = 2});
    std::atomic<bool> done = false;
    std::vector<std::thread> readers;
    for (const auto& name : names)
        for (int i = 0; i < 2; ++i) readers.emplace_back([&, name] { fetch_all_ways(service, name, done); });
    std::vector<std::thread> writers;
    for (const auto& name : names) writers.emplace_back([&, name] { grow(store, name, 60, done); });
    for (auto& writer : writers) writer.join();
    done = true;
    for (auto& reader : readers) reader.join();
    const auto slice = service.fetch_transaction(AggregateId("a"));
    ASSERT_TRUE(slice) << slice.error().text();
    EXPECT_EQ(slice->last_sequence, 1u + 20 * 6);
    EXPECT_LE(service.cache_stats().bytes, service.cache_stats().capacity_bytes);
}

TEST(Concurrency, over_a_store_in_memory) {
    MemoryStore store;
    read_while_it_grows(store);
}

TEST(Concurrency, over_sqlite) {
    const auto store = open_store("sqlite::memory:");
    ASSERT_TRUE(store) << store.error().text();
    read_while_it_grows(**store);
}

} // namespace
} // namespace cim::test
