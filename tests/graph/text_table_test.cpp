// Aim: a TextTable holds what a map from texts to numbers holds, numbers stay while their text does, and the two orders
// are what they say. Method: a few cases, then random adding and removing beside std::map.
#include "graph/text_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

namespace cim::graph {
namespace {

TEST(TextTable, FindsWhatIsInIt) {
    TextTable table;
    EXPECT_EQ(table.find(TextKey("a")), none);
    const auto a = table.add(TextKey("a"));
    const auto empty = table.add(TextKey(""));
    EXPECT_EQ(table.find(TextKey("a")), a);
    EXPECT_EQ(table.find(TextKey("")), empty);
    EXPECT_EQ(table.find_or_add(TextKey("a")), a);
    EXPECT_EQ(table.text(a), "a");
    EXPECT_EQ(table.text(empty), "");
    EXPECT_EQ(table.size(), 2u);
    table.remove(a);
    EXPECT_EQ(table.find(TextKey("a")), none);
    EXPECT_FALSE(table.contains(a));
    EXPECT_EQ(table.add(TextKey("b")), a) << "numbers are given out again";
}

TEST(TextTable, AddsATextOfItsOwn) {
    TextTable table;
    const auto number = table.add(TextKey(std::string(100, 'x')));
    for (int i = 0; i < 100; ++i) table.add(TextKey(std::to_string(i)));
    const auto part = table.text(number).substr(50);
    EXPECT_EQ(table.text(table.add(TextKey(part))), std::string(50, 'x'));
}

TEST(TextTable, SortsInBothOrders) {
    TextTable table;
    const std::vector<std::string> texts{"b",
                                         "a",
                                         "aa",
                                         "",
                                         "ab",
                                         "long enough 2",
                                         "long enough 1",
                                         "B",
                                         "\xc3\xa4",
                                         std::string("a\0", 2),
                                         "aaaaaaaaa",
                                         "aaaaaaaab"};
    for (const auto& text : texts) table.add(TextKey(text));
    const auto in_order = [&](const std::vector<std::uint32_t>& numbers) {
        std::vector<std::string> sorted;
        for (const auto number : numbers) sorted.emplace_back(table.text(number));
        return sorted;
    };
    auto expected = texts;
    std::ranges::sort(expected);
    EXPECT_EQ(in_order(sorted_by_text(table)), expected);
    std::ranges::stable_sort(expected, {}, &std::string::size);
    EXPECT_EQ(in_order(sorted_as_keys(table)), expected);
}

TEST(TextTable, HoldsWhatAMapHolds) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random(seed);
        TextTable table;
        std::map<std::string, std::uint32_t> expected;
        for (int step = 0; step < 5000; ++step) {
            const auto number = random() % 400;
            const std::string text =
                std::string(number % 37, static_cast<char>('a' + number % 3)) + std::to_string(number);
            const auto known = expected.find(text);
            ASSERT_EQ(table.find(TextKey(text)), known == expected.end() ? none : known->second);
            if (known == expected.end()) {
                expected[text] = table.add(TextKey(text));
            } else if (random() % 3 != 0) {
                table.remove(known->second);
                expected.erase(known);
            }
            if (random() % 500 == 0) table = TextTable(table);
        }
        ASSERT_EQ(table.size(), expected.size());
        std::size_t count = 0;
        table.for_each([&](std::uint32_t number) {
            ++count;
            ASSERT_EQ(expected.at(std::string(table.text(number))), number);
        });
        ASSERT_EQ(count, expected.size());
    }
}

} // namespace
} // namespace cim::graph
