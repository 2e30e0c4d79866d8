// Aim: each event is routed under the subject that the table says, and a table that gives no subjects is refused.
#include <cim/subject_table.hpp>

#include "router/support.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace cim {
namespace {

using test::event;

TEST(SubjectTable, RefusesWhatGivesNoSubject) {
    SubjectTable table;
    for (const std::string_view text :
         {"", "a..b", "a.", ".a", "a.*", "a.>", "a b", "a.{}", "a.{id", "a.id}", "a.{{id}}", "{id}..{type}"}) {
        const auto refused = table.set("NodeAdded", text);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code, Errc::invalid_subject) << text;
        EXPECT_TRUE(refused.error().field("reason")) << text;
        EXPECT_FALSE(table.set_default(text)) << text;
    }
    EXPECT_EQ(table.set("no.token", "a").error().code, Errc::invalid_token);
    EXPECT_EQ(*table.subject_for(event("7", "NodeAdded")), "event.graph.7.node.added") << "as before";
    EXPECT_FALSE(SubjectTable::builtin("a.*"));
    EXPECT_FALSE(SubjectTable::builtin("a", ""));
}

TEST(SubjectTable, IsThatOfTheConvention) {
    struct Row {
        std::string_view type, subject;
    };
    const Row rows[] = {
        {"NodeAdded", "event.graph.123.node.added"},
        {"NodeCreated", "event.graph.123.node.added"},
        {"NodeUpdated", "event.graph.123.node.updated"},
        {"NodeRemoved", "event.graph.123.node.removed"},
        {"NodeTransformed", "event.graph.123.node.transformed"},
        {"EdgeConnected", "event.graph.123.edge.connected"},
        {"EdgeRemoved", "event.graph.123.edge.removed"},
        {"SubgraphCreated", "event.graph.123.subgraph.456.created"},
        {"GraphCreated", "event.graph.123.created"},
        {"OrderPlaced", "event.store.123.OrderPlaced"},
    };
    const SubjectTable table;
    for (const auto& [type, subject] : rows)
        EXPECT_EQ(*table.subject_for(event("123", type, {{"subgraph_id", "456"}})), subject);
    EXPECT_TRUE(table.is_fixed("NodeAdded"));
    EXPECT_FALSE(table.is_fixed("SubgraphCreated"));
    const auto elsewhere = *SubjectTable::builtin("live", "kept.here");
    EXPECT_EQ(*elsewhere.subject_for(event("1", "GraphCreated")), "live.1.created");
    EXPECT_EQ(*elsewhere.subject_for(event("1", "Other")), "kept.here.1.Other");
}

TEST(SubjectTable, TakesFieldsOfThePayload) {
    SubjectTable table;
    ASSERT_TRUE(table.set("Moved", "robot.{arm}.{id}.{type}"));
    EXPECT_EQ(*table.subject_for(event("r", "Moved", {{"arm", "left"}})), "robot.left.r.Moved");
    EXPECT_EQ(*table.subject_for(event("r", "Moved", {{"arm", 3}})), "robot.3.r.Moved");
    EXPECT_EQ(*table.subject_for(event("r", "Moved", {{"arm", "a.b"}})), "robot.a%2Eb.r.Moved") << "made a token";
    for (const auto& payload : {ipld::Value{{"leg", 1}}, ipld::Value{{"arm", true}}}) {
        const auto missing = table.subject_for(event("r", "Moved", payload));
        ASSERT_FALSE(missing);
        EXPECT_EQ(missing.error().code, Errc::invalid_subject);
        EXPECT_EQ(missing.error().field("field"), "arm");
    }
    const auto too_long = table.subject_for(event("r", "Moved", {{"arm", std::string(5000, 'x')}}));
    ASSERT_FALSE(too_long);
    EXPECT_EQ(too_long.error().code, Errc::invalid_subject);
}

} // namespace
} // namespace cim
