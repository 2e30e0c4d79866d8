// Aim: an append lands whole or not at all, only onto the expected head, and once. Method: append, then read everything
// back.
#include "conformance/support.hpp"

#include <atomic>
#include <thread>

namespace cim::test {
namespace {

using AppendTest = StoreTest;
CIM_FOR_ALL_STORES(AppendTest);

std::size_t count(EventStore& store) { return read_all(store, ReadQuery::all()).size(); }

// ---- What is refused ----

TEST_P(AppendTest, RefusesAnEmptyTransaction) {
    EXPECT_EQ(code_of(store->append(Transaction{AggregateId{"a"}}, ExpectedHead::any())), Errc::invalid_argument);
    EXPECT_EQ(count(*store), 0u);
}

TEST_P(AppendTest, RefusesNamesThatAreNoTokens) {
    for (const auto* name : {"", "a.b", "a*", ">", "a b", "tab\t"}) {
        EXPECT_EQ(code_of(store->append(make_transaction(name, 1), ExpectedHead::any())), Errc::invalid_token) << name;
        Transaction transaction{AggregateId{"fine"}};
        transaction.add(name, {});
        EXPECT_EQ(code_of(store->append(transaction, ExpectedHead::any())), Errc::invalid_token) << name;
    }
    EXPECT_EQ(count(*store), 0u);
}

TEST_P(AppendTest, RefusesAnExistingAggregateWhereNoneIsExpected) {
    const auto first = append(*store, make_transaction("a", 2));
    const auto again = store->append(make_transaction("a", 1, 7), ExpectedHead::none());
    ASSERT_EQ(code_of(again), Errc::conflict);
    const auto conflict = Conflict::from(again.error());
    ASSERT_TRUE(conflict);
    EXPECT_EQ(conflict->aggregate, AggregateId{"a"});
    EXPECT_EQ(conflict->expected, ChainHead{});
    EXPECT_EQ(conflict->actual, first.head);
    EXPECT_EQ(count(*store), 2u);
}

TEST_P(AppendTest, RefusesAnOldHeadAndNamesTheRealOne) {
    const auto old = append(*store, make_transaction("a", 2)).head;
    const auto real = append(*store, make_transaction("a", 3, 1)).head;
    const ExpectedHead stale[] = {ExpectedHead::at(old), ExpectedHead::at(*old.cid)};
    for (const auto& expected : stale) {
        const auto refused = store->append(make_transaction("a", 1, 2), expected);
        ASSERT_EQ(code_of(refused), Errc::conflict);
        const auto conflict = Conflict::from(refused.error());
        ASSERT_TRUE(conflict) << refused.error().text();
        EXPECT_EQ(conflict->expected, old);
        EXPECT_EQ(conflict->actual, real);
    }
    EXPECT_EQ(count(*store), 5u);
}

TEST_P(AppendTest, RefusesAHeadThatNeverWas) {
    const auto head = append(*store, make_transaction("a", 2)).head;
    const auto stranger = Cid::of_dag_cbor(as_bytes("x"));
    const ExpectedHead wrong[] = {ExpectedHead::at(stranger), ExpectedHead::at(ChainHead{head.sequence, stranger}),
                                  ExpectedHead::at(ChainHead{AggregateSequence{9}, stranger})};
    for (const auto& expected : wrong) {
        const auto refused = store->append(make_transaction("a", 1, 2), expected);
        ASSERT_EQ(code_of(refused), Errc::conflict);
        EXPECT_EQ(Conflict::from(refused.error())->actual, head);
        EXPECT_EQ(Conflict::from(refused.error())->expected.cid, stranger);
    }
    // The same for an aggregate that does not exist.
    const auto refused = store->append(make_transaction("b", 1, 2), ExpectedHead::at(stranger));
    ASSERT_EQ(code_of(refused), Errc::conflict);
    EXPECT_EQ(Conflict::from(refused.error())->actual, ChainHead{});
    EXPECT_EQ(count(*store), 2u);
}

TEST_P(AppendTest, AddsNoneOfSeveralWhereOneConflicts) {
    const auto head = append(*store, make_transaction("a", 1)).head;
    std::vector<ChainedTransaction> several;
    several.push_back(chain(make_transaction("b", 2), {}));
    several.push_back(chain(make_transaction("a", 1, 1), head));
    several.push_back(chain(make_transaction("a", 1, 2), head)); // should follow the one before
    several.push_back(chain(make_transaction("c", 1), {}));
    const auto refused = store->append_chained(several);
    ASSERT_EQ(code_of(refused), Errc::conflict);
    EXPECT_EQ(Conflict::from(refused.error())->aggregate, AggregateId{"a"});
    EXPECT_EQ(count(*store), 1u);
    EXPECT_EQ(*store->head(AggregateId{"a"}), head);
    EXPECT_EQ(*store->head(AggregateId{"b"}), ChainHead{});

    // What was refused left nothing behind that stands in the way.
    several.pop_back();
    several.pop_back();
    const auto accepted = store->append_chained(several);
    ASSERT_TRUE(accepted) << accepted.error().text();
    EXPECT_EQ(count(*store), 4u);
    expect_verified(*store);
}

TEST_P(AppendTest, RefusesSeveralThatDoNotFollowOneAnother) {
    const AppendRequest requests[] = {{make_transaction("a", 2), ExpectedHead::none()},
                                      {make_transaction("a", 1, 1), ExpectedHead::none()}};
    EXPECT_EQ(code_of(store->append(requests)), Errc::conflict);
    EXPECT_EQ(count(*store), 0u);
}

// ---- What lands ----

TEST_P(AppendTest, LandsOnTheExpectedHead) {
    const auto first = store->append(make_transaction("a", 2), ExpectedHead::none());
    ASSERT_TRUE(first) << first.error().text();
    EXPECT_EQ(first->head.sequence, AggregateSequence{2});
    EXPECT_FALSE(first->already_present);
    EXPECT_EQ(first->last.value() - first->first.value(), 1u);

    const auto second = store->append(make_transaction("a", 1, 1), ExpectedHead::at(first->head));
    ASSERT_TRUE(second) << second.error().text();
    EXPECT_EQ(second->head.sequence, AggregateSequence{3});
    EXPECT_GT(second->first, first->last);

    const auto third = store->append(make_transaction("a", 1, 2), ExpectedHead::at(*second->head.cid));
    ASSERT_TRUE(third) << third.error().text();
    EXPECT_EQ(*store->head(AggregateId{"a"}), third->head);
    expect_verified(*store);
}

TEST_P(AppendTest, KeepsWhatTravelsBesideTheBlock) {
    auto transaction = make_transaction("a", 3, 0, "order-7");
    transaction.trace = {"correlation", "causation", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
    const auto receipt = append(*store, transaction);
    append(*store, make_transaction("a", 1, 1));

    const auto events = read_all(*store, ReadQuery::of(AggregateId{"a"}));
    ASSERT_EQ(events.size(), 4u);
    for (std::uint32_t i = 0; i < 3; ++i) {
        EXPECT_EQ(events[i].transaction_id(), "order-7");
        EXPECT_EQ(events[i].transaction_index(), i);
        EXPECT_EQ(events[i].transaction_size(), 3u);
        EXPECT_EQ(events[i].ends_transaction(), i == 2);
        EXPECT_EQ(events[i].correlation_id(), "correlation");
        EXPECT_EQ(events[i].causation_id(), "causation");
        EXPECT_EQ(events[i].traceparent(), transaction.trace.traceparent);
        EXPECT_EQ(events[i].sequence().value(), receipt.first.value() + i);
        EXPECT_EQ(events[i].event_type(), transaction.events[i].type.str());
        EXPECT_EQ(events[i].timestamp(), *transaction.events[i].timestamp);
        EXPECT_EQ(events[i].payload().to_value(), transaction.events[i].payload);
    }
    // A transaction without a name has that of its first block, and no trace.
    EXPECT_EQ(events[3].transaction_id(), events[3].cid().to_string());
    EXPECT_EQ(events[3].correlation_id(), "");
    EXPECT_EQ(events[3].traceparent(), "");
}

TEST_P(AppendTest, StoresTheVeryBytes) {
    const auto chained = chain(make_transaction("a", 5), {});
    ASSERT_TRUE(store->append_chained({&chained, 1}));
    const auto events = read_all(*store, ReadQuery::all());
    ASSERT_EQ(events.size(), 5u);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_TRUE(std::ranges::equal(events[i].block(), chained.events()[i].block));
        EXPECT_EQ(events[i].cid(), chained.events()[i].cid);
        EXPECT_TRUE(events[i].cid().matches(events[i].block()));
    }
}

TEST_P(AppendTest, TakesSeveralAtOnce) {
    const AppendRequest requests[] = {{make_transaction("a", 2), ExpectedHead::none()},
                                      {make_transaction("b", 1), ExpectedHead::any()},
                                      {make_transaction("a", 3, 1), ExpectedHead::any()}};
    const auto receipts = store->append(requests);
    ASSERT_TRUE(receipts) << receipts.error().text();
    ASSERT_EQ(receipts->size(), 3u);
    EXPECT_EQ((*receipts)[0].head.sequence, AggregateSequence{2});
    EXPECT_EQ((*receipts)[2].head.sequence, AggregateSequence{5});
    EXPECT_EQ(places(read_all(*store, ReadQuery::all())),
              (std::vector<std::string>{"a/1", "a/2", "b/1", "a/3", "a/4", "a/5"}));
    expect_verified(*store);
    EXPECT_TRUE(store->append(std::span<const AppendRequest>{})->empty());
}

TEST_P(AppendTest, TakesALargePayload) {
    Transaction transaction{AggregateId{"a"}};
    transaction.add("Small", {{"n", 1}});
    transaction.add("Large", {{"data", Bytes(std::size_t{1} << 20, std::byte{0x5a})}});
    transaction.add("Large", {{"data", Bytes(std::size_t{3} << 20, std::byte{0xa5})}});
    append(*store, transaction);
    expect_verified(*store);
    const auto events = read_all(*store, ReadQuery::of(AggregateId{"a"}));
    ASSERT_EQ(events.size(), 3u);
    EXPECT_EQ(events[1].payload().to_value(), transaction.events[1].payload);
    EXPECT_EQ(events[2].payload().to_value(), transaction.events[2].payload);
}

TEST_P(AppendTest, TakesAnyUnicodeName) {
    append(*store, make_transaction("Überweisung-№5-😀", 2));
    EXPECT_EQ(read_all(*store, ReadQuery::of(AggregateId{"Überweisung-№5-😀"})).size(), 2u);
    expect_verified(*store);
}

// ---- What is repeated ----

TEST_P(AppendTest, AddsNothingWhereItIsRepeated) {
    const auto first = chain(make_transaction("a", 3), {});
    const auto receipt = store->append_chained({&first, 1});
    ASSERT_TRUE(receipt);
    const auto expect_present = [&](EventStore& in) {
        const auto again = in.append_chained({&first, 1});
        ASSERT_TRUE(again) << again.error().text();
        EXPECT_TRUE(again->front().already_present);
        EXPECT_EQ(again->front().head, receipt->front().head);
        EXPECT_EQ(again->front().first, receipt->front().first);
        EXPECT_EQ(again->front().last, receipt->front().last);
    };
    expect_present(*store);
    append(*store, make_transaction("b", 1));
    append(*store, make_transaction("a", 2, 1));
    expect_present(*store);
    if (GetParam().persistent) {
        store.reset();
        store = reopen();
        expect_present(*store);
    }
    EXPECT_EQ(count(*store), 6u);
}

TEST_P(AppendTest, AddsNothingWhereAnUnchainedTransactionIsRepeated) {
    const auto head = append(*store, make_transaction("a", 2)).head;
    const ExpectedHead same[] = {ExpectedHead::at(head), ExpectedHead::at(*head.cid)};
    append(*store, make_transaction("a", 2, 1));
    append(*store, make_transaction("a", 1, 2));
    for (const auto& expected : same) {
        const auto again = store->append(make_transaction("a", 2, 1), expected);
        ASSERT_TRUE(again) << again.error().text();
        EXPECT_TRUE(again->already_present);
        EXPECT_EQ(again->head.sequence, AggregateSequence{4});
    }
    EXPECT_EQ(count(*store), 5u);
}

TEST_P(AppendTest, AddsTheRestWhereSomeAreRepeated) {
    std::vector<ChainedTransaction> several;
    several.push_back(chain(make_transaction("a", 2), {}));
    several.push_back(chain(make_transaction("b", 2), {}));
    ASSERT_TRUE(store->append_chained(several));
    several.push_back(chain(make_transaction("a", 1, 1), several[0].head()));
    const auto receipts = store->append_chained(several);
    ASSERT_TRUE(receipts) << receipts.error().text();
    EXPECT_TRUE((*receipts)[0].already_present);
    EXPECT_TRUE((*receipts)[1].already_present);
    EXPECT_FALSE((*receipts)[2].already_present);
    EXPECT_EQ(count(*store), 5u);
    expect_verified(*store);
}

TEST_P(AppendTest, ConflictsWhereOnlyAPartIsThere) {
    const auto first = chain(make_transaction("a", 1), {});
    ASSERT_TRUE(store->append_chained({&first, 1}));
    Transaction longer = make_transaction("a", 1);
    longer.add("More", {}, from_micros(5));
    const auto more = chain(longer, {}); // begins with the very event that is there
    const auto refused = store->append_chained({&more, 1});
    ASSERT_EQ(code_of(refused), Errc::conflict);
    EXPECT_EQ(count(*store), 1u);
}

// ---- Several writers ----

TEST_P(AppendTest, LetsExactlyOneOfTwoWritersWin) {
    ChainHead head;
    for (std::uint64_t round = 0; round < 30; ++round) {
        std::atomic<int> won{0};
        std::atomic<int> lost{0};
        std::atomic<int> ready{0};
        const auto write = [&](std::uint64_t mark) {
            const auto chained = chain(make_transaction("a", 2, mark), head);
            ++ready;
            while (ready < 2) std::this_thread::yield();
            const auto receipt = store->append_chained({&chained, 1});
            if (receipt)
                ++won;
            else if (receipt.error().code == Errc::conflict)
                ++lost;
        };
        std::jthread one(write, 2 * round);
        std::jthread two(write, 2 * round + 1);
        one.join();
        two.join();
        EXPECT_EQ(won, 1);
        EXPECT_EQ(lost, 1);
        head = *store->head(AggregateId{"a"});
        EXPECT_EQ(head.sequence, AggregateSequence{2 * round + 2});
    }
    expect_verified(*store);
}

TEST_P(AppendTest, LetsEveryoneInWhoTakesAnyHead) {
    constexpr std::uint64_t writers = 6;
    constexpr std::uint64_t rounds = 20;
    {
        std::vector<std::jthread> threads;
        for (std::uint64_t writer = 0; writer < writers; ++writer)
            threads.emplace_back([&, writer] {
                for (std::uint64_t round = 0; round < rounds; ++round) {
                    const auto mark = writer * rounds + round;
                    append(*store, make_transaction("shared", 2, mark));
                    append(*store, make_transaction("own-" + std::to_string(writer), 1, mark));
                }
            });
    }
    EXPECT_EQ(store->head(AggregateId{"shared"})->sequence, AggregateSequence{writers * rounds * 2});
    EXPECT_EQ(count(*store), writers * rounds * 3);
    expect_verified(*store);
}

TEST_P(AppendTest, KeepsOneCallersConflictFromTheOthers) {
    const auto stale = chain(make_transaction("stale", 1, 99), {});
    append(*store, make_transaction("stale", 1));
    std::atomic<bool> stop{false};
    std::atomic<int> wrong{0};
    std::jthread loser([&] {
        while (!stop)
            if (code_of(store->append_chained({&stale, 1})) != Errc::conflict) ++wrong;
    });
    {
        std::vector<std::jthread> winners;
        for (int writer = 0; writer < 3; ++writer)
            winners.emplace_back([&, writer] {
                for (std::uint64_t i = 0; i < 40; ++i)
                    append(*store, make_transaction("w" + std::to_string(writer), 1, i));
            });
    }
    stop = true;
    loser.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(count(*store), 121u);
    expect_verified(*store);
}

// ---- Reading only ----

TEST_P(AppendTest, RefusesToWriteWhereOpenedForReading) {
    if (!GetParam().persistent) GTEST_SKIP() << "another store object would be another store";
    append(*store, make_transaction("a", 2));
    store.reset();
    store = reopen({.mode = OpenOptions::Mode::read_only});
    ASSERT_NE(store, nullptr);
    EXPECT_EQ(code_of(store->append(make_transaction("a", 1, 1), ExpectedHead::any())), Errc::store_read_only);
    EXPECT_EQ(count(*store), 2u);
    EXPECT_TRUE(store->info()->read_only);
}

TEST_P(AppendTest, IsThereForTheNextWhoOpens) {
    if (!GetParam().persistent) GTEST_SKIP() << "lives as long as the store object";
    append(*store, make_transaction("a", 3));
    const auto before = places(read_all(*store, ReadQuery::all()));
    store.reset();
    store = reopen({.mode = OpenOptions::Mode::read_write});
    EXPECT_EQ(places(read_all(*store, ReadQuery::all())), before);
    append(*store, make_transaction("a", 1, 1));
    expect_verified(*store);
}

} // namespace
} // namespace cim::test
