// Goals: what it costs to trust a log. Verifying events that have been read (hash every block, compare it with its CID,
// follow the links) against the cheapest that any verifier must do, which is to hash the same bytes with OpenSSL's
// SHA256_Init/Update/Final one block after the other, in the same run and on one thread:
//   P1  one chain      >= 0.90 x that rate
//   P2  many chains    >= 1.5  x that rate
// The blocks of one chain are all there when they are verified, so they can be hashed side by side just as those of
// many can; only comparing the links goes one by one. Beside it: the same with more threads, and what stands before it
// and after it, parsing rows into events and building a chain, in time per event. Not goals: reading from a store (see
// the store's own benchmark), long events.
//
// Run all in one process on an idle machine:
//   verify_bench [--benchmark_out=verify.json]
// It does each 5 times in random order and ends with a table of ratios of the medians. Events are of 256 bytes and come
// in pages of 1000, as stores give them; `lanes` says how many blocks are hashed side by side (1 is a build or machine
// without).
#include <cim/chain.hpp>
#include <cim/transaction.hpp>

#include "event/event_page_builder.hpp"
#include "ipld/sha256.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace cim;

constexpr std::size_t block_size = 256;
constexpr std::size_t page_size = 1000;
constexpr std::size_t many = 1000; // chains

bool is_small() { return std::getenv("CIM_BENCH_SMALL") != nullptr; }
std::size_t event_count() { return is_small() ? 2 * page_size : 100 * page_size; }

// An event whose block has exactly block_size bytes.
Transaction::NewEvent make_event(const AggregateId& aggregate, std::uint64_t number, bool is_first) {
    const auto payload = [number](std::size_t fill) -> ipld::Value {
        return {{"node_id", fmt::format("n{:09}", number)},
                {"node_type", "Document"},
                {"properties", {{"title", std::string(fill, 'x')}, {"pages", 12}, {"draft", true}}}};
    };
    const auto size_with = [&](std::size_t fill) {
        Bytes block;
        const auto cid = Cid::of_dag_cbor({});
        const auto encoded = *ipld::encode(payload(fill));
        (void)encode_event_block({.payload = encoded,
                                  .timestamp = from_micros(1'700'000'000'000'000),
                                  .event_type = "NodeCreated",
                                  .aggregate_id = aggregate.str(),
                                  .previous_cid = is_first ? nullptr : &cid},
                                 block);
        return block.size();
    };
    // From 24 characters on a text has one byte more.
    std::size_t fill = block_size - size_with(0);
    if (size_with(fill) > block_size) --fill;
    return {EventType("NodeCreated"), payload(fill), from_micros(1'700'000'000'000'000)};
}

// Chained events as a store keeps them, transactions of so many chains in turn.
struct Log {
    explicit Log(std::size_t chains) {
        std::vector<ChainBuilder> builders;
        for (std::size_t i = 0; i < chains; ++i)
            builders.emplace_back(AggregateId(fmt::format("graph-{:06}", i)), ChainHead());
        const auto transaction_size = chains == 1 ? 10 : 1;
        for (std::size_t i = 0; rows.size() < event_count(); ++i) {
            auto& builder = builders[i % chains];
            Transaction transaction(AggregateId(fmt::format("graph-{:06}", i % chains)));
            for (int k = 0; k < transaction_size; ++k)
                transaction.events.push_back(make_event(transaction.aggregate_id, rows.size(), i < chains && k == 0));
            add(builder.build(transaction).value());
        }
        for (std::size_t i = 0; i < rows.size(); i += page_size)
            pages.push_back(read(std::span(rows).subspan(i, page_size)));
    }

    void add(ChainedTransaction transaction) {
        transactions.push_back(std::move(transaction));
        const auto& kept = transactions.back();
        auto sequence = kept.start().sequence;
        for (std::uint32_t index = 0; const auto& event : kept.events()) {
            sequence = sequence.next();
            rows.push_back({.block = event.block,
                            .cid = event.cid,
                            .sequence = GlobalSequence(rows.size() + 1),
                            .aggregate_sequence = sequence,
                            .aggregate_id = kept.aggregate_id().str(),
                            .transaction_id = kept.id().str(),
                            .transaction_index = index++,
                            .transaction_size = static_cast<std::uint32_t>(kept.events().size())});
        }
    }

    static std::vector<DomainEvent> read(std::span<const detail::StoredEvent> page) {
        detail::EventPageBuilder builder;
        for (const auto& row : page)
            if (!builder.add(row)) std::abort();
        return builder.finish();
    }

    std::deque<ChainedTransaction> transactions; // Their ids are views in rows.
    std::vector<detail::StoredEvent> rows;
    std::vector<std::vector<DomainEvent>> pages;
};

const Log& log_of(std::size_t chains) {
    static std::map<std::size_t, Log> logs;
    return logs.try_emplace(chains, chains).first->second;
}

void report(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(event_count()));
    state.counters["lanes"] = ipld::sha256_lanes();
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" // Deprecated, and still the rival to measure against.
void openssl_init_update_final(benchmark::State& state) {
    const auto& log = log_of(static_cast<std::size_t>(state.range(0)));
    ipld::Sha256Digest digest;
    for (auto _ : state)
        for (const auto& page : log.pages)
            for (const auto& event : page) {
                const auto block = event.block();
                SHA256_CTX context;
                SHA256_Init(&context);
                SHA256_Update(&context, block.data(), block.size());
                SHA256_Final(reinterpret_cast<unsigned char*>(digest.data()), &context);
                benchmark::DoNotOptimize(digest);
            }
    report(state);
}
#pragma GCC diagnostic pop

void cim_verify(benchmark::State& state) {
    const auto& log = log_of(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        ChainVerifier verifier({.threads = static_cast<unsigned>(state.range(1))});
        for (const auto& page : log.pages)
            if (!verifier.add(page)) std::abort();
        benchmark::DoNotOptimize(verifier.events());
    }
    report(state);
}

void cim_verify_large_pages(benchmark::State& state) {
    std::vector<DomainEvent> all;
    for (const auto& page : log_of(1).pages) all.insert(all.end(), page.begin(), page.end());
    for (auto _ : state) {
        ChainVerifier verifier({.threads = static_cast<unsigned>(state.range(0))});
        for (std::size_t i = 0; i < all.size(); i += 10 * page_size)
            if (!verifier.add(std::span(all).subspan(i, std::min(10 * page_size, all.size() - i)))) std::abort();
    }
    report(state);
}

// Again and again the same page, whose rows are then in the cache as they are when a store has just read them.
void cim_read_rows(benchmark::State& state) {
    const auto page = std::span(log_of(1).rows).first(page_size);
    for (auto _ : state)
        for (std::size_t i = 0; i < event_count(); i += page_size) benchmark::DoNotOptimize(Log::read(page));
    report(state);
}

void cim_read_and_verify_rows(benchmark::State& state) {
    const auto page = std::span(log_of(1).rows).first(page_size);
    for (auto _ : state)
        for (std::size_t i = 0; i < event_count(); i += page_size)
            if (!ChainVerifier().add(Log::read(page))) std::abort();
    report(state);
}

void cim_build_chain(benchmark::State& state) {
    const AggregateId aggregate("graph-000000");
    Transaction transaction(aggregate);
    for (std::size_t i = 0; i < event_count(); ++i) transaction.events.push_back(make_event(aggregate, i, i == 0));
    for (auto _ : state) benchmark::DoNotOptimize(ChainBuilder(aggregate, {}).build(transaction).value());
    report(state);
}

// Prints as usual and remembers the medians, in nanoseconds an event: of the processor's time where there is one
// thread.
class MedianReporter : public benchmark::ConsoleReporter {
  public:
    MedianReporter() : ConsoleReporter(OO_Tabular) {}

    void ReportRuns(const std::vector<Run>& runs) override {
        for (const auto& run : runs)
            if (run.aggregate_name == "median")
                medians_[run.run_name.function_name + '/' + run.run_name.args] =
                    (run.run_name.time_type.empty() ? run.GetAdjustedCPUTime() : run.GetAdjustedRealTime()) /
                    static_cast<double>(event_count());
        ConsoleReporter::ReportRuns(runs);
    }

    void print_table() {
        const auto row = [this](std::string_view name, std::string_view ours, std::string_view rival,
                                std::string_view target) {
            const auto our_time = medians_.find(ours);
            const auto rival_time = medians_.find(rival);
            if (our_time == medians_.end() || rival_time == medians_.end()) return; // Left out by a filter.
            fmt::print("{:<44}{:>10.1f}{:>10.1f}{:>8.2f} x  {}\n", name, our_time->second, rival_time->second,
                       rival_time->second / our_time->second, target);
        };
        const auto openssl_one = "openssl_init_update_final/1";
        const auto openssl_many = "openssl_init_update_final/1000";
        fmt::print("\n{:<44}{:>10}{:>10}{:>10}  {}\n", "medians, ns an event", "cim", "OpenSSL", "ratio", "target");
        row("P1 verify one chain, 1 thread", "cim_verify/1/1", openssl_one, ">= 0.90");
        row("P2 verify many chains, 1 thread", "cim_verify/1000/1", openssl_many, ">= 1.50");
        row("   verify one chain, 2 threads", "cim_verify/1/2", openssl_one, "");
        row("   verify one chain, 4 threads", "cim_verify/1/4", openssl_one, "");
        row("   the same in pages of 10,000, 1 thread", "cim_verify_large_pages/1", openssl_one, "");
        row("   the same in pages of 10,000, 4 threads", "cim_verify_large_pages/4", openssl_one, "");
        row("   rows to events", "cim_read_rows/", openssl_one, "");
        row("   rows to verified events", "cim_read_and_verify_rows/", openssl_one, "");
        row("   build a chain", "cim_build_chain/", openssl_one, "");
    }

  private:
    std::map<std::string, double, std::less<>> medians_;
};

BENCHMARK(openssl_init_update_final)->Arg(1)->Arg(many);
BENCHMARK(cim_verify)->Args({1, 1})->Args({many, 1});
BENCHMARK(cim_verify)->Args({1, 2})->Args({1, 4})->UseRealTime();
BENCHMARK(cim_verify_large_pages)->Arg(1)->Arg(4)->UseRealTime();
BENCHMARK(cim_read_rows);
BENCHMARK(cim_read_and_verify_rows);
BENCHMARK(cim_build_chain);

} // namespace

int main(int argc, char** argv) {
    // In front, so that the command line can say otherwise.
    std::string repetitions = "--benchmark_repetitions=5";
    std::string aggregates = "--benchmark_report_aggregates_only=true";
    std::string interleaving = "--benchmark_enable_random_interleaving=true";
    std::vector<char*> arguments{argv[0], repetitions.data(), aggregates.data(), interleaving.data()};
    arguments.insert(arguments.end(), argv + 1, argv + argc);
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 1;
    MedianReporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    reporter.print_table();
}
