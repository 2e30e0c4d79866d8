// Aim: new_only gives what is appended after the call and nothing else, loses nothing between its own calls of the
// store, and waits no longer than it may. Method: hooks in the store append exactly between those calls; no test
// sleeps.
#include "stream/support.hpp"

namespace cim::test {
namespace {

const AggregateId graph{"graph"};

Result<EventStreamTransaction> fetch_new(EventStreamService& service, std::size_t most = 100) {
    return service.fetch_transaction(
        graph,
        {.max_events = most, .timeout = std::chrono::milliseconds(20), .replay_policy = ReplayPolicy::new_only()});
}

// A hook that does its work the first time only.
std::function<void()> once(std::function<void()> work) {
    return [work = std::move(work), done = false]() mutable {
        if (!std::exchange(done, true)) work();
    };
}

struct Log {
    Log() { append_sizes(store, "graph", {2, 2}); }
    MemoryStore store;
    EventStreamService service{store};
};

TEST(NewOnly, is_empty_when_nothing_comes) {
    Log log;
    const auto slice = fetch_new(log.service);
    ASSERT_TRUE(slice) << slice.error().text();
    EXPECT_TRUE(slice->events.empty());
    EXPECT_TRUE(slice->complete);
    EXPECT_EQ(slice->last_sequence, 4u) << "continues at the head";
}

TEST(NewOnly, gives_what_comes_between_any_two_calls_of_the_store) {
    for (const bool before_follow : {true, false}) {
        Log log;
        const auto grow = once([&] {
            append_sizes(log.store, "other", {1});
            append_sizes(log.store, "graph", {3, 1});
        });
        (before_follow ? log.store.on_follow : log.store.on_head) = grow;
        // The head is asked for by append() of the test itself, too.
        const auto slice = fetch_new(log.service);
        ASSERT_TRUE(slice) << slice.error().text();
        EXPECT_EQ(sequences(*slice), range(5, 8));
        EXPECT_EQ(described(slice->slices), std::vector<std::string>{"graph:5-8!"});
        EXPECT_EQ(log.service.latest_head(graph)->sequence.value(), 8u);
    }
}

TEST(NewOnly, takes_whole_transactions_up_to_its_size) {
    struct Case {
        std::size_t most;
        std::vector<std::uint64_t> events;
        bool complete;
    };
    for (const auto& c : {Case{3, range(5, 7), false}, Case{4, range(5, 8), false}, Case{5, range(5, 8), true}}) {
        Log log;
        log.store.on_follow = once([&] { append_sizes(log.store, "graph", {3, 1}); });
        const auto slice = fetch_new(log.service, c.most);
        ASSERT_TRUE(slice) << slice.error().text();
        EXPECT_EQ(sequences(*slice), c.events) << "at most " << c.most;
        EXPECT_EQ(slice->complete, c.complete) << "at most " << c.most;
    }
    Log log;
    log.store.on_follow = once([&] { append_sizes(log.store, "graph", {3, 1}); });
    const auto slice = fetch_new(log.service, 2);
    ASSERT_FAILS(slice, Errc::limit_exceeded);
    EXPECT_EQ(slice.error().field("needed"), "3");
}

TEST(NewOnly, looks_past_what_others_append) {
    Log log;
    log.store.on_follow = once([&] {
        append_sizes(log.store, "other", {5, 5, 5});
        append_sizes(log.store, "graph", {2});
    });
    const auto slice = fetch_new(log.service, 5);
    ASSERT_TRUE(slice) << slice.error().text();
    EXPECT_EQ(sequences(*slice), range(5, 6));
}

TEST(NewOnly, waits_for_a_chain_that_does_not_exist_yet) {
    Log log;
    log.store.on_follow = once([&] { append_sizes(log.store, "young", {2}); });
    const auto slice = log.service.fetch_transaction(AggregateId("young"), {.replay_policy = ReplayPolicy::new_only()});
    ASSERT_TRUE(slice) << slice.error().text();
    EXPECT_EQ(described(slice->slices), std::vector<std::string>{"young:1-2"});
}

TEST(NewOnly, verifies_as_any_other) {
    const std::vector<std::pair<std::function<void(MemoryStore&)>, Errc>> faults{
        {[](auto& s) { s.change("graph", 6, [](auto& row) { row.block.back() ^= std::byte{1}; }); },
         Errc::cid_mismatch},
        {[](auto& s) { s.lose("graph", 5); }, Errc::incomplete_transaction},
        {[](auto& s) { s.lose("graph", 6); }, Errc::incomplete_transaction},
        {[](auto& s) { s.lose("graph", 7); }, Errc::incomplete_transaction},
    };
    for (std::size_t i = 0; i < faults.size(); ++i) {
        SCOPED_TRACE(i);
        Log log;
        log.store.on_follow = once([&] {
            append_sizes(log.store, "graph", {3});
            faults[i].first(log.store);
        });
        const auto slice = fetch_new(log.service);
        ASSERT_FAILS(slice, faults[i].second);
        EXPECT_FALSE(log.service.latest_head(graph));
    }
}

TEST(NewOnly, continues_the_head_that_is_known) {
    Log log;
    ASSERT_TRUE(log.service.fetch_transaction(graph));
    log.store.on_follow = once([&] { append_sizes(log.store, "graph", {1}); });
    const auto slice = fetch_new(log.service);
    ASSERT_TRUE(slice) << slice.error().text();
    EXPECT_EQ(described(slice->slices), std::vector<std::string>{"graph:5-5"});
}

} // namespace
} // namespace cim::test
