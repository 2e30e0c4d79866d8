// Goals: what following, mirroring and copying a log costs over the store that it is done on; events of 256 bytes,
// SQLite.
//   P15 (here) append -> visible: how long after an append was acknowledged its last event comes out of a subscription,
//   at 50,000
//       events a second in transactions of 100. The rival, on the same appends, is the store's own feed with no work.
//   P11 one aggregate of 300 events out of 300,000, read and verified from a mirror                              < 1 ms
//   mirror: append at the source -> readable in the mirror (read_after), at 50,000 events a second
//   copy: events/s from file to file, beside the two halves alone: reading with verification, and appending what is
//   built already fan-out: events/s that come out of 1, 10 and 100 subscriptions together, one read for all
// Not goals: power-loss safety (synchronous=normal, so that the disk's fsync does not hide everything else), networks.
//
//   subscription_bench [--benchmark_filter=copy] [--benchmark_out=subscription.json]
// Files are made in TMPDIR, or else in the current folder. Latencies are in microseconds, from all rounds of a run.
#include <cim/event_store.hpp>
#include <cim/event_stream.hpp>
#include <cim/mirror.hpp>
#include <cim/subscription.hpp>

#include "store/read_ahead.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace cim;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

bool small() { return std::getenv("CIM_BENCH_SMALL") != nullptr; }
std::size_t log_size() { return small() ? 3'000 : 300'000; }

template <class T> T must(Result<T> result) {
    if (!result) {
        std::fputs((result.error().text() + "\n").c_str(), stderr);
        std::abort();
    }
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// A store in a file that is gone in the end.
class File {
  public:
    explicit File(std::string_view name) {
        const char* folder = std::getenv("TMPDIR");
        path_ = std::filesystem::path(folder != nullptr ? folder : ".") /
                fmt::format("subscription_bench-{}-{}.db", ::getpid(), name);
        remove();
        store_ = must(open_store("sqlite:" + path_.string() + "?synchronous=normal"));
    }
    ~File() {
        store_.reset();
        remove();
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] EventStore& store() const { return *store_; }

  private:
    void remove() const {
        for (const auto* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_.string() + suffix);
    }
    std::filesystem::path path_;
    std::unique_ptr<EventStore> store_;
};

// Transactions in turns for a number of aggregates, built already.
class Writer {
  public:
    Writer(std::size_t aggregates, std::size_t events) : events_(events) {
        for (std::size_t i = 0; i < aggregates; ++i)
            builders_.emplace_back(AggregateId(fmt::format("aggregate-{}", i)), ChainHead{});
    }
    std::vector<ChainedTransaction> build(std::size_t transactions) {
        std::vector<ChainedTransaction> made;
        made.reserve(transactions);
        for (std::size_t i = 0; i < transactions; ++i) {
            auto& builder = builders_[next_++ % builders_.size()];
            Transaction transaction{AggregateId(fmt::format("aggregate-{}", (next_ - 1) % builders_.size()))};
            for (std::size_t n = 0; n < events_; ++n)
                transaction.add("NodeTransformed", {{"data", Bytes(101, static_cast<std::byte>(n))}},
                                from_micros(time_ += 7));
            made.push_back(must(builder.build(transaction)));
        }
        return made;
    }

  private:
    std::vector<ChainBuilder> builders_;
    std::size_t events_;
    std::size_t next_ = 0;
    std::int64_t time_ = 1'700'000'000'000'000;
};

void fill(EventStore& store, Writer& writer, std::size_t transactions) {
    constexpr std::size_t at_once = 100;
    for (std::size_t done = 0; done < transactions; done += at_once)
        must(store.append_chained(writer.build(std::min(at_once, transactions - done))));
}

double percentile(std::vector<double>& values, double part) {
    if (values.empty()) return 0;
    const auto at = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return values[static_cast<std::size_t>(at)];
}

double micros(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

// ---- Latencies ----

constexpr std::size_t transaction_events = 100;
constexpr auto pace = 2ms; // 100 events each: 50,000 events a second

// When the event with a sequence was acknowledged, and when it was seen; written by one thread each.
class Moments {
  public:
    explicit Moments(std::size_t rounds) : acknowledged_(rounds), seen_(rounds) {}
    void acknowledged(std::size_t round) { acknowledged_[round].store(Clock::now().time_since_epoch().count()); }
    void seen(std::size_t round) { seen_[round].store(Clock::now().time_since_epoch().count()); }
    /// What was seen before its append returned was seen at once.
    [[nodiscard]] std::vector<double> latencies() const {
        std::vector<double> all;
        for (std::size_t i = 0; i < seen_.size(); ++i)
            all.push_back(std::max(0.0, micros(Clock::duration(seen_[i].load() - acknowledged_[i].load()))));
        return all;
    }

  private:
    std::vector<std::atomic<Clock::rep>> acknowledged_;
    std::vector<std::atomic<Clock::rep>> seen_;
};

void report(benchmark::State& state, const std::string& name, const Moments& moments) {
    auto latencies = moments.latencies();
    state.counters[name + "_p50_us"] = percentile(latencies, 0.50);
    state.counters[name + "_p99_us"] = percentile(latencies, 0.99);
}

std::size_t round_of(const DomainEvent& event) { return (event.sequence().value() - 1) / transaction_events; }

void append_to_visible(benchmark::State& state) {
    const std::size_t rounds = small() ? 20 : 1500;
    for (auto _ : state) {
        const File file("live");
        auto& store = file.store();
        Writer writer(10, transaction_events);
        auto transactions = writer.build(rounds);
        Moments by_feed(rounds);
        Moments by_subscription(rounds);

        SubscriptionManager manager(store);
        const auto id = must(manager.subscribe("event.store.>", {}, GraphUpdate{}));
        const auto feed = must(store.follow({}));
        std::jthread follower([&] {
            for (std::size_t done = 0; done < rounds;)
                for (const auto& event : must(feed->next(10'000, 1s)))
                    if (event.ends_transaction()) by_feed.seen(round_of(event)), ++done;
        });
        std::jthread subscriber([&] {
            for (std::size_t done = 0; done < rounds;)
                for (const auto& event : must(manager.poll(id, 1s)).events)
                    if (event.ends_transaction()) by_subscription.seen(round_of(event)), ++done;
        });
        auto due = Clock::now();
        for (std::size_t round = 0; round < rounds; ++round) {
            std::this_thread::sleep_until(due += pace);
            must(store.append_chained({&transactions[round], 1}));
            by_feed.acknowledged(round);
            by_subscription.acknowledged(round);
        }
        follower.join();
        subscriber.join();
        report(state, "subscription", by_subscription);
        report(state, "feed", by_feed);
    }
}

void append_to_mirrored(benchmark::State& state) {
    const std::size_t rounds = small() ? 20 : 1500;
    for (auto _ : state) {
        const File source("source");
        const File local("mirror");
        Writer writer(10, transaction_events);
        auto transactions = writer.build(rounds);
        Moments moments(rounds);
        Mirror mirror(source.store(), local.store());
        must(mirror.start());
        std::atomic<std::uint64_t> most_behind{0};
        std::jthread waiting([&] {
            for (std::size_t round = 0; round < rounds; ++round) {
                must(mirror.read_after(GlobalSequence((round + 1) * transaction_events), 60s));
                moments.seen(round);
                most_behind = std::max(most_behind.load(), mirror.status().lag_events);
            }
        });
        auto due = Clock::now();
        for (std::size_t round = 0; round < rounds; ++round) {
            std::this_thread::sleep_until(due += pace);
            must(source.store().append_chained({&transactions[round], 1}));
            moments.acknowledged(round);
        }
        waiting.join();
        report(state, "mirror", moments);
        state.counters["most_events_behind"] = static_cast<double>(most_behind);
    }
}

// ---- Rates ----

class Log {
  public:
    Log() : file("log") {
        Writer writer(log_size() / 300, 10);
        fill(file.store(), writer, log_size() / 10);
    }
    File file;
};
EventStore& filled_log() {
    static Log log;
    return log.file.store();
}

void copy_log(benchmark::State& state) {
    auto& source = filled_log();
    for (auto _ : state) {
        state.PauseTiming();
        auto target = std::make_unique<File>("copy");
        state.ResumeTiming();
        must(copy(source, target->store(), {.batch_events = static_cast<std::size_t>(state.range(0))}));
        state.PauseTiming();
        target.reset();
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(log_size()));
}

// The first half of a copy alone.
void read_and_verify(benchmark::State& state) {
    auto& source = filled_log();
    for (auto _ : state) {
        ReadAhead pages(source, ReadQuery::all());
        ChainVerifier verifier;
        while (true) {
            const auto events = must(pages.next());
            if (events.empty()) break;
            must(verifier.add(events));
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(log_size()));
}

// The other half alone.
void append_what_is_built(benchmark::State& state) {
    Writer writer(log_size() / 300, 10);
    const auto transactions = writer.build(log_size() / 10);
    const auto batch = static_cast<std::size_t>(state.range(0)) / 10;
    for (auto _ : state) {
        state.PauseTiming();
        auto target = std::make_unique<File>("append");
        state.ResumeTiming();
        for (std::size_t at = 0; at < transactions.size(); at += batch)
            must(target->store().append_chained(
                std::span(transactions).subspan(at, std::min(batch, transactions.size() - at))));
        state.PauseTiming();
        target.reset();
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(log_size()));
}

void load_one_aggregate(benchmark::State& state) {
    static const File local("aggregate");
    static const bool mirrored = [] {
        Mirror mirror(filled_log(), local.store());
        must(mirror.start());
        must(mirror.read_after(GlobalSequence(log_size()), 300s));
        must(mirror.stop());
        return true;
    }();
    benchmark::DoNotOptimize(mirrored);
    // Another one each time, and nothing kept from the last.
    std::size_t number = 0;
    for (auto _ : state) {
        EventStreamService events(local.store(), {.cache_bytes = 0});
        const AggregateId id(fmt::format("aggregate-{}", number = (number + 7) % (log_size() / 300)));
        const auto slice = must(events.fetch_transaction(id, {.max_events = 1000}));
        if (slice.events.size() != 300) state.SkipWithError("an aggregate has 300 events");
    }
}

void fan_out(benchmark::State& state) {
    const auto subscriptions = static_cast<std::size_t>(state.range(0));
    const std::size_t transactions = small() ? 10 : 1000;
    for (auto _ : state) {
        state.PauseTiming();
        auto file = std::make_unique<File>("fan");
        Writer writer(10, transaction_events);
        auto built = writer.build(transactions);
        auto manager = std::make_unique<SubscriptionManager>(file->store());
        std::vector<SubscriptionId> ids;
        for (std::size_t i = 0; i < subscriptions; ++i)
            ids.push_back(must(manager->subscribe("event.store.>", {}, GraphUpdate{},
                                                  {.buffer_events = 200'000, .batch_events = 10'000})));
        state.ResumeTiming();
        for (std::size_t at = 0; at < built.size(); at += 10)
            must(file->store().append_chained(std::span(built).subspan(at, 10)));
        for (const auto id : ids)
            for (std::size_t seen = 0; seen < transactions * transaction_events;)
                seen += must(manager->poll(id, 1s)).events.size();
        state.PauseTiming();
        manager.reset();
        file.reset();
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() *
                            static_cast<std::int64_t>(subscriptions * transactions * transaction_events));
}

BENCHMARK(append_to_visible)->Iterations(1)->Repetitions(5)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(append_to_mirrored)->Iterations(1)->Repetitions(5)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(copy_log)
    ->Arg(1000)
    ->Arg(4096)
    ->Arg(20000)
    ->Iterations(1)
    ->Repetitions(5)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(read_and_verify)->Iterations(1)->Repetitions(5)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(append_what_is_built)
    ->Arg(1000)
    ->Arg(4096)
    ->Arg(20000)
    ->Iterations(1)
    ->Repetitions(5)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(load_one_aggregate)->Repetitions(5)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(fan_out)
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Iterations(1)
    ->Repetitions(5)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

} // namespace
