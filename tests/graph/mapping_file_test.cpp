// Aim: what a mapping file can say, and what is said of one that cannot be used. Method: for each feature a file, an
// event and the mutations; a table of bad files with line and column, or with the JSON pointer of the entry. The
// examples of docs/formats/mapping.md are among them.
#include <cim/graph_mapping.hpp>

#include "graph/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace cim::test {
namespace {

using Lines = std::vector<std::string>;

// What a file that maps events of type T to these entries makes of a payload.
Lines mapped(std::string_view entries, std::string_view payload) {
    const auto mapping = GraphMapping::from_json(R"({"events": {"T": )" + std::string(entries) + "}}");
    if (!mapping) return {"file: " + mapping.error().message};
    MutationList out;
    const auto one = event("T", payload);
    const auto result = mapping->map(one, out);
    if (!result) return {"error: " + result.error().message.substr(result.error().message.find(": ") + 2)};
    Lines lines;
    for (const auto& mutation : out.mutations()) lines.push_back(show(mutation));
    return lines;
}

std::string node(std::string_view id, std::string_view properties = "{}") {
    return R"([{"AddNode": {"id": )" + std::string(id) + R"(, "type": "N", "properties": )" + std::string(properties) +
           "}}]";
}

TEST(MappingFile, FillsTextsFromThePayload) {
    EXPECT_EQ(mapped(node(R"("{a}")"), R"({"a": "x"})"), (Lines{"AddNode x N {}"}));
    EXPECT_EQ(mapped(node(R"("{a}/{b.c}:{a}")"), R"({"a": "x", "b": {"c": -12}})"), (Lines{"AddNode x/-12:x N {}"}));
    EXPECT_EQ(mapped(node(R"("{l.1}-{l.0.k}")"), R"({"l": [{"k": "first"}, "second"]})"),
              (Lines{"AddNode second-first N {}"}));
    EXPECT_EQ(mapped(node(R"("{{{a}}} {{}}")"), R"({"a": "x"})"), (Lines{"AddNode {x} {} N {}"}));
    EXPECT_EQ(mapped(node(R"("{$aggregate_id} {$event_type} {$timestamp}")"), "{}"),
              (Lines{"AddNode graph-1 T 1000000 N {}"}));
    EXPECT_EQ(mapped(node(R"("{b|a|c}")"), R"({"a": "x", "c": "y"})"), (Lines{"AddNode x N {}"}));
    EXPECT_EQ(mapped(node(R"("constant")"), "null"), (Lines{"AddNode constant N {}"}));
    EXPECT_EQ(mapped(node(R"("Grüße {a}")"), R"({"a": "ß"})"), (Lines{"AddNode Grüße ß N {}"}));
}

TEST(MappingFile, KeepsTheKindOfWholeValues) {
    const std::string_view payload =
        R"({"i": 3, "f": 0.5, "l": [1, "x"], "m": {"k": null}, "n": null, "s": "t", "b": true})";
    EXPECT_EQ(mapped(node(R"("n")",
                          R"({"i": "{i}", "f": "{f}", "l": "{l}", "m": "{m}", "n": "{n}", "s": "{s}", "b": "{b}"})"),
                     payload),
              (Lines{R"(AddNode n N {"b":true,"f":0.5,"i":3,"l":[1,"x"],"m":{"k":null},"n":null,"s":"t"})"}));
    EXPECT_EQ(
        mapped(
            node(R"("n")",
                 R"({"text": "i is {i}", "t": "{$timestamp}", "const": 7, "deep": {"x": ["{i}", "-{s}-", 1.5, []]}})"),
            payload),
        (Lines{R"(AddNode n N {"const":7,"deep":{"x":[3,"-t-",1.5,[]]},"t":1000000,"text":"i is 3"})"}));
    EXPECT_EQ(mapped(node(R"("n")", R"("{m}")"), payload), (Lines{R"(AddNode n N {"k":null})"}));
    EXPECT_EQ(
        mapped(node(R"("n")", R"({"link": {"/": "bafyreifyqu5yftkpqhp2ougpo32xcqz3c6mri5sd2aeuiu4t752tb2yc7a"}})"),
               "{}"),
        (Lines{R"(AddNode n N {"link":{"/":"bafyreifyqu5yftkpqhp2ougpo32xcqz3c6mri5sd2aeuiu4t752tb2yc7a"}})"}));
}

TEST(MappingFile, LeavesOutOptionalValues) {
    const std::string properties = R"({"a": "{a?}", "b": "{b|c?}", "l": ["{a?}", 1]})";
    EXPECT_EQ(mapped(node(R"("n")", properties), "{}"), (Lines{R"(AddNode n N {"l":[1]})"}));
    EXPECT_EQ(mapped(node(R"("n")", properties), R"({"a": null, "c": 2})"), (Lines{R"(AddNode n N {"b":2,"l":[1]})"}));
    EXPECT_EQ(mapped(node(R"("n")", properties), R"({"a": 5, "b": null, "c": 2})"),
              (Lines{R"(AddNode n N {"a":5,"b":2,"l":[5,1]})"}));
    EXPECT_EQ(mapped(node(R"("n")", R"("{p?}")"), "{}"), (Lines{"AddNode n N -"}));
    EXPECT_EQ(mapped(R"([{"CreateSubgraph": {"id": "s", "label": "{l?}", "nodes": "{n?}"}}])", "{}"),
              (Lines{"CreateSubgraph s '' []"}));
}

TEST(MappingFile, HasConditions) {
    const std::string_view entries =
        R"([{"if_present": "parent.id", "AddEdge": {"id": "e", "source": "{parent.id}", "target": "n", "type": "t"}},
                                         {"if_present": "a|b", "RemoveNode": {"id": "x"}, "comment": "why"}])";
    EXPECT_EQ(mapped(entries, "{}"), Lines{});
    EXPECT_EQ(mapped(entries, R"({"parent": {"id": null}})"), Lines{});
    EXPECT_EQ(mapped(entries, R"({"parent": {"id": "p"}, "b": false})"), (Lines{"AddEdge e p n t -", "RemoveNode x"}));
}

TEST(MappingFile, HasLoops) {
    const std::string_view entries =
        R"([{"for_each": "lines", "AddEdge": {"id": "{order}:{$item.sku}", "source": "{order}", "target": "{$item.sku}",
                                          "type": "has", "properties": {"count": "{$item.count?}"}}},
                                         {"for_each": "tags?", "AddNode": {"id": "tag:{$item}", "type": "Tag"}},
                                         {"for_each": "lines", "if_present": "$item.gift", "RemoveNode": {"id": "{$item.gift}"}}])";
    EXPECT_EQ(
        mapped(entries,
               R"({"order": "o", "lines": [{"sku": "a", "count": 2}, {"sku": "b", "gift": "g"}], "tags": ["x", 7]})"),
        (Lines{R"(AddEdge o:a o a has {"count":2})", "AddEdge o:b o b has {}", "AddNode tag:x Tag -",
               "AddNode tag:7 Tag -", "RemoveNode g"}));
    EXPECT_EQ(mapped(entries, R"({"order": "o", "lines": []})"), Lines{});
    EXPECT_EQ(mapped(entries, R"({"order": "o"})"), (Lines{"error: the field 'lines' is missing"}));
    EXPECT_EQ(mapped(entries, R"({"order": "o", "lines": {}})"), (Lines{"error: the field 'lines' must be a list"}));
    EXPECT_EQ(mapped(entries, R"({"order": "o", "lines": [{"sku": "a"}, {}]})"),
              (Lines{"error: the field '$item.sku' is missing"}));
    EXPECT_EQ(mapped(entries, R"({"order": "o", "lines": [], "tags": [[]]})"),
              (Lines{"error: the field '$item' is of kind list and must be a string or an integer"}));
}

TEST(MappingFile, MakesEveryMutation) {
    EXPECT_EQ(mapped(R"([{"AddNode": {"id": "n", "type": "T"}}, {"UpdateNode": {"id": "n", "updates": {"a": "{x}"}}},
                         {"AddEdge": {"id": "e", "source": "n", "target": "n", "type": "t"}}, {"UpdateEdge": {"id": "e", "updates": "{m}"}},
                         {"RemoveEdge": {"id": "e"}}, {"RemoveNode": {"id": "n"}},
                         {"CreateSubgraph": {"id": "s", "label": "L {x}", "nodes": ["{x}", "b"]}}, {"AddToSubgraph": {"id": "s", "nodes": ["c"]}},
                         {"RemoveFromSubgraph": {"id": "s", "nodes": "{l}"}}, {"CollapseSubgraph": {"id": "s"}}, {"ExpandSubgraph": {"id": "s"}},
                         {"Transform": {"target": "{x}", "operation": {"Translate": {"delta": ["{d}", 0, 0.5]}}}},
                         {"Transform": {"target": {"Subgraph": "s"}, "operation": {"Reparent": {"new_parent": "p{x}"}}}}])",
                     R"({"x": "v", "m": {"k": 1}, "l": ["a"], "d": 4})"),
              (Lines{"AddNode n T -", R"(UpdateNode n {"a":"v"})", "AddEdge e n n t -", R"(UpdateEdge e {"k":1})",
                     "RemoveEdge e", "RemoveNode n", "CreateSubgraph s 'L v' [v b]", "AddToSubgraph s [c]",
                     "RemoveFromSubgraph s [a]", "CollapseSubgraph s", "ExpandSubgraph s",
                     "Translate (4 0 0.5) of node v", "Reparent pv of subgraph s"}));
}

TEST(MappingFile, StandsOnTheBuiltInTable) {
    const auto mapping = GraphMapping::from_json(
        R"({"comment": "mine", "events": {"NodeCreated": [], "Mine": [{"RemoveNode": {"id": "x"}}],
                                                     "*": [{"AddNode": {"id": "{$event_type}", "type": "Any"}}]}})");
    ASSERT_TRUE(mapping) << mapping.error().text();
    MutationList out;
    EXPECT_EQ(*mapping->map(event("NodeCreated", "{}"), out), GraphMapping::Mapped::nothing);
    EXPECT_EQ(*mapping->map(event("NodeRemoved", R"({"node_id": "n"})"), out), GraphMapping::Mapped::mutations);
    const auto other = event("Other", "{}"); // the mutation is a view into it
    EXPECT_EQ(*mapping->map(other, out), GraphMapping::Mapped::mutations);
    EXPECT_EQ(show(out.mutations()[1]), "AddNode Other Any -");
}

TEST(MappingFile, HoldsManyFields) {
    std::string properties = "{";
    std::string payload = "{";
    std::string expected = "{";
    for (int i = 100; i < 200; ++i) {
        const auto n = std::to_string(i);
        const std::string comma = i == 100 ? "" : ",";
        properties += comma + "\"p" + n + "\":\"{f" + n + "}\"";
        payload += comma + "\"f" + n + "\":" + n;
        expected += comma + "\"p" + n + "\":" + n;
    }
    EXPECT_EQ(mapped(node(R"("n")", properties + "}"), payload + "}"), (Lines{"AddNode n N " + expected + "}"}));
}

TEST(MappingFile, SaysWhereItIsNoJson) {
    struct Bad {
        std::string_view text;
        std::string_view line, column;
    };
    const std::vector<Bad> rows{
        {"", "1", "1"},
        {"{\n  \"events\": {\n    \"A\": [,]\n  }\n}", "3", "11"},
        {"{\"events\": {}", "1", "14"},
        {"{\"events\": {}} x", "1", "16"},
        {"{\"events\": {\"A\": [], \"A\": []}}", "1", "22"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.text);
        const auto mapping = GraphMapping::from_json(row.text);
        ASSERT_FALSE(mapping);
        EXPECT_EQ(mapping.error().code, Errc::invalid_mapping);
        EXPECT_EQ(mapping.error().field("line"), row.line) << mapping.error().message;
        EXPECT_EQ(mapping.error().field("column"), row.column) << mapping.error().message;
    }
}

TEST(MappingFile, SaysWhichEntryIsWrong) {
    struct Bad {
        std::string text;
        std::string_view pointer, reason;
    };
    const auto entry = [](std::string_view json) {
        return R"({"events": {"A": [{"RemoveNode": {"id": "x"}}, )" + std::string(json) + "]}}";
    };
    const std::vector<Bad> rows{
        {"[]", "", "a mapping file is an object"},
        {"{}", "", "'events' is missing"},
        {R"({"events": []})", "", "'events' is missing or no object"},
        {R"({"events": {}, "version": 1})", "", "unknown key 'version'"},
        {R"({"events": {"a b": []}})", "/events/a b", "event type"},
        {R"({"events": {"a/b~c": {}}})", "/events/a~1b~0c", "must be a list of mutations"},
        {entry("1"), "/events/A/1", "must be an object"},
        {entry("{}"), "/events/A/1", "names no mutation"},
        {entry(R"({"addNode": {}})"), "/events/A/1", "unknown key 'addNode'; known are if_present"},
        {entry(R"({"RemoveNode": {"id": "x"}, "RemoveEdge": {"id": "x"}})"), "/events/A/1",
         "one entry is one mutation"},
        {entry(R"({"RemoveNode": "x"})"), "/events/A/1/RemoveNode", "must be an object"},
        {entry(R"({"RemoveNode": {}})"), "/events/A/1/RemoveNode", "'id' is missing"},
        {entry(R"({"RemoveNode": {"id": 1}})"), "/events/A/1/RemoveNode/id", "must be a string"},
        {entry(R"({"RemoveNode": {"id": "x", "typ": "y"}})"), "/events/A/1/RemoveNode",
         "unknown key 'typ'; known are id"},
        {entry(R"({"RemoveNode": {"id": "{x"}})"), "/events/A/1/RemoveNode/id", "a brace stands alone"},
        {entry(R"({"RemoveNode": {"id": "x}"}})"), "/events/A/1/RemoveNode/id", "a brace stands alone"},
        {entry(R"({"RemoveNode": {"id": "{}"}})"), "/events/A/1/RemoveNode/id", "'' is no path"},
        {entry(R"({"RemoveNode": {"id": "{a..b}"}})"), "/events/A/1/RemoveNode/id", "'a..b' is no path"},
        {entry(R"({"RemoveNode": {"id": "{a|}"}})"), "/events/A/1/RemoveNode/id", "'' is no path"},
        {entry(R"({"RemoveNode": {"id": "{$cid}"}})"), "/events/A/1/RemoveNode/id", "'$cid' is no path"},
        {entry(R"({"RemoveNode": {"id": "{$timestamp.x}"}})"), "/events/A/1/RemoveNode/id", "is no path"},
        {entry(R"({"RemoveNode": {"id": "{x?}"}})"), "/events/A/1/RemoveNode/id", "must not be optional"},
        {entry(R"({"RemoveNode": {"id": "a{x?}"}})"), "/events/A/1/RemoveNode/id", "must stand alone"},
        {entry(R"({"RemoveNode": {"id": "{$item}"}})"), "/events/A/1", "uses $item without for_each"},
        {entry(R"({"RemoveNode": {"id": "x"}, "for_each": "$item.y"})"), "/events/A/1/for_each", "cannot use $item"},
        {entry(R"({"RemoveNode": {"id": "x"}, "for_each": 1})"), "/events/A/1/for_each", "must be a string"},
        {entry(R"({"RemoveNode": {"id": "x"}, "if_present": ""})"), "/events/A/1/if_present", "is no path"},
        {entry(R"({"UpdateNode": {"id": "x"}})"), "/events/A/1/UpdateNode", "'updates' is missing"},
        {entry(R"({"UpdateNode": {"id": "x", "updates": "{u?}"}})"), "/events/A/1/UpdateNode/updates",
         "must not be optional"},
        {entry(R"({"UpdateNode": {"id": "x", "updates": {"a": ["{"]}}})"), "/events/A/1/UpdateNode/updates/a/0",
         "a brace stands alone"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.text);
        const auto mapping = GraphMapping::from_json(row.text);
        ASSERT_FALSE(mapping);
        EXPECT_EQ(mapping.error().code, Errc::invalid_mapping);
        EXPECT_EQ(mapping.error().field("pointer"), row.pointer) << mapping.error().message;
        EXPECT_NE(mapping.error().message.find(row.reason), std::string::npos) << mapping.error().message;
    }
}

TEST(MappingFile, SaysWhatAnEventLacks) {
    EXPECT_EQ(mapped(node(R"("{a.b.c}")"), R"({"a": {"b": 1}})"), (Lines{"error: the field 'a.b.c' is missing"}));
    EXPECT_EQ(mapped(node(R"("{l.2}")"), R"({"l": [1, 2]})"), (Lines{"error: the field 'l.2' is missing"}));
    EXPECT_EQ(mapped(node(R"("{l.x}")"), R"({"l": [1, 2]})"), (Lines{"error: the field 'l.x' is missing"}));
    EXPECT_EQ(mapped(node(R"("x{f}")"), R"({"f": 0.5})"),
              (Lines{"error: the field 'f' is of kind float and must be a string or an integer"}));
    EXPECT_EQ(mapped(node(R"("n")", R"({"a": {"b": "{x}"}})"), "{}"), (Lines{"error: the field 'x' is missing"}));
    EXPECT_EQ(mapped(node(R"("n")", R"(["{x}"])"), R"({"x": 1})"),
              (Lines{"error: a value in the mapping is of kind list and must be a map"}));
}

} // namespace
} // namespace cim::test
