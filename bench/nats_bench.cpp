// Goals: what the contract of an event store costs over nats.c alone, for events of 256 bytes on one server (R1, file).
//   P9   append_chained, 1000 events at a time, from 1 / 2 / 4 threads   >= 0.9 x the rate of js_PublishMsgAsync of the
//   same
//        bytes and headers, which has neither transactions nor an expected head
//   P10  read, decode and verify the log                                 >= 0.95 x the rate of an ordered push
//   subscription
//        of nats.c that does nothing with its messages
// Not goals: building chains (it is done before), clusters, and what the network takes.
//
// Both sides run in one process against one server, in turns; what is compared are medians of 5 runs:
//   CIM_NATS_SERVER=build/tools/nats-server nats_bench [--benchmark_out=nats.json]
// The server's data lie in TMPDIR. `read` gives the time of one thread; `read ahead` decodes on another than the one
// that verifies. What nats.c receives comes on a thread of its own, on both sides.
#include <cim/chain.hpp>
#include <cim/event_store.hpp>

#include "nats/nats_server.hpp"
#include "store/jetstream/event_message.hpp"
#include "store/read_ahead.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <nats/nats.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace cim;

constexpr std::size_t batch = 1000;
constexpr std::size_t per_transaction = 10;

bool small() { return std::getenv("CIM_BENCH_SMALL") != nullptr; }
std::size_t append_size() { return small() ? 4'000 : 80'000; }
std::size_t log_size() { return small() ? 4'000 : 300'000; }

template <class T> T must(Result<T> result) {
    if (!result) {
        std::fputs((result.error().text() + "\n").c_str(), stderr);
        std::abort();
    }
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

void must(natsStatus status) {
    if (status == NATS_OK) return;
    std::fputs(natsStatus_GetText(status), stderr);
    std::abort();
}

test::NatsServer& server() {
    static test::NatsServer started;
    return started;
}

std::string next_stream() {
    static std::atomic<int> number{0};
    return "bench-" + std::to_string(++number);
}

std::unique_ptr<EventStore> open_stream(const std::string& stream) {
    return must(open_store(server().url(stream) + "&prefix=" + stream));
}

// Batches of 1000 events in transactions of ten, all of one aggregate.
std::vector<std::vector<ChainedTransaction>> make_batches(const std::string& aggregate, std::size_t events) {
    ChainBuilder builder(AggregateId(aggregate), {});
    std::vector<std::vector<ChainedTransaction>> made(events / batch);
    std::int64_t time = 1'700'000'000'000'000;
    for (auto& transactions : made)
        for (std::size_t i = 0; i < batch / per_transaction; ++i) {
            Transaction transaction{AggregateId(aggregate)};
            for (std::size_t n = 0; n < per_transaction; ++n)
                transaction.add("NodeTransformed", {{"data", Bytes(101, static_cast<std::byte>(n))}},
                                from_micros(time += 7));
            transactions.push_back(must(builder.build(transaction)));
        }
    return made;
}

// ---- P9 ----

void append_ours(benchmark::State& state) {
    const auto threads = static_cast<std::size_t>(state.range(0));
    std::vector<std::vector<std::vector<ChainedTransaction>>> work;
    for (std::size_t i = 0; i < threads; ++i)
        work.push_back(make_batches("aggregate-" + std::to_string(i), append_size() / threads));
    std::int64_t events = 0;
    for ([[maybe_unused]] auto _ : state) {
        state.PauseTiming();
        const auto store = open_stream(next_stream());
        state.ResumeTiming();
        std::vector<std::jthread> writers;
        for (const auto& batches : work)
            writers.emplace_back([&] {
                for (const auto& transactions : batches) must(store->append_chained(transactions));
            });
        writers.clear();
        events += static_cast<std::int64_t>(append_size());
    }
    state.SetItemsProcessed(events);
}

struct Plain {
    Plain() {
        must(natsConnection_ConnectTo(&connection, ("nats://" + server().node().address()).c_str()));
        jsOptions options;
        must(jsOptions_Init(&options));
        options.PublishAsync.MaxPending = 4000;
        options.PublishAsync.StallWait = 30'000; // milliseconds, on a machine that has other things to do
        must(natsConnection_JetStream(&js, connection, &options));
    }
    Plain(const Plain&) = delete;
    Plain& operator=(const Plain&) = delete;
    ~Plain() {
        jsCtx_Destroy(js);
        natsConnection_Destroy(connection);
    }
    natsConnection* connection = nullptr;
    jsCtx* js = nullptr;
};

void append_plain(benchmark::State& state) {
    const auto batches = make_batches("aggregate-0", append_size());
    std::int64_t events = 0;
    for ([[maybe_unused]] auto _ : state) {
        state.PauseTiming();
        const auto stream = next_stream();
        (void)open_stream(stream); // makes it
        const Plain plain;
        state.ResumeTiming();
        for (const auto& transactions : batches)
            for (const auto& transaction : transactions)
                for (std::size_t i = 0; i < transaction.events().size(); ++i) {
                    const auto& event = transaction.events()[i];
                    natsMsg* message = nullptr;
                    const auto subject = jetstream::event_subject(stream, "aggregate-0", event.event_type);
                    must(natsMsg_Create(&message, subject.c_str(), nullptr,
                                        reinterpret_cast<const char*>(event.block.data()),
                                        static_cast<int>(event.block.size())));
                    for (const auto& [name, value] : jetstream::event_headers(transaction, i))
                        must(natsMsgHeader_Set(message, name, value.c_str()));
                    must(js_PublishMsgAsync(plain.js, &message, nullptr));
                }
        must(js_PublishAsyncComplete(plain.js, nullptr));
        events += static_cast<std::int64_t>(append_size());
    }
    state.SetItemsProcessed(events);
}

// ---- P10 ----

const std::string& log_stream() {
    static const std::string stream = [] {
        auto name = next_stream();
        const auto store = open_stream(name);
        for (const auto& transactions : make_batches("aggregate-0", log_size()))
            must(store->append_chained(transactions));
        return name;
    }();
    return stream;
}

void read_ours(benchmark::State& state) {
    const auto store = open_stream(log_stream());
    std::size_t events = 0;
    for ([[maybe_unused]] auto _ : state) {
        ChainVerifier verifier;
        for (std::optional<ReadQuery> query = ReadQuery::all(); query;) {
            auto page = must(store->read(*query));
            must(verifier.add(page.events));
            events += page.events.size();
            query = std::move(page.next);
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(events));
}

void read_ours_ahead(benchmark::State& state) {
    const auto store = open_stream(log_stream());
    std::size_t events = 0;
    for ([[maybe_unused]] auto _ : state) {
        ChainVerifier verifier;
        ReadAhead pages(*store, ReadQuery::all());
        while (true) {
            const auto page = must(pages.next());
            if (page.empty()) break;
            must(verifier.add(page));
            events += page.size();
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(events));
}

void read_plain(benchmark::State& state) {
    const auto& stream = log_stream();
    std::int64_t events = 0;
    for ([[maybe_unused]] auto _ : state) {
        const Plain plain;
        jsSubOptions options;
        must(jsSubOptions_Init(&options));
        options.Ordered = true;
        options.Stream = stream.c_str();
        static std::atomic<std::size_t> received;
        received = 0;
        const auto take = [](natsConnection*, natsSubscription*, natsMsg* message, void*) {
            natsMsg_Destroy(message);
            if (++received == log_size()) received.notify_one();
        };
        natsSubscription* subscription = nullptr;
        must(js_Subscribe(&subscription, plain.js, (stream + ".>").c_str(), take, nullptr, nullptr, &options, nullptr));
        for (auto now = received.load(); now < log_size(); now = received.load()) received.wait(now);
        natsSubscription_Destroy(subscription);
        events += static_cast<std::int64_t>(log_size());
    }
    state.SetItemsProcessed(events);
}

// ---- The table ----

class Medians final : public benchmark::ConsoleReporter {
  public:
    void ReportRuns(const std::vector<Run>& runs) override {
        ConsoleReporter::ReportRuns(runs);
        for (const auto& run : runs) {
            const auto rate = run.counters.find("items_per_second");
            const bool median = run.aggregate_name == "median" || run.aggregate_name.empty();
            if (median && rate != run.counters.end())
                rates_[run.run_name.function_name + "/" + run.run_name.args] = rate->second;
        }
    }

    void print_ratios() {
        std::string table = fmt::format("\n{:<34}{:>14}{:>14}{:>8}{:>8}\n", "events/s, medians", "ours", "plain nats.c",
                                        "ratio", "target");
        row(table, "append, 1 thread", "append/1", "append plain/", "0.9");
        row(table, "append, 2 threads", "append/2", "append plain/", "0.9");
        row(table, "append, 4 threads", "append/4", "append plain/", "0.9");
        row(table, "read+verify", "read+verify/", "read plain/", "0.95");
        row(table, "read ahead+verify", "read ahead+verify/", "read plain/", "0.95");
        GetOutputStream() << table;
    }

  private:
    void row(std::string& table, const char* what, const std::string& ours, const std::string& plain,
             const char* target) {
        const auto a = rates_.find(ours);
        const auto b = rates_.find(plain);
        if (a == rates_.end() || b == rates_.end()) return;
        table += fmt::format("{:<34}{:>14.0f}{:>14.0f}{:>8.2f}{:>8}\n", what, a->second, b->second,
                             a->second / b->second, target);
    }
    std::map<std::string, double> rates_;
};

} // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    const auto add = [](const char* name, void (*run)(benchmark::State&)) {
        return benchmark::RegisterBenchmark(name, run)
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond)
            ->Iterations(small() ? 1 : 3);
    };
    add("append plain", append_plain);
    add("append", append_ours)->Arg(1)->Arg(2)->Arg(4);
    add("read plain", read_plain);
    add("read+verify", read_ours);
    add("read ahead+verify", read_ours_ahead);
    Medians reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    reporter.print_ratios();
    benchmark::Shutdown();
    return 0;
}
