// Aim: what each mutation does to a graph, and what it answers. Method: tables that read as the specification. Every
// row starts from one small graph; a row that is refused or changes nothing must leave the very same state CID.
#include <cim/graph_model.hpp>

#include "graph/support.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace cim::test {
namespace {

using mutation::Reparent;
using mutation::Rotate;
using mutation::Scale;
using mutation::Translate;

// a -e1-> b -e2-> c, a -w-> (z missing); c below b in the hierarchy; subgraph s of a and b.
GraphModel base() {
    return model_of({add_node("a", "Doc", R"({"title": "A", "pages": 3})"), add_node("b", "Doc"),
                     add_node("c", "Person"), add_edge("e1", "a", "b", "links", R"({"weight": 1})"),
                     add_edge("e2", "b", "c", "by"), add_edge("w", "a", "z", "links"), transform("c", Reparent{"b"}),
                     create_subgraph("s", {"b", "a"}, "Pair")});
}

struct Row {
    std::string_view what;
    GraphMutation mutation;
    Outcome outcome;
};

const float nan = std::numeric_limits<float>::quiet_NaN();
const float inf = std::numeric_limits<float>::infinity();
const float large = std::numeric_limits<float>::max();

// "unchanged" and everything refused: the graph stays as it was, to the byte.
const std::vector<Row>& rows_without_effect() {
    using enum Outcome;
    static const std::vector<Row> rows{
        {"a node that is there, with the same type", add_node("a", "Doc"), unchanged},
        {"its properties are not overwritten", add_node("a", "Doc", R"({"title": "B"})"), unchanged},
        {"a node that is there, with another type", add_node("a", "Person"), id_in_use},
        {"a node without an id", add_node("", "Doc"), invalid_value},
        {"a node whose id is not UTF-8", add_node("\xff", "Doc"), invalid_value},
        {"a node whose type is not UTF-8", add_node("n", "\xc0\x80"), invalid_value},
        {"properties that are no map", add_node("n", "Doc", "[1]"), invalid_value},

        {"an update that says what is", update_node("a", R"({"title": "A"})"), unchanged},
        {"an update of nothing", update_node("a", "{}"), unchanged},
        {"removing a property that is not there", update_node("a", R"({"colour": null})"), unchanged},
        {"an update of no node", update_node("x", R"({"title": "A"})"), unknown_node},
        {"an update that is no map", update_node("a", R"("title")"), invalid_value},
        {"removing no node", remove_node("x"), unknown_node},
        {"removing a node by an edge's id", remove_node("e1"), unknown_node},

        {"an edge that is there", add_edge("e1", "a", "b", "links"), unchanged},
        {"its properties are not overwritten", add_edge("e1", "a", "b", "links", R"({"weight": 2})"), unchanged},
        {"an edge that is there, of another type", add_edge("e1", "a", "b", "by"), id_in_use},
        {"an edge that is there, from another node", add_edge("e1", "c", "b", "links"), id_in_use},
        {"an edge that is there, to another node", add_edge("e1", "a", "c", "links"), id_in_use},
        {"an edge that waits already", add_edge("w", "a", "z", "links"), unchanged},
        {"an edge that waits, to another node", add_edge("w", "a", "y", "links"), id_in_use},
        {"an edge that waits, between nodes that exist", add_edge("w", "a", "b", "links"), id_in_use},
        {"an edge without an id", add_edge("", "a", "b"), invalid_value},
        {"an edge from nowhere", add_edge("e", "", "b"), invalid_value},
        {"an edge to what is not UTF-8", add_edge("e", "a", "\xed\xa0\x80"), invalid_value},
        {"edge properties that are no map", add_edge("e", "a", "b", "links", "1"), invalid_value},

        {"an edge update that says what is", update_edge("e1", R"({"weight": 1})"), unchanged},
        {"an update of a waiting edge that says what is", update_edge("w", R"({"weight": null})"), unchanged},
        {"an update of no edge", update_edge("x", "{}"), unknown_edge},
        {"an edge update that is no map", update_edge("e1", "7"), invalid_value},
        {"removing no edge", remove_edge("x"), unknown_edge},

        {"moving by nothing", transform("a", Translate{{0, 0, 0}}), unchanged},
        {"scaling by one", transform("a", Scale{{1, 1, 1}}), unchanged},
        {"turning by a multiple of the identity", transform("a", Rotate{{0, 0, 0, 5}}), unchanged},
        {"moving no node", transform("x", Translate{{1, 0, 0}}), unknown_node},
        {"moving nodes of which one is missing", transform_nodes({"a", "x"}, Translate{{1, 0, 0}}), unknown_node},
        {"moving no nodes", transform_nodes({}, Translate{{1, 0, 0}}), unchanged},
        {"moving no subgraph", transform_subgraph("x", Translate{{1, 0, 0}}), unknown_subgraph},
        {"moving by NaN", transform("a", Translate{{0, nan, 0}}), invalid_number},
        {"moving to infinity", transform("a", Translate{{-inf, 0, 0}}), invalid_number},
        {"scaling by NaN", transform("a", Scale{{1, 1, nan}}), invalid_number},
        {"turning by no rotation", transform("a", Rotate{{0, 0, 0, 0}}), invalid_number},
        {"turning by an infinity", transform("a", Rotate{{0, 0, inf, 1}}), invalid_number},
        {"a bad number for nobody", transform_nodes({}, Translate{{nan, 0, 0}}), invalid_number},

        {"the parent that it has", transform("c", Reparent{"b"}), unchanged},
        {"a root made a root", transform("a", Reparent{""}), unchanged},
        {"no such parent", transform("a", Reparent{"x"}), unknown_node},
        {"its own parent", transform("a", Reparent{"a"}), cycle},
        {"below its own child", transform("b", Reparent{"c"}), cycle},
        {"several, one of them below its own child", transform_nodes({"a", "b"}, Reparent{"c"}), cycle},

        {"a subgraph that is there", create_subgraph("s", {"a", "b"}, "Pair"), unchanged},
        {"its members are not overwritten", create_subgraph("s", {"c"}, "Pair"), unchanged},
        {"a subgraph that is there, labelled otherwise", create_subgraph("s", {"a", "b"}, "Couple"), id_in_use},
        {"a subgraph of a missing node", create_subgraph("t", {"a", "x"}), unknown_node},
        {"a subgraph without an id", create_subgraph(""), invalid_value},
        {"a subgraph whose label is not UTF-8", create_subgraph("t", {}, "\xf8"), invalid_value},
        {"members that are in already", add_to_subgraph("s", {"a", "b", "a"}), unchanged},
        {"members to no subgraph", add_to_subgraph("x", {"a"}), unknown_subgraph},
        {"a missing member", add_to_subgraph("s", {"c", "x"}), unknown_node},
        {"taking out who is not in", remove_from_subgraph("s", {"c"}), unchanged},
        {"taking out no node", remove_from_subgraph("s", {"x"}), unknown_node},
        {"taking out of no subgraph", remove_from_subgraph("x", {"a"}), unknown_subgraph},
        {"expanding what is not collapsed", expand("s"), unchanged},
        {"expanding no subgraph", expand("x"), unknown_subgraph},
        {"collapsing no subgraph", collapse("x"), unknown_subgraph},
    };
    return rows;
}

TEST(GraphModel, LeavesTheGraphAloneWhereAMutationIsRefusedOrSaysWhatIs) {
    auto model = base();
    const auto before = state_cid(model);
    model.track_changes(true);
    for (const auto& row : rows_without_effect()) {
        SCOPED_TRACE(row.what);
        EXPECT_EQ(to_string(model.apply(row.mutation)), to_string(row.outcome));
        EXPECT_EQ(refused(row.outcome), row.outcome != Outcome::unchanged);
        EXPECT_EQ(state_cid(model), before);
        EXPECT_TRUE(model.take_changes().empty());
    }
}

TEST(GraphModel, CountsOutcomes) {
    auto model = base();
    const auto before = model.outcomes();
    for (const auto& row : rows_without_effect()) model.apply(row.mutation);
    std::array<std::uint64_t, outcome_count> expected = before;
    for (const auto& row : rows_without_effect()) ++expected[static_cast<std::size_t>(row.outcome)];
    EXPECT_EQ(model.outcomes(), expected);
    EXPECT_EQ(before[static_cast<std::size_t>(Outcome::applied)], 7u);
    EXPECT_EQ(before[static_cast<std::size_t>(Outcome::waiting)], 1u);
}

TEST(GraphModel, ShowsNodesAndEdges) {
    const auto model = base();
    EXPECT_EQ(model.node_count(), 3u);
    EXPECT_EQ(model.edge_count(), 2u);
    EXPECT_EQ(model.waiting_edge_count(), 1u);
    EXPECT_EQ(model.subgraph_count(), 1u);
    EXPECT_FALSE(model.find_node("z"));
    EXPECT_FALSE(model.find_edge("w"));
    const auto a = model.node(*model.find_node("a"));
    EXPECT_EQ(a.id, "a");
    EXPECT_EQ(a.type, "Doc");
    EXPECT_EQ(to_json(a.properties), R"({"pages":3,"title":"A"})");
    EXPECT_EQ(a.transform, Transform{});
    EXPECT_FALSE(a.parent);
    const auto c = model.node(*model.find_node("c"));
    EXPECT_EQ(to_json(c.properties), "{}");
    EXPECT_EQ(c.parent, model.find_node("b"));
    const auto e1 = model.edge(*model.find_edge("e1"));
    EXPECT_EQ(e1.id, "e1");
    EXPECT_EQ(e1.type, "links");
    EXPECT_EQ(e1.source, model.find_node("a"));
    EXPECT_EQ(e1.target, model.find_node("b"));
    EXPECT_EQ(to_json(e1.properties), R"({"weight":1})");
    EXPECT_EQ(model.edges_at(*model.find_node("b")).size(), 2u);
}

TEST(GraphModel, MergesUpdatesAtTheTopLevel) {
    struct Case {
        std::string_view before, updates, after;
    };
    const std::vector<Case> cases{
        {"{}", R"({"a":1})", R"({"a":1})"},
        {R"({"a":1})", R"({"b":2})", R"({"a":1,"b":2})"},
        {R"({"b":1})", R"({"a":2})", R"({"a":2,"b":1})"},
        {R"({"a":1})", R"({"a":[1,2]})", R"({"a":[1,2]})"},
        {R"({"a":1})", R"({"a":null})", "{}"},
        {R"({"a":1,"bb":2,"c":3})", R"({"bb":null,"c":4,"d":null,"e":5})", R"({"a":1,"c":4,"e":5})"},
        {R"({"a":{"x":1,"y":2}})", R"({"a":{"x":3}})", R"({"a":{"x":3}})"}, // not below the top level
        {R"({"a":{"x":1}})", R"({"a":{"x":null}})", R"({"a":{"x":null}})"}, // where a null is a null
        {R"({"long-key":1,"k":2})", R"({"mid":3})", R"({"k":2,"long-key":1,"mid":3})"},
    };
    for (const auto& [before, updates, after] : cases) {
        SCOPED_TRACE(updates);
        auto model = model_of({add_node("n", "T", before), add_node("m"), add_edge("e", "n", "m", "t", before)});
        EXPECT_EQ(model.apply(update_node("n", updates)), Outcome::applied);
        EXPECT_EQ(to_json(model.node(*model.find_node("n")).properties), after);
        EXPECT_EQ(model.apply(update_edge("e", updates)), Outcome::applied);
        EXPECT_EQ(to_json(model.edge(*model.find_edge("e")).properties), after);
    }
}

TEST(GraphModel, MergesMapsOfManyKeys) {
    // The head of a map grows at 24 and at 256 entries.
    auto model = model_of({add_node("n")});
    for (int i = 0; i < 300; ++i) {
        const auto key = "k" + std::to_string(i);
        ASSERT_EQ(model.apply(update_node("n", "{\"" + key + "\":" + std::to_string(i) + "}")), Outcome::applied);
        ASSERT_TRUE(ipld::validate(model.node(*model.find_node("n")).properties.encoded()));
    }
    EXPECT_EQ(model.node(*model.find_node("n")).properties.size(), 300u);
    EXPECT_EQ(model.node(*model.find_node("n")).properties.find("k255")->as_int64(), 255);
    for (int i = 0; i < 300; ++i)
        ASSERT_EQ(model.apply(update_node("n", "{\"k" + std::to_string(i) + "\":null}")), Outcome::applied);
    EXPECT_EQ(state_cid(model), state_cid(model_of({add_node("n")})));
}

TEST(GraphModel, RemovesANodeWithAllThatHangsOnIt) {
    auto model = base();
    EXPECT_EQ(model.apply(remove_node("b")), Outcome::applied);
    EXPECT_EQ(node_ids(model), (std::vector<std::string>{"a", "c"}));
    EXPECT_TRUE(edge_ids(model).empty());
    EXPECT_FALSE(model.node(*model.find_node("c")).parent) << "its children become roots";
    EXPECT_EQ(model.subgraph("s")->nodes.size(), 1u) << "it leaves its subgraphs";
    EXPECT_EQ(model.waiting_edge_count(), 1u);
    EXPECT_EQ(model.apply(remove_node("a")), Outcome::applied);
    EXPECT_EQ(model.waiting_edge_count(), 0u) << "an edge that waits for its other end goes, too";
    // What is left has no memory of it.
    EXPECT_EQ(model.apply(add_node("a", "Person")), Outcome::applied);
    EXPECT_EQ(to_json(model.node(*model.find_node("a")).properties), "{}");
    EXPECT_TRUE(model.edges_at(*model.find_node("a")).empty());
}

TEST(GraphModel, KeepsEdgesFromANodeToItself) {
    auto model = model_of({add_node("n"), add_node("m"), add_edge("loop", "n", "n"), add_edge("to", "n", "m"),
                           add_edge("from", "m", "n"), add_edge("again", "n", "n")});
    EXPECT_EQ(model.edges_at(*model.find_node("n")).size(), 4u);
    EXPECT_EQ(model.apply(remove_edge("loop")), Outcome::applied);
    EXPECT_EQ(model.edges_at(*model.find_node("n")).size(), 3u);
    EXPECT_EQ(model.apply(remove_node("n")), Outcome::applied);
    EXPECT_EQ(model.edge_count(), 0u);
    EXPECT_TRUE(model.edges_at(*model.find_node("m")).empty());
}

TEST(GraphModel, GivesWaitingEdgesTheirNodes) {
    GraphModel model;
    EXPECT_EQ(model.apply(add_edge("e", "a", "b", "t", R"({"x":1})")), Outcome::waiting);
    EXPECT_EQ(model.apply(add_edge("loop", "a", "a")), Outcome::waiting);
    EXPECT_EQ(model.apply(update_edge("e", R"({"y":2})")), Outcome::waiting);
    EXPECT_EQ(model.waiting_edge_count(), 2u);
    EXPECT_EQ(model.apply(add_node("a")), Outcome::applied);
    EXPECT_EQ(edge_ids(model), (std::vector<std::string>{"loop"})) << "both ends of it are there now";
    EXPECT_EQ(model.apply(add_node("b")), Outcome::applied);
    EXPECT_EQ(edge_ids(model), (std::vector<std::string>{"e", "loop"}));
    EXPECT_EQ(to_json(model.edge(*model.find_edge("e")).properties), R"({"x":1,"y":2})");
    EXPECT_EQ(model.waiting_edge_count(), 0u);
    const auto in_order = model_of(
        {add_node("a"), add_node("b"), add_edge("loop", "a", "a"), add_edge("e", "a", "b", "t", R"({"x":1,"y":2})")});
    EXPECT_EQ(state_cid(model), state_cid(in_order));
}

TEST(GraphModel, BoundsWaitingEdges) {
    GraphModel model({.max_waiting_edges = 2});
    EXPECT_EQ(model.apply(add_edge("e1", "a", "b")), Outcome::waiting);
    EXPECT_EQ(model.apply(add_edge("e2", "a", "b")), Outcome::waiting);
    EXPECT_EQ(model.apply(add_edge("e3", "a", "b")), Outcome::too_many_waiting);
    EXPECT_EQ(model.apply(remove_edge("e1")), Outcome::applied);
    EXPECT_EQ(model.apply(add_edge("e3", "a", "b")), Outcome::waiting);
}

TEST(GraphModel, KeepsSubgraphsInTheOrderOfIds) {
    auto model = model_of({add_node("c"), add_node("a"), add_node("d"), add_node("b"),
                           create_subgraph("s", {"d", "b"}, "S"), add_to_subgraph("s", {"c", "a", "c", "d"})});
    const auto members = [&] {
        std::string ids;
        const auto subgraph = *model.subgraph("s");
        for (const auto node : subgraph.nodes) ids += model.node(node).id;
        return ids;
    };
    EXPECT_EQ(members(), "abcd");
    EXPECT_EQ(model.apply(remove_from_subgraph("s", {"d", "a"})), Outcome::applied);
    EXPECT_EQ(members(), "bc");
    EXPECT_EQ(model.apply(collapse("s")), Outcome::applied);
    EXPECT_EQ(model.apply(collapse("s")), Outcome::unchanged);
    EXPECT_TRUE(model.subgraph("s")->collapsed);
    EXPECT_EQ(model.apply(expand("s")), Outcome::applied);
    EXPECT_FALSE(model.subgraph("s")->collapsed);
    EXPECT_EQ(model.subgraph("s")->label, "S");
    EXPECT_FALSE(model.subgraph("t"));
    EXPECT_EQ(model.apply(create_subgraph("r")), Outcome::applied);
    EXPECT_EQ(model.subgraphs().size(), 2u);
    EXPECT_EQ(model.subgraphs()[0].id, "r");
}

TEST(GraphModel, MovesNodesInTheHierarchy) {
    auto model = base();
    const auto parent = [&](std::string_view id) -> std::string_view {
        const auto found = model.node(*model.find_node(id)).parent;
        return found ? model.node(*found).id : "";
    };
    EXPECT_EQ(model.apply(transform_nodes({"b", "c"}, Reparent{"a"})), Outcome::applied);
    EXPECT_EQ(parent("b"), "a");
    EXPECT_EQ(parent("c"), "a");
    EXPECT_EQ(model.apply(transform("b", Reparent{""})), Outcome::applied);
    EXPECT_EQ(parent("b"), "");
    EXPECT_EQ(model.apply(transform("a", Reparent{"b"})), Outcome::applied);
    EXPECT_EQ(model.apply(transform("b", Reparent{"c"})), Outcome::cycle) << "c is below a, which is below b";
    EXPECT_EQ(model.apply(transform_subgraph("s", Reparent{""})), Outcome::applied);
    EXPECT_EQ(parent("a"), "");
}

TEST(GraphModel, UpdatesThePropertiesOfSeveralNodes) {
    auto model = base();
    Keeper keeper;
    const mutation::UpdateProperties update{keeper.json(R"({"title":"X"})")};
    EXPECT_EQ(model.apply(transform_nodes({"a", "c", "a"}, update)), Outcome::applied);
    EXPECT_EQ(to_json(model.node(*model.find_node("a")).properties), R"({"pages":3,"title":"X"})");
    EXPECT_EQ(to_json(model.node(*model.find_node("c")).properties), R"({"title":"X"})");
    EXPECT_EQ(model.apply(transform_nodes({"a", "c"}, update)), Outcome::unchanged);
    EXPECT_EQ(model.apply(transform("a", mutation::UpdateProperties{keeper.json("[]")})), Outcome::invalid_value);
}

TEST(GraphModel, RefusesResultsOutOfRange) {
    auto model = model_of({add_node("a"), add_node("b"), transform("a", Translate{{large, 0, 0}}),
                           transform("a", Scale{{large, 1, 1}}), transform("b", Translate{{-large, 0, 0}})});
    const auto before = state_cid(model);
    EXPECT_EQ(model.apply(transform("a", Translate{{large, 0, 0}})), Outcome::invalid_number);
    EXPECT_EQ(model.apply(transform("a", Scale{{2, 1, 1}})), Outcome::invalid_number);
    EXPECT_EQ(model.apply(transform_nodes({"a", "b"}, Scale{{2, 2, 2}})), Outcome::invalid_number);
    EXPECT_EQ(state_cid(model), before);
}

TEST(GraphModel, TakesMutationsThatLookIntoItself) {
    auto model = model_of({add_node("first", "Type", R"({"text":"long enough to be moved about"})")});
    for (int i = 0; i < 200; ++i) {
        const auto view = model.node(*model.find_node("first"));
        const auto id = "n" + std::to_string(i);
        ASSERT_EQ(model.apply(mutation::AddNode{id, view.type, view.properties}), Outcome::applied);
        const auto again = model.node(*model.find_node("first"));
        ASSERT_EQ(model.apply(mutation::AddEdge{id, again.id, id, again.type, again.properties}), Outcome::applied);
        const auto edge = model.edge(*model.find_edge(id));
        ASSERT_EQ(model.apply(mutation::UpdateNode{id, edge.properties}), Outcome::unchanged);
    }
    for (const auto edge : model.edges())
        ASSERT_EQ(to_json(model.edge(edge).properties), R"({"text":"long enough to be moved about"})");
    for (int i = 0; i < 200; ++i) {
        const auto id = "n" + std::to_string(i);
        ASSERT_EQ(model.apply(mutation::RemoveEdge{model.edge(*model.find_edge(id)).id}), Outcome::applied);
        ASSERT_EQ(model.apply(mutation::RemoveNode{model.node(*model.find_node(id)).id}), Outcome::applied);
    }
    EXPECT_EQ(model.node_count(), 1u);
    EXPECT_EQ(model.edge_count(), 0u);
}

TEST(GraphModel, CopiesAreIndependent) {
    auto model = base();
    auto copy = model;
    EXPECT_EQ(state_cid(copy), state_cid(model));
    copy.apply(remove_node("a"));
    EXPECT_EQ(state_cid(model), state_cid(base()));
    EXPECT_NE(state_cid(copy), state_cid(model));
    model = copy;
    EXPECT_EQ(state_cid(copy), state_cid(model));
    model = std::move(copy);
    EXPECT_EQ(model.node_count(), 2u);
}

TEST(GraphModel, StaysSmallWhenTheSameThingsComeAndGo) {
    GraphModel model;
    model.track_changes(true);
    const std::string text(100, 'x');
    for (int round = 0; round < 2000; ++round) {
        for (int i = 0; i < 20; ++i) {
            const auto id = "node-" + std::to_string(round % 7) + "-" + std::to_string(i);
            model.apply(add_node(id, "T"));
            model.apply(update_node(id, R"({"text":")" + text + R"("})"));
            model.apply(add_edge(id, id, id));
        }
        for (int i = 0; i < 20; ++i)
            model.apply(remove_node("node-" + std::to_string(round % 7) + "-" + std::to_string(i)));
    }
    EXPECT_EQ(model.node_count() + model.edge_count(), 0u);
    EXPECT_LT(model.memory_bytes(), 200'000u)
        << "what is there at any time takes some 10 kB, what passed through 10 MB";
    EXPECT_TRUE(model.take_changes().empty());
}

TEST(Outcome, HasNames) {
    for (std::size_t i = 0; i < outcome_count; ++i) EXPECT_NE(to_string(static_cast<Outcome>(i)), "unknown");
    EXPECT_EQ(to_string(static_cast<Outcome>(outcome_count)), "unknown");
}

} // namespace
} // namespace cim::test
