// Goals: that a recorded history becomes a graph fast enough to wait for, and that going back in it is fast enough to
// drag.
//   replay to state            300,000 events   the cost of mapping and model alone is beside it
//   fetch, verify and replay   150,000 events   < 1 s
//   seek back, anywhere        300,000 events   <= 50 ms, the worst one
//   play backwards             300,000 events   <= 16 ms a frame, so that 60 a second are smooth
// Not goals: drawing, and stores other than SQLite in memory, which store_bench measures.
//
// The history is that of a repository: commits by a few thousand authors that create, change and remove files. Run it
// on an idle machine, and compare medians of the same run:
//   replay_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true --benchmark_out=replay.json
// `worst_ms` and `median_ms` are of single calls; `goal_ms` is what they should stay under.
#include <cim/event_store.hpp>
#include <cim/event_stream.hpp>
#include <cim/graph_projection.hpp>
#include <cim/replayer.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

bool small() { return std::getenv("CIM_BENCH_SMALL") != nullptr; }
std::size_t all_events() { return small() ? 3'000 : 300'000; }

const cim::AggregateId repository{"repository"};

template <class T> T require(cim::Result<T> result) {
    if (!result) throw std::runtime_error(result.error().text());
    return *std::move(result);
}

// Commits of one to nine files. Some files change all the time and most hardly ever, as in every repository.
class Commits {
  public:
    cim::Transaction next() {
        cim::Transaction commit(repository);
        time_ += std::chrono::seconds(1 + below(7200));
        const auto author = "author" + std::to_string(below(below(2000) + 1));
        commit.add(
            "CommitRecorded",
            {{"author", author}, {"author_name", "Name of " + author}, {"author_email", author + "@example.org"}},
            time_);
        for (auto files = 1 + below(9); files > 0; --files) touch(commit, author);
        return commit;
    }

  private:
    std::uint64_t below(std::uint64_t n) { return random_() % n; }

    void touch(cim::Transaction& commit, const std::string& author) {
        const auto what = below(100);
        if (what < 20 || there_.size() < 20) return create(commit, author);
        auto& file = there_[below(below(there_.size()) + 1)];
        if (what < 21) {
            commit.add("FileRemoved", {{"path", path(file)}, {"author", author}}, time_);
            file = there_.back();
            there_.pop_back();
            return;
        }
        commit.add(
            "FileUpdated",
            {{"path", path(file)}, {"author", author}, {"mode", 33188}, {"blob", blob()}, {"touched", below(100)}},
            time_);
    }

    void create(cim::Transaction& commit, const std::string& author) {
        const auto file = files_++;
        there_.push_back(file);
        if (file % 16 == 0)
            commit.add("DirectoryCreated", {{"path", directory(file)}, {"name", directory(file)}}, time_);
        commit.add("FileCreated",
                   {{"path", path(file)},
                    {"name", "file" + std::to_string(file) + ".cpp"},
                    {"directory", directory(file)},
                    {"author", author},
                    {"mode", 33188},
                    {"blob", blob()},
                    {"touched", 1}},
                   time_);
    }

    static std::string directory(std::uint64_t file) { return "src/part" + std::to_string(file / 16); }
    static std::string path(std::uint64_t file) { return directory(file) + "/file" + std::to_string(file) + ".cpp"; }
    std::string blob() { return std::to_string(random_()) + std::to_string(random_()); }

    std::mt19937_64 random_{1};
    cim::Timestamp time_ = cim::from_micros(1'100'000'000'000'000);
    std::uint64_t files_ = 0;          // made so far
    std::vector<std::uint64_t> there_; // and not removed
};

cim::EventStore& store() {
    static const auto opened = [] {
        auto made = require(cim::open_store("sqlite::memory:"));
        Commits commits;
        for (std::size_t events = 0; events < all_events();) {
            std::vector<cim::AppendRequest> requests;
            for (int i = 0; i < 100; ++i) {
                requests.push_back({commits.next()});
                events += requests.back().transaction.events.size();
            }
            require(made->append(requests));
        }
        return made;
    }();
    return *opened;
}

std::vector<cim::DomainEvent> fetch(std::size_t events) {
    cim::EventStreamService service(store(), {.cache_bytes = 0});
    return require(service.fetch_transaction(repository, {.max_events = events, .timeout = 60s})).events;
}

const std::vector<cim::DomainEvent>& history() {
    static const auto events = fetch(all_events());
    return events;
}

void report_rate(benchmark::State& state, std::size_t events) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(events));
}

void map_and_apply(benchmark::State& state) {
    for (auto _ : state) {
        cim::GraphProjection projection;
        projection.apply(history());
        benchmark::DoNotOptimize(projection.position());
        state.counters["nodes"] = static_cast<double>(projection.model().node_count());
        state.counters["edges"] = static_cast<double>(projection.model().edge_count());
        state.counters["model_mb"] = static_cast<double>(projection.model().memory_bytes()) / 1e6;
    }
    report_rate(state, history().size());
}

void replay_to_state(benchmark::State& state) {
    for (auto _ : state) {
        cim::Replayer replay(history(), cim::GraphMapping::builtin());
        replay.seek_end();
        state.counters["copies"] = static_cast<double>(replay.snapshot_count());
        state.counters["copies_mb"] = static_cast<double>(replay.snapshot_memory()) / 1e6;
    }
    report_rate(state, history().size());
}

void copy_of_the_graph(benchmark::State& state) {
    cim::GraphProjection projection;
    projection.apply(history());
    for (auto _ : state) {
        // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): what is measured
        const cim::GraphProjection copy(projection);
        benchmark::DoNotOptimize(copy.position());
    }
}

void fetch_verify_and_replay(benchmark::State& state) {
    const auto count = all_events() / 2;
    store();
    std::size_t events = 0;
    for (auto _ : state) {
        const auto fetched = fetch(count);
        cim::GraphProjection projection;
        projection.apply(fetched);
        benchmark::DoNotOptimize(projection.position());
        events = fetched.size();
    }
    report_rate(state, events);
    state.counters["goal_ms"] = 1000;
}

// Measures single calls: `call` is timed once for each of `times`, after `prepare`, which is not.
class Calls {
  public:
    template <class Call> void time(Call call) {
        const auto start = std::chrono::steady_clock::now();
        call();
        took_.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    void report(benchmark::State& state, double goal_ms) {
        if (took_.empty()) return;
        std::ranges::sort(took_);
        state.counters["median_ms"] = took_[took_.size() / 2];
        state.counters["p99_ms"] = took_[took_.size() * 99 / 100];
        state.counters["worst_ms"] = took_.back();
        state.counters["goal_ms"] = goal_ms;
    }

  private:
    std::vector<double> took_;
};

cim::ReplayOptions options_of(const benchmark::State& state) {
    return {.snapshot_bytes = static_cast<std::size_t>(state.range(0)) << 20};
}

// From the end to anywhere, the way to the end not counted.
void seek_back(benchmark::State& state) {
    cim::Replayer replay(history(), cim::GraphMapping::builtin(), cim::system_clock(), options_of(state));
    replay.seek_end();
    std::mt19937_64 random(2);
    Calls calls;
    for (auto _ : state) {
        const auto target = history()[random() % history().size()].sequence();
        calls.time([&] { benchmark::DoNotOptimize(replay.seek(target)); });
        state.PauseTiming();
        replay.seek_end();
        state.ResumeTiming();
    }
    calls.report(state, 50);
    state.counters["copies"] = static_cast<double>(replay.snapshot_count());
    state.counters["copies_mb"] = static_cast<double>(replay.snapshot_memory()) / 1e6;
}

// Frames of a sixtieth of a second, the whole history backwards in 30 seconds, over and over.
void play_backwards(benchmark::State& state) {
    cim::ManualClock clock;
    cim::Replayer replay(history(), cim::GraphMapping::builtin(), clock, options_of(state));
    const auto length = replay.clock().end() - replay.clock().begin();
    const double speed = -std::min(static_cast<double>(length.count()) / 30e6, cim::PlaybackClock::max_speed);
    Calls calls;
    for (auto _ : state) {
        if (!replay.clock().playing()) {
            state.PauseTiming();
            replay.seek_end();
            if (!replay.set_speed(speed)) throw std::logic_error("no speed");
            replay.play();
            state.ResumeTiming();
        }
        clock.advance(16'667us);
        calls.time([&] { benchmark::DoNotOptimize(replay.tick()); });
    }
    calls.report(state, 16);
    state.counters["copies"] = static_cast<double>(replay.snapshot_count());
}

void step_back(benchmark::State& state) {
    cim::Replayer replay(history(), cim::GraphMapping::builtin(), cim::system_clock(), options_of(state));
    replay.seek_end();
    Calls calls;
    for (auto _ : state) {
        if (replay.position() == 0) replay.seek_end();
        calls.time([&] { benchmark::DoNotOptimize(replay.step(-1)); });
    }
    calls.report(state, 16);
}

BENCHMARK(map_and_apply)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(replay_to_state)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(copy_of_the_graph)->Unit(benchmark::kMillisecond);
BENCHMARK(fetch_verify_and_replay)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(seek_back)->ArgName("mib")->Arg(512)->Arg(128)->Unit(benchmark::kMillisecond);
BENCHMARK(play_backwards)
    ->ArgName("mib")
    ->Arg(512)
    ->Arg(128)
    ->Unit(benchmark::kMillisecond)
    ->MinTime(small() ? 0.001 : 3);
BENCHMARK(step_back)->ArgName("mib")->Arg(512)->Unit(benchmark::kMillisecond);

} // namespace
