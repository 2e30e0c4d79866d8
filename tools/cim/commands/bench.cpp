// cim bench: what this machine does, in a few seconds, on a store in a temporary folder. The project's benchmarks, with
// peers beside them, are another thing.
#include <cim/transaction.hpp>

#include "base/try.hpp"
#include "command.hpp"
#include "graph_state.hpp"
#include "interrupt.hpp"
#include "temporary_folder.hpp"
#include "verified_reader.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <utility>
#include <vector>

namespace cim::cli {
namespace {

struct BenchArguments {
    std::uint64_t events = 100'000;
};

struct Figure {
    std::string name;
    std::string what;
    std::uint64_t events;
    double seconds;
};

constexpr std::uint64_t batch = 1000;
constexpr std::uint64_t aggregates = 10;

std::string aggregate_name(std::uint64_t number) { return fmt::format("bench-{}", number % aggregates); }

/// `count` events of about 256 bytes that make a graph: nodes, and later changes of them.
Transaction transaction(std::uint64_t first, std::uint64_t count, const std::string& aggregate) {
    Transaction result{AggregateId(aggregate)};
    for (std::uint64_t n = first; n < first + count; ++n) {
        const auto id = fmt::format("node-{}", n / 2);
        const ipld::Value properties{{"title", fmt::format("Document number {}", n)}, {"pages", n % 500}};
        if (n % 2 == 0) {
            result.add("NodeCreated", {{"node_id", id}, {"node_type", "Document"}, {"properties", properties}});
        } else {
            result.add("NodeUpdated", {{"node_id", id}, {"properties", properties}});
        }
    }
    return result;
}

class Bench {
  public:
    Bench(Context& context, EventStore& store) : context_(context), store_(store) {}

    /// Measures one step; `run` answers how many events it handled.
    Result<> measure(const char* name, const char* what, const std::function<Result<std::uint64_t>()>& run) {
        if (interrupted()) return fail(Errc::closed, "stopped");
        context_.note(fmt::format("{} ...", what));
        const auto start = std::chrono::steady_clock::now();
        CIM_TRY_ASSIGN(const auto events, run());
        figures.push_back(
            {name, what, events, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()});
        return {};
    }

    Result<std::uint64_t> append(std::uint64_t first, std::uint64_t count, std::uint64_t size) {
        for (std::uint64_t done = 0; done < count; done += size) {
            const auto part = std::min(size, count - done);
            CIM_TRY(store_.append(transaction(first + done, part, aggregate_name(done / size)), ExpectedHead::any()));
        }
        return count;
    }

    Result<std::uint64_t> read() {
        std::uint64_t events = 0;
        auto query = ReadQuery::all();
        query.limit = VerifiedReader::page_size;
        for (std::optional<ReadQuery> next = query; next;) {
            CIM_TRY_ASSIGN(auto page, store_.read(*next));
            events += page.events.size();
            next = std::move(page.next);
        }
        return events;
    }

    Result<std::uint64_t> verify() {
        VerifiedReader reader(store_, ReadQuery::all());
        while (true) {
            CIM_TRY_ASSIGN(const auto page, reader.next());
            if (page.empty()) return reader.events();
        }
    }

    Result<std::uint64_t> replay() {
        Context silent;
        silent.quiet = true;
        CIM_TRY_ASSIGN(const auto projection, build_graph(silent, store_, {}));
        return projection ? projection->stats().events : 0;
    }

    std::vector<Figure> figures;

  private:
    Context& context_;
    EventStore& store_;
};

Result<> measure_all(Bench& bench, std::uint64_t events) {
    const auto single = std::min<std::uint64_t>(events, 300);
    CIM_TRY(
        bench.measure("append", "append, 1000 events a transaction", [&] { return bench.append(0, events, batch); }));
    CIM_TRY(bench.measure("append_single", "append, each event on disk before the next",
                          [&] { return bench.append(events, single, 1); }));
    CIM_TRY(bench.measure("read", "read", [&] { return bench.read(); }));
    CIM_TRY(bench.measure("verify", "read and verify", [&] { return bench.verify(); }));
    return bench.measure("replay", "read, verify and replay into a graph", [&] { return bench.replay(); });
}

Result<int> run_bench(Context& context, const BenchArguments& arguments) {
    CIM_TRY_ASSIGN(const auto folder, TemporaryFolder::create("cim-bench"));
    CIM_TRY_ASSIGN(const auto store, cim::open_store("sqlite:" + folder.path() + "/bench.db"));
    Bench bench(context, *store);
    auto measured = measure_all(bench, arguments.events);
    if (!measured && interrupted()) return interrupted_status();
    CIM_TRY(std::move(measured));
    if (context.json) {
        Json document;
        for (const auto& figure : bench.figures) {
            document[figure.name] = {{"events", figure.events},
                                     {"seconds", figure.seconds},
                                     {"events_per_second", static_cast<double>(figure.events) / figure.seconds}};
        }
        CIM_TRY(context.out.json(document));
        return exit_ok;
    }
    for (const auto& figure : bench.figures) {
        CIM_TRY(context.out.line(fmt::format("{:<44} {:>10} events/s   {}", figure.what,
                                             rate_text(figure.events, figure.seconds), duration_text(figure.seconds))));
    }
    return exit_ok;
}

void bind_bench(Command command, BenchArguments& arguments) {
    command.add_option("--events", arguments.events, "how many events to measure with")
        .between(1000, 10'000'000)
        .show_default();
}

} // namespace

void add_bench(CommandLine& line) {
    line.add<BenchArguments>(line.app(), "bench", "measure appending, reading, verifying and replaying on this machine",
                             {"cim bench", "cim bench --events 1000000 --json"}, bind_bench, run_bench);
}

} // namespace cim::cli
