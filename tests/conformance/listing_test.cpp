// Aim: a store knows its heads, its aggregates and its size. Method: append, list, compare with what was appended.
#include "conformance/support.hpp"

#include <algorithm>

namespace cim::test {
namespace {

using ListingTest = StoreTest;
CIM_FOR_ALL_STORES(ListingTest);

TEST_P(ListingTest, HasAnEmptyHeadForWhatIsNotThere) {
    const auto head = store->head(AggregateId{"a"});
    ASSERT_TRUE(head) << head.error().text();
    EXPECT_EQ(*head, ChainHead{});
}

TEST_P(ListingTest, IsEmptyAtFirst) {
    const auto info = store->info();
    ASSERT_TRUE(info) << info.error().text();
    EXPECT_EQ(info->events, 0u);
    EXPECT_EQ(info->transactions, 0u);
    EXPECT_EQ(info->aggregates, 0u);
    EXPECT_EQ(info->last, GlobalSequence{});
    EXPECT_FALSE(info->read_only);
    EXPECT_FALSE(info->url.empty());
    EXPECT_TRUE(store->aggregates()->empty());
}

TEST_P(ListingTest, CountsWhatWasAppended) {
    append(*store, make_transaction("a", 3));
    append(*store, make_transaction("b", 2));
    const auto last = append(*store, make_transaction("a", 1, 1)).last;
    const auto info = store->info();
    ASSERT_TRUE(info) << info.error().text();
    EXPECT_EQ(info->events, 6u);
    EXPECT_EQ(info->transactions, 3u);
    EXPECT_EQ(info->aggregates, 2u);
    EXPECT_EQ(info->last, last);
}

TEST_P(ListingTest, DescribesAggregates) {
    append(*store, make_transaction("b", 2, 5));
    const auto head = append(*store, make_transaction("a", 3, 1));
    const auto longer = append(*store, make_transaction("b", 2, 9));
    const auto listed = store->aggregates();
    ASSERT_TRUE(listed) << listed.error().text();
    ASSERT_EQ(listed->size(), 2u);
    EXPECT_EQ((*listed)[0].id, AggregateId{"a"});
    EXPECT_EQ((*listed)[0].head, head.head);
    EXPECT_EQ((*listed)[0].last, head.last);
    EXPECT_EQ((*listed)[1].id, AggregateId{"b"});
    EXPECT_EQ((*listed)[1].head, longer.head);
    EXPECT_EQ((*listed)[1].last, longer.last);
    EXPECT_EQ((*listed)[1].first_event, from_micros(1'005'000));
    EXPECT_EQ((*listed)[1].last_event, from_micros(1'009'001));
}

TEST_P(ListingTest, ListsAggregatesInPages) {
    std::vector<std::string> names;
    for (int i = 0; i < 25; ++i) names.push_back("agg-" + std::to_string(i * 7919 % 1000));
    for (const auto& name : names) append(*store, make_transaction(name, 1));
    std::ranges::sort(names);
    std::vector<std::string> listed;
    AggregateId after;
    while (true) {
        const auto page = store->aggregates(after, 10);
        ASSERT_TRUE(page) << page.error().text();
        EXPECT_LE(page->size(), 10u);
        for (const auto& aggregate : *page) listed.push_back(aggregate.id.str());
        if (page->size() < 10) break;
        after = page->back().id;
    }
    EXPECT_EQ(listed, names);
    EXPECT_EQ(code_of(store->aggregates({}, 0)), Errc::invalid_argument);
}

} // namespace
} // namespace cim::test
