// Goals: how much faster a batch of event-sized blocks is hashed than by OpenSSL, and that hashing one block costs no
// more than OpenSSL itself. The rival is SHA256_Init/Update/Final, the fastest that OpenSSL 3 offers for a short
// message; its one-shot SHA256() and EVP with a reused context are beside it to show why they are not used.
//   one block   sha256()      >= 0.9 x the rival's rate
//   many blocks sha256_many() >= 1.5 x the rival's rate at 256 bytes
// Not goals: long messages, where all are alike, and more than one thread.
//
// Run all in one process on an idle machine, and compare medians of the same run:
//   sha256_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
//                --benchmark_enable_random_interleaving=true --benchmark_out=sha256.json
// The first argument is the bytes in a message, the second, of sha256_many(), the messages in a batch. `per_message` is
// the time for one message; `lanes` says how many are hashed side by side, 1 being a build or a machine without.
#include "ipld/sha256.hpp"

#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <span>
#include <vector>

namespace {

using cim::ipld::Sha256Digest;
using Message = std::span<const std::byte>;

// A megabyte in 256-byte messages: more than a first-level cache, less than a second-level one.
std::size_t message_count() { return std::getenv("CIM_BENCH_SMALL") != nullptr ? 64 : 4096; }

struct Batch {
    explicit Batch(std::size_t length) : bytes(length * message_count()), digests(message_count()) {
        std::mt19937_64 random(1);
        std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random()); });
        for (std::size_t i = 0; i < message_count(); ++i)
            messages.emplace_back(std::span(bytes).subspan(i * length, length));
    }

    std::vector<std::byte> bytes;
    std::vector<Message> messages;
    std::vector<Sha256Digest> digests;
};

// Every iteration hashed the whole batch.
void report(benchmark::State& state, const Batch& batch) {
    using benchmark::Counter;
    const auto hashed = static_cast<double>(batch.messages.size());
    state.counters["per_message"] = Counter(hashed, Counter::kIsIterationInvariantRate | Counter::kInvert);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(batch.bytes.size()));
}

// Hashes the whole batch once an iteration with `hash(message, digest)`.
template <typename Hash> void each_message(benchmark::State& state, Hash hash) {
    Batch batch(static_cast<std::size_t>(state.range(0)));
    for ([[maybe_unused]] auto _ : state) {
        for (std::size_t i = 0; i < batch.messages.size(); ++i) hash(batch.messages[i], batch.digests[i]);
        benchmark::ClobberMemory();
    }
    report(state, batch);
}

unsigned char* octets(Sha256Digest& digest) { return reinterpret_cast<unsigned char*>(digest.data()); }

void openssl_init_update_final(benchmark::State& state) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" // Deprecated, and still the rival to measure against.
    each_message(state, [](Message message, Sha256Digest& digest) {
        SHA256_CTX context;
        SHA256_Init(&context);
        SHA256_Update(&context, message.data(), message.size());
        SHA256_Final(octets(digest), &context);
    });
#pragma GCC diagnostic pop
}

void openssl_evp_reused_context(benchmark::State& state) {
    const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                                    &EVP_MD_free);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    each_message(state, [&](Message message, Sha256Digest& digest) {
        EVP_DigestInit_ex(context.get(), algorithm.get(), nullptr);
        EVP_DigestUpdate(context.get(), message.data(), message.size());
        EVP_DigestFinal_ex(context.get(), octets(digest), nullptr);
    });
}

void openssl_one_shot(benchmark::State& state) {
    each_message(state, [](Message message, Sha256Digest& digest) {
        SHA256(reinterpret_cast<const unsigned char*>(message.data()), message.size(), octets(digest));
    });
}

void cim_sha256(benchmark::State& state) {
    each_message(state, [](Message message, Sha256Digest& digest) { digest = cim::ipld::sha256(message); });
}

void cim_sha256_many(benchmark::State& state) {
    Batch batch(static_cast<std::size_t>(state.range(0)));
    const auto size = static_cast<std::size_t>(state.range(1));
    for ([[maybe_unused]] auto _ : state) {
        for (std::size_t i = 0; i < batch.messages.size(); i += size) {
            const std::size_t count = std::min(size, batch.messages.size() - i);
            cim::ipld::sha256_many(std::span(batch.messages).subspan(i, count),
                                   std::span(batch.digests).subspan(i, count));
        }
        benchmark::ClobberMemory();
    }
    report(state, batch);
    state.counters["lanes"] = cim::ipld::sha256_lanes();
}

const std::vector<std::int64_t> lengths{128, 256, 1024};
const std::vector<std::int64_t> batches{1, 4, 16, 64, 1024};

BENCHMARK(openssl_init_update_final)->ArgsProduct({lengths});
BENCHMARK(openssl_evp_reused_context)->Arg(256);
BENCHMARK(openssl_one_shot)->Arg(256);
BENCHMARK(cim_sha256)->ArgsProduct({lengths});
BENCHMARK(cim_sha256_many)->ArgsProduct({lengths, batches});

} // namespace
