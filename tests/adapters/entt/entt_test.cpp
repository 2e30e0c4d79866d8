// Aim: an EnTT registry has exactly the graph of the log, after any history, rebuilt or changed step by step. Method:
// random histories with every kind of event; the state CID of the components against that of the log.
#include <cim/entt.hpp>

#include "adapters/history.hpp"

namespace cim::test {
namespace {

using namespace std::chrono_literals;

void pump_all(::entt::registry& registry, EventBridge& bridge, EventStore& store, std::size_t max_events = 10'000) {
    const auto last = store.info()->last;
    for (int i = 0; i < 20'000 && bridge.status().position < last; ++i) {
        const auto frame = entt::pump(registry, {.max_events = max_events});
        ASSERT_TRUE(frame) << frame.error().text();
        if (frame->events == 0) std::this_thread::sleep_for(1ms);
    }
    ASSERT_EQ(bridge.status().position, last);
}

TEST(Entt, RefusesToPumpWithoutABridge) {
    ::entt::registry registry;
    EXPECT_EQ(entt::pump(registry).error().code, Errc::invalid_argument);
    EXPECT_TRUE(entt::find_node(registry, "a") == ::entt::null);
    entt::detach(registry);
}

TEST(Entt, HasTheGraphOfTheLog) {
    for (const unsigned seed : {1u, 2u, 3u, 4u, 5u, 6u}) {
        std::mt19937_64 random(seed);
        const auto store = *open_store("sqlite::memory:");
        append_random(*store, 100, random);
        auto bridge = *EventBridge::open(*store, {.graph = graph_id});
        ::entt::registry registry;
        const auto other = registry.create(); // not ours
        entt::attach(registry, bridge);
        for (int round = 0; round < 5; ++round) {
            append_random(*store, 40, random);
            pump_all(registry, bridge, *store, 7);
        }
        append_all_nodes(*store);
        pump_all(registry, bridge, *store);
        EXPECT_EQ(text_of(state_cid(entt::parts(registry))), state_of(*store)) << "seed " << seed;
        EXPECT_TRUE(registry.valid(other));
    }
}

TEST(Entt, FollowsReplaysBothWays) {
    std::mt19937_64 random(11);
    const auto store = *open_store("sqlite::memory:");
    append_all_nodes(*store);
    append_random(*store, 200, random);
    append_all_nodes(*store);
    auto bridge = *EventBridge::open(*store, {.graph = graph_id});
    ::entt::registry registry;
    entt::attach(registry, bridge);
    pump_all(registry, bridge, *store);
    ASSERT_TRUE(bridge.start_transaction_replay(*bridge.events().fetch_transaction(graph_id)));
    for (const int step : {50, 20, -10, 1, -60, 3, 100, 100}) {
        ASSERT_TRUE(bridge.step(step));
        ASSERT_TRUE(entt::pump(registry));
        if (bridge.model().waiting_edge_count() == 0) {
            EXPECT_EQ(text_of(state_cid(entt::parts(registry))), state_cid(bridge.model()).to_string());
        }
    }
    ASSERT_TRUE(bridge.end_replay());
    ASSERT_TRUE(entt::pump(registry));
    EXPECT_EQ(text_of(state_cid(entt::parts(registry))), state_of(*store));
    entt::detach(registry);
    EXPECT_EQ(registry.view<entt::Node>().size(), 0u);
}

TEST(Entt, TellsTheDispatcher) {
    const auto store = *open_store("sqlite::memory:");
    append_all_nodes(*store);
    auto bridge = *EventBridge::open(*store, {.graph = graph_id});
    ::entt::registry registry;
    auto& dispatcher = registry.ctx().emplace<::entt::dispatcher>();
    struct Counter {
        int mutations = 0;
        void count(const GraphMutationEvent& /*event*/) { ++mutations; }
    } counter;
    dispatcher.sink<GraphMutationEvent>().connect<&Counter::count>(counter);
    entt::attach(registry, bridge);
    pump_all(registry, bridge, *store);
    EXPECT_EQ(counter.mutations, 20);
    EXPECT_EQ(registry.get<entt::Node>(entt::find_node(registry, "n7")).type, "Last");
}

TEST(Entt, EndsWithTheOneTruth) {
    const auto store = *open_store("sqlite::memory:");
    const auto state = append_one_truth(*store);
    auto bridge = *EventBridge::open(*store, {.graph = graph_id});
    ::entt::registry registry;
    entt::attach(registry, bridge);
    pump_all(registry, bridge, *store);
    EXPECT_EQ(text_of(state_cid(entt::parts(registry))), state);
    EXPECT_EQ(state_of(*store), state);
}

} // namespace
} // namespace cim::test
