// Aim: subjects and patterns are accepted, refused and matched exactly as the rules of NATS say.
// Method: tables, then random patterns and subjects against a matcher that is obviously right because it splits both.
#include <cim/subject.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cim {
namespace {

using namespace std::string_literals;

struct Refused {
    std::string text;
    std::string_view reason;
};

constexpr std::string_view empty_token = "has an empty token";
constexpr std::string_view bad_octet = "has white space or a control character";

const Refused refused_by_both[] = {
    {"", "is empty"},
    {".", empty_token},
    {".a", empty_token},
    {"a.", empty_token},
    {"a..b", empty_token},
    {"a b", bad_octet},
    {"a.\tb", bad_octet},
    {"a\n", bad_octet},
    {"a\0b"s, bad_octet},
    {"a\x7f", bad_octet},
    {std::string(4097, 'a'), "is longer than 4096 bytes"},
};

TEST(Subject, RefusesWithTheReason) {
    auto table = std::vector<Refused>(std::begin(refused_by_both), std::end(refused_by_both));
    for (const auto text : {"*", ">", "a.*", "a.>", "a*", "a.b>c"}) table.push_back({text, "has a wildcard"});
    for (const auto& [text, reason] : table) {
        const auto subject = Subject::parse(text);
        ASSERT_FALSE(subject) << text;
        EXPECT_EQ(subject.error().code, Errc::invalid_subject);
        EXPECT_EQ(subject.error().field("reason"), reason) << text;
        EXPECT_TRUE(subject.error().field("value"));
        EXPECT_FALSE(subject.error().advice.empty());
    }
}

TEST(SubjectPattern, RefusesWithTheReason) {
    auto table = std::vector<Refused>(std::begin(refused_by_both), std::end(refused_by_both));
    for (const auto text : {"a.*bar", "a*", "*a", "**", ">a", "a>", "a.>>", "*>", ">*"})
        table.push_back({text, "has a wildcard inside a token"});
    for (const auto text : {">.a", "a.>.b", ">.>", "*.>.*"})
        table.push_back({text, "has a '>' that is not the last token"});
    for (const auto& [text, reason] : table) {
        const auto pattern = SubjectPattern::parse(text);
        ASSERT_FALSE(pattern) << text;
        EXPECT_EQ(pattern.error().code, Errc::invalid_pattern);
        EXPECT_EQ(pattern.error().field("reason"), reason) << text;
    }
    EXPECT_EQ(SubjectPattern::parse("a..b").error().message, "pattern 'a..b' has an empty token");
}

TEST(Subject, AcceptsEverythingElse) {
    for (const std::string& text : {"a"s, "a.b"s, "event.store.graph-1.NodeCreated"s, "größe.事件"s, "$JS.API"s,
                                    "a-_/:%"s, std::string(4096, 'a')}) {
        ASSERT_TRUE(Subject::parse(text)) << text;
        EXPECT_EQ(Subject::parse(text)->str(), text);
        ASSERT_TRUE(SubjectPattern::parse(text)) << text;
        EXPECT_TRUE(SubjectPattern::parse(text)->matches(text)) << text;
    }
}

struct Pair {
    std::string_view pattern;
    std::string_view subject;
};

constexpr Pair matching[] = {
    {"a", "a"},
    {"a.b", "a.b"},
    {"*", "a"},
    {"*.b", "a.b"},
    {"a.*", "a.b"},
    {"*.*", "a.b"},
    {">", "a"},
    {">", "a.b.c"},
    {"a.>", "a.b"},
    {"a.>", "a.b.c.d"},
    {"*.>", "a.b"},
    {"a.*.c.>", "a.b.c.d"},
    {"event.*.node", "event.graph.node"},
    {"event.graph.>", "event.graph.123.node.added"},
    {"event.graph.*.node.>", "event.graph.123.node.added"},
    {"event.store.*.NodeCreated", "event.store.graph-1.NodeCreated"},
};

constexpr Pair not_matching[] = {
    {"a.>", "a"},
    {"*.>", "a"},
    {"*", "a.b"},
    {"a.*", "a"},
    {"a", "a.b"},
    {"a.b", "a"},
    {"*.*.>", "a.b"},
    {"A.b", "a.b"},
    {"a", "b"},
    {"a", "aa"},
    {"aa", "a"},
    {"a.*.c", "a.b.d"},
    {"event.store.>", "event.store"},
    // What is not a subject is never matched.
    {">", ""},
    {">", "a..b"},
    {">", ".a"},
    {">", "a."},
    {"*.*", "a."},
    {"a.*", "a."},
    {"*", ""},
    {">", "a b"},
    {"a.*", "a.*"},
    {"a.>", "a.>"},
    {">", "a.b*"},
};

TEST(SubjectPattern, Matches) {
    for (const auto& [pattern, subject] : matching)
        EXPECT_TRUE(SubjectPattern::parse(pattern)->matches(subject)) << pattern << " | " << subject;
    for (const auto& [pattern, subject] : not_matching)
        EXPECT_FALSE(SubjectPattern::parse(pattern)->matches(subject)) << pattern << " | " << subject;
    EXPECT_FALSE(SubjectPattern::parse(">")->matches(std::string(4097, 'a')));
}

TEST(SubjectPattern, SixOfTheseEight) {
    const auto hits =
        std::ranges::count_if(std::vector{">", "*", "*.>", "a.>", "a.*", "a.b", "a.*.>", "*.b"},
                              [](std::string_view pattern) { return SubjectPattern::parse(pattern)->matches("a.b"); });
    EXPECT_EQ(hits, 6);
}

TEST(SubjectPattern, IsAValue) {
    const std::set patterns{*SubjectPattern::parse("b"), *SubjectPattern::parse("a"), *SubjectPattern::parse("a")};
    EXPECT_EQ(patterns.size(), 2u);
    EXPECT_EQ(patterns.begin()->str(), "a");
    EXPECT_LT(*Subject::parse("a"), *Subject::parse("b"));
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> tokens{""};
    for (const char c : text) {
        if (c == '.')
            tokens.emplace_back();
        else
            tokens.back() += c;
    }
    return tokens;
}

bool matches_obviously(std::string_view pattern, std::string_view subject) {
    const auto wanted = split(pattern);
    const auto found = split(subject);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i] == ">") return found.size() > i;
        if (i >= found.size() || (wanted[i] != "*" && wanted[i] != found[i])) return false;
    }
    return wanted.size() == found.size();
}

RC_GTEST_PROP(SubjectPattern, MatchesAsTheObviousMatcher, ()) {
    const auto draw = [](const std::vector<std::string>& tokens) {
        std::string text = *rc::gen::elementOf(tokens);
        for (int more = *rc::gen::inRange(0, 4); more > 0; --more) text += '.' + *rc::gen::elementOf(tokens);
        return text;
    };
    const auto end = *rc::gen::elementOf(std::vector<std::string>{"", "", ".>"});
    const auto pattern = SubjectPattern::parse(draw({"a", "b", "*"}) + end);
    const auto subject = Subject::parse(draw({"a", "b"}));
    RC_ASSERT(pattern.has_value() && subject.has_value());
    RC_ASSERT(pattern->matches(subject->str()) == matches_obviously(pattern->str(), subject->str()));
}

} // namespace
} // namespace cim
