// Aim: a feed gives everything after its start once, in order, in whole transactions, and ends when it is closed.
// Method: feeds that start before, in the middle of and after what is there, alone and under writers.
#include "conformance/support.hpp"

#include <atomic>
#include <thread>

namespace cim::test {
namespace {

using namespace std::chrono_literals;
using FeedTest = StoreTest;
CIM_FOR_ALL_STORES(FeedTest);

std::unique_ptr<EventFeed> follow(EventStore& store, GlobalSequence after = {}) {
    auto feed = store.follow(after);
    EXPECT_TRUE(feed) << feed.error().text();
    return feed ? *std::move(feed) : nullptr;
}

std::vector<DomainEvent> next(EventFeed& feed, std::size_t most = 1000, std::chrono::milliseconds timeout = 5s) {
    auto events = feed.next(most, timeout);
    EXPECT_TRUE(events) << events.error().text();
    return events ? *std::move(events) : std::vector<DomainEvent>{};
}

TEST_P(FeedTest, RefusesToGiveNoEvents) { EXPECT_EQ(code_of(follow(*store)->next(0, 0ms)), Errc::invalid_argument); }

TEST_P(FeedTest, GivesNothingInTimeWhereNothingComes) {
    const auto feed = follow(*store);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(next(*feed, 10, 50ms).empty());
    EXPECT_GE(std::chrono::steady_clock::now() - start, 50ms);
    EXPECT_TRUE(next(*feed, 10, 0ms).empty());
    EXPECT_TRUE(next(*feed, 10, -5ms).empty());
}

TEST_P(FeedTest, CatchesUpAndGoesOn) {
    append(*store, make_transaction("a", 2));
    append(*store, make_transaction("b", 1));
    const auto feed = follow(*store);
    EXPECT_EQ(feed->position(), GlobalSequence{});
    EXPECT_EQ(places(next(*feed)), (std::vector<std::string>{"a/1", "a/2", "b/1"}));
    EXPECT_TRUE(next(*feed, 10, 0ms).empty());
    const auto receipt = append(*store, make_transaction("a", 2, 1));
    EXPECT_EQ(places(next(*feed)), (std::vector<std::string>{"a/3", "a/4"}));
    EXPECT_EQ(feed->position(), receipt.last);
}

TEST_P(FeedTest, StartsWhereItIsTold) {
    const auto first = append(*store, make_transaction("a", 3));
    append(*store, make_transaction("b", 2));
    EXPECT_EQ(places(next(*follow(*store, first.last))), (std::vector<std::string>{"b/1", "b/2"}));
    EXPECT_EQ(places(next(*follow(*store, first.first))), (std::vector<std::string>{"a/2", "a/3", "b/1", "b/2"}))
        << "a start in the middle of a transaction is taken literally";
}

TEST_P(FeedTest, GivesWholeTransactions) {
    append(*store, make_transaction("a", 3));
    append(*store, make_transaction("b", 3));
    append(*store, make_transaction("c", 7));
    append(*store, make_transaction("d", 1));
    const auto feed = follow(*store);
    EXPECT_EQ(next(*feed, 5).size(), 3u) << "the second would make six";
    EXPECT_EQ(next(*feed, 5).size(), 3u);
    EXPECT_EQ(next(*feed, 5).size(), 7u) << "a transaction that alone is larger comes whole";
    EXPECT_EQ(next(*feed, 5).size(), 1u);
}

TEST_P(FeedTest, GivesALargeTransactionWhole) {
    append(*store, make_transaction("a", 5000));
    Transaction heavy{AggregateId{"heavy"}};
    for (std::size_t i = 0; i < 8; ++i) heavy.add("Large", {{"n", i}, {"data", Bytes(600'000, std::byte{1})}});
    append(*store, heavy);
    const auto feed = follow(*store);
    EXPECT_EQ(next(*feed, 10).size(), 5000u);
    EXPECT_EQ(next(*feed, 1).size(), 8u);
}

TEST_P(FeedTest, WakesWhenSomethingIsAppended) {
    const auto feed = follow(*store);
    std::jthread writer([&] {
        std::this_thread::sleep_for(30ms);
        append(*store, make_transaction("a", 2));
    });
    EXPECT_EQ(next(*feed, 10, 10s).size(), 2u);
}

TEST_P(FeedTest, WakesWhenItIsClosed) {
    const auto feed = follow(*store);
    std::jthread closer([&] {
        std::this_thread::sleep_for(30ms);
        feed->close();
    });
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(code_of(feed->next(10, 60s)), Errc::closed);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
    append(*store, make_transaction("a", 1));
    EXPECT_EQ(code_of(feed->next(10, 0ms)), Errc::closed) << "and stays closed";
}

TEST_P(FeedTest, HearsOfOtherStoreObjects) {
    if (!GetParam().persistent) GTEST_SKIP() << "another store object would be another store";
    const auto feed = follow(*store);
    EXPECT_TRUE(next(*feed, 10, 0ms).empty());
    const auto other = reopen();
    append(*other, make_transaction("a", 2));
    EXPECT_EQ(next(*feed, 10, 10s).size(), 2u);
}

TEST_P(FeedTest, SurvivesTheStoreObject) {
    append(*store, make_transaction("a", 2));
    const auto feed = follow(*store);
    store.reset();
    EXPECT_EQ(next(*feed).size(), 2u);
}

// Feeds of different page sizes, started at different moments, under writers: each sees the log as it is in the end.
TEST_P(FeedTest, GivesEverythingOnceUnderWriters) {
    constexpr std::uint64_t writers = 3;
    constexpr std::uint64_t rounds = 60;
    constexpr std::uint64_t total = writers * rounds * 3; // transactions of 1 to 5 events, 3 on average
    std::vector<std::jthread> threads;
    for (std::uint64_t writer = 0; writer < writers; ++writer)
        threads.emplace_back([&, writer] {
            for (std::uint64_t round = 0; round < rounds; ++round)
                append(*store, make_transaction(round % 2 == 0 ? "shared" : "own-" + std::to_string(writer),
                                                1 + round % 5, writer * rounds + round));
        });
    std::vector<std::vector<DomainEvent>> seen(3);
    for (std::size_t i = 0; i < seen.size(); ++i)
        threads.emplace_back([&, i] {
            std::this_thread::sleep_for(i * 10ms);
            const auto feed = follow(*store);
            while (seen[i].size() < total) {
                const auto events = next(*feed, 1 + i * 50, 20s);
                if (events.empty()) break;
                EXPECT_EQ(events.front().transaction_index(), 0u);
                EXPECT_TRUE(events.back().ends_transaction());
                seen[i].insert(seen[i].end(), events.begin(), events.end());
            }
        });
    threads.clear();
    const auto log = places(read_all(*store, ReadQuery::all()));
    EXPECT_EQ(log.size(), total);
    for (const auto& events : seen) {
        EXPECT_EQ(places(events), log);
        ChainVerifier verifier;
        EXPECT_TRUE(verifier.add(events));
    }
}

// A reader pages through the log again and again while transactions of ten are appended.
TEST_P(FeedTest, NeverShowsPartOfATransaction) {
    std::atomic<bool> stop{false};
    std::jthread writer([&] {
        for (std::uint64_t round = 0; round < 100; ++round) append(*store, make_transaction("a", 10, round));
        stop = true;
    });
    while (!stop) {
        auto query = ReadQuery::all();
        query.limit = ReadQuery::max_page;
        EXPECT_EQ(store->read(query)->events.size() % 10, 0u);
        EXPECT_EQ(store->head(AggregateId{"a"})->sequence.value() % 10, 0u);
        EXPECT_EQ(store->info()->events % 10, 0u);
    }
}

} // namespace
} // namespace cim::test
