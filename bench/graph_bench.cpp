// Goals (P12 of the performance table): how fast mutations turn into a graph, and how much memory the graph takes.
//   apply   >= 5 M mutations/s on a mix of AddNode, AddEdge and UpdateNode; the rival is std::unordered_map taking the
//           same ids, which is the least that any graph with ids has to do
//   memory  <= 200 B a node with an id of 20 B and one small property
//   copy    of a model of 300,000 elements <= 15 ms: it is the in-memory snapshot that replay seeks with
//   state   the CID of 150,000 elements <= 150 ms
//   map     one FileUpdated event into its three mutations <= 500 ns
// Not goals: queries, exports, reading events from a store.
//
// Run all in one process on an idle machine; the table at the end compares medians of the same run:
//   graph_bench --benchmark_repetitions=5 --benchmark_out=graph.json
// The argument is the number of nodes, or of elements.
#include <cim/graph_mapping.hpp>
#include <cim/graph_model.hpp>
#include <cim/graph_projection.hpp>
#include <cim/transaction.hpp>

#include "event/event_page_builder.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

using cim::Bytes;
using cim::GraphModel;
using cim::GraphMutation;
using cim::ipld::View;

bool small_run() { return std::getenv("CIM_BENCH_SMALL") != nullptr; }

// As many AddNodes, AddEdges and UpdateNodes as there are nodes, all texts made beforehand. An edge leads from a new
// node to one of those before it, nearer ones more often, as histories do.
struct Mix {
    explicit Mix(std::size_t nodes) {
        constexpr std::size_t id_size = 20;
        std::mt19937_64 random(1);
        property = *cim::ipld::encode(cim::ipld::Value{{"title", "a title"}});
        for (int i = 0; i < 10; ++i)
            updates.push_back(*cim::ipld::encode(cim::ipld::Value{{"title", fmt::format("title {}", i)}}));
        // The ids lie side by side, so that reading them costs little beside what is measured.
        texts.reserve(2 * nodes * id_size);
        for (std::size_t i = 0; i < nodes; ++i) texts += fmt::format("node:{:015}edge:{:015}", i, i);
        const auto id = [&](std::size_t i) { return std::string_view(texts).substr(i * id_size, id_size); };
        for (std::size_t i = 0; i < nodes; ++i) {
            const auto back = std::min<std::size_t>(i, random() % (std::size_t{1} << (random() % 17)));
            mutations.emplace_back(cim::mutation::AddNode{id(2 * i), "Document", View::trusted(property)});
            mutations.emplace_back(
                cim::mutation::AddEdge{id(2 * i + 1), id(2 * i), id(2 * (i - back)), "cites", std::nullopt});
            mutations.emplace_back(cim::mutation::UpdateNode{id(2 * i), View::trusted(updates[i % 10])});
        }
    }

    Bytes property;
    std::vector<Bytes> updates;
    std::string texts;
    std::vector<GraphMutation> mutations;
};

const Mix& mix(std::size_t nodes) {
    static std::map<std::size_t, Mix> mixes;
    return mixes.try_emplace(nodes, nodes).first->second;
}

std::size_t nodes_of(const benchmark::State& state) {
    return small_run() ? 100 : static_cast<std::size_t>(state.range(0));
}

GraphModel model_of(const Mix& mix) {
    GraphModel model;
    for (const auto& mutation : mix.mutations) model.apply(mutation);
    return model;
}

void count_items(benchmark::State& state, std::size_t items) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items));
}

void apply(benchmark::State& state) {
    const auto& work = mix(nodes_of(state));
    for (auto _ : state) {
        auto model = model_of(work);
        benchmark::DoNotOptimize(model);
    }
    count_items(state, work.mutations.size());
}

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using Numbers = std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>>;

// The least that is to be done for the same mutations: every id is inserted, every id that a mutation names is found.
void apply_unordered_map(benchmark::State& state) {
    const auto& work = mix(nodes_of(state));
    for (auto _ : state) {
        Numbers nodes;
        Numbers edges;
        for (const auto& mutation : work.mutations) {
            if (const auto* node = std::get_if<cim::mutation::AddNode>(&mutation)) {
                nodes.emplace(node->id, 1);
            } else if (const auto* edge = std::get_if<cim::mutation::AddEdge>(&mutation)) {
                benchmark::DoNotOptimize(nodes.find(edge->source));
                benchmark::DoNotOptimize(nodes.find(edge->target));
                edges.emplace(edge->id, 1);
            } else {
                benchmark::DoNotOptimize(nodes.find(std::get<cim::mutation::UpdateNode>(mutation).id));
            }
        }
        benchmark::DoNotOptimize(nodes);
        benchmark::DoNotOptimize(edges);
    }
    count_items(state, work.mutations.size());
}

void memory(benchmark::State& state) {
    const auto count = nodes_of(state);
    const auto& work = mix(count);
    std::size_t bytes = 0;
    for (auto _ : state) {
        GraphModel model;
        for (const auto& mutation : work.mutations) {
            if (std::holds_alternative<cim::mutation::AddNode>(mutation)) model.apply(mutation);
        }
        bytes = model.memory_bytes();
    }
    state.counters["bytes_per_node"] = static_cast<double>(bytes) / static_cast<double>(count);
}

void copy(benchmark::State& state) {
    const auto model = model_of(mix(nodes_of(state) / 2));
    for (auto _ : state) {
        auto copied = model;
        benchmark::DoNotOptimize(copied);
    }
    state.counters["megabytes"] = static_cast<double>(model.memory_bytes()) / 1e6;
}

void state_cid(benchmark::State& state) {
    const auto model = model_of(mix(nodes_of(state) / 2));
    for (auto _ : state) {
        auto cid = cim::state_cid(model);
        benchmark::DoNotOptimize(cid);
    }
}

void load(benchmark::State& state) {
    const auto block = cim::snapshot(model_of(mix(nodes_of(state) / 2)));
    for (auto _ : state) {
        auto model = cim::load_snapshot(block);
        benchmark::DoNotOptimize(model);
    }
}

// What an import of a repository looks like: every file is created once and updated three times by a handful of
// authors.
std::vector<cim::DomainEvent> file_events(std::size_t files) {
    cim::Transaction transaction{cim::AggregateId{"repository"}};
    const std::string blob(40, 'b');
    for (std::size_t i = 0; i < files * 4; ++i) {
        const auto name = fmt::format("file-{}.cpp", i % files);
        const auto author = fmt::format("Some Body {} <some.body.{}@example.org>", i % 11, i % 11);
        if (i < 11)
            transaction.add("CommitRecorded", {{"hash", blob}, {"author", author}, {"author_name", "Some Body"}});
        if (i == 0) transaction.add("DirectoryCreated", {{"path", "src/module"}, {"name", "module"}});
        cim::ipld::Map payload{{"path", "src/module/" + name},
                               {"mode", "100644"},
                               {"blob", blob},
                               {"author", author},
                               {"touched", i / files + 1}};
        if (i < files) payload.insert_or_assign("name", name);
        if (i < files) payload.insert_or_assign("directory", "src/module");
        transaction.add(i < files ? "FileCreated" : "FileUpdated", std::move(payload));
    }
    const auto chained = *cim::ChainBuilder(transaction.aggregate_id, {}).build(transaction);
    cim::detail::EventPageBuilder page;
    std::uint32_t index = 0;
    for (const auto& event : chained.events()) {
        const auto sequence = index + std::uint64_t{1};
        if (!page.add({.block = event.block,
                       .cid = event.cid,
                       .sequence = cim::GlobalSequence(sequence),
                       .aggregate_sequence = cim::AggregateSequence(sequence),
                       .aggregate_id = "repository",
                       .transaction_id = "t",
                       .transaction_index = index,
                       .transaction_size = static_cast<std::uint32_t>(chained.events().size())}))
            std::abort();
        ++index;
    }
    return page.finish();
}

void map_file_updated(benchmark::State& state) {
    const auto events = file_events(1);
    const auto& mapping = cim::GraphMapping::builtin();
    cim::MutationList out;
    for (auto _ : state) {
        out.clear();
        auto mapped = mapping.map(events.back(), out);
        benchmark::DoNotOptimize(mapped);
        benchmark::ClobberMemory();
    }
}

void project(benchmark::State& state) {
    const auto events = file_events(nodes_of(state) / 4);
    for (auto _ : state) {
        cim::GraphProjection projection;
        projection.apply(events);
        benchmark::DoNotOptimize(projection);
        if (projection.stats().problems != 0) state.SkipWithError(projection.problems().front().reason.c_str());
    }
    count_items(state, events.size());
}

BENCHMARK(apply)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(apply_unordered_map)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(memory)->Arg(100'000)->Arg(150'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(copy)->Arg(300'000)->Unit(benchmark::kMillisecond);
BENCHMARK(state_cid)->Arg(150'000)->Unit(benchmark::kMillisecond);
BENCHMARK(load)->Arg(150'000)->Unit(benchmark::kMillisecond);
BENCHMARK(map_file_updated);
BENCHMARK(project)->Arg(150'000)->Unit(benchmark::kMillisecond);

} // namespace
