// Aim: reading ahead gives what reading page by page gives. Method: the same queries both ways, with many threads and
// few.
#include "conformance/support.hpp"
#include "store/read_ahead.hpp"

namespace cim::test {
namespace {

using ReadAheadTest = StoreTest;
CIM_FOR_ALL_STORES(ReadAheadTest);

Result<std::vector<DomainEvent>> read_ahead(EventStore& store, const ReadQuery& query, unsigned threads) {
    ReadAhead pages(store, query, threads);
    std::vector<DomainEvent> all;
    while (true) {
        auto events = pages.next();
        if (!events || events->empty()) return events ? Result<std::vector<DomainEvent>>(std::move(all)) : events;
        all.insert(all.end(), events->begin(), events->end());
    }
}

TEST_P(ReadAheadTest, ReportsWhatTheStoreReports) {
    append(*store, make_transaction("a", 1));
    EXPECT_EQ(code_of(read_ahead(*store, ReadQuery::of(AggregateId{"b"}), 2)), Errc::not_found);
    auto query = ReadQuery::all();
    query.limit = 0;
    EXPECT_EQ(code_of(read_ahead(*store, query, 2)), Errc::invalid_argument);
}

TEST_P(ReadAheadTest, EndsAtOnceWhereThereIsNothing) {
    const auto events = read_ahead(*store, ReadQuery::all(), 3);
    ASSERT_TRUE(events) << events.error().text();
    EXPECT_TRUE(events->empty());
}

TEST_P(ReadAheadTest, GivesTheSameInTheSameOrder) {
    for (std::uint64_t i = 0; i < 60; ++i)
        append(*store, make_transaction("agg-" + std::to_string(i % 3), 1 + i % 9, i));
    std::vector<ReadQuery> queries{ReadQuery::all(), ReadQuery::all(GlobalSequence{17}),
                                   ReadQuery::of(AggregateId{"agg-1"}),
                                   ReadQuery::of(AggregateId{"agg-2"}, AggregateSequence{5}),
                                   ReadQuery::between(from_micros(1'010'000), from_micros(1'040'000))};
    queries.push_back(ReadQuery::all());
    queries.back().types = {EventType{"EdgeConnected"}};
    queries.push_back(ReadQuery::all(GlobalSequence{10}));
    queries.back().upto = 60;
    for (auto& query : queries)
        for (const auto direction : {Direction::forwards, Direction::backwards})
            for (const std::size_t limit : {1, 7, 1000})
                for (const unsigned threads : {1U, 4U}) {
                    query.direction = direction;
                    query.limit = limit;
                    const auto events = read_ahead(*store, query, threads);
                    ASSERT_TRUE(events) << events.error().text();
                    EXPECT_EQ(places(*events), places(read_all(*store, query)));
                }
}

TEST_P(ReadAheadTest, MayBeAbandoned) {
    append(*store, make_transaction("a", 500));
    auto query = ReadQuery::all();
    query.limit = 5;
    ReadAhead pages(*store, query, 3);
    EXPECT_EQ(pages.next()->size(), 5u);
    const ReadAhead untouched(*store, query, 3);
}

} // namespace
} // namespace cim::test
