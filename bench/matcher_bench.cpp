// Goals: what it costs to find the patterns that match a subject, on the workload of nats-server's own benchmark:
// tokens synadia nats jetstream nkeys jwt deny auth drain in depths 1-5, which is 37,448 patterns, and three with
// wildcards.
//   hit        one subject again and again: kept answers, prepared subjects, and searched for
//   miss       a subject whose fifth token nobody has
//   many_hits  a subject that three patterns match, two of them with wildcards
//   rotating   all 37,448 subjects in turn: more than are kept
//   wildcards  10,000 patterns with wildcards, 75 of which match
//   million    1,000,000 patterns, one in ten with a wildcard, and 100,000 subjects in turn
//   threads    hit and rotating, on 1, 2 and 4 threads with a reader each
// And growth: the cost of a match, of a subscription and its bytes from 1,000 to 1,000,000 patterns.
// Not goals: delivery (router_bench).
//
// The rival is nats-server's Sublist, which is a Go library and runs beside this program:
//   matcher_bench --write-inputs DIR               writes NAME.patterns and NAME.subjects for each of these
//   matcher_bench PATTERNS SUBJECTS [MS [REPS]]    keeps the contract of bench/peers/README.md
//   python3 bench/peers/run_matcher.py --ours build/bin/bench/matcher_bench
#include <cim/subject_matcher.hpp>

#include <benchmark/benchmark.h>
#include <time.h> // NOLINT(modernize-deprecated-headers): clock_gettime is of POSIX

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using cim::SubjectMatcher;
using cim::SubjectPattern;
using Texts = std::vector<std::string>;

bool small() { return std::getenv("CIM_BENCH_SMALL") != nullptr; }

// -- Workloads -------------------------------------------------------------------------------------------------------

const Texts tokens{"synadia", "nats", "jetstream", "nkeys", "jwt", "deny", "auth", "drain"};

void add_literals(const std::string& prefix, int depth, Texts& all) {
    for (const auto& token : tokens) {
        auto subject = prefix;
        if (!subject.empty()) subject += '.';
        subject += token;
        all.push_back(subject);
        if (depth < (small() ? 3 : 5)) add_literals(subject, depth + 1, all);
    }
}

Texts literals() {
    Texts all;
    add_literals("", 1, all);
    return all;
}

Texts literals_and_three() {
    auto all = literals();
    for (const auto* pattern : {"cloud.>", "cloud.nats.component.>", "cloud.*.*.nkeys.*"}) all.emplace_back(pattern);
    return all;
}

// 75 patterns for the one subject, of all combinations of its tokens with stars and a '>', and others like them.
Texts wildcards() {
    Texts all;
    std::mt19937_64 random(1);
    const Texts wanted{"synadia", "nats", "jetstream", "nkeys", "jwt", "deny", "auth"};
    for (unsigned bits = 1; bits <= 75; ++bits) {
        std::string pattern;
        for (std::size_t i = 0; i < wanted.size(); ++i)
            pattern += (i == 0 ? "" : ".") + ((bits >> i & 1) != 0 ? std::string("*") : wanted[i]);
        all.push_back(pattern);
    }
    while (all.size() < 10'000) {
        std::string pattern;
        for (std::size_t i = 0; i < wanted.size(); ++i)
            pattern += (i == 0 ? "" : ".") + (random() % 3 == 0 ? std::string("*") : tokens[random() % tokens.size()]);
        pattern += ".end";
        if (pattern.find('*') != std::string::npos) all.push_back(pattern);
    }
    return all;
}

std::string device_subject(std::size_t i) {
    return "device." + std::to_string(i) + ".sensor." + std::to_string(i % 16) + ".reading";
}

Texts devices(std::size_t count) {
    Texts all;
    for (std::size_t i = 0; i < count; ++i)
        all.push_back(i % 10 == 0 ? "device." + std::to_string(i) + ".sensor.*.reading" : device_subject(i));
    return all;
}

Texts device_subjects(std::size_t count) {
    Texts all;
    std::mt19937_64 random(1);
    for (std::size_t i = 0; i < std::min<std::size_t>(count, 100'000); ++i)
        all.push_back(device_subject(random() % count));
    return all;
}

std::size_t a_million() { return small() ? 1000 : 1'000'000; }

struct Workload {
    std::string name;
    std::function<Texts()> patterns;
    std::function<Texts()> subjects;
};

std::vector<Workload> workloads() {
    return {
        {"hit", literals_and_three, [] { return Texts{"synadia.nats.jetstream.nkeys"}; }},
        {"miss", literals_and_three, [] { return Texts{"synadia.nats.jetstream.nkeys.ZZZZ"}; }},
        {"many_hits", literals_and_three, [] { return Texts{"cloud.nats.component.router"}; }},
        {"rotating", literals_and_three, literals},
        {"wildcards", wildcards, [] { return Texts{"synadia.nats.jetstream.nkeys.jwt.deny.auth"}; }},
        {"million", [] { return devices(a_million()); }, [] { return device_subjects(a_million()); }},
    };
}

std::unique_ptr<SubjectMatcher> matcher_of(const Texts& patterns) {
    auto matcher = std::make_unique<SubjectMatcher>();
    for (std::size_t i = 0; i < patterns.size(); ++i)
        if (!matcher->subscribe(*SubjectPattern::parse(patterns[i]), i)) std::abort();
    return matcher;
}

// -- As a program of the peers' contract -----------------------------------------------------------------------------

using Clock = std::chrono::steady_clock;

enum class Ask { kept, searched, interest, prepared };

double thread_cpu_nanoseconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// Millions of matches a second that that many threads make of their processor time, each going round the subjects from
// a place of its own. Not of the time of day, in which other programs run, too.
double rate(const SubjectMatcher& matcher, const Texts& subjects, Ask ask, unsigned threads,
            std::chrono::milliseconds time) {
    std::mutex mutex;
    double total = 0;
    const auto began = Clock::now();
    const auto run = [&](unsigned thread) {
        SubjectMatcher::Reader reader(matcher, {.cached_subjects = ask == Ask::kept ? 1024u : 0u});
        std::vector<SubjectMatcher::Reader::Prepared> prepared;
        if (ask == Ask::prepared)
            for (const auto& subject : subjects) prepared.emplace_back(*cim::Subject::parse(subject));
        std::size_t at = thread * subjects.size() / threads;
        std::uint64_t count = 0;
        const auto cpu = thread_cpu_nanoseconds();
        do {
            for (int i = 0; i < 256; ++i) {
                switch (ask) {
                case Ask::kept:
                case Ask::searched: benchmark::DoNotOptimize(reader.match(subjects[at]).data()); break;
                case Ask::interest: benchmark::DoNotOptimize(reader.has_interest(subjects[at])); break;
                case Ask::prepared: benchmark::DoNotOptimize(reader.match(prepared[at]).data()); break;
                }
                if (++at == subjects.size()) at = 0;
            }
            count += 256;
        } while (Clock::now() - began < time || count < 4096);
        const auto speed = static_cast<double>(count) / (thread_cpu_nanoseconds() - cpu) * 1e3;
        const std::scoped_lock lock(mutex);
        total += speed;
    };
    std::vector<std::thread> others;
    for (unsigned thread = 1; thread < threads; ++thread) others.emplace_back(run, thread);
    run(0);
    for (auto& other : others) other.join();
    return total;
}

double median(int repetitions, const std::function<double()>& measure) {
    std::vector<double> figures;
    figures.reserve(static_cast<std::size_t>(repetitions));
    for (int i = 0; i < repetitions; ++i) figures.push_back(measure());
    std::ranges::sort(figures);
    return figures[figures.size() / 2];
}

Texts lines(const char* path) {
    Texts all;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) all.push_back(line);
    return all;
}

int run_as_peer(int argc, char** argv) {
    const auto patterns = lines(argv[1]), subjects = lines(argv[2]);
    if (patterns.empty() || subjects.empty()) {
        std::fprintf(stderr, "%s and %s must each have a line\n", argv[1], argv[2]);
        return 1;
    }
    const std::chrono::milliseconds time(argc > 3 ? std::atoi(argv[3]) : 300);
    const int repetitions = argc > 4 ? std::atoi(argv[4]) : 5;

    std::vector<SubjectPattern> parsed;
    for (const auto& text : patterns) parsed.push_back(*SubjectPattern::parse(text));
    SubjectMatcher matcher;
    const auto began = thread_cpu_nanoseconds();
    for (std::size_t i = 0; i < parsed.size(); ++i)
        if (!matcher.subscribe(parsed[i], i)) return 1;
    const auto subscribe = (thread_cpu_nanoseconds() - began) / static_cast<double>(parsed.size());
    std::size_t hits = 0;
    SubjectMatcher::Reader reader(matcher, {.cached_subjects = 0});
    for (const auto& subject : subjects) hits += reader.match(subject).size();

    const auto ns = [&](Ask ask) {
        return median(repetitions, [&] { return 1e3 / rate(matcher, subjects, ask, 1, time); });
    };
    std::printf("{\"peer\":\"cim\",\"version\":\"\",\"patterns\":%zu,\"subjects\":%zu,\"hits_per_match\":%.2f,"
                "\"subscribe_ns\":%.1f,\"bytes_per_pattern\":%.1f,\"cached_ns\":%.2f,\"uncached_ns\":%.1f,"
                "\"has_interest_ns\":%.1f,\"prepared_ns\":%.2f",
                patterns.size(), subjects.size(), static_cast<double>(hits) / static_cast<double>(subjects.size()),
                subscribe, static_cast<double>(matcher.stats().bytes) / static_cast<double>(patterns.size()),
                ns(Ask::kept), ns(Ask::searched), ns(Ask::interest), ns(Ask::prepared));
    for (const auto& [name, ask] :
         {std::pair("cached_m_per_s", Ask::kept), std::pair("uncached_m_per_s", Ask::searched)}) {
        std::printf(",\"%s\":{", name);
        for (const unsigned threads : {1u, 2u, 4u})
            std::printf("%s\"%u\":%.2f", threads == 1 ? "" : ",", threads,
                        median(repetitions, [&] { return rate(matcher, subjects, ask, threads, time); }));
        std::printf("}");
    }
    std::printf("}\n");
    return 0;
}

int write_inputs(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    const auto write = [&](const std::string& name, const Texts& texts) {
        std::ofstream file(folder / name);
        for (const auto& text : texts) file << text << '\n';
        return file.good();
    };
    for (const auto& workload : workloads())
        if (!write(workload.name + ".patterns", workload.patterns()) ||
            !write(workload.name + ".subjects", workload.subjects()))
            return 1;
    return 0;
}

// -- As a benchmark --------------------------------------------------------------------------------------------------

// Loading a million patterns takes a second: once for all benchmarks in a row that use the same.
const SubjectMatcher& loaded(const Workload& workload) {
    static std::string name;
    static std::unique_ptr<SubjectMatcher> matcher;
    if (name != workload.name) {
        matcher.reset();
        matcher = matcher_of(workload.patterns());
        name = workload.name;
    }
    return *matcher;
}

void match(benchmark::State& state, const Workload& workload, Ask ask) {
    static const SubjectMatcher* shared;
    if (state.thread_index() == 0) shared = &loaded(workload);
    const auto subjects = workload.subjects();
    std::unique_ptr<SubjectMatcher::Reader> reader;
    auto at =
        static_cast<std::size_t>(state.thread_index()) * subjects.size() / static_cast<std::size_t>(state.threads());
    SubjectMatcher::Reader::Prepared prepared(*cim::Subject::parse(subjects[at]));
    for ([[maybe_unused]] auto _ : state) {
        if (!reader) // the other threads wait for the first one's preparations only here
            reader = std::make_unique<SubjectMatcher::Reader>(
                *shared, SubjectMatcher::Reader::Options{.cached_subjects = ask == Ask::kept ? 1024u : 0u});
        if (ask == Ask::interest)
            benchmark::DoNotOptimize(reader->has_interest(subjects[at]));
        else if (ask == Ask::prepared)
            benchmark::DoNotOptimize(reader->match(prepared).data());
        else
            benchmark::DoNotOptimize(reader->match(subjects[at]).data());
        if (++at == subjects.size()) at = 0;
    }
    state.SetItemsProcessed(state.iterations());
}

void growth(benchmark::State& state) {
    const auto count =
        static_cast<std::size_t>(small() ? std::min<std::int64_t>(state.range(0), 1000) : state.range(0));
    std::vector<SubjectPattern> patterns;
    for (const auto& text : devices(count)) patterns.push_back(*SubjectPattern::parse(text));
    SubjectMatcher matcher;
    const auto began = thread_cpu_nanoseconds();
    for (std::size_t i = 0; i < patterns.size(); ++i)
        if (!matcher.subscribe(patterns[i], i)) std::abort();
    const auto seconds = (thread_cpu_nanoseconds() - began) / 1e9;
    const auto subjects = device_subjects(count);
    SubjectMatcher::Reader reader(matcher, {.cached_subjects = 0});
    std::size_t at = 0;
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(reader.match(subjects[at]).data());
        if (++at == subjects.size()) at = 0;
    }
    state.counters["subscribes_per_s"] = static_cast<double>(count) / seconds;
    state.counters["bytes_per_pattern"] = static_cast<double>(matcher.stats().bytes) / static_cast<double>(count);
}
BENCHMARK(growth)->RangeMultiplier(10)->Range(1000, 1'000'000);

} // namespace

int main(int argc, char** argv) {
    if (argc == 3 && std::string_view(argv[1]) == "--write-inputs") return write_inputs(argv[2]);
    if (argc >= 3 && argv[1][0] != '-') return run_as_peer(argc, argv);
    for (const auto& workload : workloads()) {
        const auto add = [&](const char* how, Ask ask) {
            return benchmark::RegisterBenchmark((workload.name + '/' + how).c_str(), match, workload, ask);
        };
        add("searched", Ask::searched);
        if (workload.name != "million") add("kept", Ask::kept);
        if (workload.name == "hit") add("prepared", Ask::prepared);
        add("has_interest", Ask::interest);
        if (workload.name == "hit") add("kept", Ask::kept)->Threads(2)->Threads(4)->UseRealTime();
        if (workload.name == "rotating") add("searched", Ask::searched)->Threads(2)->Threads(4)->UseRealTime();
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
