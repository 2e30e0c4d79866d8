// Aim: every path that git can hold has a text in UTF-8, and no two paths have the same.
#include "base/utf8.hpp"
#include "import/git_path.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace cim::importer {
namespace {

TEST(GitPath, IsWrittenAsItIsOrAsGitQuotesIt) {
    const std::map<std::string, std::string> table = {
        {"a", "a"},
        {"src/main.cpp", "src/main.cpp"},
        {"with blank", "with blank"},
        {"caf\xC3\xA9", "caf\xC3\xA9"},
        {"tab\tand\nline", "tab\tand\nline"},
        {"in\"side", "in\"side"},
        {"\"", R"("\"")"},
        {"\"a\"", R"("\"a\"")"},
        {"caf\xE9", R"("caf\351")"},
        {"\xFF", R"("\377")"},
        {"\xE9\t\n\\\x01\x7F", R"("\351\t\n\\\001\177")"},
        {"\xE9\a\b\v\f\r", R"("\351\a\b\v\f\r")"},
    };
    for (const auto& [path, text] : table) EXPECT_EQ(path_text(path), text);
}

TEST(GitPath, TextsAreUtf8AndDiffer) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    const std::string letters = "\"\\a0\xC3\xA9\xE9\n3";
    std::map<std::string, std::string> seen;
    for (int i = 0; i < 20'000; ++i) {
        std::string path(1 + random() % 6, 'a');
        for (char& c : path) c = letters[random() % letters.size()];
        const auto text = path_text(path);
        EXPECT_TRUE(is_valid_utf8(text));
        const auto [place, is_new] = seen.emplace(text, path);
        EXPECT_EQ(place->second, path) << text;
    }
}

TEST(GitPath, InvalidBytesAreReplacedOneByOne) {
    EXPECT_EQ(replace_invalid_utf8("caf\xC3\xA9"), "caf\xC3\xA9");
    EXPECT_EQ(replace_invalid_utf8("a\xE9\xE9z"), "a\uFFFD\uFFFDz");
    EXPECT_EQ(replace_invalid_utf8("\xC3"), "\uFFFD");
    EXPECT_EQ(replace_invalid_utf8(""), "");
}

TEST(GitPath, HasAParentAndAName) {
    EXPECT_EQ(parent_of("a"), ".");
    EXPECT_EQ(parent_of("a/b"), "a");
    EXPECT_EQ(parent_of("a/b/c"), "a/b");
    EXPECT_EQ(name_of("a"), "a");
    EXPECT_EQ(name_of("a/b"), "b");
}

} // namespace
} // namespace cim::importer
