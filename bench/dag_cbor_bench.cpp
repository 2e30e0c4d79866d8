// Goals: decode and encode dag-cbor at three times the rate of the fastest of serde_ipld_dagcbor, go-ipld-prime and
// @ipld/dag-cbor, each to and from its own generic value, over event blocks of about 256 bytes and over the IPLD
// project's codec fixtures. Beside that, what avoiding a value brings: validating alone, and walking a View. Not goals:
// documents of megabytes, typed structures, and dag-json, which is for people.
//
//     dag_cbor_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
//     dag_cbor_bench --write-inputs FOLDER      writes events.blocks and fixtures.blocks for the peers
//     bench/peers/run.py --ours dag_cbor_bench FOLDER/*.blocks
//
// With a file as its first argument it is one of the peers and keeps the contract in peers/README.md. The fixtures are
// looked for in CIM_FIXTURES, then in ../shared/fixtures; where they are not, their lines are missing, and it says so.
#include <cim/ipld.hpp>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using cim::Bytes;
using cim::ByteView;
using namespace cim::ipld;

using Blocks = std::vector<Bytes>;

std::size_t total_size(const Blocks& blocks) {
    std::size_t size = 0;
    for (const auto& block : blocks) size += block.size();
    return size;
}

// Blocks as an application's events have them: short keys, identifiers, a few numbers, a link to the one before.
class EventSource {
  public:
    Bytes next() {
        const std::int64_t timestamp = 1'700'000'000'000'000 + static_cast<std::int64_t>(count_) * 1'234;
        const Value event{{"payload", payload()},
                          {"timestamp", timestamp},
                          {"event_type", types[count_ % std::size(types)]},
                          {"aggregate_id", fmt::format("graph-{}", random_() % 1000)},
                          {"previous_cid", count_ == 0 ? Value() : Value(head_)}};
        auto block = *encode(event);
        head_ = cim::Cid::of_dag_cbor(block);
        ++count_;
        return block;
    }

  private:
    static constexpr const char* types[] = {"NodeCreated", "EdgeConnected", "NodePropertiesUpdated", "NodeTransformed"};

    std::string id(std::string_view prefix) { return fmt::format("{}-{:08x}", prefix, random_() & 0xffffffff); }
    double coordinate() {
        return static_cast<double>(random_() % 20'000) / 16 - 600.03;
    } // never whole: JavaScript makes those integers

    Value payload() {
        switch (count_ % std::size(types)) {
        case 0:
            return {{"node_id", id("node")},
                    {"node_type", "Document"},
                    {"properties",
                     {{"title", "Quarterly budget " + id("v")}, {"pages", random_() % 300}, {"draft", true}}}};
        case 1:
            return {{"edge_id", id("edge")},
                    {"source", id("node")},
                    {"target", id("node")},
                    {"edge_type", "DependsOn"},
                    {"weight", coordinate()}};
        case 2:
            return {
                {"node_id", id("node")},
                {"changes", {{"status", "in review"}, {"owner", nullptr}, {"tags", List{"finance", "2024", id("t")}}}}};
        default:
            return {{"node_id", id("node")},
                    {"position", List{coordinate(), coordinate(), coordinate()}},
                    {"rotation", List{0.125, 0.25, 0.5, coordinate()}}};
        }
    }

    std::mt19937_64 random_{1};
    std::size_t count_ = 0;
    cim::Cid head_ = cim::Cid::of_dag_cbor({});
};

const Blocks& event_blocks() {
    static const Blocks blocks = [] {
        EventSource source;
        Blocks made(std::getenv("CIM_BENCH_SMALL") != nullptr ? 16 : 2000);
        std::ranges::generate(made, [&source] { return source.next(); });
        return made;
    }();
    return blocks;
}

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

Bytes to_bytes(std::string_view text) {
    const auto view = cim::as_bytes(text);
    return {view.begin(), view.end()};
}

// Empty where the fixtures are not on this machine.
const Blocks& fixture_blocks() {
    static const Blocks blocks = [] {
        const char* chosen = std::getenv("CIM_FIXTURES");
        const auto folder = fs::path(chosen != nullptr ? chosen : "../shared/fixtures") / "ipld-codec-fixtures";
        std::vector<fs::path> files;
        if (fs::is_directory(folder)) {
            for (const auto& entry : fs::recursive_directory_iterator(folder))
                if (entry.path().extension() == ".dag-cbor") files.push_back(entry.path());
        }
        std::ranges::sort(files);
        Blocks read;
        for (const auto& file : files) read.push_back(to_bytes(read_file(file)));
        return read;
    }();
    return blocks;
}

std::vector<Value> decode_all(const Blocks& blocks) {
    std::vector<Value> values;
    for (const auto& block : blocks) values.push_back(*decode(block));
    return values;
}

// One iteration is all blocks once.
void report(benchmark::State& state, const Blocks& blocks) {
    using benchmark::Counter;
    const auto count = static_cast<double>(blocks.size());
    state.counters["per_block"] = Counter(count, Counter::kIsIterationInvariantRate | Counter::kInvert);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(total_size(blocks)));
}

void bench_decode(benchmark::State& state, const Blocks& blocks) {
    for ([[maybe_unused]] auto _ : state) {
        for (const auto& block : blocks) benchmark::DoNotOptimize(decode(block));
    }
    report(state, blocks);
}

void bench_validate(benchmark::State& state, const Blocks& blocks) {
    for ([[maybe_unused]] auto _ : state) {
        for (const auto& block : blocks) benchmark::DoNotOptimize(validate(block));
    }
    report(state, blocks);
}

// Touches every item, as a program would that reads all of it.
std::size_t walk(View view) {
    switch (view.kind()) {
    case Kind::string: return view.as_string()->size();
    case Kind::bytes: return view.as_bytes()->size();
    case Kind::integer: return view.as_integer()->argument();
    case Kind::floating: return static_cast<std::size_t>(*view.as_floating() == 0);
    case Kind::list: {
        std::size_t sum = 0;
        for (const auto item : view.items()) sum += walk(item);
        return sum;
    }
    case Kind::map: {
        std::size_t sum = 0;
        for (const auto [key, value] : view.entries()) sum += key.size() + walk(value);
        return sum;
    }
    default: return 1;
    }
}

void bench_view(benchmark::State& state, const Blocks& blocks) {
    for ([[maybe_unused]] auto _ : state) {
        for (const auto& block : blocks) benchmark::DoNotOptimize(walk(*View::parse(block)));
    }
    report(state, blocks);
}

void bench_encode(benchmark::State& state, const Blocks& blocks) {
    const auto values = decode_all(blocks);
    Bytes buffer;
    for ([[maybe_unused]] auto _ : state) {
        for (const auto& value : values) {
            buffer.clear();
            benchmark::DoNotOptimize(encode_to(value, buffer));
            benchmark::ClobberMemory();
        }
    }
    report(state, blocks);
}

void register_all(const std::string& corpus, const Blocks& blocks) {
    if (blocks.empty()) {
        std::cerr << "no " << corpus << " on this machine: set CIM_FIXTURES\n";
        return;
    }
    const auto add = [&](const char* name, void (*run)(benchmark::State&, const Blocks&)) {
        const auto bench = [run, &blocks](benchmark::State& state) { run(state, blocks); };
        benchmark::RegisterBenchmark((std::string(name) + "/" + corpus).c_str(), bench)->Unit(benchmark::kMicrosecond);
    };
    add("decode", bench_decode);
    add("validate", bench_validate);
    add("view", bench_view);
    add("encode", bench_encode);
}

int write_inputs(const fs::path& folder) {
    fs::create_directories(folder);
    for (const auto& [name, blocks] :
         {std::pair("events", &event_blocks()), std::pair("fixtures", &fixture_blocks())}) {
        if (blocks->empty()) continue;
        std::ofstream out(folder / (std::string(name) + ".blocks"), std::ios::binary);
        for (const auto& block : *blocks) {
            for (int shift = 0; shift < 32; shift += 8) out.put(static_cast<char>(block.size() >> shift));
            out << cim::as_text(block);
        }
        std::cout << name << ": " << blocks->size() << " blocks, " << total_size(*blocks) << " bytes\n";
    }
    return 0;
}

Blocks split(std::string_view input) {
    Blocks blocks;
    while (!input.empty()) {
        std::size_t size = 0;
        for (std::size_t i = 4; i-- > 0;) size = size << 8 | static_cast<unsigned char>(input.at(i));
        blocks.push_back(to_bytes(input.substr(4, size)));
        input.remove_prefix(4 + size);
    }
    return blocks;
}

// Nanoseconds of one pass, from as many passes as fit into that time.
double time_pass(std::chrono::milliseconds time, auto&& pass) {
    const auto start = std::chrono::steady_clock::now();
    for (double passes = 1;; ++passes) {
        pass();
        const auto elapsed = std::chrono::steady_clock::now() - start;
        if (elapsed >= time) return std::chrono::duration<double, std::nano>(elapsed).count() / passes;
    }
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return (values[values.size() / 2] + values[(values.size() - 1) / 2]) / 2;
}

// The contract of peers/README.md.
int run_as_peer(std::span<char*> arguments) {
    const auto number = [&](std::size_t index, int fallback) {
        return index < arguments.size() ? std::atoi(arguments[index]) : fallback;
    };
    const std::chrono::milliseconds time(number(2, 300));
    const auto repetitions = std::max(number(3, 5), 1);

    Blocks blocks;
    std::vector<Value> values;
    int refused = 0;
    int mismatched = 0;
    for (auto& block : split(read_file(arguments[1]))) {
        auto value = decode(block);
        if (!value) {
            ++refused;
        } else if (encode(*value).value() != block) {
            ++mismatched;
        } else {
            values.push_back(*std::move(value));
            blocks.push_back(std::move(block));
        }
    }
    std::vector<double> decoding, encoding;
    Bytes buffer;
    for (int i = 0; i < repetitions; ++i) {
        decoding.push_back(time_pass(time, [&] {
            for (const auto& block : blocks) benchmark::DoNotOptimize(decode(block));
        }));
        encoding.push_back(time_pass(time, [&] {
            for (const auto& value : values) {
                buffer.clear();
                benchmark::DoNotOptimize(encode_to(value, buffer));
                benchmark::ClobberMemory();
            }
        }));
    }
    const auto bytes = static_cast<double>(total_size(blocks));
    const auto count = static_cast<double>(blocks.size());
    const auto decode_pass = median(decoding);
    const auto encode_pass = median(encoding);
    fmt::print("{{\"peer\": \"cim\", \"version\": \"here\", \"blocks\": {}, \"bytes\": {}, \"refused\": {}, "
               "\"mismatched\": {}, \"decode_ns_per_block\": {:.1f}, \"encode_ns_per_block\": {:.1f}, "
               "\"decode_mb_s\": {:.1f}, \"encode_mb_s\": {:.1f}}}\n",
               blocks.size(), total_size(blocks), refused, mismatched, decode_pass / count, encode_pass / count,
               bytes * 1e3 / decode_pass, bytes * 1e3 / encode_pass);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::span arguments(argv, static_cast<std::size_t>(argc));
    if (argc == 3 && std::string_view(argv[1]) == "--write-inputs") return write_inputs(argv[2]);
    if (argc > 1 && argv[1][0] != '-') return run_as_peer(arguments);
    register_all("events", event_blocks());
    register_all("fixtures", fixture_blocks());
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
