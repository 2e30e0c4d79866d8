// Aim: what is exported is read back by programs of others, whatever the texts in the graph, and is the same for equal
// graphs. Method: JSON through nlohmann-json, GraphML and SVG through Python's XML parser, DOT through Graphviz; texts
// that each of these formats has trouble with.
#include <cim/graph_export.hpp>

#include "graph/process.hpp"
#include "graph/support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <sstream>

namespace cim::test {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

std::string exported(const GraphModel& model, GraphFormat format, const GraphExportOptions& options = {}) {
    std::ostringstream out;
    const auto done = export_graph(model, format, out, options);
    EXPECT_TRUE(done) << done.error().text();
    return out.str();
}

// What a command writes when it is given a text; it must succeed.
std::string piped(const std::vector<std::string>& command, std::string_view input) {
    const auto output = graph::run_process(command, input, 60s);
    EXPECT_TRUE(output) << output.error().text();
    if (!output) return {};
    EXPECT_EQ(output->status, 0) << output->errors;
    return output->out;
}

// The document as nested lists of tag, attributes, text and children, if it is well-formed.
json parse_xml(const std::string& xml) {
    const std::string script = R"(
import json, sys, xml.etree.ElementTree as tree
def show(e): return [e.tag.split('}')[-1], e.attrib, e.text or '', [show(c) for c in e]]
json.dump(show(tree.fromstring(sys.stdin.buffer.read())), sys.stdout)
)";
    return json::parse(piped({CIM_TEST_PYTHON, "-c", script}, xml), nullptr, false);
}

bool has_graphviz() {
    const std::vector<std::string> command{"dot", "-V"};
    return graph::run_process(command, "", 10s).has_value();
}

// Control characters come out as their pictures, and U+FFFE as U+FFFD, where a format cannot hold them.
const std::vector<std::pair<std::string, std::string>>& awkward() {
    static const std::vector<std::pair<std::string, std::string>> texts{
        {"plain", "plain"},
        {R"(quote " and \ back\slash)", R"(quote " and \ back\slash)"},
        {R"(ends in \)", R"(ends in \)"},
        {R"(\N \n \\")", R"(\N \n \\")"},
        {"<tag a='1'>&amp;</tag>]]>", "<tag a='1'>&amp;</tag>]]>"},
        {"Grüße 你好 🎈", "Grüße 你好 🎈"},
        {std::string("nul\0 bell\a escape\x1b", 18), "nul␀ bell␇ escape␛"},
        {"last \xef\xbf\xbf and \xef\xbf\xbe", "last \xef\xbf\xbd and \xef\xbf\xbd"},
        {"{brace} [bracket] ; -> //", "{brace} [bracket] ; -> //"},
        {"white\tspace\nand\rmore", "white\tspace\nand\rmore"},
        {"node", "node"},
        {"7", "7"},
    };
    return texts;
}

// A node for each text, and an edge to the next; all texts of an element are that text.
GraphModel awkward_model() {
    GraphModel model;
    std::string_view previous;
    for (const auto& [text, _] : awkward()) {
        const auto properties = *ipld::encode(ipld::Value{{text, text}, {"number", static_cast<int>(text.size())}});
        model.apply(mutation::AddNode{text, text, ipld::View::trusted(properties)});
        if (!previous.empty())
            model.apply(mutation::AddEdge{text, previous, text, text, ipld::View::trusted(properties)});
        previous = text;
    }
    return model;
}

GraphModel example() {
    return model_of({add_node("b", "Doc", R"({"title":"B","n":1,"f":2,"mixed":1,"flag":true,"list":[1],"type":"own"})"),
                     add_node("a", "Doc", R"({"title":"A","n":-5,"f":0.5,"mixed":"x","flag":false})"),
                     add_node("c", "Person"), add_edge("e2", "b", "a", "links", R"({"w":0.25})"),
                     add_edge("e1", "a", "c", "by"), transform("c", mutation::Translate{{1, 0.5, 0}}),
                     transform("c", mutation::Reparent{"a"}), create_subgraph("s", {"b", "a"}, "Pair")});
}

TEST(GraphFormat, HasNames) {
    EXPECT_EQ(graph_format("dot"), GraphFormat::dot);
    EXPECT_EQ(graph_format("graphml"), GraphFormat::graphml);
    EXPECT_EQ(graph_format("json"), GraphFormat::json);
    EXPECT_EQ(graph_format("svg"), GraphFormat::svg);
    EXPECT_EQ(graph_format("SVG"), std::nullopt);
}

TEST(JsonExport, HoldsTheGraph) {
    const auto read = json::parse(exported(example(), GraphFormat::json, {.title = "T"}));
    EXPECT_EQ(read, json::parse(R"({"directed": true, "multigraph": true, "graph": {"title": "T"}, "nodes": [
        {"id": "a", "type": "Doc", "properties": {"title": "A", "n": -5, "f": 0.5, "mixed": "x", "flag": false}},
        {"id": "b", "type": "Doc", "properties": {"title": "B", "n": 1, "f": 2, "mixed": 1, "flag": true, "list": [1], "type": "own"}},
        {"id": "c", "type": "Person", "properties": {}, "parent": "a",
         "transform": {"translation": [1, 0.5, 0], "rotation": [0, 0, 0, 1], "scale": [1, 1, 1]}}],
        "links": [{"id": "e1", "source": "a", "target": "c", "type": "by", "properties": {}},
                  {"id": "e2", "source": "b", "target": "a", "type": "links", "properties": {"w": 0.25}}],
        "subgraphs": [{"id": "s", "label": "Pair", "collapsed": false, "nodes": ["a", "b"]}]})"));
}

TEST(JsonExport, HoldsEveryText) {
    const auto read = json::parse(exported(awkward_model(), GraphFormat::json));
    ASSERT_EQ(read["nodes"].size(), awkward().size());
    for (const auto& [text, _] : awkward()) {
        const auto is_it = [&](const json& element) {
            return element["id"] == text && element["type"] == text && element["properties"][text] == text;
        };
        EXPECT_TRUE(std::ranges::any_of(read["nodes"], is_it)) << text;
    }
}

TEST(GraphmlExport, TypesItsKeys) {
    const auto root = parse_xml(exported(example(), GraphFormat::graphml));
    ASSERT_EQ(root[0], "graphml");
    std::map<std::string, std::pair<std::string, std::string>> keys; // id to name and type
    json graph;
    for (const auto& child : root[3]) {
        if (child[0] == "key") keys[child[1]["id"]] = {child[1]["attr.name"], child[1]["attr.type"]};
        if (child[0] == "graph") graph = child;
    }
    const auto values = [&](const json& element) {
        std::map<std::string, std::string> found;
        for (const auto& data : element[3]) {
            const auto& [name, type] = keys.at(data[1]["key"]);
            found[name + ":" + type] = data[2];
        }
        return found;
    };
    using Values = std::map<std::string, std::string>;
    ASSERT_EQ(graph[3].size(), 5u);
    EXPECT_EQ(graph[1]["edgedefault"], "directed");
    EXPECT_EQ(graph[3][0][1]["id"], "a");
    EXPECT_EQ(values(graph[3][0]), (Values{{"type:string", "Doc"},
                                           {"title:string", "A"},
                                           {"n:long", "-5"},
                                           {"f:double", "0.5"},
                                           {"mixed:string", "\"x\""},
                                           {"flag:boolean", "false"}}));
    EXPECT_EQ(values(graph[3][1]), (Values{{"type:string", "Doc"},
                                           {"title:string", "B"},
                                           {"n:long", "1"},
                                           {"f:double", "2"},
                                           {"mixed:string", "1"},
                                           {"flag:boolean", "true"},
                                           {"list:string", "[1]"},
                                           {"property type:string", "own"}}));
    EXPECT_EQ(graph[3][3][0], "edge");
    EXPECT_EQ(graph[3][4][1], json::parse(R"({"id": "e2", "source": "b", "target": "a"})"));
    EXPECT_EQ(values(graph[3][4]), (Values{{"type:string", "links"}, {"w:double", "0.25"}}));
}

TEST(GraphmlExport, HoldsEveryText) {
    const auto root = parse_xml(exported(awkward_model(), GraphFormat::graphml));
    ASSERT_FALSE(root.is_discarded());
    const auto& elements = root[3].back()[3];
    for (const auto& [_, shown] : awkward()) {
        const auto is_it = [&](const json& element) {
            return element[0] == "node" && element[1]["id"] == shown && element[3][0][2] == shown;
        };
        EXPECT_TRUE(std::ranges::any_of(elements, is_it)) << shown;
    }
}

TEST(DotExport, IsReadByGraphviz) {
    if (!has_graphviz()) GTEST_SKIP() << "Graphviz is not installed";
    const auto read =
        json::parse(piped({"dot", "-Tjson0"}, exported(example(), GraphFormat::dot, {.title = "The \"title\""})));
    EXPECT_EQ(read["name"], "The \"title\"");
    std::map<std::string, json> nodes;
    for (const auto& object : read["objects"]) nodes[object["name"]] = object;
    EXPECT_EQ(nodes.at("a")["label"], "A");
    EXPECT_EQ(nodes.at("a")["type"], "Doc");
    EXPECT_EQ(json::parse(nodes.at("b")["properties"].get<std::string>())["list"], json::parse("[1]"));
    EXPECT_EQ(nodes.at("subgraph s")["label"], "Pair");
    EXPECT_EQ(read["edges"].size(), 2u);
}

TEST(DotExport, HoldsEveryText) {
    if (!has_graphviz()) GTEST_SKIP() << "Graphviz is not installed";
    const auto read = json::parse(piped({"dot", "-Tjson0"}, exported(awkward_model(), GraphFormat::dot)));
    ASSERT_EQ(read["objects"].size(), awkward().size());
    ASSERT_EQ(read["edges"].size(), awkward().size() - 1);
    for (const auto& [_, shown] : awkward()) {
        std::string name; // DOT has no way to write one backslash at the end of a string, so all are doubled
        for (const char c : shown) name += c == '\\' ? "\\\\" : std::string(1, c);
        const auto is_it = [&](const json& object) { return object["name"] == name; };
        EXPECT_TRUE(std::ranges::any_of(read["objects"], is_it)) << shown;
    }
}

TEST(SvgExport, ShowsTheGraph) {
    if (!has_graphviz()) GTEST_SKIP() << "Graphviz is not installed";
    const auto svg = exported(example(), GraphFormat::svg, {.title = "A & B"});
    ASSERT_EQ(parse_xml(svg)[0], "svg");
    for (const auto* const text : {"A &amp; B", "3 nodes, 2 edges", "Doc 2", "Person 1", ">A<", ">c<", "links"})
        EXPECT_NE(svg.find(text), std::string::npos) << text;
    EXPECT_EQ(svg, exported(example(), GraphFormat::svg, {.title = "A & B"}));
}

TEST(SvgExport, ShowsEveryText) {
    if (!has_graphviz()) GTEST_SKIP() << "Graphviz is not installed";
    EXPECT_EQ(parse_xml(exported(awkward_model(), GraphFormat::svg))[0], "svg");
}

TEST(SvgExport, ShowsAnythingFromNothingToATree) {
    if (!has_graphviz()) GTEST_SKIP() << "Graphviz is not installed";
    EXPECT_EQ(parse_xml(exported(GraphModel(), GraphFormat::svg))[0], "svg");
    EXPECT_EQ(parse_xml(exported(model_of({add_node("a"), add_edge("loop", "a", "a")}), GraphFormat::svg))[0], "svg");

    // Directories and files as a tree, people beside it.
    GraphModel model;
    for (int i = 0; i < 400; ++i) {
        const auto id = std::to_string(i);
        model.apply(mutation::AddNode{id, i < 20 ? "Directory" : "File", std::nullopt});
        if (i > 0)
            model.apply(
                mutation::AddEdge{"in" + id, std::to_string(i < 20 ? i / 3 : i % 20), id, "contains", std::nullopt});
    }
    for (int i = 0; i < 30; ++i) {
        const auto id = "person-" + std::to_string(i);
        model.apply(mutation::AddNode{id, "Person", std::nullopt});
        for (int j = i; j < 400; j += 37)
            model.apply(mutation::AddEdge{id + std::to_string(j), id, std::to_string(j), "touched", std::nullopt});
    }
    const auto whole = exported(model, GraphFormat::svg);
    EXPECT_EQ(parse_xml(whole)[0], "svg");
    EXPECT_EQ(whole.find("least connected"), std::string::npos);
    const auto part = exported(model, GraphFormat::svg, {.max_drawn_nodes = 100});
    EXPECT_NE(part.find("430 nodes, 729 edges; without the 330 least connected nodes"), std::string::npos);
    EXPECT_EQ(parse_xml(exported(model, GraphFormat::svg, {.max_drawn_nodes = 0}))[0], "svg");
}

TEST(SvgExport, SaysWhatIsWrongWithGraphviz) {
    const auto model = example();
    std::ostringstream out;
    if (has_graphviz()) {
        const auto late = export_graph(model, GraphFormat::svg, out, {.timeout = 0ms});
        ASSERT_FALSE(late);
        EXPECT_EQ(late.error().code, Errc::timeout);
    }
    const std::string path = std::getenv("PATH");
    setenv("PATH", "/nonexistent", 1);
    const auto missing = export_graph(model, GraphFormat::svg, out);
    setenv("PATH", path.c_str(), 1);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Errc::command_failed);
    EXPECT_EQ(missing.error().field("command"), "dot");
    EXPECT_NE(missing.error().advice.find("apt install graphviz"), std::string::npos);
}

TEST(GraphExport, ComesInTheOrderOfIds) {
    const auto other =
        model_of({create_subgraph("s", {}, "Pair"), add_node("c", "Person"),
                  add_node("a", "Doc", R"({"title":"A","n":-5,"f":0.5,"mixed":"x","flag":false})"),
                  add_edge("e1", "a", "c", "by"),
                  add_node("b", "Doc", R"({"title":"B","n":1,"f":2,"mixed":1,"flag":true,"list":[1],"type":"own"})"),
                  transform("c", mutation::Reparent{"a"}), add_edge("e2", "b", "a", "links", R"({"w":0.25})"),
                  transform("c", mutation::Translate{{1, 0.5, 0}}), add_to_subgraph("s", {"a", "b"})});
    for (const auto format : {GraphFormat::dot, GraphFormat::graphml, GraphFormat::json})
        EXPECT_EQ(exported(example(), format), exported(other, format));
}

TEST(GraphExport, SaysWhatCannotBeWritten) {
    std::ostringstream closed;
    closed.setstate(std::ios::badbit);
    EXPECT_EQ(export_graph(example(), GraphFormat::json, closed).error().code, Errc::io_error);

    const auto properties = *ipld::encode(ipld::Value{{"deep", ipld::Map{{"/", "no link"}}}});
    GraphModel model;
    model.apply(mutation::AddNode{"the node", "T", ipld::View::trusted(properties)});
    std::ostringstream out;
    const auto slash = export_graph(model, GraphFormat::json, out);
    ASSERT_FALSE(slash);
    EXPECT_EQ(slash.error().code, Errc::invalid_dag_json);
    EXPECT_NE(slash.error().message.find("'the node'"), std::string::npos) << slash.error().message;
}

TEST(Process, GivesAndTakesMoreThanAPipeHolds) {
    const std::string large(3'000'000, 'x');
    const auto output = graph::run_process(std::vector<std::string>{"cat"}, large, 60s);
    ASSERT_TRUE(output);
    EXPECT_EQ(output->out, large);
    EXPECT_EQ(output->status, 0);
}

TEST(Process, TellsHowItEnded) {
    const auto shell = [](const std::string& script, std::chrono::milliseconds timeout = 60s,
                          std::string_view input = "") {
        return graph::run_process(std::vector<std::string>{"sh", "-c", script}, input, timeout);
    };
    const auto failed = shell("echo out; echo err >&2; exit 3");
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->out, "out\n");
    EXPECT_EQ(failed->errors, "err\n");
    EXPECT_EQ(failed->status, 3);
    EXPECT_EQ(shell("kill -9 $$")->status, 128 + 9);
    // One that does not read must not raise SIGPIPE here.
    EXPECT_EQ(shell("exec <&-; exit 0", 60s, std::string(1'000'000, 'x'))->status, 0);
    EXPECT_EQ(shell("sleep 100", 50ms).error().code, Errc::timeout);
    EXPECT_EQ(shell("exec >&- 2>&-; sleep 100", 50ms).error().code, Errc::timeout);
    EXPECT_EQ(graph::run_process(std::vector<std::string>{"/nonexistent/program"}, "", 1s).error().code,
              Errc::command_failed);
}

} // namespace
} // namespace cim::test
