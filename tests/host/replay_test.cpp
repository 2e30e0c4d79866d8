// Aim: a replay is shown instead of the live graph, in the same frames, and neither harms the other. Method: a clock
// moved by hand, a log in memory.
#include "host/support.hpp"

namespace cim::test {
namespace {

Timestamp second(int n) { return from_micros(std::int64_t{n} * 1'000'000); }

class BridgeReplay : public testing::Test {
  protected:
    MemoryStore store;
    ManualClock clock{second(1000)};

    void SetUp() override {
        for (int i = 0; i < 10; ++i) add_at(i);
    }
    void add_at(int i) {
        Transaction transaction{graph_id};
        transaction.add("NodeCreated", {{"node_id", "n" + std::to_string(i)}, {"node_type", "T"}}, second(i));
        ASSERT_TRUE(store.append(transaction, ExpectedHead::any()));
    }
    EventBridge live() {
        auto bridge = opened(store, {.graph = graph_id}, clock);
        EXPECT_TRUE(pump_until_nodes(bridge, 10));
        return bridge;
    }
    EventStreamTransaction slice(EventBridge& bridge) { return *bridge.events().fetch_transaction(graph_id); }
};

TEST_F(BridgeReplay, RefusesWhatCannotBe) {
    auto bridge = live();
    EXPECT_EQ(bridge.play().error().code, Errc::not_found);
    EXPECT_EQ(bridge.seek(second(1)).error().code, Errc::not_found);
    EXPECT_EQ(bridge.start_transaction_replay(TransactionId("nothing")).error().code, Errc::not_found);
    EXPECT_EQ(bridge.start_transaction_replay(slice(bridge), 0).error().code, Errc::invalid_argument);
    EXPECT_EQ(bridge.start_replay({.speed = 1e9}).error().code, Errc::invalid_argument);
    EXPECT_EQ(bridge.replay().state, ReplayStatus::State::none);
    EXPECT_TRUE(bridge.end_replay()) << "no replay is no error";
    EXPECT_FALSE(bridge.pump()->rebuilt) << "nothing of this was seen";
}

TEST_F(BridgeReplay, PlaysASliceWithItsSpeed) {
    auto bridge = live();
    ASSERT_TRUE(bridge.start_transaction_replay(slice(bridge).transaction_id, 2.0));
    auto frame = bridge.pump();
    EXPECT_TRUE(frame->rebuilt);
    EXPECT_TRUE(frame->replaying);
    clock.advance(2s); // four seconds of recorded time
    frame = bridge.pump();
    EXPECT_FALSE(frame->rebuilt);
    EXPECT_EQ(frame->model->node_count(), 5u);
    EXPECT_EQ(frame->changes->added_nodes.size(), frame->mutations.size());
    for (const auto& event : frame->mutations) EXPECT_TRUE(std::holds_alternative<source::Replay>(event.source));
    EXPECT_EQ(std::get<source::Replay>(frame->mutations.back().source).original_sequence, GlobalSequence{5});
    EXPECT_EQ(bridge.replay().position, second(4));
    EXPECT_EQ(bridge.replay().state, ReplayStatus::State::playing);
    EXPECT_EQ(bridge.live_model().node_count(), 10u);
}

TEST_F(BridgeReplay, GoesBackAndForth) {
    auto bridge = live();
    ASSERT_TRUE(bridge.start_transaction_replay(slice(bridge)));
    ASSERT_TRUE(bridge.seek_end());
    EXPECT_EQ(bridge.pump()->model->node_count(), 10u);
    ASSERT_TRUE(bridge.step(-3));
    auto frame = bridge.pump();
    EXPECT_TRUE(frame->rebuilt);
    EXPECT_EQ(frame->model->node_count(), 7u);
    ASSERT_TRUE(bridge.step(1));
    frame = bridge.pump();
    EXPECT_FALSE(frame->rebuilt);
    ASSERT_EQ(frame->mutations.size(), 1u);
    EXPECT_EQ(std::get<mutation::AddNode>(frame->mutations[0].mutation).id, "n7");
    ASSERT_TRUE(bridge.seek(GlobalSequence{3}));
    EXPECT_EQ(bridge.pump()->model->node_count(), 3u);
    EXPECT_EQ(bridge.seek(GlobalSequence{99}).error().code, Errc::not_found);
    ASSERT_TRUE(bridge.seek(second(5)));
    EXPECT_EQ(bridge.pump()->model->node_count(), 6u);
    ASSERT_TRUE(bridge.loop(second(2), second(4)));
    ASSERT_TRUE(bridge.play());
    for (int i = 0; i < 20; ++i) {
        clock.advance(700ms);
        const auto nodes = bridge.pump()->model->node_count();
        EXPECT_GE(nodes, 3u);
        EXPECT_LE(nodes, 5u);
    }
    ASSERT_TRUE(bridge.clear_loop());
    ASSERT_TRUE(bridge.set_speed(-1));
    clock.advance(100s);
    EXPECT_EQ(bridge.pump()->model->node_count(), 1u) << "the first is at the beginning of time";
}

TEST_F(BridgeReplay, LetsTheLiveGraphGoOnUnseen) {
    auto bridge = live();
    ASSERT_TRUE(bridge.start_transaction_replay(slice(bridge)));
    EXPECT_TRUE(bridge.pump()->rebuilt);
    add_at(10);
    ASSERT_TRUE(pump_until(
        bridge, [&] { return bridge.live_model().node_count() == 11; }, {},
        [](const Frame& frame) {
            EXPECT_EQ(frame.model->node_count(), 0u);
            EXPECT_TRUE(frame.mutations.empty());
            EXPECT_TRUE(frame.changes->empty());
        }));
    EXPECT_EQ(bridge.apply_local(mutation::RemoveNode{"n1"}).error().code, Errc::unsupported);
    ASSERT_TRUE(bridge.end_replay());
    const auto frame = bridge.pump();
    EXPECT_TRUE(frame->rebuilt);
    EXPECT_FALSE(frame->replaying);
    EXPECT_EQ(frame->model->node_count(), 11u);
    EXPECT_EQ(state_cid(*frame->model).to_string(), state_of(store));
}

TEST_F(BridgeReplay, LoadsItsOwnHistoryAndFollowsLive) {
    auto bridge = live();
    const auto id = bridge.start_replay({.play = false});
    ASSERT_TRUE(id);
    EXPECT_EQ(bridge.replay().state, ReplayStatus::State::loading);
    EXPECT_FALSE(outcome_of(bridge, *id).error);
    EXPECT_EQ(bridge.replay().events, 10u);
    ASSERT_TRUE(bridge.follow_live(true));
    add_at(20);
    ASSERT_TRUE(pump_until_nodes(bridge, 11));
    EXPECT_EQ(bridge.replay().state, ReplayStatus::State::following);
    EXPECT_EQ(bridge.replay().end, second(20));
    EXPECT_EQ(state_cid(bridge.model()).to_string(), state_of(store));
}

TEST_F(BridgeReplay, LoadsATimeWindow) {
    auto bridge = live();
    const auto id = bridge.start_replay({.from = second(2), .until = second(5), .play = false});
    ASSERT_TRUE(id);
    const auto outcome = outcome_of(bridge, *id);
    EXPECT_FALSE(outcome.error) << outcome.error->text();
    ASSERT_TRUE(bridge.seek_end());
    EXPECT_EQ(bridge.pump()->model->node_count(), 3u);
}

TEST_F(BridgeReplay, LosesNothingThatComesWhileItLoads) {
    auto bridge = live();
    for (int round = 0; round < 20; ++round) {
        const auto id = bridge.start_replay({.play = false});
        ASSERT_TRUE(id);
        for (int i = 0; i < 5; ++i) add_at(100 + round * 5 + i);
        ASSERT_FALSE(outcome_of(bridge, *id).error);
        const auto nodes = static_cast<std::size_t>(10 + (round + 1) * 5);
        ASSERT_TRUE(pump_until(bridge, [&] { return bridge.replay().events == nodes; }));
        ASSERT_TRUE(bridge.seek_end());
        EXPECT_EQ(bridge.pump()->model->node_count(), nodes);
        ASSERT_TRUE(bridge.end_replay());
    }
}

TEST_F(BridgeReplay, MayBeDroppedAtAnyTime) {
    for (int round = 0; round < 10; ++round) {
        auto bridge = opened(store, {.graph = graph_id}, clock);
        ASSERT_TRUE(bridge.start_replay());
        if (round % 2 == 0) {
            ASSERT_TRUE(bridge.pump());
        }
        if (round % 3 == 0) {
            ASSERT_TRUE(bridge.start_replay()) << "the first is forgotten";
        }
    }
    auto bridge = live();
    ASSERT_TRUE(bridge.start_transaction_replay(slice(bridge)));
    ASSERT_TRUE(bridge.pump());
}

TEST_F(BridgeReplay, RefusesWhatIsTooLong) {
    auto bridge = opened(store, {.graph = graph_id, .max_replay_events = 5}, clock);
    EventStreamService events(store);
    EXPECT_EQ(bridge.start_transaction_replay(*events.fetch_transaction(graph_id)).error().code, Errc::limit_exceeded);
}

} // namespace
} // namespace cim::test
