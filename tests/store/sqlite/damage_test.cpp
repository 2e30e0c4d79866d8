// Aim: whatever is changed in the file behind the store's back is reported with its place, by reading or by the check,
// and never taken for an event. Method: change rows by SQL and bytes by hand, then read, verify and check.
#include "store/sqlite/support.hpp"

#include <fstream>

namespace cim::test {
namespace {

// A store with two chains: a has the sequences 1-3, 6-8, b has 4-5.
class DamageTest : public SqliteTest {
  protected:
    void SetUp() override {
        const auto store = open();
        append(*store, make_transaction("a", 3, 0));
        append(*store, make_transaction("b", 2, 1));
        append(*store, make_transaction("a", 3, 2));
        expect_sound(*store, path);
    }

    static Result<> verify(EventStore& store) {
        auto page = store.read(ReadQuery::all());
        if (!page) return fail(page.error());
        return ChainVerifier().add(page->events);
    }

    // Reading and verifying reports this, at this place.
    void expect_found(Errc code, std::string_view aggregate, std::string_view sequence) const {
        const auto store = open();
        const auto verified = verify(*store);
        ASSERT_FALSE(verified);
        EXPECT_EQ(verified.error().code, code) << verified.error().text();
        EXPECT_EQ(verified.error().field("aggregate"), aggregate) << verified.error().text();
        EXPECT_EQ(verified.error().field("sequence"), sequence) << verified.error().text();
    }

    // The check finds something, and says so with these words.
    void expect_problem(std::string_view words) const {
        const auto problems = check_sqlite_store(path);
        ASSERT_TRUE(problems) << problems.error().text();
        std::string all;
        for (const auto& problem : *problems) all += problem + "\n";
        EXPECT_NE(all.find(words), std::string::npos) << "problems:\n" << all;
    }
};

// ---- Events ----

TEST_F(DamageTest, FindsAFlippedByteInAPayload) {
    sql("UPDATE events SET block = CAST(replace(block, x'07070707', x'07070607') AS BLOB) WHERE sequence = 7");
    expect_found(Errc::cid_mismatch, "a", "5");
}

TEST_F(DamageTest, FindsABlockThatIsNone) {
    sql("UPDATE events SET block = x'a1ff' WHERE sequence = 2");
    expect_found(Errc::cid_mismatch, "a", "2");
    expect_problem("sequence 2 is no event block");
    sql("UPDATE events SET block = x'' WHERE sequence = 2");
    expect_found(Errc::cid_mismatch, "a", "2");
}

TEST_F(DamageTest, FindsAnotherCid) {
    sql("UPDATE events SET cid = (SELECT cid FROM events WHERE sequence = 1) WHERE sequence = 4");
    expect_found(Errc::cid_mismatch, "b", "1");
}

TEST_F(DamageTest, FindsACidThatIsNone) {
    sql("UPDATE events SET cid = x'00' WHERE sequence = 5");
    expect_found(Errc::store_corrupt, "b", "2");
    expect_problem("sequence 5 has a CID that is none");
}

TEST_F(DamageTest, FindsAForgedEvent) {
    // Another block with its right CID: the event after it no longer links to what is before it.
    sql("UPDATE events SET (cid, block) = (SELECT cid, block FROM events WHERE sequence = 1) WHERE sequence = 2");
    expect_found(Errc::chain_broken, "a", "2");
}

TEST_F(DamageTest, FindsAMissingRow) {
    sql("DELETE FROM events WHERE sequence = 7");
    expect_found(Errc::store_corrupt, "a", "5");
    expect_problem("missing");
    const auto store = open();
    EXPECT_EQ(store->read(ReadQuery::of(AggregateId{"a"})).error().code, Errc::store_corrupt);
    EXPECT_TRUE(store->read(ReadQuery::of(AggregateId{"b"}))) << "what is whole can be read";
    auto backwards = ReadQuery::all();
    backwards.direction = Direction::backwards;
    EXPECT_EQ(store->read(backwards).error().field("sequence"), "5");
}

TEST_F(DamageTest, FindsAMissingTail) {
    sql("DELETE FROM events WHERE sequence = 8");
    expect_found(Errc::store_corrupt, "a", "6");
    EXPECT_EQ(open()->follow({}).value()->next(100, std::chrono::milliseconds(0)).error().code, Errc::store_corrupt);
}

TEST_F(DamageTest, FindsEventsUnderAnotherAggregate) {
    sql("UPDATE transactions SET aggregate = 1, first_position = 7 WHERE first_event = 4");
    const auto store = open();
    EXPECT_FALSE(verify(*store));
    expect_problem("is of aggregate 'b' and is filed under 'a'");
}

TEST_F(DamageTest, FindsTimesAndTypesThatAreNotTheBlocks) {
    sql("UPDATE events SET timestamp = 77 WHERE sequence = 3");
    expect_problem("sequence 3 happened at 2 and is filed under 77");
    sql("INSERT INTO event_types VALUES (2, 'Other'); UPDATE events SET type = 2 WHERE sequence = 4");
    expect_problem("sequence 4 is a 'Happened' and is filed as 'Other'");
}

// ---- What is around them ----

TEST_F(DamageTest, FindsAMissingTransaction) {
    sql("DELETE FROM transactions WHERE first_event = 4");
    const auto store = open();
    EXPECT_EQ(store->read(ReadQuery::all()).error().code, Errc::store_corrupt);
    EXPECT_EQ(store->read(ReadQuery::of(AggregateId{"b"})).error().code, Errc::store_corrupt);
    expect_problem("sequence 4 belongs to no transaction");
    sql("DELETE FROM transactions WHERE first_event = 1");
    EXPECT_EQ(store->read(ReadQuery::of(AggregateId{"a"})).error().code, Errc::store_corrupt);
    EXPECT_EQ(store->read(ReadQuery::all()).error().code, Errc::store_corrupt);
}

TEST_F(DamageTest, FindsTransactionsWithImpossibleNumbers) {
    const char* const changes[] = {"size = 9223372036854775807", "first_position = 9223372036854775807",
                                   "size = 4294967296"};
    for (const auto* change : changes) {
        sql(std::string("UPDATE transactions SET ") + change + " WHERE first_event = 1");
        EXPECT_EQ(open()->read(ReadQuery::all()).error().code, Errc::store_corrupt) << change;
        EXPECT_FALSE(check_sqlite_store(path)->empty()) << change;
    }
}

TEST_F(DamageTest, FindsAMissingAggregate) {
    sql("DELETE FROM aggregates WHERE name = 'b'");
    EXPECT_EQ(open()->read(ReadQuery::all()).error().code, Errc::store_corrupt);
    expect_problem("table aggregates that is missing");
}

TEST_F(DamageTest, FindsAHeadThatIsNotTheLastEvent) {
    sql("UPDATE aggregates SET head_sequence = 5 WHERE name = 'a'");
    expect_problem("aggregate 'a' has its head at event 5");
    sql("UPDATE aggregates SET head_sequence = 6, head_cid = (SELECT cid FROM events WHERE sequence = 1) WHERE name = "
        "'a'");
    expect_problem("aggregate 'a' has a head with another CID");
    sql("UPDATE aggregates SET head_cid = x'' WHERE name = 'a'");
    const auto store = open();
    EXPECT_EQ(store->head(AggregateId{"a"}).error().code, Errc::store_corrupt);
    EXPECT_EQ(store->aggregates().error().code, Errc::store_corrupt);
    EXPECT_EQ(store->append_chained({}).value().size(), 0u);
    EXPECT_EQ(store->append(make_transaction("a", 1, 9), ExpectedHead::none()).error().code, Errc::store_corrupt);
}

// A head behind the chain's end would let events land on taken places: the append fails, and others are not touched.
TEST_F(DamageTest, LetsNothingLandOnATakenPlace) {
    sql("UPDATE aggregates SET (head_sequence, head_event, head_cid) = (3, 3, (SELECT cid FROM events WHERE sequence = "
        "3)) "
        "WHERE name = 'a'");
    const auto store = open();
    EXPECT_EQ(store->append(make_transaction("a", 1, 9), ExpectedHead::any()).error().code, Errc::store_corrupt);
    append(*store, make_transaction("b", 1, 9));
    EXPECT_EQ(store->info()->events, 9u);
}

TEST_F(DamageTest, FindsBytesFlippedAnywhereOrReadsTheSame) {
    std::string original;
    {
        std::ifstream in(path, std::ios::binary);
        original.assign(std::istreambuf_iterator<char>(in), {});
    }
    const auto sound = read_all(*open());
    int found = 0;
    for (std::size_t at = 100; at < original.size(); at += 97) {
        auto spoilt = original;
        spoilt[at] = static_cast<char>(spoilt[at] ^ 0x10);
        std::ofstream(path, std::ios::binary | std::ios::trunc) << spoilt;
        auto store = try_open();
        if (!store) {
            ++found;
            continue;
        }
        const auto page = (*store)->read(ReadQuery::all());
        if (!page || !ChainVerifier().add(page->events)) {
            ++found;
            continue;
        }
        // Not seen by verification: then it is in no block, and the check must see it or no reader can.
        ASSERT_LE(page->events.size(), sound.size());
        for (std::size_t i = 0; i < page->events.size(); ++i)
            EXPECT_EQ(page->events[i].cid(), sound[i].cid()) << "byte " << at;
    }
    EXPECT_GT(found, 0);
}

TEST_F(DamageTest, ChecksNothingThatIsNoStore) {
    EXPECT_EQ(check_sqlite_store((folder / "none.db").string()).error().code, Errc::not_found);
    std::ofstream(folder / "text.db") << std::string(3000, 'x');
    EXPECT_EQ(check_sqlite_store((folder / "text.db").string()).error().code, Errc::store_foreign);
}

TEST_F(DamageTest, ListsNoMoreThanAskedFor) {
    sql("UPDATE events SET timestamp = 77");
    EXPECT_EQ(check_sqlite_store(path, 3)->size(), 3u);
}

// ---- Documents ----

TEST_F(DamageTest, FindsADocumentWithoutAProperName) {
    ASSERT_TRUE(open()->documents().put("c", "k", as_bytes("x")));
    sql("UPDATE documents SET key = 'a b'");
    expect_problem("name that is none");
}

} // namespace
} // namespace cim::test
