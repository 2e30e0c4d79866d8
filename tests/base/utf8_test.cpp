// Aim: exactly the well-formed sequences of the Unicode standard, table 3-7, are UTF-8.
// Method: every sequence of one and two bytes, the edges of the longer ones, and the same inside of ASCII of any
// length, which is looked at eight bytes at a time.
#include "base/utf8.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace cim {
namespace {

struct Case {
    std::string_view text;
    std::size_t length; // of the character at the front, 0 if there is none
};

constexpr Case cases[] = {
    {"", 0},
    {"a", 1},
    {"\x7f", 1},
    {"\x80", 0},
    {"\xc1\xbf", 0},
    {"\xc2\x80", 2},
    {"\xdf\xbf", 2},
    {"\xc2", 0},
    {"\xc2z", 0},
    {"\xe0\x9f\xbf", 0},
    {"\xe0\xa0\x80", 3},
    {"\xed\x9f\xbf", 3},
    {"\xed\xa0\x80", 0},
    {"\xee\x80\x80", 3},
    {"\xef\xbf\xbf", 3},
    {"\xe1\x80", 0},
    {"\xe1\x80z", 0},
    {"\xf0\x8f\xbf\xbf", 0},
    {"\xf0\x90\x80\x80", 4},
    {"\xf4\x8f\xbf\xbf", 4},
    {"\xf4\x90\x80\x80", 0},
    {"\xf5\x80\x80\x80", 0},
    {"\xf1\x80\x80", 0},
    {"\xf1\x80\x80z", 0},
};

TEST(Utf8, LengthOfTheFirstCharacter) {
    for (const auto& [text, length] : cases) EXPECT_EQ(utf8_length(text), length) << testing::PrintToString(text);
}

TEST(Utf8, EverySequenceOfTwoBytes) {
    for (int first = 0; first < 256; ++first)
        for (int second = 0; second < 256; ++second) {
            const std::string text{static_cast<char>(first), static_cast<char>(second)};
            const bool two_of_ascii = first < 0x80 && second < 0x80;
            const bool one_of_two = first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf;
            ASSERT_EQ(is_valid_utf8(text), two_of_ascii || one_of_two) << first << ' ' << second;
        }
}

TEST(Utf8, PositionAmongAsciiDoesNotMatter) {
    for (const auto& [character, length] : cases)
        for (std::size_t before = 0; before < 20; ++before)
            for (std::size_t after = 0; after < 20; ++after) {
                const auto text = std::string(before, 'a') + std::string(character) + std::string(after, 'a');
                ASSERT_EQ(is_valid_utf8(text), length == character.size());
                ASSERT_EQ(valid_utf8_prefix(text), length == character.size() ? text.size() : before);
            }
}

// Long texts are looked at 32 bytes at a time and not by the code that knows single characters: the two must agree.
TEST(Utf8, LongTextsAreJudgedAsTheirCharacters) {
    for (const auto& [character, length] : cases)
        for (std::size_t before = 0; before < 110; ++before)
            for (const std::size_t after : {0, 1, 2, 3, 10, 31, 32, 33, 64, 100}) {
                const auto text = std::string(before, 'a') + std::string(character) + std::string(after, 'a');
                ASSERT_EQ(is_valid_utf8(text), length == character.size()) << before << ' ' << after;
            }
}

RC_GTEST_PROP(Utf8, MixedTextsAreJudgedAsTheirCharacters, ()) {
    std::string text;
    const auto whole = *rc::gen::arbitrary<bool>(); // or mostly broken
    for (auto left = *rc::gen::inRange(0, 80); left > 0; --left) {
        const auto& [character, length] = *rc::gen::elementOf(std::vector<Case>(std::begin(cases), std::end(cases)));
        if (!whole || length == character.size()) text += character;
        if (*rc::gen::inRange(0, 4) == 0) text += "some ASCII between them";
    }
    RC_ASSERT(is_valid_utf8(text) == (valid_utf8_prefix(text) == text.size()));
    text.resize(*rc::gen::inRange<std::size_t>(0, text.size() + 1));
    RC_ASSERT(is_valid_utf8(text) == (valid_utf8_prefix(text) == text.size()));
}

} // namespace
} // namespace cim
