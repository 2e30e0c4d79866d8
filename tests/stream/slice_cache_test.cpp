// Aim: fetched slices are found again by their ids, within a bound in bytes that is kept, and ids name what is in a
// slice and nothing else. Method: count entries, bytes and evictions over a sequence of fetches; compare ids over two
// stores.
#include "stream/support.hpp"

#include <algorithm>

namespace cim::test {
namespace {

const AggregateId graph{"graph"};

Result<EventStreamTransaction> fetch(EventStreamService& service, std::uint64_t after, std::size_t most) {
    return service.fetch_transaction(graph, {.max_events = most, .replay_policy = ReplayPolicy::after_sequence(after)});
}

TEST(SliceCache, finds_what_was_fetched) {
    MemoryStore store;
    append_sizes(store, "graph", {2, 2});
    EventStreamService service(store);
    const auto slice = service.fetch_transaction(graph);
    ASSERT_TRUE(slice);
    const auto reads = store.reads;
    const auto again = service.cached(slice->transaction_id);
    ASSERT_TRUE(again);
    EXPECT_EQ(store.reads, reads);
    EXPECT_EQ(sequences(*again), sequences(*slice));
    EXPECT_EQ(again->transaction_id, slice->transaction_id);
    EXPECT_FALSE(service.cached(TransactionId("slice-of-life")));
    const auto stats = service.cache_stats();
    EXPECT_EQ(stats.entries, 1u);
    EXPECT_EQ(stats.hits, 1u);
    EXPECT_EQ(stats.misses, 1u);
    EXPECT_EQ(stats.evictions, 0u);
    EXPECT_EQ(stats.capacity_bytes, EventStreamOptions{}.cache_bytes);
}

TEST(SliceCache, counts_at_least_the_bytes_of_its_events) {
    MemoryStore store;
    append_sizes(store, "graph", std::vector<int>(100, 2));
    append(store, "graph", {500}, "Rare");
    EventStreamService service(store);
    const auto all = service.fetch_transaction(graph);
    ASSERT_TRUE(all);
    std::size_t blocks = 0;
    for (const auto& event : all->events) blocks += event.block().size();
    const auto of_all = service.cache_stats().bytes;
    EXPECT_GT(of_all, blocks);
    EXPECT_LT(of_all, blocks + 201 * 500);

    // One event keeps the page alive that it came with, so a filter saves next to nothing; one that leaves nothing
    // does.
    ASSERT_TRUE(service.fetch_transaction(graph, {.filter = EventFilter::by_type("Rare")}));
    const auto of_one = service.cache_stats().bytes - of_all;
    EXPECT_GT(of_one, blocks);
    ASSERT_TRUE(service.fetch_transaction(graph, {.filter = EventFilter::by_type("Absent")}));
    EXPECT_LT(service.cache_stats().bytes - of_all - of_one, 2000u);
}

TEST(SliceCache, the_least_recently_used_goes_first_and_stays_good_for_who_holds_it) {
    MemoryStore store;
    append_sizes(store, "graph", std::vector<int>(8, 10));
    std::size_t one_slice = 0;
    {
        EventStreamService measure(store);
        ASSERT_TRUE(fetch(measure, 0, 10));
        one_slice = measure.cache_stats().bytes;
    }
    EventStreamService service(store, {.cache_bytes = 3 * one_slice + one_slice / 2});
    std::vector<EventStreamTransaction> held;
    for (std::uint64_t i = 0; i < 3; ++i) held.push_back(*fetch(service, 10 * i, 10));
    EXPECT_EQ(service.cache_stats().evictions, 0u);
    EXPECT_TRUE(service.cached(held[0].transaction_id)); // Used, so the second is the oldest now.
    held.push_back(*fetch(service, 30, 10));
    EXPECT_EQ(service.cache_stats().evictions, 1u);
    EXPECT_EQ(service.cache_stats().entries, 3u);
    EXPECT_TRUE(service.cached(held[0].transaction_id));
    EXPECT_FALSE(service.cached(held[1].transaction_id));
    EXPECT_TRUE(service.cached(held[2].transaction_id));
    EXPECT_TRUE(service.cached(held[3].transaction_id));
    EXPECT_EQ(sequences(held[1]), range(11, 20));
    EXPECT_EQ(held[1].events[3].payload().find("count")->as_int64(), 14);
}

TEST(SliceCache, stays_within_its_bytes_whatever_comes) {
    MemoryStore store;
    append_sizes(store, "graph", std::vector<int>(100, 1));
    EventStreamService service(store, {.cache_bytes = 20'000});
    for (std::uint64_t i = 0; i < 300; ++i) {
        ASSERT_TRUE(fetch(service, i * 7 % 90, 1 + i % 10));
        const auto stats = service.cache_stats();
        ASSERT_LE(stats.bytes, stats.capacity_bytes);
    }
    EXPECT_GT(service.cache_stats().entries, 2u);
    EXPECT_GT(service.cache_stats().evictions, 100u);
}

TEST(SliceCache, what_is_larger_than_the_cache_drives_nothing_out) {
    MemoryStore store;
    append_sizes(store, "graph", std::vector<int>(100, 1));
    EventStreamService service(store, {.cache_bytes = 10'000});
    const auto small = fetch(service, 0, 2);
    const auto large = fetch(service, 0, 100);
    ASSERT_TRUE(small && large);
    EXPECT_TRUE(service.cached(small->transaction_id));
    EXPECT_FALSE(service.cached(large->transaction_id));
    EXPECT_EQ(service.cache_stats().evictions, 0u);

    EventStreamService none(store, {.cache_bytes = 0});
    ASSERT_TRUE(fetch(none, 0, 2));
    EXPECT_EQ(none.cache_stats().entries, 0u);
    EXPECT_EQ(none.cache_stats().bytes, 0u);
}

TEST(SliceCache, the_same_slice_is_kept_once) {
    MemoryStore store;
    append_sizes(store, "graph", {2, 2});
    EventStreamService service(store);
    ASSERT_TRUE(fetch(service, 0, 10));
    const auto bytes = service.cache_stats().bytes;
    ASSERT_TRUE(fetch(service, 0, 10));
    ASSERT_TRUE(service.fetch_transaction(graph, {.replay_policy = ReplayPolicy::last_n(4)}));
    EXPECT_EQ(service.cache_stats().entries, 1u);
    EXPECT_EQ(service.cache_stats().bytes, bytes);
    EXPECT_EQ(service.cache_stats().evictions, 0u);
}

TEST(SliceId, is_the_same_wherever_the_same_events_lie) {
    MemoryStore one;
    MemoryStore two;
    two.url = "memory:two";
    append_sizes(two, "noise", {5}); // Other global sequences.
    for (auto* store : {&one, &two}) append_sizes(*store, "graph", {2, 3});
    append_sizes(two, "graph", {1});
    two.most_in_page = 1;
    EventStreamService a(one);
    EventStreamService b(two, {.consumer_name = "b"});
    const auto in_one = fetch(a, 0, 5);
    const auto in_two = fetch(b, 0, 5);
    ASSERT_TRUE(in_one && in_two);
    EXPECT_EQ(in_one->transaction_id, in_two->transaction_id);
    EXPECT_TRUE(in_one->transaction_id.str().starts_with("slice-bafyrei")) << in_one->transaction_id.str();
}

TEST(SliceId, differs_wherever_the_slice_does) {
    MemoryStore store;
    append_sizes(store, "graph", {2, 3, 1});
    append_sizes(store, "other", {2});
    EventStreamService service(store);
    std::vector<std::string> ids;
    const auto note = [&](const Result<EventStreamTransaction>& slice) {
        ASSERT_TRUE(slice) << slice.error().text();
        ids.push_back(slice->transaction_id.str());
    };
    const auto filtered = [](EventFilter filter) { return TransactionOptions{.filter = std::move(filter)}; };
    note(fetch(service, 0, 10));
    note(fetch(service, 0, 5));
    note(fetch(service, 2, 10));
    note(fetch(service, 6, 10));
    note(service.fetch_transaction(AggregateId("other")));
    note(service.fetch_transaction(graph, filtered(EventFilter::by_type("Counted"))));
    note(service.fetch_transaction(graph, filtered(EventFilter::by_type("Absent"))));
    note(service.fetch_transaction(graph, filtered(EventFilter::by_aggregate(graph))));
    note(service.fetch_transaction(graph, filtered(EventFilter::by_time(second(0), second(9)))));
    note(service.fetch_transaction(graph, filtered(EventFilter::by_subject(*SubjectPattern::parse("event.>")))));
    note(service.fetch_transaction(graph, filtered(EventFilter::by_type("\xff not a type"))));
    note(service.fetch_time_window(second(0), second(9)));
    note(service.fetch_time_window(second(0), second(10)));
    std::ranges::sort(ids);
    EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());

    const auto ab = service.fetch_transaction(graph, filtered(EventFilter::by_type("A").and_type(EventType("B"))));
    const auto ba = service.fetch_transaction(graph, filtered(EventFilter::by_type("B").and_type(EventType("A"))));
    EXPECT_EQ(ab->transaction_id, ba->transaction_id);
}

} // namespace
} // namespace cim::test
