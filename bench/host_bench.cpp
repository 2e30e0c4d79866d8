// Goals: that a graph comes into a host's frames about as fast as the host could make its own entities.
//   frame of 10,000 new nodes, model alone       < 2 ms; beside it mapping and model without a bridge
//   the same into an EnTT registry               <= 1.5 x a plain registry that creates the same entities
//   publish -> visible in a frame, SQLite        printed as percentiles, beside a follow() of the same store
// Not goals: drawing, and networks. The registry is measured where the build found EnTT.
//
//   host_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
#include <cim/event_bridge.hpp>
#include <cim/event_store.hpp>
#include <cim/graph_projection.hpp>

#ifdef CIM_BENCH_ENTT
#include <cim/entt.hpp>
#endif

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

bool small() { return std::getenv("CIM_BENCH_SMALL") != nullptr; }
std::size_t nodes_a_frame() { return small() ? 100 : 10'000; }

const cim::AggregateId graph{"graph-1"};

template <class T> T require(cim::Result<T> result) {
    if (!result) throw std::runtime_error(result.error().text());
    return *std::move(result);
}

void append_nodes(cim::EventStore& store, std::size_t first, std::size_t count) {
    cim::Transaction transaction{graph};
    for (auto id = first; id < first + count; ++id)
        transaction.add("NodeCreated", {{"node_id", "node-" + std::to_string(id)}, {"node_type", "Document"}});
    require(store.append(transaction, cim::ExpectedHead::any()));
}

constexpr cim::FrameBudget everything{.max_events = 1'000'000, .max_time = 10s};

// Waits until what was appended is read and verified, so that only the frame is measured.
void await(cim::EventBridge& bridge, std::size_t events) {
    while (bridge.status().buffered < events) std::this_thread::sleep_for(100us);
}

template <class Pump> void frames(benchmark::State& state, Pump pump) {
    const auto store = require(cim::open_store("sqlite::memory:"));
    auto bridge = require(cim::EventBridge::open(*store, {.graph = graph}));
    require(bridge.pump());
    std::size_t nodes = 0;
    pump(bridge, true);
    for (auto _ : state) {
        state.PauseTiming();
        append_nodes(*store, nodes, nodes_a_frame());
        nodes += nodes_a_frame();
        await(bridge, nodes_a_frame());
        state.ResumeTiming();
        pump(bridge, false);
        if (bridge.model().node_count() != nodes) return state.SkipWithError("a frame had less than all");
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(nodes));
}

void frame_model(benchmark::State& state) {
    frames(state, [](cim::EventBridge& bridge, bool first) {
        if (!first) benchmark::DoNotOptimize(require(bridge.pump(everything)).mutations.size());
    });
}
BENCHMARK(frame_model)->Unit(benchmark::kMillisecond)->Iterations(20);

// The rival: mapping and model without a bridge, on events that are there already.
void projection_alone(benchmark::State& state) {
    const auto store = require(cim::open_store("sqlite::memory:"));
    cim::GraphProjection projection;
    projection.model().track_changes(true);
    std::size_t nodes = 0;
    for (auto _ : state) {
        state.PauseTiming();
        append_nodes(*store, nodes, nodes_a_frame());
        auto query = cim::ReadQuery::all(cim::GlobalSequence(nodes));
        query.limit = nodes_a_frame();
        std::vector<cim::DomainEvent> events;
        for (auto next = std::optional(query); next;) {
            auto page = require(store->read(*next));
            events.insert(events.end(), page.events.begin(), page.events.end());
            next = page.next;
        }
        nodes += nodes_a_frame();
        state.ResumeTiming();
        projection.apply(events);
        benchmark::DoNotOptimize(projection.model().take_changes().added_nodes.size());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(nodes));
    state.counters["model_bytes_a_node"] =
        static_cast<double>(projection.model().memory_bytes()) / static_cast<double>(nodes);
}
BENCHMARK(projection_alone)->Unit(benchmark::kMillisecond)->Iterations(20);

#ifdef CIM_BENCH_ENTT
void frame_entt(benchmark::State& state) {
    entt::registry registry;
    frames(state, [&](cim::EventBridge& bridge, bool first) {
        if (first) return cim::entt::attach(registry, bridge);
        benchmark::DoNotOptimize(require(cim::entt::pump(registry, everything)).mutations.size());
    });
    cim::entt::detach(registry);
    state.counters["component_bytes_a_node"] = sizeof(cim::entt::Node) + sizeof(cim::Transform);
}
BENCHMARK(frame_entt)->Unit(benchmark::kMillisecond)->Iterations(20);

void plain_entt(benchmark::State& state) {
    entt::registry registry;
    std::size_t nodes = 0;
    for (auto _ : state) {
        for (std::size_t i = 0; i < nodes_a_frame(); ++i, ++nodes) {
            const auto entity = registry.create();
            registry.emplace<cim::entt::Node>(entity, cim::NodeIndex{static_cast<std::uint32_t>(nodes)},
                                              "node-" + std::to_string(nodes), std::string("Document"), cim::Bytes{},
                                              entt::entity{entt::null});
            registry.emplace<cim::Transform>(entity);
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(nodes));
}
BENCHMARK(plain_entt)->Unit(benchmark::kMillisecond)->Iterations(20);
#endif

void percentiles(benchmark::State& state, std::vector<double>& micros) {
    std::ranges::sort(micros);
    const auto at = [&](double part) {
        return micros[static_cast<std::size_t>(part * static_cast<double>(micros.size() - 1))];
    };
    state.counters["p50_us"] = at(0.5);
    state.counters["p99_us"] = at(0.99);
}

// One event at a time, from publish() until a frame has it; the host pumps all the time.
void publish_to_frame(benchmark::State& state) {
    const auto store = require(cim::open_store("sqlite::memory:"));
    auto bridge = require(cim::EventBridge::open(*store, {.graph = graph}));
    std::vector<double> micros;
    std::size_t nodes = 0;
    for (auto _ : state) {
        cim::Transaction transaction{graph};
        transaction.add("NodeCreated", {{"node_id", "node-" + std::to_string(nodes++)}, {"node_type", "Document"}});
        const auto start = Clock::now();
        require(bridge.publish(std::move(transaction)));
        while (bridge.model().node_count() < nodes) benchmark::DoNotOptimize(require(bridge.pump()).events);
        micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    }
    percentiles(state, micros);
}
BENCHMARK(publish_to_frame)->Unit(benchmark::kMicrosecond)->UseRealTime()->Iterations(500);

// The same without a bridge: append, and a feed that has it.
void append_to_feed(benchmark::State& state) {
    const auto store = require(cim::open_store("sqlite::memory:"));
    const auto feed = require(store->follow({}));
    std::vector<double> micros;
    std::size_t nodes = 0;
    for (auto _ : state) {
        const auto start = Clock::now();
        append_nodes(*store, nodes++, 1);
        while (require(feed->next(1, 1s)).empty()) {
        }
        micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    }
    percentiles(state, micros);
}
BENCHMARK(append_to_feed)->Unit(benchmark::kMicrosecond)->UseRealTime()->Iterations(500);

} // namespace
