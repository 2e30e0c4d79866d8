// Aim: who subscribes gets what was there and what comes, verified, wanted, in order and in whole transactions, and
// goes on where it stopped. Method: a log in memory, written to before and after subscribing.
#include "stream/subscription_support.hpp"

#include <atomic>
#include <mutex>
#include <set>

namespace cim::test {
namespace {

constexpr auto everything = "event.store.>";
using Places = std::vector<std::string>;

// ---- What is refused ----

TEST_F(SubscriptionTest, RefusesWhatCannotBe) {
    SubscriptionManager manager(store);
    const auto code = [&](std::string_view subject, SubscriptionHandler handler, SubscriptionOptions options) {
        const auto id = manager.subscribe(subject, {}, std::move(handler), std::move(options));
        EXPECT_FALSE(id);
        return id ? Errc{} : id.error().code;
    };
    EXPECT_EQ(code("a..b", Buffered{}, {}), Errc::invalid_pattern);
    EXPECT_EQ(code("", Buffered{}, {}), Errc::invalid_pattern);
    EXPECT_EQ(code(everything, Buffered{.max_size = 0}, {}), Errc::invalid_argument);
    EXPECT_EQ(code(everything, Buffered{.max_age = -1ms}, {}), Errc::invalid_argument);
    EXPECT_EQ(code(everything, Custom{}, {}), Errc::invalid_argument);
    EXPECT_EQ(code(everything, Buffered{}, {.name = "a b"}), Errc::invalid_argument);
    EXPECT_EQ(code(everything, Buffered{}, {.name = "a=b"}), Errc::invalid_argument);
    EXPECT_EQ(code(everything, Buffered{}, {.partition = {0, 0}}), Errc::invalid_argument);
    EXPECT_EQ(code(everything, Buffered{}, {.partition = {3, 3}}), Errc::invalid_argument);
    EXPECT_EQ(code(everything, Buffered{}, {.buffer_events = 0}), Errc::invalid_argument);
    EXPECT_EQ(code(everything, Buffered{}, {.batch_events = 0}), Errc::invalid_argument);
    EXPECT_EQ(code(everything, Buffered{}, {.save_interval = -1ms}), Errc::invalid_argument);
    EXPECT_TRUE(manager.list().empty());

    EXPECT_EQ(manager.poll(SubscriptionId{7}).error().code, Errc::not_found);
    EXPECT_EQ(manager.acknowledge(SubscriptionId{7}, {}).error().code, Errc::not_found);
    EXPECT_EQ(manager.unsubscribe(SubscriptionId{7}).error().code, Errc::not_found);
    EXPECT_EQ(manager.info(SubscriptionId{7}).error().code, Errc::not_found);
}

TEST_F(SubscriptionTest, RefusesANameTwice) {
    SubscriptionManager manager(store);
    const auto first = subscribed(manager.subscribe(everything, {}, Buffered{}, {.name = "n"}));
    EXPECT_EQ(manager.subscribe(everything, {}, Buffered{}, {.name = "n"}).error().code, Errc::conflict);
    EXPECT_TRUE(manager.subscribe(everything, {}, Buffered{}, {.name = "n", .partition = {0, 2}}));
    EXPECT_TRUE(manager.subscribe(everything, {}, Buffered{}, {.name = "n", .partition = {1, 2}}));
    ASSERT_TRUE(manager.unsubscribe(first));
    EXPECT_TRUE(manager.subscribe(everything, {}, Buffered{}, {.name = "n"}));
}

TEST_F(SubscriptionTest, RefusesToAcknowledgeWhatWasNotGivenOut) {
    append_all("a", {1, 1});
    SubscriptionManager manager(store);
    const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}, {.name = "n"}));
    EXPECT_EQ(manager.acknowledge(id, GlobalSequence{1}).error().code, Errc::invalid_argument);
    ASSERT_EQ(take(manager, id, 2).size(), 2u);
    EXPECT_EQ(manager.acknowledge(id, GlobalSequence{3}).error().code, Errc::invalid_argument);
    EXPECT_TRUE(manager.acknowledge(id, GlobalSequence{2})) << "once more does no harm";
}

// ---- What comes ----

TEST_F(SubscriptionTest, GivesWhatWasThereAndWhatComes) {
    append_all("a", {2, 1});
    append_all("b", {1});
    SubscriptionManager manager(store);
    const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}));
    EXPECT_EQ(take(manager, id, 4), (Places{"a/1", "a/2", "a/3", "b/1"}));
    reaches(manager, id, SubscriptionState::live);
    append_all("b", {2});
    append_all("a", {1});
    EXPECT_EQ(take(manager, id, 3), (Places{"b/2", "b/3", "a/4"}));
    const auto nothing = manager.poll(id);
    ASSERT_TRUE(nothing);
    EXPECT_TRUE(nothing->events.empty());
}

TEST_F(SubscriptionTest, StartsWhereItIsTold) {
    append_all("a", {1, 1, 1});
    SubscriptionManager manager(store);
    const auto after = subscribed(
        manager.subscribe(everything, {}, GraphUpdate{}, {.start = SubscriptionStart::after(GlobalSequence{2})}));
    const auto now = subscribed(manager.subscribe(everything, {}, GraphUpdate{}, {.start = SubscriptionStart::now()}));
    append_all("a", {1});
    EXPECT_EQ(take(manager, after, 2), (Places{"a/3", "a/4"}));
    EXPECT_EQ(take(manager, now, 1), (Places{"a/4"}));
}

TEST_F(SubscriptionTest, GivesOnlyWhatIsWanted) {
    append(store, "a", {1, 2}, "Counted");
    append(store, "b", {1}, "Renamed");
    append(store, "a", {3}, "Renamed");
    SubscriptionManager manager(store);
    struct Case {
        const char* subject;
        EventFilter filter;
        Places expected;
    };
    const Case cases[] = {
        {"event.store.a.>", {}, {"a/1", "a/2", "a/3"}},
        {"event.store.*.Renamed", {}, {"b/1", "a/3"}},
        {"event.store.a.Renamed", {}, {"a/3"}},
        {"event.store.>", EventFilter::by_type("Counted"), {"a/1", "a/2"}},
        {"event.store.*.Renamed", EventFilter::by_aggregate(AggregateId{"a"}), {"a/3"}},
        {"event.store.>", EventFilter::by_time(second(2), second(3)), {"a/2"}},
    };
    for (const auto& [subject, filter, expected] : cases) {
        const auto id = subscribed(manager.subscribe(subject, filter, GraphUpdate{}));
        EXPECT_EQ(take(manager, id, expected.size()), expected) << subject;
        EXPECT_EQ(manager.info(id)->statistics.delivered, expected.size()) << subject;
    }
    const auto none = subscribed(manager.subscribe("event.graph.>", {}, GraphUpdate{}));
    EXPECT_TRUE(eventually([&] { return manager.info(none)->position.sequence.value() == 4; }))
        << "what is not wanted is passed over";
    EXPECT_TRUE(manager.poll(none)->events.empty());
}

TEST_F(SubscriptionTest, GivesWholeTransactions) {
    append_all("a", {3, 5, 1, 2});
    SubscriptionManager manager(store);
    const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}, {.batch_events = 4}));
    std::vector<std::size_t> sizes;
    for (std::size_t taken = 0; taken < 11;) {
        const auto batch = manager.poll(id, 10s);
        ASSERT_TRUE(batch);
        ASSERT_FALSE(batch->events.empty());
        EXPECT_TRUE(batch->events.back().ends_transaction());
        EXPECT_EQ(batch->position, batch->events.back().sequence());
        sizes.push_back(batch->events.size());
        taken += batch->events.size();
    }
    EXPECT_EQ(sizes, (std::vector<std::size_t>{3, 5, 3})) << "one that is larger than a batch comes alone";
}

TEST_F(SubscriptionTest, SaysToWhichGraphItBelongs) {
    append_all("a", {1});
    SubscriptionManager manager(store);
    const auto id = subscribed(manager.subscribe("event.store.a.>", {}, GraphUpdate{AggregateId{"graph-1"}}));
    const auto batch = manager.poll(id, 10s);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->target_graph, AggregateId{"graph-1"});
}

TEST_F(SubscriptionTest, SharesTheWorkByAggregate) {
    for (int i = 0; i < 40; ++i) append_all("agg-" + std::to_string(i), {1, 2});
    SubscriptionManager manager(store);
    std::set<std::string> all;
    std::size_t total = 0;
    for (std::uint32_t index = 0; index < 3; ++index) {
        const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}, {.partition = {index, 3}}));
        ASSERT_TRUE(eventually([&] { return manager.info(id)->statistics.read == 120; }));
        const auto batch = manager.poll(id);
        ASSERT_TRUE(batch);
        EXPECT_FALSE(batch->events.empty());
        for (const auto& event : batch->events) {
            EXPECT_EQ(partition_of(event.aggregate_id(), 3), index);
            all.insert(place(event));
        }
        total += batch->events.size();
    }
    EXPECT_EQ(total, 120u);
    EXPECT_EQ(all.size(), 120u) << "each event comes to one of them";
}

// So that programs in other languages agree on it.
TEST(PartitionTest, IsFnv1a) {
    struct Case {
        const char* aggregate;
        std::uint64_t hash; // of the authors' own test vectors
    };
    constexpr Case cases[] = {{"", 0xcbf29ce484222325U}, {"a", 0xaf63dc4c8601ec8cU}, {"foobar", 0x85944171f73967e8U}};
    for (const auto& [aggregate, hash] : cases)
        for (const std::uint32_t count : {1U, 2U, 7U, 65'536U})
            EXPECT_EQ(partition_of(aggregate, count), hash % count) << aggregate;
}

// ---- Buffered ----

TEST_F(SubscriptionTest, WaitsUntilABatchIsFullOrOld) {
    ManualClock clock;
    SubscriptionManager manager(store, {}, clock);
    const auto id = subscribed(manager.subscribe(everything, {}, Buffered{.max_size = 3, .max_age = 10s}));
    append_all("a", {1, 1});
    ASSERT_TRUE(eventually([&] { return manager.info(id)->statistics.buffered == 2; }));
    EXPECT_TRUE(manager.poll(id)->events.empty()) << "neither full nor old";
    append_all("a", {1, 1});
    ASSERT_TRUE(eventually([&] { return manager.info(id)->statistics.buffered == 4; }));
    EXPECT_EQ(manager.poll(id)->events.size(), 3u) << "full";
    EXPECT_TRUE(manager.poll(id)->events.empty());
    clock.advance(9s);
    EXPECT_TRUE(manager.poll(id)->events.empty());
    clock.advance(1s);
    EXPECT_EQ(manager.poll(id)->events.size(), 1u) << "old";
}

// ---- Custom ----

TEST_F(SubscriptionTest, CallsAFunctionOnOneThreadInOrder) {
    append_all("a", {2, 1});
    std::mutex mutex;
    Places seen;
    std::set<std::thread::id> threads;
    SubscriptionManager manager(store);
    const auto id =
        subscribed(manager.subscribe(everything, {}, Custom{[&](const SubscriptionBatch& batch) -> Result<> {
                                         const std::scoped_lock lock(mutex);
                                         for (const auto& event : batch.events) seen.push_back(place(event));
                                         threads.insert(std::this_thread::get_id());
                                         return {};
                                     }}));
    append_all("a", {1});
    ASSERT_TRUE(eventually([&] {
        const std::scoped_lock lock(mutex);
        return seen.size() == 4;
    }));
    EXPECT_EQ(seen, (Places{"a/1", "a/2", "a/3", "a/4"}));
    EXPECT_EQ(threads.size(), 1u);
    EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
    EXPECT_EQ(manager.poll(id).error().code, Errc::unsupported);
}

TEST_F(SubscriptionTest, CallsAgainWhereAFunctionFails) {
    append_all("a", {1, 1});
    std::atomic<int> calls{0};
    SubscriptionManager manager(store, {.first_pause = 1ms});
    const auto id = subscribed(manager.subscribe(everything, {}, Custom{[&](const SubscriptionBatch&) -> Result<> {
                                                     if (++calls <= 2) return fail(Errc::io_error, "not yet");
                                                     return {};
                                                 }},
                                                 {.name = "n", .batch_events = 2, .save_interval = 0ms}));
    ASSERT_TRUE(eventually([&] { return manager.info(id)->position.sequence.value() == 2; }));
    const auto info = manager.info(id);
    EXPECT_EQ(info->statistics.retries, 2u);
    EXPECT_EQ(info->error->code, Errc::io_error);
    EXPECT_EQ(calls, 3);
}

TEST_F(SubscriptionTest, GivesUpWhereAFunctionKeepsFailingAndLosesNothing) {
    append_all("a", {1, 1});
    std::atomic<int> calls{0};
    const auto handler = [&](const SubscriptionBatch&) -> Result<> {
        ++calls;
        return fail(Errc::io_error, "never");
    };
    SubscriptionManager manager(store, {.first_pause = 1ms, .longest_pause = 2ms});
    const auto id = subscribed(manager.subscribe(everything, {}, Custom{handler}, {.name = "n", .max_attempts = 3}));
    reaches(manager, id, SubscriptionState::failed);
    EXPECT_EQ(calls, 3);
    EXPECT_EQ(manager.info(id)->error->code, Errc::io_error);
    EXPECT_EQ(manager.info(id)->position.sequence.value(), 0u);
    ASSERT_TRUE(manager.unsubscribe(id));
    const auto again = subscribed(manager.subscribe(everything, {}, GraphUpdate{}, {.name = "n"}));
    EXPECT_EQ(take(manager, again, 2), (Places{"a/1", "a/2"}));
}

TEST_F(SubscriptionTest, DoesNotEndWithinItsOwnHandler) {
    append_all("a", {1});
    std::atomic<int> refused{0};
    SubscriptionManager manager(store);
    const auto id = subscribed(manager.subscribe(everything, {}, Custom{[&](const SubscriptionBatch&) -> Result<> {
                                                     if (manager.unsubscribe(manager.list().front().id).error().code ==
                                                         Errc::invalid_argument)
                                                         ++refused;
                                                     return {};
                                                 }}));
    EXPECT_TRUE(eventually([&] { return refused == 1; }));
    EXPECT_TRUE(manager.unsubscribe(id));
    EXPECT_TRUE(manager.list().empty());
}

// ---- Durable ----

TEST_F(SubscriptionTest, GoesOnBehindWhatWasAcknowledged) {
    append_all("a", {1, 1, 1});
    {
        SubscriptionManager manager(store);
        const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}, {.name = "n", .batch_events = 1}));
        EXPECT_EQ(take(manager, id, 2), (Places{"a/1", "a/2"}));
        EXPECT_EQ(manager.poll(id, 10s)->events.size(), 1u) << "polled, and not acknowledged";
    }
    append_all("a", {1});
    SubscriptionManager manager(store);
    const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}, {.name = "n"}));
    EXPECT_EQ(take(manager, id, 2), (Places{"a/3", "a/4"}));
}

TEST_F(SubscriptionTest, MissesNothingThatCameWhileItWasAway) {
    append_all("a", {1});
    const SubscriptionOptions from_now{.name = "n", .start = SubscriptionStart::now()};
    EXPECT_TRUE(SubscriptionManager(store).subscribe(everything, {}, GraphUpdate{}, from_now));
    append_all("a", {1});
    SubscriptionManager manager(store);
    const auto id = subscribed(manager.subscribe(everything, {}, GraphUpdate{}, from_now));
    EXPECT_EQ(take(manager, id, 1), (Places{"a/2"}));
}

TEST_F(SubscriptionTest, SavesEachAcknowledgementWhereAskedTo) {
    append_all("a", {1, 1});
    SubscriptionManager manager(store);
    const auto id = subscribed(
        manager.subscribe(everything, {}, GraphUpdate{}, {.name = "n", .batch_events = 1, .save_interval = 0ms}));
    EXPECT_EQ(take(manager, id, 1).size(), 1u);
    const auto saved = saved_subscribers(store.documents());
    ASSERT_TRUE(saved) << saved.error().text();
    ASSERT_EQ(saved->size(), 1u);
    EXPECT_EQ(saved->front().name, "n");
    EXPECT_EQ(saved->front().subject, everything);
    EXPECT_EQ(saved->front().position.sequence.value(), 1u);
    EXPECT_EQ(saved->front().position.cid, store.read(ReadQuery::all())->events.front().cid());
}

TEST_F(SubscriptionTest, ForgetsASubscriberWithAllItsPartitions) {
    SubscriptionManager manager(store);
    for (std::uint32_t index = 0; index < 3; ++index)
        subscribed(manager.subscribe(everything, {}, GraphUpdate{}, {.name = "n", .partition = {index, 3}}));
    subscribed(manager.subscribe(everything, {}, GraphUpdate{}, {.name = "n2"}));
    EXPECT_EQ(saved_subscribers(store.documents())->size(), 4u);
    EXPECT_EQ(*forget_subscriber(store.documents(), "n"), 3u);
    EXPECT_EQ(*forget_subscriber(store.documents(), "n"), 0u);
    EXPECT_EQ(saved_subscribers(store.documents())->front().name, "n2");
}

TEST_F(SubscriptionTest, NoticesAnotherProcessUnderItsName) {
    append_all("a", {1, 1});
    SubscriptionManager one(store);
    SubscriptionManager two(store);
    const SubscriptionOptions options{.name = "n", .batch_events = 1, .save_interval = 0ms};
    const auto first = subscribed(one.subscribe(everything, {}, GraphUpdate{}, options));
    const auto second = subscribed(two.subscribe(everything, {}, GraphUpdate{}, options));
    EXPECT_EQ(take(one, first, 1).size(), 1u);
    const auto batch = two.poll(second, 10s);
    ASSERT_TRUE(batch);
    EXPECT_EQ(two.acknowledge(second, batch->position).error().code, Errc::conflict);
    EXPECT_EQ(two.info(second)->state, SubscriptionState::failed);
    EXPECT_EQ(take(one, first, 1).size(), 1u) << "the other goes on";
}

// ---- Numbers ----

TEST_F(SubscriptionTest, CountsWhatItDoes) {
    append(store, "a", {1, 2}, "Counted");
    append(store, "a", {3}, "Renamed");
    SubscriptionManager manager(store);
    const auto id = subscribed(manager.subscribe("event.store.*.Counted", {}, GraphUpdate{}, {.name = "n"}));
    reaches(manager, id, SubscriptionState::live);
    auto info = *manager.info(id);
    EXPECT_EQ(info.statistics.buffered, 2u);
    EXPECT_EQ(info.statistics.lag, 3u);
    EXPECT_EQ(take(manager, id, 2).size(), 2u);
    info = *manager.info(id);
    EXPECT_EQ(info.subject, "event.store.*.Counted");
    EXPECT_EQ(info.name, "n");
    EXPECT_EQ(info.statistics.read, 3u);
    EXPECT_EQ(info.statistics.unwanted, 1u);
    EXPECT_EQ(info.statistics.delivered, 2u);
    EXPECT_EQ(info.statistics.transactions, 1u);
    EXPECT_EQ(info.statistics.batches, 1u);
    EXPECT_EQ(info.statistics.buffered, 0u);
    EXPECT_EQ(info.statistics.high_water, 2u);
    EXPECT_EQ(info.statistics.lag, 0u);
    EXPECT_EQ(info.position.sequence.value(), 3u);
    EXPECT_EQ(manager.list().size(), 1u);
}

} // namespace
} // namespace cim::test
