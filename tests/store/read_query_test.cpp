// Aim: the factories say what they mean. Method: look at the fields.
#include <cim/event_store.hpp>

#include <gtest/gtest.h>

namespace cim {
namespace {

TEST(ReadQueryTest, OfAllStartsAfterAGlobalSequence) {
    const auto query = ReadQuery::all(GlobalSequence{7});
    EXPECT_FALSE(query.aggregate);
    EXPECT_EQ(query.after, 7u);
    EXPECT_EQ(query.upto, ReadQuery::no_limit);
    EXPECT_FALSE(query.from);
    EXPECT_FALSE(query.until);
    EXPECT_TRUE(query.types.empty());
    EXPECT_EQ(query.direction, Direction::forwards);
    EXPECT_EQ(query.limit, ReadQuery::default_page);
    EXPECT_EQ(ReadQuery::all().after, 0u);
}

TEST(ReadQueryTest, OfAChainStartsAfterAnAggregateSequence) {
    const auto query = ReadQuery::of(AggregateId{"a"}, AggregateSequence{3});
    EXPECT_EQ(query.aggregate, AggregateId{"a"});
    EXPECT_EQ(query.after, 3u);
    EXPECT_EQ(ReadQuery::of(AggregateId{"a"}).after, 0u);
}

TEST(ReadQueryTest, BetweenTimesLeavesPositionsOpen) {
    const auto query = ReadQuery::between(from_micros(5), from_micros(9));
    EXPECT_EQ(query.from, from_micros(5));
    EXPECT_EQ(query.until, from_micros(9));
    EXPECT_EQ(query.after, 0u);
    EXPECT_EQ(query.upto, ReadQuery::no_limit);
}

} // namespace
} // namespace cim
