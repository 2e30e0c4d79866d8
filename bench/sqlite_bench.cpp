// Goals: what the contract of an event store costs over SQLite alone, for events of 256 bytes.
//   P7  append_chained, 1 / 100 / 1000 events at a time, synchronous=FULL   >= 0.9 x the rate of the same rows,
//   inserted one
//       by one with prepared statements into the same schema                >= 300 k/s at 1000
//   P8  read, decode and verify the log                                     >= 0.7 x the rate of SELECT block, >= 1 M/s
// Not goals: building chains (it is done before), memory databases, and disks that lie about fsync.
//
// Both sides run in one process, in turns; what is compared are medians of 5 runs:
//   sqlite_bench [--benchmark_out=sqlite.json] [--benchmark_filter=append]
// The database is made in TMPDIR, or else in the current folder, which should be on a real disk.
// `read ahead` reads on two threads while a third verifies what they give; all else is on one thread.
#include <cim/chain.hpp>
#include <cim/event_store.hpp>

#include "store/read_ahead.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/statement.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace cim;

constexpr std::size_t aggregates = 10;
constexpr auto patience = std::chrono::seconds(5);

bool small() { return std::getenv("CIM_BENCH_SMALL") != nullptr; }

template <class T> T must(Result<T> result) {
    if (!result) {
        std::fputs((result.error().text() + "\n").c_str(), stderr);
        std::abort();
    }
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// A file that is gone in the end.
class File {
  public:
    File() {
        const char* folder = std::getenv("TMPDIR");
        path_ = std::filesystem::path(folder != nullptr ? folder : ".") / fmt::format("sqlite_bench-{}.db", ::getpid());
        remove();
    }
    ~File() { remove(); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] std::string path() const { return path_.string(); }

  private:
    void remove() const {
        for (const auto* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_.string() + suffix);
    }
    std::filesystem::path path_;
};

// Transactions of `events` events each, in turns for ten aggregates.
std::vector<ChainedTransaction> make_transactions(std::size_t count, std::size_t events) {
    std::vector<ChainBuilder> builders;
    for (std::size_t i = 0; i < aggregates; ++i)
        builders.emplace_back(AggregateId(fmt::format("aggregate-{}", i)), ChainHead{});
    std::vector<ChainedTransaction> made;
    made.reserve(count);
    std::int64_t time = 1'700'000'000'000'000;
    // The first event of a chain has no link in it and is 39 bytes shorter than the others.
    for (std::size_t i = 0; i < count; ++i) {
        Transaction transaction{AggregateId(fmt::format("aggregate-{}", i % aggregates))};
        for (std::size_t n = 0; n < events; ++n)
            transaction.add("NodeTransformed", {{"data", Bytes(101, static_cast<std::byte>(n))}},
                            from_micros(time += 7));
        made.push_back(must(builders[i % aggregates].build(transaction)));
    }
    return made;
}

// ---- P7 ----

std::size_t batches_of(std::size_t events) {
    if (small()) return 10;
    return events == 1 ? 2000 : events == 100 ? 1000 : 300;
}

void append_ours(benchmark::State& state) {
    const auto events = static_cast<std::size_t>(state.range(0));
    const auto transactions = make_transactions(batches_of(events), events);
    const File file;
    const auto store = must(open_store("sqlite:" + file.path()));
    std::size_t at = 0;
    for ([[maybe_unused]] auto _ : state) must(store->append_chained({&transactions[at++], 1}));
    state.SetItemsProcessed(static_cast<std::int64_t>(at * events));
}

// The same rows by the plainest means.
class PlainWriter {
  public:
    explicit PlainWriter(const std::string& path)
        : connection_(must(sqlite::Connection::open(path, sqlite::Access::read_write_create, patience))) {
        must(sqlite::prepare_schema(connection_, path, patience));
        must(connection_.run("PRAGMA synchronous = FULL"));
        must(connection_.run("INSERT INTO event_types VALUES (1, 'NodeTransformed')"));
        for (std::size_t i = 0; i < aggregates; ++i)
            must(connection_.run(
                fmt::format("INSERT INTO aggregates VALUES ({}, 'aggregate-{}', 1, 1, x'')", i + 1, i)));
        begin_ = must(connection_.prepare("BEGIN IMMEDIATE"));
        commit_ = must(connection_.prepare("COMMIT"));
        transaction_ = must(connection_.prepare("INSERT INTO transactions VALUES (?,?,?,?,?,?,?,?,?)"));
        event_ = must(connection_.prepare("INSERT INTO events VALUES (?,?,?,?,?)"));
        head_ = must(
            connection_.prepare("UPDATE aggregates SET head_sequence = ?, head_event = ?, head_cid = ? WHERE id = ?"));
    }

    void append(const ChainedTransaction& transaction) {
        const auto aggregate = static_cast<std::int64_t>(ordinal_ % aggregates) + 1;
        must(begin_.run());
        transaction_.bind(1, sequence_ + 1).bind(2, ++ordinal_).bind(3, std::uint64_t{transaction.events().size()});
        transaction_.bind(4, aggregate)
            .bind(5, transaction.start().sequence.value() + 1)
            .bind(6, transaction.id().str());
        must(transaction_.bind(7, std::string_view()).bind(8, std::string_view()).bind(9, std::string_view()).run());
        for (const auto& event : transaction.events()) {
            event_.bind(1, ++sequence_).bind(2, to_micros(event.timestamp)).bind(3, std::int64_t{1});
            must(event_.bind(4, event.cid.bytes()).bind(5, event.block).run());
        }
        const auto head = transaction.head();
        must(head_.bind(1, head.sequence.value())
                 .bind(2, sequence_)
                 .bind(3, head.cid->bytes())
                 .bind(4, aggregate)
                 .run());
        must(commit_.run());
    }

  private:
    sqlite::Connection connection_;
    sqlite::Statement begin_, commit_, transaction_, event_, head_;
    std::uint64_t sequence_ = 0;
    std::uint64_t ordinal_ = 0;
};

void append_plain(benchmark::State& state) {
    const auto events = static_cast<std::size_t>(state.range(0));
    const auto transactions = make_transactions(batches_of(events), events);
    const File file;
    PlainWriter writer(file.path());
    std::size_t at = 0;
    for ([[maybe_unused]] auto _ : state) writer.append(transactions[at++]);
    state.SetItemsProcessed(static_cast<std::int64_t>(at * events));
}

// ---- P8 ----

std::size_t log_size() { return small() ? 2'000 : 500'000; }

// A log in transactions of so many events; the last one that was asked for is kept.
const std::string& log_of(std::size_t events) {
    static std::unique_ptr<File> file;
    static std::size_t made = 0;
    static std::string path;
    if (made == events) return path;
    file.reset();
    file = std::make_unique<File>();
    path = file->path();
    made = events;
    const auto store = must(open_store("sqlite:" + path));
    const auto transactions = make_transactions(log_size() / events, events);
    for (std::size_t at = 0; at < transactions.size(); at += 1000)
        must(store->append_chained(
            std::span(transactions).subspan(at, std::min<std::size_t>(1000, transactions.size() - at))));
    return path;
}

void read_plain(benchmark::State& state) {
    const auto& path = log_of(static_cast<std::size_t>(state.range(0)));
    auto connection = must(sqlite::Connection::open(path, sqlite::Access::read_only, patience));
    auto select = must(connection.prepare("SELECT block FROM events ORDER BY sequence"));
    std::size_t rows = 0;
    for ([[maybe_unused]] auto _ : state) {
        while (must(select.step())) {
            benchmark::DoNotOptimize(select.blob(0).data());
            ++rows;
        }
        select.reset();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(rows));
}

// Calls `use` with the events of each page of the log; returns how many there were.
template <class Use> std::size_t for_each_page(EventStore& store, Use use) {
    std::size_t events = 0;
    auto query = ReadQuery::all();
    while (true) {
        auto page = must(store.read(query));
        events += page.events.size();
        auto next = std::move(page.next);
        use(std::move(page.events));
        if (!next) return events;
        query = *std::move(next);
    }
}

void read_ours(benchmark::State& state) {
    const auto store = must(open_store("sqlite:" + log_of(static_cast<std::size_t>(state.range(0)))));
    std::size_t events = 0;
    for ([[maybe_unused]] auto _ : state) {
        ChainVerifier verifier;
        events += for_each_page(*store, [&](const std::vector<DomainEvent>& page) { must(verifier.add(page)); });
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(events));
}

void read_ours_ahead(benchmark::State& state) {
    const auto store = must(open_store("sqlite:" + log_of(static_cast<std::size_t>(state.range(0)))));
    std::size_t events = 0;
    for ([[maybe_unused]] auto _ : state) {
        ChainVerifier verifier;
        ReadAhead pages(*store, ReadQuery::all(), 2);
        while (true) {
            const auto page = must(pages.next());
            if (page.empty()) break;
            must(verifier.add(page));
            events += page.size();
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(events));
}

void read_ours_no_verify(benchmark::State& state) {
    const auto store = must(open_store("sqlite:" + log_of(static_cast<std::size_t>(state.range(0)))));
    std::size_t events = 0;
    for ([[maybe_unused]] auto _ : state) events += for_each_page(*store, [](const std::vector<DomainEvent>&) {});
    state.SetItemsProcessed(static_cast<std::int64_t>(events));
}

// ---- The table ----

// Shows what it is given, and keeps the medians.
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
        std::string table = fmt::format("\n{:<34}{:>14}{:>14}{:>8}{:>8}\n", "events/s, medians", "ours", "plain SQLite",
                                        "ratio", "target");
        for (const auto* events : {"1", "100", "1000"}) row(table, "append", "append", events, "0.9");
        for (const auto* events : {"100", "1"}) {
            row(table, "read+verify", "read", events, "0.7");
            row(table, "read ahead+verify", "read", events, "0.7");
            row(table, "read", "read", events, "");
        }
        GetOutputStream() << table;
    }

  private:
    void row(std::string& table, const std::string& ours, const std::string& plain, const std::string& events,
             std::string_view target) {
        const auto a = rates_.find(ours + "/" + events);
        const auto b = rates_.find(plain + " plain/" + events);
        if (a == rates_.end() || b == rates_.end()) return;
        table +=
            fmt::format("{:<34}{:>14.0f}{:>14.0f}{:>8.2f}{:>8}\n", fmt::format("{}, {} a transaction", ours, events),
                        a->second, b->second, a->second / b->second, target);
    }
    std::map<std::string, double> rates_;
};

void add_benchmarks() {
    for (const std::int64_t events : {1, 100, 1000}) {
        const auto batches = static_cast<std::int64_t>(batches_of(static_cast<std::size_t>(events)));
        benchmark::RegisterBenchmark("append", append_ours)->Arg(events)->Iterations(batches)->UseRealTime();
        benchmark::RegisterBenchmark("append plain", append_plain)->Arg(events)->Iterations(batches)->UseRealTime();
    }
    for (const std::int64_t events : {100, 1}) {
        benchmark::RegisterBenchmark("read plain", read_plain)->Arg(events)->Iterations(1)->UseRealTime();
        benchmark::RegisterBenchmark("read", read_ours_no_verify)->Arg(events)->Iterations(1)->UseRealTime();
        benchmark::RegisterBenchmark("read+verify", read_ours)->Arg(events)->Iterations(1)->UseRealTime();
        benchmark::RegisterBenchmark("read ahead+verify", read_ours_ahead)->Arg(events)->Iterations(1)->UseRealTime();
    }
}

} // namespace

int main(int argc, char** argv) {
    std::vector<std::string> arguments{argv[0], "--benchmark_repetitions=5"};
    arguments.insert(arguments.end(), argv + 1, argv + argc);
    std::vector<char*> pointers;
    pointers.reserve(arguments.size());
    for (auto& argument : arguments) pointers.push_back(argument.data());
    auto count = static_cast<int>(pointers.size());
    benchmark::Initialize(&count, pointers.data());
    if (benchmark::ReportUnrecognizedArguments(count, pointers.data())) return 1;
    add_benchmarks();
    Medians reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    reporter.print_ratios();
    return 0;
}
