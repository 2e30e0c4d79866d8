// Aim: every way to hash gives the one right digest, whatever the lengths, their mix and the number of messages.
// Method: published vectors pin sha256(); the batch and the incremental form are then compared with it, over all short
// lengths (every padding case), over batches shaped to cross each choice that sha256_many() makes, and at random from a
// seed that is printed and can be set again with CIM_TEST_SEED.
#include "ipld/sha256.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace cim::ipld {
namespace {

using Message = std::span<const std::byte>;

Message view(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string hex(const Sha256Digest& digest) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const std::byte byte : digest) {
        text += digits[std::to_integer<unsigned>(byte >> 4)];
        text += digits[std::to_integer<unsigned>(byte & std::byte{15})];
    }
    return text;
}

std::vector<std::byte> random_bytes(std::size_t size, std::mt19937_64& random) {
    std::vector<std::byte> bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random());
    return bytes;
}

// Printed at once, so that it is known even after a crash.
std::uint64_t seed() {
    const char* given = std::getenv("CIM_TEST_SEED");
    const std::uint64_t used = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::cout << "CIM_TEST_SEED=" << used << '\n';
    return used;
}

// Hashes in one batch messages of these lengths, which all lie at odd places in one buffer, and expects each digest.
void expect_batch(const std::vector<std::size_t>& lengths, std::mt19937_64& random) {
    std::vector<std::size_t> starts;
    std::size_t end = 1;
    for (const std::size_t length : lengths) {
        starts.push_back(end);
        end += length + random() % 3;
    }
    const auto buffer = random_bytes(end, random);
    std::vector<Message> messages;
    for (std::size_t i = 0; i < lengths.size(); ++i)
        messages.push_back(std::span(buffer).subspan(starts[i], lengths[i]));

    std::vector<Sha256Digest> digests(lengths.size());
    sha256_many(messages, digests);
    for (std::size_t i = 0; i < lengths.size(); ++i)
        ASSERT_EQ(digests[i], sha256(messages[i])) << "message " << i << " of " << lengths[i] << " bytes";
}

struct Vector {
    std::string message;
    std::string_view digest;
};

// FIPS 180-4 examples, and from the NIST CAVP byte-oriented short messages.
const std::vector<Vector>& vectors() {
    static const std::vector<Vector> all{
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
         "nopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
        {std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
        {"\xd3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"},
        {"\x11\xaf", "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"},
        {"\xb4\x19\x0e", "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2"},
        {"\x74\xba\x25\x21", "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"},
    };
    return all;
}

TEST(Sha256, KnownVectors) {
    for (const auto& [message, digest] : vectors())
        EXPECT_EQ(hex(sha256(view(message))), digest) << message.size() << " bytes";
}

TEST(Sha256, KnownVectorsInBatches) {
    std::vector<Message> messages;
    for (int copies = 0; copies < 40; ++copies) {
        for (const Vector& vector : vectors()) messages.push_back(view(vector.message));
    }
    std::vector<Sha256Digest> digests(messages.size());
    sha256_many(messages, digests);
    for (std::size_t i = 0; i < messages.size(); ++i)
        ASSERT_EQ(hex(digests[i]), vectors()[i % vectors().size()].digest) << "message " << i;
}

TEST(Sha256, NothingAtAll) {
    sha256_many({}, {});
    EXPECT_EQ(sha256(Message{}), sha256(view("")));

    const std::vector<Message> empty(100); // No address either.
    std::vector<Sha256Digest> digests(empty.size());
    sha256_many(empty, digests);
    for (const Sha256Digest& digest : digests) ASSERT_EQ(digest, sha256(view("")));
}

TEST(Sha256, EveryShortLengthAloneAndTogether) {
    std::mt19937_64 random(1);
    std::vector<std::size_t> all;
    for (std::size_t length = 0; length <= 300; ++length) {
        all.push_back(length);
        expect_batch(std::vector<std::size_t>(17, length), random);
    }
    expect_batch(all, random);
    expect_batch({all.rbegin(), all.rend()}, random);
}

TEST(Sha256, EveryCountOfMessages) {
    std::mt19937_64 random(2);
    for (std::size_t count = 0; count <= 70; ++count) expect_batch(std::vector<std::size_t>(count, 256), random);
    expect_batch(std::vector<std::size_t>(1000, 256), random);
}

TEST(Sha256, LongMessagesAmongShortOnes) {
    std::mt19937_64 random(3);
    expect_batch({5'000'000}, random);
    expect_batch({5'000'000, 4'000'000, 0, 3}, random);
    expect_batch(std::vector<std::size_t>(20, 65'534), random);
    expect_batch(std::vector<std::size_t>(20, 65'535), random);
    // Each message is a large part of what the longer ones leave over.
    expect_batch({64'000, 32'000, 16'000, 8'000, 4'000, 2'000, 1'000, 500, 250, 125, 62, 31, 15, 7, 3, 1, 0}, random);

    std::vector<std::size_t> lengths(300, 200);
    lengths[0] = 60'000;
    lengths[150] = 3'000'000;
    lengths[299] = 2'500;
    expect_batch(lengths, random);
}

TEST(Sha256, RandomBatches) {
    std::mt19937_64 random(seed());
    for (int batch = 0; batch < 200 && !HasFatalFailure(); ++batch) {
        std::vector<std::size_t> lengths(random() % 200);
        for (std::size_t& length : lengths)
            length = random() % (std::size_t{1} << (random() % 14 + 1)); // Every order of magnitude alike.
        expect_batch(lengths, random);
    }
}

TEST(Sha256, PiecesOfEveryShape) {
    std::mt19937_64 random(seed());
    for (int round = 0; round < 500; ++round) {
        const auto bytes = random_bytes(random() % 1000, random);
        Sha256 hash;
        Message rest(bytes);
        while (!rest.empty()) {
            const std::size_t size = random() % (rest.size() + 1);
            hash.update(rest.first(size));
            rest = rest.subspan(size);
            const Message given = std::span(bytes).first(bytes.size() - rest.size());
            ASSERT_EQ(hash.finish(), sha256(given)) << given.size() << " of " << bytes.size() << " bytes";
        }
        ASSERT_EQ(hash.finish(), sha256(bytes));
    }
}

TEST(Sha256, ACopyGoesOnAlone) {
    Sha256 common;
    common.update(view("the same beginning, "));
    Sha256 first = common;
    Sha256 second = common;
    first.update(view("one end"));
    second.update(view("another"));
    EXPECT_EQ(first.finish(), sha256(view("the same beginning, one end")));
    EXPECT_EQ(second.finish(), sha256(view("the same beginning, another")));
    EXPECT_EQ(common.finish(), sha256(view("the same beginning, ")));
}

TEST(Sha256, ManyThreadsAtOnce) {
    std::vector<std::thread> threads;
    for (unsigned thread = 0; thread < 8; ++thread) {
        threads.emplace_back([thread] {
            std::mt19937_64 random(thread);
            for (int batch = 0; batch < 20; ++batch) expect_batch(std::vector<std::size_t>(50, 200 + thread), random);
        });
    }
    for (std::thread& thread : threads) thread.join();
}

TEST(Sha256, LanesAreAtLeastOne) {
    std::cout << "lanes: " << sha256_lanes() << '\n';
    EXPECT_GE(sha256_lanes(), 1U);
}

} // namespace
} // namespace cim::ipld
