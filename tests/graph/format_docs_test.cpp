// Aim: docs/formats says what the code does. Method: its mapping files are read, its built-in ones are compared with
// those in the library, its example of a snapshot is compared byte by byte.
#include <cim/graph_mapping.hpp>
#include <cim/graph_model.hpp>

#include "graph/builtin_mappings.hpp"
#include "graph/support.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace cim::test {
namespace {

std::string page(const std::string& name) {
    std::ifstream file(std::string(CIM_TEST_SOURCE_DIR) + "/../../docs/formats/" + name);
    EXPECT_TRUE(file) << name;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<std::string> json_blocks(const std::string& text) {
    std::vector<std::string> blocks;
    for (std::size_t at = 0; (at = text.find("```json\n", at)) != std::string::npos;) {
        at += 8;
        const auto end = text.find("\n```", at);
        blocks.push_back(text.substr(at, end - at));
        at = end;
    }
    return blocks;
}

// The hexadecimal words of the indented lines, up to the first word of each line that is none.
Bytes dump(const std::string& text) {
    Bytes bytes;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line.starts_with("    ") ? line : "");
        for (std::string word; words >> word && word.find_first_not_of("0123456789abcdef") == std::string::npos;) {
            for (std::size_t i = 0; i + 1 < word.size(); i += 2)
                bytes.push_back(static_cast<std::byte>(std::stoi(word.substr(i, 2), nullptr, 16)));
        }
    }
    return bytes;
}

TEST(FormatDocs, ShowTheBuiltInMappings) {
    const auto mapping = json_blocks(page("mapping.md"));
    ASSERT_EQ(mapping.size(), 2u);
    EXPECT_EQ(mapping[1], graph::seed_events_mapping);
    const auto git = json_blocks(page("git-events.md"));
    ASSERT_EQ(git.size(), 1u);
    EXPECT_EQ(git[0], graph::git_events_mapping);
}

TEST(FormatDocs, ShowAMappingThatWorks) {
    const auto mapping = GraphMapping::from_json(json_blocks(page("mapping.md")).at(0));
    ASSERT_TRUE(mapping) << mapping.error().text();
    MutationList out;
    const auto placed =
        event("OrderPlaced", R"({"order_id": 7, "total": 9.5, "customer": {"id": "ann"}, "lines": [{"sku": "x"}]})");
    ASSERT_TRUE(mapping->map(placed, out));
    std::vector<std::string> lines;
    for (const auto& mutation : out.mutations()) lines.push_back(show(mutation));
    EXPECT_EQ(lines,
              (std::vector<std::string>{R"(AddNode order:7 Order {"total":9.5})", "AddNode customer:ann Customer -",
                                        "AddEdge placed:7 customer:ann order:7 placed -", "AddNode sku:x Article -",
                                        "AddEdge line:7:x order:7 sku:x contains -"}));
}

TEST(FormatDocs, ShowASnapshotByteByByte) {
    const auto text = page("snapshot.md");
    const auto model = model_of({add_node("a", "Doc", R"({"title":"A"})"), add_node("b", "Doc"),
                                 transform("b", mutation::Reparent{"a"}), add_edge("e1", "b", "a", "refs")});
    EXPECT_EQ(dump(text), snapshot(model));
    EXPECT_NE(text.find(fmt::format("`{}`", state_cid(GraphModel()).to_string())), std::string::npos);
}

} // namespace
} // namespace cim::test
