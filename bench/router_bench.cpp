// Goals: what delivering an event costs from route_event to the consumer's hands, for 1 and 8 consumers that all get
// it, in the steady state: <= 48 ns a delivery, which is what entt::dispatcher takes to enqueue an event and to call a
// listener, beside it where its headers are found (-DCIM_ENTT_INCLUDE=DIR). That is the rival for what it does:
// it has no subjects, numbers, bounds or threads.
//   route      one route_event after the other, polled 1000 at a time; arguments: consumers, aggregates
//   batch      the same by route_events
//   threads    1, 2 and 4 threads that route to one consumer, which another polls
//   churn      route while another thread subscribes and unsubscribes all the time
// Not goals: matching (matcher_bench), handlers.
//
// `per_delivery` is the time for one event at one consumer; allocations are counted and reported as `allocations`, of
// the whole loop.
#include <cim/router.hpp>
#include <cim/subject_consumer.hpp>
#include <cim/transaction.hpp>

#include "event/event_page_builder.hpp"

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#if __has_include(<entt/entt.hpp>)
#include <entt/entt.hpp>
#define CIM_HAVE_ENTT 1
#endif

namespace {

std::atomic<std::uint64_t> allocations{0};

} // namespace

// Not inlined, so that the compiler does not take a new of ours for the library's.
[[gnu::noinline]] void* operator new(std::size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace cim;

constexpr std::size_t batch = 1000;

std::vector<DomainEvent> make_events(std::size_t aggregates) {
    detail::EventPageBuilder page;
    for (std::size_t i = 0; i < batch; ++i) {
        Transaction transaction{AggregateId("graph-" + std::to_string(i % aggregates))};
        transaction.add("NodeAdded", {{"node_id", "n"}, {"title", "a node"}},
                        from_micros(static_cast<std::int64_t>(i)));
        const auto chained = *ChainBuilder(transaction.aggregate_id, {}).build(transaction);
        const auto& event = chained.events().front();
        if (!page.add({.block = event.block,
                       .cid = event.cid,
                       .sequence = GlobalSequence(i + 1),
                       .aggregate_sequence = AggregateSequence(1),
                       .aggregate_id = transaction.aggregate_id.str(),
                       .transaction_id = chained.id().str()}))
            std::abort();
    }
    return page.finish();
}

std::vector<SubjectConsumer> subscribe(SubjectRouter& router, std::size_t count) {
    std::vector<SubjectConsumer> consumers;
    for (std::size_t i = 0; i < count; ++i)
        consumers.push_back(SubjectConsumer::subscribe(router, {"event.graph.*.node.>"}).value());
    return consumers;
}

void report(benchmark::State& state, std::size_t consumers, std::uint64_t allocated) {
    using benchmark::Counter;
    state.counters["per_delivery"] =
        Counter(static_cast<double>(consumers * batch), Counter::kIsIterationInvariantRate | Counter::kInvert);
    state.counters["allocations"] = static_cast<double>(allocated);
}

template <bool in_batches> void route(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const auto events = make_events(static_cast<std::size_t>(state.range(1)));
    SubjectRouter router({.channel_capacity = 2 * batch});
    auto consumers = subscribe(router, count);
    std::vector<RoutedEvent> polled;
    const auto go_round = [&] {
        if constexpr (in_batches) {
            if (!router.route_events(events)) std::abort();
        } else {
            for (const auto& event : events)
                if (!router.route_event(event)) std::abort();
        }
        for (auto& consumer : consumers) {
            polled.clear();
            if (consumer.poll_events(polled, batch) != batch) std::abort();
            benchmark::DoNotOptimize(polled.data());
        }
        polled.clear();
    };
    go_round();
    go_round();
    const auto before = allocations.load();
    for ([[maybe_unused]] auto _ : state) go_round();
    report(state, count, allocations.load() - before);
}
BENCHMARK(route<false>)->Name("route")->ArgsProduct({{1, 8}, {1, 100, 1000}});
BENCHMARK(route<true>)->Name("batch")->ArgsProduct({{1, 8}, {1, 100, 1000}});

void threads(benchmark::State& state) {
    static std::unique_ptr<SubjectRouter> router;
    static std::unique_ptr<std::thread> poller;
    static std::atomic<bool> done;
    const auto events = make_events(100);
    if (state.thread_index() == 0) {
        done = false;
        router =
            std::make_unique<SubjectRouter>(RouterConfig{.overflow = OverflowPolicy::block(std::chrono::minutes(1))});
        poller = std::make_unique<std::thread>(
            [consumer = std::make_shared<SubjectConsumer>(SubjectConsumer::subscribe(*router, {"event.>"}).value())] {
                std::vector<RoutedEvent> polled;
                while (!done || consumer->depth() != 0) {
                    polled.clear();
                    consumer->poll_events(polled, batch);
                }
            });
    }
    for ([[maybe_unused]] auto _ : state)
        if (!router->route_events(events)) std::abort();
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
    if (state.thread_index() == 0) {
        done = true;
        poller->join();
        poller.reset();
        router.reset();
    }
}
BENCHMARK(threads)->Threads(1)->Threads(2)->Threads(4)->UseRealTime();

void churn(benchmark::State& state) {
    const auto events = make_events(100);
    SubjectRouter router({.channel_capacity = 2 * batch});
    auto consumers = subscribe(router, 1);
    std::atomic<bool> done{false};
    std::atomic<std::uint64_t> changes{0};
    std::thread other([&] {
        while (!done) {
            static_cast<void>(SubjectConsumer::subscribe(router, {"somewhere.else"}, {.capacity = 16}).value());
            changes += 2;
        }
    });
    std::vector<RoutedEvent> polled;
    for ([[maybe_unused]] auto _ : state) {
        if (!router.route_events(events)) std::abort();
        polled.clear();
        consumers[0].poll_events(polled, batch);
    }
    done = true;
    other.join();
    report(state, 1, 0);
    state.counters["changes_per_s"] = benchmark::Counter(static_cast<double>(changes), benchmark::Counter::kIsRate);
}
BENCHMARK(churn)->UseRealTime();

#ifdef CIM_HAVE_ENTT
struct Listener {
    std::uint64_t seen = 0;
    void receive(const DomainEvent& event) { seen += event ? 1 : 0; }
};

void entt_dispatcher(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const auto events = make_events(1);
    entt::dispatcher dispatcher;
    std::vector<Listener> listeners(count);
    for (auto& listener : listeners) dispatcher.sink<DomainEvent>().connect<&Listener::receive>(listener);
    const auto go_round = [&] {
        for (const auto& event : events) dispatcher.enqueue(event);
        dispatcher.update();
    };
    go_round();
    const auto before = allocations.load();
    for ([[maybe_unused]] auto _ : state) go_round();
    report(state, count, allocations.load() - before);
}
BENCHMARK(entt_dispatcher)->Arg(1)->Arg(8);
#endif

} // namespace
