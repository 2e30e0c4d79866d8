// Aim: what can be a token and what cannot, and that any text can be made one and back.
// Method: a table of refused texts; every single byte at every place of texts of every length around the eight bytes
// that are looked at together, against the rules spelled out; random round trips.
#include <cim/ids.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>

namespace cim {
namespace {

using namespace std::string_literals;

struct Refused {
    std::string text;
    std::string_view reason;
};

const Refused refused[] = {
    {"", "is empty"},
    {std::string(256, 'a'), "is longer than 255 bytes"},
    {"a.b", "holds a '.', which separates tokens"},
    {".", "holds a '.', which separates tokens"},
    {"*", "holds a wildcard"},
    {"a>", "holds a wildcard"},
    {"node created", "holds white space"},
    {"a\t", "holds white space"},
    {"a\n", "holds white space"},
    {"a\v", "holds white space"},
    {"a\f", "holds white space"},
    {"a\r", "holds white space"},
    {"a\0b"s, "holds a control character"},
    {"a\x1f", "holds a control character"},
    {"a\x7f", "holds a control character"},
    {"a\xc2\x80", "holds a control character"},
    {"a\xc2\x9f", "holds a control character"},
    {"a\xff", "is not UTF-8"},
    {"a\xc2", "is not UTF-8"},
    {"a\xc0\xae", "is not UTF-8"},         // an overlong '.'
    {"a\xed\xa0\x80", "is not UTF-8"},     // a surrogate
    {"a\xf4\x90\x80\x80", "is not UTF-8"}, // above U+10FFFF
};

TEST(CheckToken, RefusesWithTheReason) {
    for (const auto& [text, reason] : refused) {
        const auto checked = check_token(text, "aggregate id");
        ASSERT_FALSE(checked) << text;
        EXPECT_FALSE(is_token(text));
        EXPECT_EQ(checked.error().code, Errc::invalid_token);
        EXPECT_EQ(checked.error().field("name"), "aggregate id");
        EXPECT_EQ(checked.error().field("reason"), reason) << text;
        EXPECT_TRUE(checked.error().message.starts_with("aggregate id '")) << checked.error().message;
        EXPECT_TRUE(checked.error().message.ends_with(reason)) << checked.error().message;
    }
}

TEST(CheckToken, AcceptsEveryOtherText) {
    for (const std::string_view text : {"a", "graph-123", "NodeCreated", "%", "a/b:c@d#e", "~!\"'$&()+,-;<=?[]^_`{|}",
                                        "Größe", "事件", "\xc2\xa0", "🙂"})
        EXPECT_TRUE(check_token(text, "event type")) << text;
    EXPECT_TRUE(is_token(std::string(255, 'a')));
}

TEST(CheckToken, NoByteHidesAmongOthers) {
    const auto may_stand = [](unsigned char octet) {
        return octet > 0x20 && octet < 0x7f && octet != '.' && octet != '*' && octet != '>';
    };
    for (std::size_t size = 1; size <= 40; ++size)
        for (std::size_t at = 0; at < size; ++at)
            for (int octet = 0; octet < 256; ++octet) {
                std::string text(size, 'a');
                text[at] = static_cast<char>(octet);
                // Alone among ASCII, a byte above it is never UTF-8.
                ASSERT_EQ(is_token(text), may_stand(static_cast<unsigned char>(octet)))
                    << size << ' ' << at << ' ' << octet;
            }
}

struct Escaped {
    std::string text;
    std::string_view token;
};

const Escaped escaped[] = {
    {"", "%"},
    {"graph-123", "graph-123"},
    {"%", "%25"},
    {"%2E", "%252E"},
    {"a.b", "a%2Eb"},
    {"*>", "%2A%3E"},
    {"two words\n", "two%20words%0A"},
    {"\0\x7f"s, "%00%7F"},
    {"\xc2\x85", "%C2%85"},
    {"Größe", "Größe"},
    {"\xff\xc2", "%FF%C2"},
    {"\xe2\x82", "%E2%82"},
};

TEST(EscapeToken, WritesWhatCannotStandInAToken) {
    for (const auto& [text, token] : escaped) {
        EXPECT_EQ(escape_token(text), token);
        EXPECT_EQ(unescape_token(token), text);
        EXPECT_TRUE(is_token(token)) << token;
    }
}

TEST(UnescapeToken, LeavesWhatNobodyEscaped) {
    for (const std::string_view token : {"a%", "a%2", "%GG", "%2e", "100%"}) EXPECT_EQ(unescape_token(token), token);
}

RC_GTEST_PROP(EscapeToken, IsReversible, (const std::string& text)) {
    const auto token = escape_token(text);
    RC_ASSERT(unescape_token(token) == text);
    RC_ASSERT(token.size() > max_token_size || is_token(token));
}

RC_GTEST_PROP(EscapeToken, LeavesTokensThatHaveNoPercentSign, ()) {
    const auto text = *rc::gen::container<std::string>(rc::gen::inRange('a', 'z'));
    RC_PRE(!text.empty());
    RC_ASSERT(escape_token(text) == text);
}

TEST(StringId, IsAValueWithAnOrder) {
    const AggregateId a("a");
    EXPECT_EQ(a, AggregateId(std::string_view("a")));
    EXPECT_LT(a, AggregateId("b"));
    EXPECT_TRUE(AggregateId().empty());
    EXPECT_EQ((std::unordered_set{a, AggregateId("a"), AggregateId("b")}.size()), 2);
}

TEST(StrongNumber, CountsFromNought) {
    constexpr GlobalSequence none;
    EXPECT_EQ(none.value(), 0);
    EXPECT_EQ(none.next(), GlobalSequence(1));
    EXPECT_LT(none, none.next());
    EXPECT_EQ((std::unordered_set{none, GlobalSequence(0), none.next()}.size()), 2);
}

} // namespace
} // namespace cim
