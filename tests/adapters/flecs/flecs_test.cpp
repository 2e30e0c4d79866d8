// Aim: a flecs world has exactly the graph of the log, after any history. Method: random histories with every kind of
// event, pumped by the module's system; the state CID of the components against that of the log.
#include <cim/flecs.hpp>

#include "adapters/history.hpp"

namespace cim::test {
namespace {

using namespace std::chrono_literals;

void progress_all(::flecs::world& world, EventBridge& bridge, EventStore& store) {
    const auto last = store.info()->last;
    for (int i = 0; i < 20'000 && bridge.status().position < last; ++i) {
        world.progress();
        ASSERT_FALSE(world.get<flecs::LastFrame>().error);
        if (world.get<flecs::LastFrame>().events == 0) std::this_thread::sleep_for(1ms);
    }
    ASSERT_EQ(bridge.status().position, last);
}

TEST(Flecs, IsIdleWithoutABridge) {
    ::flecs::world world;
    world.import <flecs::Module>();
    EXPECT_TRUE(world.progress());
    EXPECT_EQ(flecs::pump(world).error().code, Errc::invalid_argument);
    EXPECT_FALSE(flecs::find_node(world, "a"));
}

TEST(Flecs, HasTheGraphOfTheLog) {
    for (const unsigned seed : {1u, 2u, 3u, 4u}) {
        std::mt19937_64 random(seed);
        const auto store = *open_store("sqlite::memory:");
        append_random(*store, 100, random);
        auto bridge = *EventBridge::open(*store, {.graph = graph_id});
        ::flecs::world world;
        world.import <flecs::Module>();
        world.set<FrameBudget>({.max_events = 7});
        flecs::attach(world, bridge);
        for (int round = 0; round < 5; ++round) {
            append_random(*store, 40, random);
            progress_all(world, bridge, *store);
        }
        append_all_nodes(*store);
        progress_all(world, bridge, *store);
        EXPECT_EQ(text_of(state_cid(flecs::parts(world))), state_of(*store)) << "seed " << seed;
        EXPECT_EQ(flecs::find_node(world, "n3").get<flecs::Node>().id, "n3");
        flecs::detach(world);
        EXPECT_EQ(world.count<flecs::Node>(), 0);
    }
}

TEST(Flecs, FollowsReplays) {
    std::mt19937_64 random(11);
    const auto store = *open_store("sqlite::memory:");
    append_all_nodes(*store);
    append_random(*store, 100, random);
    auto bridge = *EventBridge::open(*store, {.graph = graph_id});
    ::flecs::world world;
    world.import <flecs::Module>();
    flecs::attach(world, bridge);
    ASSERT_TRUE(bridge.start_transaction_replay(*bridge.events().fetch_transaction(graph_id)));
    for (const int step : {50, -10, 1, 100}) {
        ASSERT_TRUE(bridge.step(step));
        world.progress();
        if (bridge.model().waiting_edge_count() == 0) {
            EXPECT_EQ(text_of(state_cid(flecs::parts(world))), state_cid(bridge.model()).to_string());
        }
    }
}

TEST(Flecs, EndsWithTheOneTruth) {
    const auto store = *open_store("sqlite::memory:");
    const auto state = append_one_truth(*store);
    auto bridge = *EventBridge::open(*store, {.graph = graph_id});
    ::flecs::world world;
    world.import <flecs::Module>();
    flecs::attach(world, bridge);
    progress_all(world, bridge, *store);
    EXPECT_EQ(text_of(state_cid(flecs::parts(world))), state);
    EXPECT_EQ(state_of(*store), state);
}

} // namespace
} // namespace cim::test
