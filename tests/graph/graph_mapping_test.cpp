// Aim: which mutations the built-in table makes of which events, and what it says of payloads that it cannot use.
// Method: tables of payload and mutations, of payload and reason.
#include <cim/graph_mapping.hpp>

#include "graph/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace cim::test {
namespace {

using Lines = std::vector<std::string>;

// The mutations of one event as lines; the error's message where there is one.
Lines mapped(const GraphMapping& mapping, std::string_view type, std::string_view payload) {
    MutationList out;
    const auto one = event(type, payload);
    const auto result = mapping.map(one, out);
    if (!result) return {"error: " + result.error().message};
    EXPECT_EQ(*result == GraphMapping::Mapped::mutations, !out.empty());
    Lines lines;
    for (const auto& mutation : out.mutations()) lines.push_back(show(mutation));
    return lines;
}

struct Row {
    std::string_view type, payload;
    Lines mutations;
};

TEST(BuiltinMapping, KnowsGeneralGraphEvents) {
    const std::vector<Row> rows{
        {"GraphCreated", R"({"name": "G"})", {}},
        {"NodeCreated",
         R"({"node_id": "n1", "node_type": "Doc", "properties": {"title": "A", "n": [1]}})",
         {R"(AddNode n1 Doc {"n":[1],"title":"A"})"}},
        {"NodeCreated", R"({"node_id": "n1", "node_type": "Doc"})", {"AddNode n1 Doc -"}},
        {"NodeCreated", R"({"node_id": "n1", "node_type": "Doc", "properties": null})", {"AddNode n1 Doc -"}},
        {"NodeCreated", R"({"node_id": 17, "node_type": "Doc", "more": true})", {"AddNode 17 Doc -"}},
        {"NodeAdded", R"({"node_id": "n1", "node_type": "Doc"})", {"AddNode n1 Doc -"}},
        {"NodeUpdated", R"({"node_id": "n1", "updates": {"a": null}})", {R"(UpdateNode n1 {"a":null})"}},
        {"NodeUpdated", R"({"node_id": "n1", "properties": {"a": 1}})", {R"(UpdateNode n1 {"a":1})"}},
        {"NodeRemoved", R"({"node_id": "n1"})", {"RemoveNode n1"}},
        {"EdgeConnected",
         R"({"edge_id": "e", "source": "a", "target": "b", "edge_type": "t", "properties": {"w": 0.5}})",
         {R"(AddEdge e a b t {"w":0.5})"}},
        {"EdgeAdded", R"({"edge_id": "e", "source": "a", "target": "b", "edge_type": "t"})", {"AddEdge e a b t -"}},
        {"EdgeUpdated", R"({"edge_id": "e", "updates": {"w": 1}})", {R"(UpdateEdge e {"w":1})"}},
        {"EdgeRemoved", R"({"edge_id": "e"})", {"RemoveEdge e"}},
        {"SubgraphCreated",
         R"({"subgraph_id": "s", "label": "L", "nodes": ["a", "b"]})",
         {"CreateSubgraph s 'L' [a b]"}},
        {"SubgraphCreated", R"({"subgraph_id": "s"})", {"CreateSubgraph s '' []"}},
        {"SubgraphNodesAdded", R"({"subgraph_id": "s", "nodes": ["a"]})", {"AddToSubgraph s [a]"}},
        {"NodesAddedToSubgraph", R"({"subgraph_id": "s", "node_ids": ["a"]})", {"AddToSubgraph s [a]"}},
        {"SubgraphNodesRemoved", R"({"subgraph_id": "s", "nodes": ["a"]})", {"RemoveFromSubgraph s [a]"}},
        {"NodesRemovedFromSubgraph", R"({"subgraph_id": "s", "nodes": []})", {"RemoveFromSubgraph s []"}},
        {"SubgraphCollapsed", R"({"subgraph_id": "s"})", {"CollapseSubgraph s"}},
        {"SubgraphExpanded", R"({"subgraph_id": "s"})", {"ExpandSubgraph s"}},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.payload);
        EXPECT_EQ(mapped(GraphMapping::builtin(), row.type, row.payload), row.mutations);
    }
}

TEST(BuiltinMapping, KnowsTransforms) {
    const std::vector<std::pair<std::string_view, std::string_view>> targets{
        {R"("node_id": "n")", "node n"},
        {R"("target": "n")", "node n"},
        {R"("target": {"Node": "n"})", "node n"},
        {R"("target": {"Nodes": ["a", "b"]})", "nodes [a b]"},
        {R"("target": {"Subgraph": ["a", "b"]})", "nodes [a b]"},
        {R"("target": {"Subgraph": "s"})", "subgraph s"},
        {R"("target": ["a"])", "nodes [a]"},
    };
    for (const auto& [json, shown] : targets) {
        SCOPED_TRACE(json);
        const auto payload = "{" + std::string(json) + R"(, "operation": {"Translate": {"delta": [1, 2.5, -3]}}})";
        EXPECT_EQ(mapped(GraphMapping::builtin(), "NodeTransformed", payload),
                  (Lines{"Translate (1 2.5 -3) of " + std::string(shown)}));
    }
    const std::vector<std::pair<std::string_view, std::string_view>> operations{
        {R"({"Translate": {"delta": [1, 2, 1e39]}})", "Translate (1 2 inf)"},
        {R"({"type": "Translate", "delta": [1, 2, 3]})", "Translate (1 2 3)"},
        {R"({"Scale": {"factor": 2}})", "Scale (2 2 2)"},
        {R"({"Scale": {"factor": [1, 2.5, 3]}})", "Scale (1 2.5 3)"},
        {R"({"type": "Scale", "factor": 0.5})", "Scale (0.5 0.5 0.5)"},
        {R"({"Rotate": {"rotation": [0, 0, 0, 1]}})", "Rotate (0 0 0 1)"},
        {R"({"Reparent": {"new_parent": "p"}})", "Reparent p"},
        {R"({"Reparent": {"new_parent": null}})", "Reparent -"},
        {R"({"UpdateProperties": {"updates": {"a": 1}}})", R"(UpdateProperties {"a":1})"},
        {R"({"UpdateProperties": {"properties": {"a": 1}}})", R"(UpdateProperties {"a":1})"},
    };
    for (const auto& [json, shown] : operations) {
        SCOPED_TRACE(json);
        const auto operation = R"("operation": )" + std::string(json) + "}";
        EXPECT_EQ(mapped(GraphMapping::builtin(), "NodeTransformed", R"({"node_id": "n", )" + operation),
                  (Lines{std::string(shown) + " of node n"}));
        EXPECT_EQ(mapped(GraphMapping::builtin(), "SubgraphTransformed", R"({"subgraph_id": "s", )" + operation),
                  (Lines{std::string(shown) + " of subgraph s"}));
        EXPECT_EQ(mapped(GraphMapping::builtin(), "SubgraphTransformed", R"({"nodes": ["a"], )" + operation),
                  (Lines{std::string(shown) + " of nodes [a]"}));
    }
}

TEST(BuiltinMapping, SaysWhatIsMissingOrWrong) {
    struct Bad {
        std::string_view type, payload, reason;
    };
    const std::vector<Bad> rows{
        {"NodeCreated", R"({"node_type": "Doc"})", "the field 'node_id' is missing"},
        {"NodeCreated", R"({"node_id": "n"})", "the field 'node_type' is missing"},
        {"NodeCreated", "[]", "the field 'node_id' is missing"},
        {"NodeCreated", R"({"node_id": null, "node_type": "Doc"})",
         "the field 'node_id' is of kind null and must be a string or an integer"},
        {"NodeCreated", R"({"node_id": ["n"], "node_type": "Doc"})",
         "the field 'node_id' is of kind list and must be a string or an integer"},
        {"NodeCreated", R"({"node_id": "n", "node_type": "Doc", "properties": "p"})",
         "the field 'properties' is of kind string and must be a map"},
        {"NodeUpdated", R"({"node_id": "n"})", "the field 'updates' or 'properties' is missing"},
        {"NodeUpdated", R"({"node_id": "n", "updates": 1})",
         "the field 'updates' or 'properties' is of kind integer and must be a map"},
        {"EdgeConnected", R"({"edge_id": "e", "source": "a", "edge_type": "t"})", "the field 'target' is missing"},
        {"SubgraphCreated", R"({"subgraph_id": "s", "nodes": "a"})",
         "the field 'nodes' is of kind string and must be a list of strings"},
        {"SubgraphCreated", R"({"subgraph_id": "s", "nodes": ["a", 1]})",
         "the field 'nodes' is of kind list and must be a list of strings only"},
        {"SubgraphNodesAdded", R"({"subgraph_id": "s"})", "the field 'nodes' or 'node_ids' is missing"},
        {"NodeTransformed", R"({"operation": {}})", "the field 'node_id' or 'target' is missing"},
        {"NodeTransformed", R"({"node_id": "n"})", "the field 'operation' is missing"},
        {"NodeTransformed", R"({"node_id": 1, "operation": {}})",
         "the target: is neither a string, a list nor a map with one entry"},
        {"NodeTransformed", R"({"target": {"Edge": "e"}, "operation": {}})", "the target: is none of"},
        {"NodeTransformed", R"({"target": {"Nodes": [1]}, "operation": {}})",
         "the target: a node of the list is no string"},
        {"NodeTransformed", R"({"node_id": "n", "operation": {}})", "the operation: is no map with one entry"},
        {"NodeTransformed", R"({"node_id": "n", "operation": {"Move": {}}})", "the operation: 'Move' is none of"},
        {"NodeTransformed", R"({"node_id": "n", "operation": {"Translate": {"delta": [1, 2]}}})",
         "'delta' is missing or no list of 3 numbers"},
        {"NodeTransformed", R"({"node_id": "n", "operation": {"Translate": {"delta": [1, 2, "3"]}}})",
         "'delta' is missing or no list of 3 numbers"},
        {"NodeTransformed", R"({"node_id": "n", "operation": {"Translate": 1}})", "'delta' is missing"},
        {"NodeTransformed", R"({"node_id": "n", "operation": {"Scale": {"factor": "2"}}})",
         "'factor' is missing, or neither"},
        {"NodeTransformed", R"({"node_id": "n", "operation": {"Rotate": {"rotation": [0, 0, 1]}}})",
         "'rotation' is missing or no list of 4"},
        {"NodeTransformed", R"({"node_id": "n", "operation": {"Reparent": {}}})", "'new_parent' is missing"},
        {"NodeTransformed", R"({"node_id": "n", "operation": {"Reparent": {"new_parent": 1}}})",
         "'new_parent' is neither"},
        {"NodeTransformed", R"({"node_id": "n", "operation": {"UpdateProperties": {}}})", "'updates' is missing"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.payload);
        const auto lines = mapped(GraphMapping::builtin(), row.type, row.payload);
        ASSERT_EQ(lines.size(), 1u);
        EXPECT_TRUE(lines[0].starts_with("error: event 1 of 'graph-1', " + std::string(row.type) + ": ")) << lines[0];
        EXPECT_NE(lines[0].find(row.reason), std::string::npos) << lines[0];
    }
}

TEST(BuiltinMapping, KnowsGitEvents) {
    const std::vector<Row> rows{
        {"CommitRecorded",
         R"({"hash": "h", "parents": [], "author": "Ann <a@x.org>", "author_name": "Ann", "author_email": "a@x.org", "message": "m"})",
         {R"(AddNode author:Ann <a@x.org> Author {"email":"a@x.org","name":"Ann"})"}},
        {"DirectoryCreated", R"({"path": ".", "name": "."})", {R"(AddNode dir:. Directory {"name":".","path":"."})"}},
        {"DirectoryCreated",
         R"({"path": "src/a", "parent": "src", "name": "a"})",
         {R"(AddNode dir:src/a Directory {"name":"a","path":"src/a"})",
          "AddEdge contains:src/a dir:src dir:src/a contains -"}},
        {"DirectoryRemoved", R"({"path": "src/a"})", {"RemoveNode dir:src/a"}},
        {"FileCreated",
         R"({"path": "src/f.c", "directory": "src", "name": "f.c", "mode": "100644", "blob": "b1", "author": "Ann <a>", "touched": 1})",
         {R"(AddNode file:src/f.c File {"blob":"b1","mode":"100644","name":"f.c","path":"src/f.c"})",
          "AddEdge contains:src/f.c dir:src file:src/f.c contains -",
          R"(AddEdge touched:Ann <a>:src/f.c author:Ann <a> file:src/f.c touched {"count":1})"}},
        {"FileCreated",
         R"({"path": "\"\\377\"", "path_bytes": {"/": {"bytes": "/w"}}, "directory": ".", "name": "\"\\377\"", "mode": "100644", "blob": "b1", "author": "A", "touched": 1})",
         {R"(AddNode file:"\377" File {"blob":"b1","mode":"100644","name":"\"\\377\"","path":"\"\\377\"","path_bytes":{"/":{"bytes":"/w"}}})",
          R"(AddEdge contains:"\377" dir:. file:"\377" contains -)",
          R"(AddEdge touched:A:"\377" author:A file:"\377" touched {"count":1})"}},
        {"FileUpdated",
         R"({"path": "f", "mode": "100755", "blob": "b2", "author": "A", "touched": 3})",
         {R"(UpdateNode file:f {"blob":"b2","mode":"100755"})",
          R"(AddEdge touched:A:f author:A file:f touched {"count":3})", R"(UpdateEdge touched:A:f {"count":3})"}},
        {"FileRemoved", R"({"path": "f", "author": "A"})", {"RemoveNode file:f"}},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.payload);
        EXPECT_EQ(mapped(GraphMapping::builtin(), row.type, row.payload), row.mutations);
    }
    EXPECT_NE(mapped(GraphMapping::builtin(), "FileRemoved", "{}")[0].find("'path' is missing"), std::string::npos);
}

TEST(GraphMapping, LeavesTheListAsItWasOnAnError) {
    MutationList out;
    out.push(mutation::RemoveNode{"kept"});
    // The first of its mutations can be made, the second cannot.
    const auto broken = event("FileUpdated", R"({"path": "f", "mode": "1", "blob": "b", "touched": 1})");
    const auto result = GraphMapping::builtin().map(broken, out);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::invalid_input);
    EXPECT_EQ(result.error().field("aggregate"), "graph-1");
    EXPECT_EQ(result.error().field("sequence"), "1");
    EXPECT_EQ(result.error().field("cid"), broken.cid().to_string());
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(show(out.mutations()[0]), "RemoveNode kept");
}

TEST(GraphMapping, TakesFunctions) {
    GraphMapping mapping;
    MutationList out;
    const auto placed = event("OrderPlaced", R"({"order": "o1"})");
    EXPECT_EQ(*mapping.map(placed, out), GraphMapping::Mapped::unknown_type);
    const auto unchanged = mapping;
    mapping.add("OrderPlaced", [](const DomainEvent& e, MutationList& list) -> Result<> {
        const auto order = e.payload().find("order");
        if (!order) return fail(Errc::invalid_input, "no order");
        list.push(mutation::AddNode{list.keep("order/" + std::string(*order->as_string())), "Order", std::nullopt});
        return {};
    });
    EXPECT_EQ(*mapping.map(placed, out), GraphMapping::Mapped::mutations);
    EXPECT_EQ(show(out.mutations()[0]), "AddNode order/o1 Order -");
    EXPECT_EQ(*unchanged.map(placed, out), GraphMapping::Mapped::unknown_type) << "copies do not follow";
    EXPECT_EQ(mapping.map(event("OrderPlaced", "{}"), out).error().message,
              "event 1 of 'graph-1', OrderPlaced: no order");

    mapping.add("*", [](const DomainEvent&, MutationList&) -> Result<> { return {}; });
    EXPECT_EQ(*mapping.map(event("Anything", "{}"), out), GraphMapping::Mapped::nothing);
    EXPECT_EQ(mapping.event_types(), (Lines{"*", "OrderPlaced"}));
    EXPECT_TRUE(std::ranges::is_sorted(GraphMapping::builtin().event_types()));
    EXPECT_EQ(GraphMapping::builtin().event_types().size(), 24u);
}

TEST(MutationList, KeepsWhatIsGivenToIt) {
    MutationList list;
    std::vector<std::string_view> kept;
    for (int i = 0; i < 5000; ++i) kept.push_back(list.keep("text " + std::to_string(i)));
    const auto copies = list.keep(std::span<const std::string_view>(kept));
    const auto large = list.keep(std::string(100'000, 'x'));
    const auto value = list.keep_value(ipld::Value{{"a", 1}});
    ASSERT_TRUE(value);
    EXPECT_EQ(to_json(*value), R"({"a":1})");
    EXPECT_EQ(large, std::string(100'000, 'x'));
    for (std::size_t i = 0; i < kept.size(); ++i) ASSERT_EQ(copies[i], "text " + std::to_string(i));
    EXPECT_FALSE(list.keep_value(ipld::Value{std::numeric_limits<double>::infinity()}));
    EXPECT_EQ(list.keep(""), "");

    MutationList moved = std::move(list);
    EXPECT_EQ(kept[4999], "text 4999");
    moved.push(mutation::RemoveNode{kept[1]});
    moved.push(mutation::RemoveNode{kept[2]});
    moved.truncate(5);
    EXPECT_EQ(moved.size(), 2u);
    moved.truncate(1);
    EXPECT_EQ(show(moved.mutations()[0]), "RemoveNode text 1");
    moved.clear();
    EXPECT_TRUE(moved.empty());
    EXPECT_EQ(moved.keep("again"), "again");
}

} // namespace
} // namespace cim::test
