// Aim: read() gives exactly what a query asks for, in order, in pages whose cursors neither lose nor repeat.
// Method: single cases by hand, then random logs and random queries against a model that filters a vector.
#include "conformance/support.hpp"

#include <algorithm>

namespace cim::test {
namespace {

using ReadTest = StoreTest;
CIM_FOR_ALL_STORES(ReadTest);

Timestamp at(std::int64_t micros) { return from_micros(micros); }

// ---- What is refused ----

TEST_P(ReadTest, RefusesPagesOfImpossibleSize) {
    auto query = ReadQuery::all();
    query.limit = 0;
    EXPECT_EQ(code_of(store->read(query)), Errc::invalid_argument);
    query.limit = ReadQuery::max_page + 1;
    EXPECT_EQ(code_of(store->read(query)), Errc::invalid_argument);
}

TEST_P(ReadTest, DoesNotFindAnAggregateThatIsNotThere) {
    append(*store, make_transaction("a", 1));
    EXPECT_EQ(code_of(store->read(ReadQuery::of(AggregateId{"b"}))), Errc::not_found);
    EXPECT_EQ(code_of(store->read(ReadQuery::of(AggregateId{""}))), Errc::not_found);
    auto query = ReadQuery::between(at(0), at(10'000'000));
    query.aggregate = AggregateId{"b"};
    EXPECT_EQ(code_of(store->read(query)), Errc::not_found);
}

// ---- Nothing to give ----

TEST_P(ReadTest, GivesNothingFromAnEmptyStore) {
    for (const auto& query :
         {ReadQuery::all(), ReadQuery::all(GlobalSequence{5}), ReadQuery::between(at(0), at(1'000))}) {
        const auto page = store->read(query);
        ASSERT_TRUE(page) << page.error().text();
        EXPECT_TRUE(page->events.empty());
        EXPECT_FALSE(page->next);
    }
}

TEST_P(ReadTest, GivesNothingWhereNothingIsAskedFor) {
    append(*store, make_transaction("a", 3));
    std::vector<ReadQuery> empty;
    empty.push_back(ReadQuery::all(GlobalSequence{1'000'000}));
    empty.push_back(ReadQuery::all(GlobalSequence{ReadQuery::no_limit}));
    empty.push_back(ReadQuery::of(AggregateId{"a"}, AggregateSequence{3}));
    empty.push_back(ReadQuery::between(at(5), at(5)));
    empty.push_back(ReadQuery::between(at(9'000'000), at(1)));
    empty.push_back(ReadQuery::between(Timestamp::min(), Timestamp::min()));
    empty.push_back(ReadQuery::all());
    empty.back().upto = 0;
    empty.push_back(ReadQuery::all());
    empty.back().types = {EventType{"NeverHappened"}};
    for (std::size_t i = 0; i < empty.size(); ++i)
        for (const auto direction : {Direction::forwards, Direction::backwards}) {
            empty[i].direction = direction;
            const auto page = store->read(empty[i]);
            ASSERT_TRUE(page) << i << ": " << page.error().text();
            EXPECT_TRUE(page->events.empty()) << i;
            EXPECT_FALSE(page->next) << i;
        }
}

// ---- Pages ----

TEST_P(ReadTest, SaysWhetherThereIsMore) {
    append(*store, make_transaction("a", 4));
    auto query = ReadQuery::all();
    query.limit = 4;
    EXPECT_FALSE(store->read(query)->next) << "the page holds the last event";
    query.limit = 3;
    const auto page = store->read(query);
    ASSERT_TRUE(page->next);
    EXPECT_EQ(page->events.size(), 3u);
    const auto rest = store->read(*page->next);
    EXPECT_EQ(places(rest->events), std::vector<std::string>{"a/4"});
    EXPECT_FALSE(rest->next);
}

TEST_P(ReadTest, GoesOnWithWhatCameLater) {
    append(*store, make_transaction("a", 4));
    auto query = ReadQuery::all();
    query.limit = 2;
    const auto page = store->read(query);
    append(*store, make_transaction("b", 2));
    EXPECT_EQ(places(read_all(*store, *page->next)), (std::vector<std::string>{"a/3", "a/4", "b/1", "b/2"}));
}

TEST_P(ReadTest, KeepsPagesSmallInBytes) {
    constexpr std::size_t events = 12;
    Transaction transaction{AggregateId{"a"}};
    for (std::size_t i = 0; i < events; ++i)
        transaction.add("Large", {{"n", i}, {"data", Bytes(300'000, std::byte{1})}});
    append(*store, transaction);
    const auto page = store->read(ReadQuery::all());
    ASSERT_TRUE(page) << page.error().text();
    EXPECT_LT(page->events.size(), events);
    EXPECT_GE(page->events.size(), 1u);
    ASSERT_TRUE(page->next);
    EXPECT_EQ(read_all(*store, ReadQuery::all()).size(), events);
    auto backwards = ReadQuery::of(AggregateId{"a"});
    backwards.direction = Direction::backwards;
    EXPECT_EQ(read_all(*store, backwards).size(), events);
}

TEST_P(ReadTest, GivesTheFirstEventHoweverLarge) {
    Transaction transaction{AggregateId{"a"}};
    transaction.add("Large", {{"data", Bytes(3'000'000, std::byte{1})}});
    transaction.add("Large", {{"data", Bytes(3'000'000, std::byte{2})}});
    append(*store, transaction);
    const auto page = store->read(ReadQuery::all());
    ASSERT_TRUE(page) << page.error().text();
    EXPECT_EQ(page->events.size(), 1u);
    EXPECT_TRUE(page->next);
}

TEST_P(ReadTest, GivesEventsThatOutliveTheStore) {
    append(*store, make_transaction("a", 3));
    const auto events = read_all(*store, ReadQuery::all());
    store.reset();
    EXPECT_EQ(events[2].aggregate_id(), "a");
    EXPECT_TRUE(events[2].cid().matches(events[2].block()));
}

// ---- Time ----

TEST_P(ReadTest, GivesAWindowInLogOrderThoughTimesDoNotGrow) {
    const std::int64_t times[] = {50, 10, 40, 20, 30, 60, 5};
    for (const auto time : times) {
        Transaction transaction{AggregateId{"a"}};
        transaction.add("Happened", {{"time", time}}, at(time));
        append(*store, transaction);
    }
    auto query = ReadQuery::between(at(20), at(50));
    query.limit = 2;
    EXPECT_EQ(places(read_all(*store, query)), (std::vector<std::string>{"a/3", "a/4", "a/5"}));
    query.direction = Direction::backwards;
    EXPECT_EQ(places(read_all(*store, query)), (std::vector<std::string>{"a/5", "a/4", "a/3"}));
    query = ReadQuery::all();
    query.from = at(50);
    EXPECT_EQ(places(read_all(*store, query)), (std::vector<std::string>{"a/1", "a/6"}));
    query = ReadQuery::all();
    query.until = at(10);
    EXPECT_EQ(places(read_all(*store, query)), std::vector<std::string>{"a/7"});
}

TEST_P(ReadTest, FindsTimesFarFromNow) {
    Transaction transaction{AggregateId{"a"}};
    for (const auto time : {Timestamp::min(), at(-1), at(0), Timestamp::max()}) transaction.add("Happened", {}, time);
    append(*store, transaction);
    EXPECT_EQ(places(read_all(*store, ReadQuery::between(Timestamp::min(), at(0)))),
              (std::vector<std::string>{"a/1", "a/2"}));
    EXPECT_EQ(places(read_all(*store, ReadQuery::between(at(0), Timestamp::max()))), std::vector<std::string>{"a/3"});
    auto query = ReadQuery::all();
    query.from = at(0);
    EXPECT_EQ(places(read_all(*store, query)), (std::vector<std::string>{"a/3", "a/4"}));
}

// Windows from one event to more than the log holds, each small enough and too large to be taken from an index.
TEST_P(ReadTest, GivesWindowsOfAnySize) {
    constexpr std::int64_t events = 30'000;
    for (std::int64_t i = 0; i < events;) {
        Transaction transaction{AggregateId{i % 2 == 0 ? "even" : "odd"}};
        for (int n = 0; n < 999; ++n, ++i) transaction.add("Happened", {{"i", i}}, at(i));
        append(*store, transaction);
    }
    const std::int64_t sizes[] = {1, 10, 4096, 4097, 20'000, 100'000};
    for (const auto size : sizes)
        for (const std::int64_t from : {std::int64_t{0}, std::int64_t{17'000}, std::int64_t{29'000}})
            for (const auto direction : {Direction::forwards, Direction::backwards}) {
                auto query = ReadQuery::between(at(from), at(from + size));
                query.direction = direction;
                const auto found = read_all(*store, query);
                const auto there = std::min<std::int64_t>(from + size, 30'969 /* 31 * 999 */) - from;
                ASSERT_EQ(static_cast<std::int64_t>(found.size()), there) << size << " from " << from;
                const auto first = direction == Direction::forwards ? from : from + there - 1;
                EXPECT_EQ(to_micros(found.front().timestamp()), first);
                query.aggregate = AggregateId{"odd"};
                const auto odd = std::ranges::count_if(found, [](const auto& e) { return e.aggregate_id() == "odd"; });
                EXPECT_EQ(static_cast<std::int64_t>(read_all(*store, query).size()), odd);
            }
}

// ---- Everything, at random ----

struct Model {
    std::vector<DomainEvent> log;

    [[nodiscard]] std::vector<DomainEvent> read(const ReadQuery& query) const {
        std::vector<DomainEvent> found;
        for (const auto& event : log) {
            const auto position = query.aggregate ? event.aggregate_sequence().value() : event.sequence().value();
            if (query.aggregate && event.aggregate_id() != query.aggregate->str()) continue;
            if (position <= query.after || position > query.upto) continue;
            if (query.from && event.timestamp() < *query.from) continue;
            if (query.until && event.timestamp() >= *query.until) continue;
            if (!query.types.empty() &&
                std::ranges::find(query.types, EventType(event.event_type())) == query.types.end())
                continue;
            found.push_back(event);
        }
        if (query.direction == Direction::backwards) std::ranges::reverse(found);
        return found;
    }
};

class RandomLog {
  public:
    explicit RandomLog(std::uint64_t seed) : random_(seed) {}

    std::uint64_t below(std::uint64_t n) { return random_() % n; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }

    Transaction transaction() {
        Transaction made{AggregateId("agg-" + std::to_string(below(5)))};
        if (one_in(2)) made.trace.correlation_id = "c" + std::to_string(below(3));
        const auto events = one_in(4) ? 1 + below(40) : 1 + below(3);
        for (std::uint64_t i = 0; i < events; ++i) {
            clock_ += one_in(5) ? -static_cast<std::int64_t>(below(200)) : static_cast<std::int64_t>(below(100));
            made.add("Type" + std::to_string(below(6)), {{"n", below(1'000'000)}}, at(clock_));
        }
        return made;
    }

    ReadQuery query(std::uint64_t log_size) {
        ReadQuery made;
        if (one_in(2)) made.aggregate = AggregateId("agg-" + std::to_string(below(5)));
        const auto span = made.aggregate ? log_size / 4 + 1 : log_size + 3;
        if (one_in(2)) made.after = below(span);
        if (one_in(3)) made.upto = made.after + below(span);
        if (one_in(3)) made.from = at(static_cast<std::int64_t>(below(static_cast<std::uint64_t>(clock_) + 1)));
        if (one_in(3)) made.until = at(static_cast<std::int64_t>(below(static_cast<std::uint64_t>(clock_) + 200)));
        for (auto types = one_in(3) ? below(4) : 0; types > 0; --types)
            made.types.emplace_back("Type" + std::to_string(below(7)));
        if (one_in(2)) made.direction = Direction::backwards;
        made.limit = one_in(3) ? 1 + below(3) : 1 + below(100);
        return made;
    }

  private:
    std::mt19937_64 random_;
    std::int64_t clock_ = 10'000;
};

TEST_P(ReadTest, AgreesWithAModelOnRandomQueries) {
    const auto seed = random_seed(1);
    SCOPED_TRACE("CIM_SEED=" + std::to_string(seed));
    RandomLog random(seed);
    Model model;
    for (int round = 0; round < 40; ++round) {
        for (int i = 0; i < 8; ++i) append(*store, random.transaction());
        const auto added =
            read_all(*store, ReadQuery::all(model.log.empty() ? GlobalSequence{} : model.log.back().sequence()));
        model.log.insert(model.log.end(), added.begin(), added.end());
        for (int i = 0; i < 25; ++i) {
            const auto query = random.query(model.log.size());
            if (query.aggregate && store->head(*query.aggregate)->sequence.value() == 0) continue;
            const auto found = read_all(*store, query);
            const auto wanted = model.read(query);
            ASSERT_EQ(places(found), places(wanted)) << "round " << round << ", query " << i;
            for (std::size_t n = 0; n < found.size(); ++n) {
                ASSERT_EQ(found[n].sequence(), wanted[n].sequence());
                ASSERT_EQ(found[n].transaction_id(), wanted[n].transaction_id());
                ASSERT_EQ(found[n].transaction_index(), wanted[n].transaction_index());
                ASSERT_EQ(found[n].transaction_size(), wanted[n].transaction_size());
                ASSERT_EQ(found[n].correlation_id(), wanted[n].correlation_id());
            }
        }
    }
    expect_verified(*store);
}

} // namespace
} // namespace cim::test
