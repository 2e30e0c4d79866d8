// What the tests of copies and mirrors share: two stores in files, random logs, and ways to compare and to damage them.
#pragma once

#include <cim/event_store.hpp>
#include <cim/mirror.hpp>

#include "store/sqlite/connection.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace cim::test {

using namespace std::chrono_literals;

inline bool eventually(const std::function<bool()>& it_is_so) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!it_is_so()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

/// Two stores, empty at first, gone in the end.
class TwoStoresTest : public testing::Test {
  protected:
    TwoStoresTest() {
        static std::atomic<int> number{0};
        folder = std::filesystem::temp_directory_path() /
                 ("cim-mirror-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
        std::filesystem::create_directories(folder);
        source = open("source");
        local = open("local");
    }
    ~TwoStoresTest() override {
        source.reset();
        local.reset();
        std::filesystem::remove_all(folder);
    }
    [[nodiscard]] std::unique_ptr<EventStore> open(const std::string& name) const {
        auto opened = open_store("sqlite:" + (folder / (name + ".db")).string() + "?synchronous=normal");
        EXPECT_TRUE(opened) << opened.error().text();
        return *std::move(opened);
    }
    /// Runs SQL on a store's file, behind its back.
    void sql(const std::string& name, const std::string& statements) const {
        auto connection = sqlite::Connection::open((folder / (name + ".db")).string(), sqlite::Access::read_write, 5s);
        ASSERT_TRUE(connection);
        const auto ran = connection->run(statements);
        ASSERT_TRUE(ran) << ran.error().text();
    }

    static AppendReceipt append(EventStore& store, const std::string& aggregate, int events, std::uint64_t mark = 0) {
        Transaction transaction{AggregateId{aggregate}};
        transaction.trace = {"correlation", "causation", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
        for (int i = 0; i < events; ++i)
            transaction.add(i % 2 == 0 ? "NodeCreated" : "EdgeConnected", {{"mark", mark}, {"number", i}},
                            from_micros(static_cast<std::int64_t>(mark) * 1000 + i));
        auto receipt = store.append(transaction, ExpectedHead::any());
        EXPECT_TRUE(receipt) << receipt.error().text();
        return receipt ? *receipt : AppendReceipt{};
    }
    static void append_random(EventStore& store, std::uint64_t seed, int transactions) {
        std::mt19937_64 random(seed);
        for (int i = 0; i < transactions; ++i)
            append(store, "agg-" + std::to_string(random() % 7), static_cast<int>(1 + random() % 9),
                   random() % 1'000'000);
    }
    static std::vector<DomainEvent> read_all(EventStore& store) {
        std::vector<DomainEvent> events;
        auto query = ReadQuery::all();
        while (true) {
            auto page = store.read(query);
            EXPECT_TRUE(page) << page.error().text();
            if (!page) return events;
            events.insert(events.end(), page->events.begin(), page->events.end());
            if (!page->next) return events;
            query = *std::move(page->next);
        }
    }
    /// The same events in the same order, in the same transactions, with the same heads.
    static void expect_same(EventStore& a, EventStore& b) {
        const auto ours = read_all(a);
        const auto theirs = read_all(b);
        ASSERT_EQ(ours.size(), theirs.size());
        for (std::size_t i = 0; i < ours.size(); ++i) {
            ASSERT_EQ(ours[i].cid(), theirs[i].cid()) << i;
            ASSERT_EQ(ours[i].aggregate_sequence(), theirs[i].aggregate_sequence()) << i;
            ASSERT_EQ(ours[i].transaction_id(), theirs[i].transaction_id()) << i;
            ASSERT_EQ(ours[i].transaction_index(), theirs[i].transaction_index()) << i;
            ASSERT_EQ(ours[i].transaction_size(), theirs[i].transaction_size()) << i;
            ASSERT_EQ(ours[i].correlation_id(), theirs[i].correlation_id()) << i;
            ASSERT_EQ(ours[i].causation_id(), theirs[i].causation_id()) << i;
            ASSERT_EQ(ours[i].traceparent(), theirs[i].traceparent()) << i;
        }
        const auto left = *a.aggregates();
        const auto right = *b.aggregates();
        ASSERT_EQ(left.size(), right.size());
        for (std::size_t i = 0; i < left.size(); ++i) EXPECT_EQ(left[i].head, right[i].head);
    }

    std::filesystem::path folder;
    std::unique_ptr<EventStore> source;
    std::unique_ptr<EventStore> local;
};

} // namespace cim::test
