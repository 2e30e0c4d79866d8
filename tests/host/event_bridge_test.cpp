// Aim: what is in the log comes into the frames of a host, whole, in order and bounded, and nothing that the store, the
// host or the events do makes it crash, wait or lie. Method: logs in memory, real threads, and stores that fail.
#include "host/support.hpp"
#include "stream/flaky_store.hpp"

#include <rapidcheck/gtest.h>

#include <limits>

namespace cim::test {
namespace {

// ---- What is refused ----

TEST(EventBridgeOptions, RefusesWhatCannotBe) {
    MemoryStore store;
    const auto code = [&](EventBridgeOptions options) {
        const auto bridge = EventBridge::open(store, std::move(options));
        return bridge ? Errc{} : bridge.error().code;
    };
    EXPECT_EQ(code({.store = "sqlite::memory:"}), Errc::invalid_argument) << "two stores";
    EXPECT_EQ(code({.graph = AggregateId("a.b")}), Errc::invalid_token);
    EXPECT_EQ(code({.graph = graph_id, .subject = "event.store.a.>"}), Errc::invalid_argument);
    EXPECT_EQ(code({.subject = "a..b"}), Errc::invalid_pattern);
    EXPECT_EQ(code({.buffer_events = 0}), Errc::invalid_argument);
    EXPECT_EQ(code({.max_pending_publishes = 0}), Errc::invalid_argument);
    EXPECT_EQ(code({.max_replay_events = 0}), Errc::invalid_argument);
    EXPECT_EQ(EventBridge::open({.store = "nothing://x"}).error().code, Errc::invalid_argument);
    EXPECT_EQ(EventBridge::open({.store = "sqlite:/nowhere/at/all.db"}).error().code, Errc::not_found);
}

TEST(EventBridge, BelongsToOneThreadAtATime) {
    MemoryStore store;
    auto bridge = opened(store);
    ASSERT_TRUE(bridge.pump());
    std::thread([&] {
        const auto frame = bridge.pump();
        ASSERT_FALSE(frame);
        EXPECT_EQ(frame.error().code, Errc::wrong_thread);
        EXPECT_EQ(bridge.publish(Transaction(graph_id)).error().code, Errc::wrong_thread);
        EXPECT_EQ(bridge.seek_end().error().code, Errc::wrong_thread);
        EXPECT_EQ(bridge.status().state, ConnectionState::closed);
    }).join();
    EXPECT_EQ(bridge.statistics().wrong_thread, 4u);
    std::thread([&] {
        EXPECT_TRUE(bridge.bind_thread()) << "handed over";
        EXPECT_TRUE(bridge.pump());
    }).join();
    EXPECT_EQ(bridge.pump().error().code, Errc::wrong_thread);
    EXPECT_TRUE(bridge.bind_thread());
    EXPECT_TRUE(bridge.pump());
}

TEST(EventBridge, SaysSoWhenItWasMovedAway) {
    MemoryStore store;
    auto bridge = opened(store);
    const auto other = std::move(bridge);
    EXPECT_EQ(bridge.pump().error().code, Errc::closed); // NOLINT(bugprone-use-after-move): that is what is tested
    EXPECT_EQ(bridge.status().state, ConnectionState::closed);
    EXPECT_EQ(bridge.pump({.max_events = 0}).error().code, Errc::closed);
}

// ---- What comes ----

TEST(EventBridge, GivesWhatWasThereAndWhatComes) {
    MemoryStore store;
    add_nodes(store, {"a", "b"});
    add_nodes(store, {"elsewhere"}, AggregateId("graph-2"));
    auto bridge = opened(store);
    std::vector<std::string> seen;
    const auto look = [&](const Frame& frame) {
        for (const auto& event : frame.mutations) {
            const auto& nats = std::get<source::Nats>(event.source);
            seen.push_back(std::string(std::get<mutation::AddNode>(event.mutation).id) + "@" +
                           std::to_string(nats.sequence.value()) + " " + nats.subject());
            EXPECT_EQ(event.outcome, Outcome::applied);
            EXPECT_FALSE(event.transaction_id.empty());
        }
    };
    ASSERT_TRUE(pump_until_nodes(bridge, 2, {}, look));
    add_nodes(store, {"c"});
    ASSERT_TRUE(pump_until_nodes(bridge, 3, {}, look));
    EXPECT_EQ(seen,
              (std::vector<std::string>{"a@1 event.store.graph-1.NodeCreated", "b@2 event.store.graph-1.NodeCreated",
                                        "c@4 event.store.graph-1.NodeCreated"}));
    EXPECT_TRUE(pump_until(bridge, [&] { return bridge.status().state == ConnectionState::connected; }));
    EXPECT_EQ(bridge.status().position, GlobalSequence{4});
}

TEST(EventBridge, FirstFrameIsRebuiltAndLaterOnesSayWhatChanged) {
    MemoryStore store;
    auto bridge = opened(store);
    EXPECT_TRUE(bridge.pump()->rebuilt);
    add_nodes(store, {"a", "b"});
    ASSERT_TRUE(pump_until_nodes(bridge, 2, {}, [](const Frame& frame) {
        EXPECT_FALSE(frame.rebuilt);
        EXPECT_EQ(frame.changes->added_nodes.size(), frame.events);
    }));
    EXPECT_TRUE(bridge.pump()->changes->empty());
}

TEST(EventBridge, StartsWithNowWithoutHistory) {
    MemoryStore store;
    add_nodes(store, {"before"});
    auto bridge = opened(store, {.graph = graph_id, .history = History::none});
    add_nodes(store, {"after"});
    ASSERT_TRUE(pump_until_nodes(bridge, 1));
    EXPECT_TRUE(bridge.model().find_node("after"));
    EXPECT_EQ(bridge.save_snapshot().error().code, Errc::unsupported);
}

TEST(EventBridge, AppliesTransactionsWhole) {
    MemoryStore store;
    add_many(store, 20, 7);
    auto bridge = opened(store);
    std::size_t frames = 0;
    ASSERT_TRUE(pump_until_nodes(bridge, 140, {.max_events = 10}, [&](const Frame& frame) {
        EXPECT_EQ(frame.events % 7, 0u);
        EXPECT_LE(frame.events, 10u);
        EXPECT_EQ(frame.model->node_count() % 7, 0u);
        EXPECT_EQ(frame.transactions, frame.events / 7);
        frames += frame.events > 0;
    }));
    EXPECT_EQ(frames, 20u);

    auto narrow = opened(store);
    ASSERT_TRUE(pump_until_nodes(narrow, 140, {.max_events = 3}, [](const Frame& frame) {
        EXPECT_TRUE(frame.events == 0 || frame.events == 7u) << "one transaction at least, and never a part of one";
    }));
}

TEST(EventBridge, EndsAFrameWhenItsTimeIsOver) {
    MemoryStore store;
    add_many(store, 1000, 1);
    auto bridge = opened(store);
    ASSERT_TRUE(pump_until(bridge, [&] { return bridge.status().buffered >= 900; }, {.max_events = 1}));
    const auto before = bridge.model().node_count();
    const auto frame = bridge.pump({.max_events = 10'000, .max_time = 0us});
    EXPECT_TRUE(frame->more);
    EXPECT_LE(bridge.model().node_count() - before, 64u) << "it looks at the clock that often";
    ASSERT_TRUE(pump_until_nodes(bridge, 1000));
}

// ---- What goes wrong ----

TEST(EventBridge, HoldsABoundedPartForAHostThatDoesNotPump) {
    MemoryStore store;
    add_many(store, 2000, 1);
    auto bridge = opened(store, {.graph = graph_id, .buffer_events = 50});
    ASSERT_TRUE(bridge.pump({.max_events = 1}));
    ASSERT_TRUE(eventually([&] { return bridge.status().state == ConnectionState::lagging; }));
    std::this_thread::sleep_for(20ms); // it would go on reading now, if it did
    EXPECT_LE(bridge.status().buffered, 2u * 50u);
    EXPECT_GT(bridge.status().lag, 1000u);
    ASSERT_TRUE(pump_until_nodes(bridge, 2000));
    EXPECT_EQ(state_cid(bridge.model()).to_string(), state_of(store));
    EXPECT_LE(bridge.statistics().high_water, 2u * 50u);
}

TEST(EventBridge, WaitsForAStoreThatVanishes) {
    MemoryStore behind;
    FlakyStore store(behind);
    add_nodes(behind, {"a"});
    auto bridge = opened(store, {.graph = graph_id, .subscriptions = {.first_pause = 1ms, .longest_pause = 5ms}});
    ASSERT_TRUE(pump_until_nodes(bridge, 1));
    store.go_down();
    add_nodes(behind, {"b"});
    ASSERT_TRUE(pump_until(bridge, [&] { return bridge.status().state == ConnectionState::reconnecting; }));
    EXPECT_EQ(bridge.model().node_count(), 1u);
    store.come_back();
    ASSERT_TRUE(pump_until_nodes(bridge, 2));
    ASSERT_TRUE(pump_until(bridge, [&] { return bridge.status().state == ConnectionState::connected; }));
}

TEST(EventBridge, FailsOnADamagedEventAndKeepsTheGraph) {
    MemoryStore store;
    add_nodes(store, {"a"});
    add_nodes(store, {"b"});
    store.change("graph-1", 2, [](auto& row) { row.block[row.block.size() / 2] ^= std::byte{1}; });
    auto bridge = opened(store);
    ASSERT_TRUE(pump_until(bridge, [&] { return bridge.status().state == ConnectionState::failed; }));
    EXPECT_TRUE(bridge.status().error);
    EXPECT_LE(bridge.model().node_count(), 1u);
    EXPECT_FALSE(bridge.model().find_node("b"));
    EXPECT_TRUE(bridge.pump()) << "and the host goes on";
}

TEST(EventBridge, CountsAndReportsWhatCannotBeApplied) {
    MemoryStore store;
    Transaction transaction{graph_id};
    transaction.add("NodeCreated", {{"node_id", "a"}, {"node_type", "T"}});
    transaction.add("NodeCreated", {{"node_id", "b"}, {"node_type", "T"}});
    transaction.add("NodeRemoved", {{"node_id", "nobody"}});
    transaction.add("NodeTransformed", {{"node_id", "a"}, {"operation", {{"Reparent", {{"new_parent", "b"}}}}}});
    transaction.add("NodeTransformed", {{"node_id", "b"}, {"operation", {{"Reparent", {{"new_parent", "a"}}}}}});
    transaction.add("Unheard", ipld::Value(ipld::Map{}));
    transaction.add("NodeCreated", {{"node_type", "no id"}});
    ASSERT_TRUE(store.append(transaction, ExpectedHead::any()));
    auto bridge = opened(store);
    std::vector<Outcome> outcomes;
    ASSERT_TRUE(pump_until(
        bridge, [&] { return bridge.statistics().graph.events == 7; }, {},
        [&](const Frame& frame) {
            for (const auto& event : frame.mutations) outcomes.push_back(event.outcome);
        }));
    EXPECT_EQ(outcomes, (std::vector{Outcome::applied, Outcome::applied, Outcome::unknown_node, Outcome::applied,
                                     Outcome::cycle}));
    const auto& stats = bridge.statistics().graph;
    EXPECT_EQ(stats.problems, 3u);
    EXPECT_EQ(stats.unknown_type, 1u);
    ASSERT_EQ(bridge.problems().size(), 3u);
    EXPECT_EQ(bridge.problems()[0].sequence, GlobalSequence{3});
}

// ---- Publishing ----

TEST(EventBridgePublish, AppendsInOrderAndTellsWhatBecameOfIt) {
    MemoryStore store;
    auto bridge = opened(store);
    std::vector<RequestId> ids;
    for (int i = 0; i < 500; ++i) {
        Transaction transaction{graph_id};
        transaction.add("NodeCreated", {{"node_id", "n" + std::to_string(i)}, {"node_type", "T"}});
        ids.push_back(*bridge.publish(std::move(transaction)));
    }
    Transaction late{graph_id};
    late.add("NodeCreated", {{"node_id", "late"}, {"node_type", "T"}});
    const auto conflicting = *bridge.publish(late, ExpectedHead::none());
    const auto bad = *bridge.publish(Transaction{AggregateId("a.b")});

    std::vector<RequestOutcome> outcomes;
    std::vector<std::string> order;
    ASSERT_TRUE(pump_until(
        bridge, [&] { return outcomes.size() == 502 && order.size() == 500; }, {},
        [&](const Frame& frame) {
            outcomes.insert(outcomes.end(), frame.outcomes.begin(), frame.outcomes.end());
            for (const auto& event : frame.mutations)
                order.emplace_back(std::get<mutation::AddNode>(event.mutation).id);
        }));
    for (std::size_t i = 0; i < 500; ++i) {
        EXPECT_EQ(outcomes[i].id, ids[i]);
        ASSERT_TRUE(outcomes[i].receipt);
        EXPECT_EQ(outcomes[i].receipt->head.sequence, AggregateSequence{i + 1});
        EXPECT_EQ(order[i], "n" + std::to_string(i));
    }
    EXPECT_EQ(outcomes[500].id, conflicting);
    ASSERT_TRUE(outcomes[500].error);
    EXPECT_EQ(outcomes[500].error->code, Errc::conflict);
    EXPECT_EQ(outcomes[501].id, bad);
    EXPECT_TRUE(outcomes[501].error);
    EXPECT_EQ(bridge.statistics().publishes_done, 500u);
    EXPECT_EQ(bridge.statistics().publishes_failed, 2u);
    EXPECT_EQ(bridge.statistics().publishes_pending, 0u);
}

TEST(EventBridgePublish, IsBoundedAndFinishesWhenTheBridgeGoes) {
    MemoryStore store;
    const auto one = [](int i) {
        Transaction transaction{graph_id};
        transaction.add("NodeCreated", {{"node_id", "n" + std::to_string(i)}, {"node_type", "T"}});
        return transaction;
    };
    {
        auto bridge = opened(store, {.graph = graph_id, .max_pending_publishes = 3});
        for (int i = 0; i < 3; ++i) ASSERT_TRUE(bridge.publish(one(i)));
        EXPECT_EQ(bridge.publish(one(3)).error().code, Errc::limit_exceeded) << "until outcomes are taken";
    }
    EXPECT_EQ(store.head(graph_id)->sequence, AggregateSequence{3});
}

// ---- Local changes ----

TEST(EventBridgeLocal, ShowsAndTakesBackWhatIsNotRecorded) {
    MemoryStore store;
    add_nodes(store, {"a"});
    auto bridge = opened(store);
    ASSERT_TRUE(pump_until_nodes(bridge, 1));
    const auto recorded = state_cid(bridge.model());
    {
        const std::string id = "a"; // gone before the frame
        ASSERT_TRUE(bridge.apply_local(
            mutation::ApplyTransform{mutation::ApplyTransform::Node{id}, mutation::Translate{{1, 2, 3}}}));
        constexpr auto nan = std::numeric_limits<float>::quiet_NaN();
        ASSERT_TRUE(bridge.apply_local(
            mutation::ApplyTransform{mutation::ApplyTransform::Node{id}, mutation::Translate{{nan, 0, 0}}}));
        ASSERT_TRUE(bridge.apply_local(mutation::CreateSubgraph{id + "-sub", "label", {}}));
    }
    const auto frame = bridge.pump();
    ASSERT_EQ(frame->mutations.size(), 3u);
    EXPECT_TRUE(std::holds_alternative<source::Local>(frame->mutations[0].source));
    EXPECT_EQ(std::get<mutation::ApplyTransform::Node>(
                  std::get<mutation::ApplyTransform>(frame->mutations[0].mutation).target)
                  .id,
              "a");
    EXPECT_EQ(frame->mutations[1].outcome, Outcome::invalid_number);
    EXPECT_EQ(std::get<mutation::CreateSubgraph>(frame->mutations[2].mutation).id, "a-sub");
    EXPECT_EQ(frame->changes->updated_nodes.size(), 1u);
    EXPECT_NE(state_cid(bridge.model()), recorded);
    EXPECT_TRUE(bridge.has_local_changes());
    EXPECT_EQ(bridge.save_snapshot().error().code, Errc::unsupported);

    ASSERT_TRUE(bridge.resync());
    EXPECT_TRUE(bridge.pump()->rebuilt);
    ASSERT_TRUE(pump_until_nodes(bridge, 1));
    EXPECT_EQ(state_cid(bridge.model()), recorded);
    EXPECT_FALSE(bridge.has_local_changes());
}

// ---- Together ----

RC_GTEST_PROP(EventBridge, EndsWithTheStateOfTheLogWhateverTheFrames, ()) {
    MemoryStore store;
    const auto before = *rc::gen::inRange(0, 30);
    const auto after = *rc::gen::inRange(1, 30);
    const auto size = *rc::gen::inRange(1, 5);
    const auto max_events = static_cast<std::size_t>(*rc::gen::inRange(1, 40));
    const auto buffer = static_cast<std::size_t>(*rc::gen::inRange(1, 60));
    add_many(store, before, size, "before");
    auto bridge = opened(store, {.graph = graph_id, .buffer_events = buffer});
    std::thread writer([&] { add_many(store, after, size, "after"); });
    const auto nodes = static_cast<std::size_t>((before + after) * size);
    const bool all = pump_until_nodes(bridge, nodes, {.max_events = max_events});
    writer.join();
    RC_ASSERT(all);
    RC_ASSERT(state_cid(bridge.model()).to_string() == state_of(store));
}

} // namespace
} // namespace cim::test
