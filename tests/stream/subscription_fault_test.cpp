// Aim: a log that does not hold is noticed before a handler sees it; a store that fails, and a consumer that is slow,
// cost time and nothing else. Method: a log in memory that is damaged, a store in front of it that goes down, consumers
// that wait.
#include "stream/flaky_store.hpp"
#include "stream/subscription_support.hpp"

#include <atomic>
#include <random>
#include <thread>

namespace cim::test {
namespace {

constexpr auto everything = "event.store.>";
using Places = std::vector<std::string>;
using SubscriptionFaultTest = SubscriptionTest;

// Polls until it fails, and gives what came before and why.
std::pair<std::size_t, Errc> until_failure(SubscriptionManager& manager, SubscriptionId id) {
    std::size_t events = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto batch = manager.poll(id, 20s);
        if (!batch) return {events, batch.error().code};
        events += batch->events.size();
    }
    return {events, Errc{}};
}

// ---- A log that does not hold ----

TEST_F(SubscriptionFaultTest, FindsDamageInWhatWasThere) {
    append_all("a", {1, 1, 1, 1});
    store.change("a", 3, [](MemoryStore::Row& row) { row.block[row.block.size() / 3] ^= std::byte{1}; });
    SubscriptionManager manager(store);
    const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}));
    const auto [events, code] = until_failure(manager, id);
    EXPECT_EQ(code, Errc::cid_mismatch);
    EXPECT_LE(events, 2u);
    EXPECT_EQ(manager.info(id)->state, SubscriptionState::failed);
}

TEST_F(SubscriptionFaultTest, FindsALostEventInWhatWasThere) {
    append_all("a", {1, 1, 1, 1});
    store.lose("a", 2);
    SubscriptionManager manager(store);
    const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}));
    EXPECT_EQ(until_failure(manager, id).second, Errc::chain_broken);
}

TEST_F(SubscriptionFaultTest, FindsATransactionWithoutItsEnd) {
    append_all("a", {3});
    append_all("b", {1});
    store.lose("a", 3);
    SubscriptionManager manager(store);
    const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}));
    EXPECT_EQ(until_failure(manager, id), (std::pair<std::size_t, Errc>{0, Errc::incomplete_transaction}));
}

TEST_F(SubscriptionFaultTest, FindsATransactionWithoutItsEndAtTheEndOfTheLog) {
    append_all("a", {1, 3});
    store.lose("a", 4);
    SubscriptionManager manager(store);
    const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}));
    EXPECT_EQ(until_failure(manager, id), (std::pair<std::size_t, Errc>{1, Errc::incomplete_transaction}));
}

TEST_F(SubscriptionFaultTest, FindsAForkBetweenWhatWasThereAndWhatComes) {
    append_all("a", {1, 1});
    SubscriptionManager manager(store);
    const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}));
    EXPECT_EQ(take(manager, id, 2).size(), 2u);
    reaches(manager, id, SubscriptionState::live);
    // Another chain's second event takes the place of ours, and what comes links to it.
    MemoryStore other;
    append(other, "a", {7, 7});
    auto third = ChainBuilder(AggregateId{"a"}, *other.head(AggregateId{"a"})).build([] {
        Transaction transaction{AggregateId{"a"}};
        transaction.add("Counted", {}, second(9));
        return transaction;
    }());
    ASSERT_TRUE(third);
    store.claim_head("a", third->start());
    ASSERT_TRUE(store.append_chained({&*third, 1}));
    EXPECT_EQ(until_failure(manager, id), (std::pair<std::size_t, Errc>{0, Errc::chain_broken}));
}

TEST_F(SubscriptionFaultTest, FindsThatTheLogIsAnother) {
    append_all("a", {1, 1});
    {
        SubscriptionManager manager(store);
        const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}, {.name = "n"}));
        EXPECT_EQ(take(manager, id, 2).size(), 2u);
    }
    store.forget_everything();
    SubscriptionManager manager(store);
    const auto empty = manager.subscribe(everything, {}, GraphUpdate{}, {.name = "n"});
    ASSERT_FAILS(empty, Errc::history_rewritten);
    append(store, "b", {4});
    append(store, "b", {5});
    const auto other = manager.subscribe(everything, {}, GraphUpdate{}, {.name = "n"});
    ASSERT_FAILS(other, Errc::history_rewritten);
    EXPECT_TRUE(Cid::parse(std::string(*other.error().field("expected"))));
    EXPECT_TRUE(Cid::parse(std::string(*other.error().field("actual"))));
}

// ---- A store that fails ----

TEST_F(SubscriptionFaultTest, FindsTheStoreAgain) {
    FlakyStore flaky(store);
    SubscriptionManager manager(flaky, {.first_pause = 1ms, .longest_pause = 5ms});
    append_all("a", {1});
    const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}));
    EXPECT_EQ(take(manager, id, 1), (Places{"a/1"}));
    Places seen;
    Places expected;
    for (int round = 0; round < 10; ++round) {
        reaches(manager, id, SubscriptionState::live);
        flaky.go_down();
        reaches(manager, id, SubscriptionState::reconnecting);
        append_all("a", {2, 1});
        flaky.come_back();
        append_all("a", {1});
        for (const auto& place : take(manager, id, 4)) seen.push_back(place);
        for (int i = 0; i < 4; ++i) expected.push_back("a/" + std::to_string(2 + 4 * round + i));
    }
    EXPECT_EQ(seen, expected);
    EXPECT_GE(manager.info(id)->statistics.failures, 10u);
}

TEST_F(SubscriptionFaultTest, FindsTheStoreAgainWhileItCatchesUp) {
    store.most_in_page = 2;
    for (int i = 0; i < 30; ++i) append_all("a", {2});
    FlakyStore flaky(store);
    SubscriptionManager manager(flaky, {.first_pause = 1ms, .longest_pause = 5ms});
    const auto id =
        subscribed(manager.subscribe(everything, {}, GraphUpdate{}, {.buffer_events = 4, .batch_events = 2}));
    Places seen;
    for (int i = 0; i < 10; ++i) {
        for (const auto& place : take(manager, id, 6)) seen.push_back(place);
        flaky.go_down();
        const int refused = flaky.refused;
        ASSERT_TRUE(eventually([&] { return flaky.refused > refused; }));
        flaky.come_back();
    }
    ASSERT_EQ(seen.size(), 60u);
    for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], "a/" + std::to_string(i + 1));
}

TEST_F(SubscriptionFaultTest, FindsThatTheLogWasReplacedWhileItWasAway) {
    append_all("a", {1, 1});
    FlakyStore flaky(store);
    SubscriptionManager manager(flaky, {.first_pause = 1ms, .longest_pause = 5ms});
    const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}));
    reaches(manager, id, SubscriptionState::live);
    append_all("a", {1});
    EXPECT_EQ(take(manager, id, 3).size(), 3u);
    flaky.go_down();
    reaches(manager, id, SubscriptionState::reconnecting);
    store.forget_everything();
    append(store, "b", {1, 2, 3, 4});
    flaky.come_back();
    EXPECT_EQ(until_failure(manager, id), (std::pair<std::size_t, Errc>{0, Errc::history_rewritten}));
}

TEST_F(SubscriptionFaultTest, FindsThatTheLogWasCutWhileItWasAwayBeforeAnythingCame) {
    append_all("a", {1, 1});
    FlakyStore flaky(store);
    SubscriptionManager manager(flaky, {.first_pause = 1ms, .longest_pause = 5ms});
    const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}, {.start = SubscriptionStart::now()}));
    reaches(manager, id, SubscriptionState::live);
    flaky.go_down();
    reaches(manager, id, SubscriptionState::reconnecting);
    store.forget_everything();
    append(store, "b", {1});
    flaky.come_back();
    EXPECT_EQ(until_failure(manager, id), (std::pair<std::size_t, Errc>{0, Errc::history_rewritten}));
}

TEST_F(SubscriptionFaultTest, GoesOnWhereAPositionCannotBeSavedForAWhile) {
    append_all("a", {1, 1, 1});
    std::atomic<bool> full{false};
    store.kept_documents.fault = [&]() -> std::optional<Error> {
        if (full) return Error(Errc::store_full, "no space");
        return std::nullopt;
    };
    SubscriptionManager manager(store, {.first_pause = 1ms});
    const auto id = subscribed(
        manager.subscribe(everything, {}, GraphUpdate{}, {.name = "n", .batch_events = 1, .save_interval = 1ms}));
    full = true;
    EXPECT_EQ(take(manager, id, 3).size(), 3u);
    ASSERT_TRUE(eventually([&] { return manager.info(id)->error.has_value(); }));
    EXPECT_EQ(manager.info(id)->error->code, Errc::store_full);
    EXPECT_NE(manager.info(id)->state, SubscriptionState::failed);
    full = false;
    ASSERT_TRUE(
        eventually([&] { return saved_subscribers(store.documents())->front().position.sequence.value() == 3; }));
}

// ---- A consumer that is slow ----

TEST_F(SubscriptionFaultTest, LetsASlowConsumerWaitForItselfOnly) {
    SubscriptionManager manager(store, {.window_events = 16});
    const auto slow =
        subscribed(manager.subscribe(everything, {}, GraphUpdate{}, {.buffer_events = 10, .batch_events = 5}));
    const auto fast =
        subscribed(manager.subscribe(everything, {}, GraphUpdate{}, {.buffer_events = 10, .batch_events = 5}));
    Places expected;
    Places quick;
    for (int i = 0; i < 100; ++i) {
        append_all("a", {3});
        for (int n = 1; n <= 3; ++n) expected.push_back("a/" + std::to_string(3 * i + n));
        for (const auto& place : take(manager, fast, 3)) quick.push_back(place);
    }
    EXPECT_EQ(quick, expected);
    reaches(manager, slow, SubscriptionState::lagging);
    EXPECT_LE(manager.info(slow)->statistics.high_water, 10u);
    EXPECT_EQ(take(manager, slow, 300), expected) << "it comes late, and whole";
    EXPECT_GE(manager.info(slow)->statistics.fallbacks, 1u) << "it was out of the window";
    reaches(manager, slow, SubscriptionState::live);
}

TEST_F(SubscriptionFaultTest, LetsATransactionThroughThatIsLargerThanItsBuffer) {
    append_all("a", {2, 50, 1});
    SubscriptionManager manager(store);
    const auto id =
        subscribed(manager.subscribe(everything, {}, GraphUpdate{}, {.buffer_events = 4, .batch_events = 4}));
    EXPECT_EQ(take(manager, id, 53).size(), 53u);
}

TEST_F(SubscriptionFaultTest, SaysWhereNobodyAcknowledges) {
    for (int i = 0; i < 1001; ++i) append_sizes(store, "a", std::vector<int>(100, 1));
    SubscriptionManager manager(store);
    const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}, {.name = "n", .batch_events = 10'000}));
    EXPECT_EQ(until_failure(manager, id).second, Errc::limit_exceeded);
}

} // namespace
} // namespace cim::test
