// Goals: how many events a second are put in order, one thread: >= 20 M/s where they are, >= 5 M/s where one in ten is
// up to 64 places late. The rival is the usual way: a std::map of what waits for each aggregate, found in a
// std::unordered_map.
//   arguments: aggregates, per mille of events that come late
// Not goals: gaps that never close.
#include <cim/sequencer.hpp>
#include <cim/transaction.hpp>

#include "event/event_page_builder.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

using namespace cim;

struct Arrival {
    const DomainEvent* event;
    std::uint64_t global;
    std::uint64_t aggregate;
};

DomainEvent make_event(const std::string& aggregate) {
    detail::EventPageBuilder page;
    Transaction transaction{AggregateId(aggregate)};
    transaction.add("NodeAdded", {{"node_id", "n"}}, from_micros(0));
    const auto chained = *ChainBuilder(transaction.aggregate_id, {}).build(transaction);
    const auto& event = chained.events().front();
    if (!page.add({.block = event.block,
                   .cid = event.cid,
                   .sequence = GlobalSequence(1),
                   .aggregate_sequence = AggregateSequence(1),
                   .aggregate_id = aggregate,
                   .transaction_id = chained.id().str()}))
        std::abort();
    return page.finish().front();
}

struct Input {
    Input(std::size_t aggregates, std::uint64_t late_per_mille) {
        const std::size_t count = std::getenv("CIM_BENCH_SMALL") != nullptr ? 10'000 : 1'000'000;
        for (std::size_t i = 0; i < aggregates; ++i) events.push_back(make_event("aggregate-" + std::to_string(i)));
        std::mt19937_64 random(1);
        std::vector<std::uint64_t> last(aggregates);
        std::vector<std::pair<std::uint64_t, Arrival>> order;
        for (std::uint64_t i = 1; i <= count; ++i) {
            const auto which = random() % aggregates;
            const auto when = i * 1000 + (random() % 1000 < late_per_mille ? random() % 64'000 : 0);
            order.emplace_back(when, Arrival{&events[which], i, ++last[which]});
        }
        std::ranges::stable_sort(order, {}, [](const auto& entry) { return entry.first; });
        for (const auto& entry : order) arrivals.push_back(entry.second);
    }
    std::vector<DomainEvent> events;
    std::vector<Arrival> arrivals;
};

template <bool global_order> void sequencer(benchmark::State& state) {
    const Input input(static_cast<std::size_t>(state.range(0)), static_cast<std::uint64_t>(state.range(1)));
    for ([[maybe_unused]] auto _ : state) {
        EventSequencer ours({.max_sequence_gap = 1000,
                             .global_order = global_order,
                             .aggregate_start = SequenceStart::at(1),
                             .global_start = SequenceStart::at(1)});
        std::uint64_t delivered = 0;
        for (const auto& [event, global, aggregate] : input.arrivals) {
            const auto out = ours.process_event(*event, GlobalSequence(global), AggregateSequence(aggregate));
            delivered += out->ready.size();
        }
        if (delivered != input.arrivals.size()) std::abort();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(input.arrivals.size()));
}

// One level only, without bounds, timeouts or answers.
void map_buffer(benchmark::State& state) {
    const Input input(static_cast<std::size_t>(state.range(0)), static_cast<std::uint64_t>(state.range(1)));
    struct Stream {
        std::uint64_t next = 1;
        std::map<std::uint64_t, DomainEvent> waiting;
    };
    for ([[maybe_unused]] auto _ : state) {
        std::unordered_map<std::string, Stream> streams;
        std::vector<DomainEvent> ready;
        std::uint64_t delivered = 0;
        for (const auto& [event, global, aggregate] : input.arrivals) {
            auto& stream = streams[std::string(event->aggregate_id())];
            ready.clear();
            stream.waiting.emplace(aggregate, *event);
            while (!stream.waiting.empty() && stream.waiting.begin()->first == stream.next) {
                ready.push_back(std::move(stream.waiting.begin()->second));
                stream.waiting.erase(stream.waiting.begin());
                ++stream.next;
            }
            delivered += ready.size();
        }
        if (delivered != input.arrivals.size()) std::abort();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(input.arrivals.size()));
}

const std::vector<std::vector<std::int64_t>> arguments{{1, 1000}, {0, 100}};
BENCHMARK(sequencer<false>)->Name("aggregate_order")->ArgsProduct(arguments);
BENCHMARK(sequencer<true>)->Name("global_order")->ArgsProduct(arguments);
BENCHMARK(map_buffer)->ArgsProduct(arguments);

} // namespace
