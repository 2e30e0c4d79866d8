// Aim: a filter takes the events that meet all its conditions, and its subject pattern covers every one of them.
// Method: examples of every condition at its edges; random filters, whose events must all match their pattern.
#include <cim/filter.hpp>

#include "event/support.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace cim {
namespace {

DomainEvent event(std::string_view aggregate, std::string_view type, std::int64_t micros) {
    std::vector<test::Row> log;
    Transaction transaction{AggregateId(aggregate)};
    transaction.add(type, nullptr, from_micros(micros));
    test::append(log, *ChainBuilder(AggregateId(aggregate), {}).build(transaction));
    return test::events_of(log)[0];
}

SubjectPattern pattern(std::string_view text) { return *SubjectPattern::parse(text); }

TEST(EventFilter, TakesAllOfItsConditions) {
    const auto node = event("graph-1", "NodeCreated", 100);
    EXPECT_TRUE(EventFilter().matches(node));
    EXPECT_TRUE(EventFilter().empty());

    EXPECT_TRUE(EventFilter::by_aggregate(AggregateId("graph-1")).matches(node));
    EXPECT_FALSE(EventFilter::by_aggregate(AggregateId("graph-2")).matches(node));
    EXPECT_TRUE(EventFilter::by_aggregate(AggregateId("graph-2")).and_aggregate(AggregateId("graph-1")).matches(node));
    EXPECT_TRUE(EventFilter::by_type("NodeCreated").matches(node));
    EXPECT_FALSE(EventFilter::by_type(EventType("nodecreated")).matches(node));
    EXPECT_TRUE(EventFilter::by_type("NodeRemoved").and_type(EventType("NodeCreated")).matches(node));
    EXPECT_TRUE(EventFilter::by_subject(pattern("event.store.*.NodeCreated")).matches(node));
    EXPECT_FALSE(EventFilter::by_subject(pattern("event.*.NodeCreated")).matches(node));
    EXPECT_FALSE(EventFilter::by_type("NodeCreated").and_aggregate(AggregateId("graph-2")).matches(node));
    EXPECT_FALSE(EventFilter::by_type("NodeCreated").and_subject(pattern("event.store.graph-2.>")).matches(node));
    EXPECT_FALSE(EventFilter::by_type("NodeCreated").empty());
    EXPECT_FALSE(EventFilter::by_subject(pattern(">")).empty());
    EXPECT_FALSE(EventFilter().and_until({}).empty());
}

TEST(EventFilter, TimeStartsAtFromAndEndsBeforeUntil) {
    const auto window = EventFilter::by_time(from_micros(100), from_micros(200));
    EXPECT_FALSE(window.matches(event("a", "Set", 99)));
    EXPECT_TRUE(window.matches(event("a", "Set", 100)));
    EXPECT_TRUE(window.matches(event("a", "Set", 199)));
    EXPECT_FALSE(window.matches(event("a", "Set", 200)));
    EXPECT_TRUE(EventFilter().and_from(from_micros(100)).matches(event("a", "Set", 100)));
    EXPECT_FALSE(EventFilter().and_until(from_micros(100)).matches(event("a", "Set", 100)));
}

TEST(EventFilter, MatchesTheLongestSubject) {
    const std::string longest(max_token_size, 'x');
    const auto large = event(longest, longest, 0);
    EXPECT_TRUE(EventFilter::by_subject(pattern("event.store." + longest + "." + longest)).matches(large));
}

TEST(EventFilter, NarrowsItsSubjectAsFarAsOnePatternCan) {
    const AggregateId a("a");
    const AggregateId b("b");
    const struct {
        EventFilter filter;
        std::string_view subject;
    } cases[] = {
        {EventFilter(), "event.store.*.*"},
        {EventFilter::by_aggregate(a), "event.store.a.*"},
        {EventFilter::by_aggregate(a).and_aggregate(a), "event.store.a.*"},
        {EventFilter::by_aggregate(a).and_aggregate(b), "event.store.*.*"},
        {EventFilter::by_type("Set"), "event.store.*.Set"},
        {EventFilter::by_type("Set").and_aggregate(a), "event.store.a.Set"},
        {EventFilter::by_type("Set").and_type(EventType("Unset")).and_aggregate(a), "event.store.a.*"},
        {EventFilter::by_time({}, {}), "event.store.*.*"},
        {EventFilter::by_subject(pattern(">")), "event.store.*.*"},
        {EventFilter::by_subject(pattern("event.store.>")), "event.store.*.*"},
        {EventFilter::by_subject(pattern("event.store.a.>")), "event.store.a.*"},
        {EventFilter::by_subject(pattern("*.*.a.Set")), "event.store.a.Set"},
        {EventFilter::by_subject(pattern("event.store.*.Set")).and_aggregate(a), "event.store.a.Set"},
        {EventFilter::by_subject(pattern("event.store.a.*")).and_aggregate(a).and_aggregate(b), "event.store.a.*"},
    };
    for (const auto& [filter, subject] : cases) {
        EXPECT_EQ(filter.to_subject(), subject);
        EXPECT_EQ(filter.to_subject("p"), "p" + std::string(subject.substr(default_subject_prefix.size())));
    }
}

RC_GTEST_PROP(EventFilter, ItsSubjectCoversEveryEventThatItTakes, ()) {
    const auto name = rc::gen::elementOf(std::vector<std::string>{"a", "b", "Set"});
    const auto token = rc::gen::elementOf(std::vector<std::string>{"a", "b", "Set", "*"});
    EventFilter filter;
    for (const auto& id : *rc::gen::container<std::vector<std::string>>(name)) filter.aggregates.emplace_back(id);
    for (const auto& type : *rc::gen::container<std::vector<std::string>>(name)) filter.types.emplace_back(type);
    if (*rc::gen::arbitrary<bool>())
        filter.subject = pattern("event.store." + *token + "." + (*rc::gen::arbitrary<bool>() ? ">" : *token));
    const auto found = event(*name, *name, 0);
    RC_ASSERT(!filter.matches(found) || pattern(filter.to_subject()).matches(found.subject()));
    RC_ASSERT(SubjectPattern::parse(filter.to_subject()).has_value());
}

} // namespace
} // namespace cim
