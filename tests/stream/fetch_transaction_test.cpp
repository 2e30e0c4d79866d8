// Aim: a slice starts where its policy says, ends at the end of a stored transaction, and says truly what it is.
// Method: one chain with transactions of 3, 1, 4, 2 and 5 events (ends at 3, 4, 8, 10 and 15), fetched by a table of
// policies and sizes, in pages of every size.
#include "stream/support.hpp"

#include <memory>

namespace cim::test {
namespace {

const AggregateId graph{"graph"};

struct Log {
    Log() {
        append_sizes(store, "other", {2});
        append_sizes(store, "graph", {3, 1, 4, 2, 5});
        append_sizes(store, "other", {2});
    }
    MemoryStore store;
    ManualClock clock{second(1000)};
    EventStreamService service{store, {}, clock};
};

struct Case {
    ReplayPolicy policy;
    std::size_t max_events;
    std::vector<std::uint64_t> events;
    std::uint64_t last_sequence;
    bool complete;
};

const std::vector<Case> cases{
    {ReplayPolicy::from_beginning(), 100, range(1, 15), 15, true},
    {ReplayPolicy::from_beginning(), 15, range(1, 15), 15, true},
    {ReplayPolicy::from_beginning(), 14, range(1, 10), 10, false},
    {ReplayPolicy::from_beginning(), 10, range(1, 10), 10, false},
    {ReplayPolicy::from_beginning(), 9, range(1, 8), 8, false},
    {ReplayPolicy::from_beginning(), 7, range(1, 4), 4, false},
    {ReplayPolicy::from_beginning(), 3, range(1, 3), 3, false},
    {ReplayPolicy::after_sequence(0), 100, range(1, 15), 15, true},
    {ReplayPolicy::after_sequence(8), 3, range(9, 10), 10, false},
    // A start inside a transaction is taken literally; the end is still one.
    {ReplayPolicy::after_sequence(5), 4, range(6, 8), 8, false},
    {ReplayPolicy::after_sequence(6), 2, range(7, 8), 8, false},
    {ReplayPolicy::after_sequence(14), 100, range(15, 15), 15, true},
    {ReplayPolicy::after_sequence(15), 100, {}, 15, true},
    {ReplayPolicy::last_n(0), 100, {}, 15, true},
    {ReplayPolicy::last_n(1), 100, range(15, 15), 15, true},
    {ReplayPolicy::last_n(7), 100, range(9, 15), 15, true},
    {ReplayPolicy::last_n(7), 6, range(9, 10), 10, false},
    {ReplayPolicy::last_n(1'000'000), 100, range(1, 15), 15, true},
    {ReplayPolicy::by_start_time(second(0)), 100, range(1, 15), 15, true},
    {ReplayPolicy::by_start_time(second(9)), 100, range(9, 15), 15, true},
    {ReplayPolicy::by_start_time(second(9) + Duration(1)), 100, range(10, 15), 15, true},
    {ReplayPolicy::by_start_time(second(16)), 100, {}, 15, true},
};

TEST(FetchTransaction, starts_by_its_policy_and_ends_with_a_transaction) {
    for (const std::size_t page : {100'000, 1, 2, 7}) {
        for (const auto& c : cases) {
            SCOPED_TRACE(c.policy.to_string() + ", at most " + std::to_string(c.max_events) + ", pages of " +
                         std::to_string(page));
            Log log;
            log.store.most_in_page = page;
            const auto slice =
                log.service.fetch_transaction(graph, {.max_events = c.max_events, .replay_policy = c.policy});
            ASSERT_TRUE(slice) << slice.error().text();
            EXPECT_EQ(sequences(*slice), c.events);
            EXPECT_EQ(slice->last_sequence, c.last_sequence);
            EXPECT_EQ(slice->complete, c.complete);
            if (c.events.empty()) {
                EXPECT_TRUE(slice->slices.empty());
                EXPECT_EQ(slice->sequence_range.start.value(), 0u);
                EXPECT_EQ(slice->sequence_range.end.value(), 0u);
            } else {
                ASSERT_EQ(slice->slices.size(), 1u);
                EXPECT_EQ(slice->slices[0].first.value(), c.events.front());
                EXPECT_EQ(slice->slices[0].last.value(), c.events.back());
                EXPECT_EQ(slice->slices[0].head, slice->events.back().cid());
                EXPECT_EQ(slice->sequence_range.start, slice->events.front().sequence());
                EXPECT_EQ(slice->sequence_range.end, slice->events.back().sequence());
            }
        }
    }
}

TEST(FetchTransaction, a_log_can_be_read_in_pieces_of_any_size) {
    for (std::size_t size = 5; size <= 16; ++size) {
        Log log;
        std::vector<std::uint64_t> all;
        std::uint64_t after = 0;
        for (bool complete = false; !complete;) {
            const auto slice = log.service.fetch_transaction(
                graph, {.max_events = size, .replay_policy = ReplayPolicy::after_sequence(after)});
            ASSERT_TRUE(slice) << slice.error().text();
            for (const auto n : sequences(*slice)) all.push_back(n);
            EXPECT_TRUE(slice->slices[0].anchored) << "each piece continues the one before";
            after = slice->last_sequence;
            complete = slice->complete;
        }
        EXPECT_EQ(all, range(1, 15)) << "in pieces of " << size;
    }
}

TEST(FetchTransaction, says_what_it_is) {
    Log log;
    TransactionOptions options{.filter = EventFilter::by_type("Counted")};
    const auto slice = log.service.fetch_transaction(graph, options);
    ASSERT_TRUE(slice) << slice.error().text();
    EXPECT_EQ(slice->aggregate_id, graph);
    EXPECT_EQ(slice->metadata.fetched_at, second(1000));
    EXPECT_EQ(slice->metadata.consumer_name, "cim");
    EXPECT_EQ(slice->metadata.filter_subject, options.filter.to_subject());
    EXPECT_EQ(slice->metadata.replay_policy, ReplayPolicy::from_beginning());
    EXPECT_EQ(slice->sequence_range.stream_name, "memory:");
}

TEST(FetchTransaction, what_the_filter_leaves_out_is_verified_and_counted_all_the_same) {
    Log log;
    append(log.store, "graph", {16, 17}, "Wanted");
    append_sizes(log.store, "graph", {1});
    const TransactionOptions options{.filter = EventFilter::by_type("Wanted")};
    const auto slice = log.service.fetch_transaction(graph, options);
    ASSERT_TRUE(slice) << slice.error().text();
    EXPECT_EQ(sequences(*slice), range(16, 17));
    EXPECT_EQ(described(slice->slices), std::vector<std::string>{"graph:1-18"});
    EXPECT_EQ(slice->last_sequence, 18u);

    log.store.change("graph", 7, [](auto& row) { row.block.back() ^= std::byte{1}; });
    const auto damaged = log.service.fetch_transaction(graph, options);
    ASSERT_FAILS(damaged, Errc::cid_mismatch);
}

struct BadCase {
    std::string name;
    AggregateId aggregate;
    TransactionOptions options;
    Errc error;
};

TEST(FetchTransaction, refuses_what_cannot_be_answered) {
    const std::vector<BadCase> bad{
        {"no such aggregate", AggregateId("nobody"), {}, Errc::not_found},
        {"no aggregate", AggregateId(), {}, Errc::not_found},
        {"no events", graph, {.max_events = 0}, Errc::invalid_argument},
        {"more than a slice may have", graph, {.max_events = 10'000'001}, Errc::invalid_argument},
        {"negative time", graph, {.timeout = std::chrono::milliseconds(-1)}, Errc::invalid_argument},
        {"first transaction too large", graph, {.max_events = 2}, Errc::limit_exceeded},
        {"rest of a transaction too large",
         graph,
         {.max_events = 2, .replay_policy = ReplayPolicy::after_sequence(5)},
         Errc::limit_exceeded},
        {"after the end", graph, {.replay_policy = ReplayPolicy::after_sequence(16)}, Errc::head_mismatch},
    };
    for (const auto& c : bad) {
        SCOPED_TRACE(c.name);
        Log log;
        const auto slice = log.service.fetch_transaction(c.aggregate, c.options);
        ASSERT_FAILS(slice, c.error);
        EXPECT_EQ(log.service.cache_stats().entries, 0u);
        EXPECT_EQ(log.service.latest_head(c.aggregate), std::nullopt);
    }
}

TEST(FetchTransaction, names_the_size_that_would_do) {
    Log log;
    const auto slice =
        log.service.fetch_transaction(graph, {.max_events = 3, .replay_policy = ReplayPolicy::after_sequence(4)});
    ASSERT_FAILS(slice, Errc::limit_exceeded);
    EXPECT_EQ(slice.error().field("limit"), "3");
    EXPECT_EQ(slice.error().field("needed"), "4");
    EXPECT_TRUE(
        log.service.fetch_transaction(graph, {.max_events = 4, .replay_policy = ReplayPolicy::after_sequence(4)}));
}

TEST(FetchTransaction, events_that_come_while_it_reads_are_left_for_the_next) {
    Log log;
    log.store.most_in_page = 4;
    log.store.on_read = [&] { append_sizes(log.store, "graph", {1}); };
    const auto slice = log.service.fetch_transaction(graph);
    ASSERT_TRUE(slice) << slice.error().text();
    EXPECT_EQ(sequences(*slice), range(1, 15));
    EXPECT_TRUE(slice->complete) << "up to the head as it was";
}

TEST(FetchTransaction, stops_when_the_time_is_over) {
    Log log;
    log.store.most_in_page = 2;
    log.store.on_read = [&] { log.clock.advance(std::chrono::milliseconds(300)); };
    const auto slice = log.service.fetch_transaction(graph, {.timeout = std::chrono::milliseconds(1000)});
    ASSERT_FAILS(slice, Errc::timeout);
    EXPECT_EQ(slice.error().field("timeout_ms"), "1000");
    EXPECT_EQ(slice.error().field("events"), "8");
    EXPECT_EQ(log.store.reads, 4u);
    EXPECT_EQ(log.service.latest_head(graph), std::nullopt) << "nothing of it is believed";
    EXPECT_TRUE(log.service.fetch_transaction(graph, {.timeout = std::chrono::milliseconds(2400)}))
        << "8 reads of 300 ms";
}

TEST(FetchTransaction, results_do_not_depend_on_threads) {
    MemoryStore store;
    append_sizes(store, "graph", std::vector<int>(2000, 3));
    EventStreamService alone(store, {.verify_threads = 1});
    EventStreamService together(store, {.verify_threads = 3});
    const auto a = alone.fetch_transaction(graph, {.max_events = 6000});
    const auto b = together.fetch_transaction(graph, {.max_events = 6000});
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->transaction_id, b->transaction_id);
    EXPECT_EQ(a->events.size(), 6000u);
    store.change("graph", 4711, [](auto& row) { row.block.back() ^= std::byte{1}; });
    const auto damaged = together.fetch_transaction(graph, {.max_events = 6000});
    ASSERT_FAILS(damaged, Errc::cid_mismatch);
    EXPECT_EQ(damaged.error().field("sequence"), "4711");
}

TEST(ReplayPolicy, has_a_text) {
    EXPECT_EQ(ReplayPolicy().to_string(), "from_beginning");
    EXPECT_EQ(ReplayPolicy::after_sequence(1003).to_string(), "after_sequence(1003)");
    EXPECT_EQ(ReplayPolicy::last_n(7).to_string(), "last_n(7)");
    EXPECT_EQ(ReplayPolicy::by_start_time(second(0)).to_string(), "by_start_time(1970-01-01T00:00:00Z)");
    EXPECT_EQ(ReplayPolicy::new_only().to_string(), "new_only");
}

} // namespace
} // namespace cim::test
