// Aim: events in, graph out; repeats change nothing; what could not be applied is kept with its CID and the reason.
#include <cim/graph_projection.hpp>

#include "graph/support.hpp"

#include <gtest/gtest.h>

namespace cim::test {
namespace {

std::vector<DomainEvent> history() {
    EventSource source("graph-1");
    auto events =
        source.next({{"GraphCreated", R"({"name": "G"})"},
                     {"NodeCreated", R"({"node_id": "a", "node_type": "Doc", "properties": {"n": 1}})"},
                     {"EdgeConnected", R"({"edge_id": "e", "source": "a", "target": "b", "edge_type": "t"})"}});
    for (const auto& more :
         source.next({{"NodeCreated", R"({"node_id": "b", "node_type": "Doc"})"},
                      {"NodeTransformed", R"({"node_id": "b", "operation": {"Translate": {"delta": [1, 0, 0]}}})"}}))
        events.push_back(more);
    return events;
}

TEST(GraphProjection, AppliesEventsInOrder) {
    GraphProjection projection;
    projection.apply(history());
    EXPECT_EQ(projection.model().node_count(), 2u);
    EXPECT_EQ(projection.model().edge_count(), 1u);
    EXPECT_EQ(projection.stats().events, 5u);
    EXPECT_EQ(projection.stats().transactions, 2u);
    EXPECT_EQ(projection.stats().mutations, 4u);
    EXPECT_EQ(projection.stats().unknown_type, 0u);
    EXPECT_EQ(projection.stats().problems, 0u);
    EXPECT_EQ(projection.position(), GlobalSequence(5));
}

TEST(GraphProjection, SkipsWhatItHasSeen) {
    const auto events = history();
    GraphProjection once;
    once.apply(events);
    GraphProjection again;
    again.apply(std::span(events).first(3));
    again.apply(events);
    again.apply(std::span(events).last(2));
    EXPECT_EQ(state_cid(again.model()), state_cid(once.model()));
    EXPECT_EQ(again.model().outcomes(), once.model().outcomes());
    EXPECT_EQ(again.stats().repeated, 5u);
    EXPECT_EQ(again.stats().events, 10u);
    EXPECT_EQ(again.stats().transactions, 2u);
    EXPECT_EQ(again.position(), GlobalSequence(5));
}

TEST(GraphProjection, KeepsAggregatesApart) {
    EventSource one("one", 1);
    EventSource two("two", 101);
    const auto first =
        one.next({{"NodeCreated", R"({"node_id": "a", "node_type": "T"})"}, {"NodeRemoved", R"({"node_id": "a"})"}});
    const auto second = two.next({{"NodeCreated", R"({"node_id": "b", "node_type": "T"})"},
                                  {"NodeCreated", R"({"node_id": "c", "node_type": "T"})"}});
    GraphProjection projection;
    projection.apply(std::vector{first[0], second[0], first[1], second[1], second[0], first[0]});
    EXPECT_EQ(node_ids(projection.model()), (std::vector<std::string>{"b", "c"}));
    EXPECT_EQ(projection.stats().repeated, 2u);
}

TEST(GraphProjection, ReportsWhatItCannotApply) {
    EventSource source("graph-1");
    const auto events =
        source.next({{"NodeCreated", R"({"node_id": "a", "node_type": "Doc"})"},
                     {"NodeCreated", R"({"node_id": "a", "node_type": "Person"})"},
                     {"NodeCreated", R"({"node_type": "Doc"})"},
                     {"SomethingElse", "{}"},
                     {"NodeTransformed", R"({"node_id": "a", "operation": {"Reparent": {"new_parent": "a"}}})"},
                     {"EdgeRemoved", R"({"edge_id": "x\ny"})"}});
    GraphProjection projection;
    projection.apply(events);
    EXPECT_EQ(projection.stats().unknown_type, 1u);
    EXPECT_EQ(projection.stats().problems, 4u);
    ASSERT_EQ(projection.problems().size(), 4u);
    const auto& problems = projection.problems();
    EXPECT_EQ(problems[0].cid, events[1].cid());
    EXPECT_EQ(problems[0].sequence, GlobalSequence(2));
    EXPECT_EQ(problems[0].aggregate_id, "graph-1");
    EXPECT_EQ(problems[0].event_type, "NodeCreated");
    EXPECT_EQ(problems[0].reason, "AddNode 'a' of type 'Person': the id is in use for something else");
    EXPECT_EQ(problems[1].reason, "event 3 of 'graph-1', NodeCreated: the field 'node_id' is missing");
    EXPECT_EQ(problems[2].reason, "Reparent to 'a' of node 'a': the new parent is that node or below it");
    EXPECT_EQ(problems[3].reason, "RemoveEdge 'x\\ny': there is no such edge");
}

TEST(GraphProjection, KeepsTheLastProblems) {
    EventSource source("graph-1");
    std::vector<EventText> texts;
    for (std::size_t i = 0; i < GraphProjection::max_problems + 10; ++i)
        texts.push_back({"NodeRemoved", R"({"node_id": "n)" + std::to_string(i) + "\"}"});
    GraphProjection projection;
    projection.apply(source.next(texts));
    EXPECT_EQ(projection.stats().problems, GraphProjection::max_problems + 10);
    ASSERT_EQ(projection.problems().size(), GraphProjection::max_problems);
    EXPECT_EQ(projection.problems().front().reason, "RemoveNode 'n10': there is no such node");
}

TEST(GraphProjection, CopiesGoTheirOwnWay) {
    const auto events = history();
    GraphProjection projection;
    projection.apply(std::span(events).first(3));
    GraphProjection copy = projection;
    copy.apply(events);
    EXPECT_EQ(projection.model().node_count(), 1u);
    EXPECT_EQ(copy.model().node_count(), 2u);
    projection = copy;
    projection.apply(events);
    EXPECT_EQ(state_cid(projection.model()), state_cid(copy.model()));
    EXPECT_EQ(projection.stats().repeated, 8u);
    const auto moved = std::move(projection);
    EXPECT_EQ(moved.position(), GlobalSequence(5));
}

TEST(GraphProjection, GivesTheSameStateOneByOneAndAllAtOnce) {
    const auto events = history();
    GraphProjection all;
    all.apply(events);
    GraphProjection one_by_one;
    for (const auto& event : events) one_by_one.apply(std::span(&event, 1));
    EXPECT_EQ(state_cid(all.model()), state_cid(one_by_one.model()));
    EXPECT_EQ(all.stats().transactions, one_by_one.stats().transactions);
}

} // namespace
} // namespace cim::test
