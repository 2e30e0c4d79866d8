// Aim: a View shows what is in a block, without copies, for every kind and through every accessor.
// Method: one block with all kinds is looked at; then walking, finding and cutting out. That a View agrees with the
// Value decoded from the same bytes is a property in dag_cbor_property_test.cpp.
#include <cim/ipld.hpp>

#include "ipld/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ranges>
#include <string>
#include <vector>

namespace cim::ipld {
namespace {

using test::from_hex;
using test::to_hex;

static_assert(std::forward_iterator<View::ListIterator> && std::forward_iterator<View::MapIterator>);
static_assert(std::ranges::forward_range<View::Range<View::MapIterator>>);
static_assert(sizeof(View) <= 2 * sizeof(void*));

Bytes block_of(const Value& value) { return *encode(value); }

TEST(View, RefusesWhatDecodeRefuses) {
    EXPECT_EQ(test::broken_rule(View::parse(from_hex("82 00 18 01"))), "non_minimal_head@2");
    EXPECT_EQ(test::broken_rule(View::parse(from_hex("8180"), {.max_depth = 1})), "depth_limit@1");
}

TEST(View, ShowsEveryKind) {
    const auto cid = Cid::of_dag_cbor(as_bytes("block"));
    const auto block =
        block_of(List{nullptr, true, false, -5, 0.5, "text", from_hex("00ff"), List{1}, Map{{"k", 1}}, cid});
    const auto view = *View::parse(block);
    std::vector<View> items(view.items().begin(), view.items().end());
    ASSERT_EQ(items.size(), 10u);
    EXPECT_EQ(view.size(), 10u);
    EXPECT_TRUE(items[0].is(Kind::null));
    EXPECT_EQ(items[1].as_boolean(), true);
    EXPECT_EQ(items[2].as_boolean(), false);
    EXPECT_EQ(items[3].as_int64(), -5);
    EXPECT_EQ(items[3].as_integer(), Integer(-5));
    EXPECT_EQ(items[4].as_floating(), 0.5);
    EXPECT_EQ(items[5].as_string(), "text");
    EXPECT_EQ(to_hex(*items[6].as_bytes()), "00ff");
    EXPECT_EQ(items[7].size(), 1u);
    EXPECT_EQ(items[8].find("k")->as_int64(), 1);
    EXPECT_EQ(items[9].as_link(), cid);
    const std::vector<Kind> kinds{Kind::null,   Kind::boolean, Kind::boolean, Kind::integer, Kind::floating,
                                  Kind::string, Kind::bytes,   Kind::list,    Kind::map,     Kind::link};
    EXPECT_TRUE(std::ranges::equal(items, kinds, {}, &View::kind));
}

TEST(View, AccessorsGiveNothingForAnotherKind) {
    for (const auto& value :
         std::vector<Value>{nullptr, true, 1, 0.5, "s", Bytes(), List{1}, Map{{"", 1}}, Cid::of_dag_cbor({})}) {
        const auto block = block_of(value);
        const auto view = *View::parse(block);
        EXPECT_EQ(view.as_boolean().has_value(), value.is(Kind::boolean));
        EXPECT_EQ(view.as_integer().has_value(), value.is(Kind::integer));
        EXPECT_EQ(view.as_int64().has_value(), value.is(Kind::integer));
        EXPECT_EQ(view.as_floating().has_value(), value.is(Kind::floating));
        EXPECT_EQ(view.as_number().has_value(), value.is(Kind::floating) || value.is(Kind::integer));
        EXPECT_EQ(view.as_string().has_value(), value.is(Kind::string));
        EXPECT_EQ(view.as_bytes().has_value(), value.is(Kind::bytes));
        EXPECT_EQ(view.as_link().has_value(), value.is(Kind::link));
        EXPECT_EQ(view.size(), value.is(Kind::list) || value.is(Kind::map) ? 1u : 0u);
        EXPECT_EQ(view.find("").has_value(), value.is(Kind::map));
        EXPECT_EQ(std::ranges::distance(view.items()), value.is(Kind::list) ? 1 : 0);
        EXPECT_EQ(std::ranges::distance(view.entries()), value.is(Kind::map) ? 1 : 0);
    }
}

TEST(View, IntegersBeyondInt64AreNoInt64) {
    const auto large = block_of(UINT64_MAX);
    EXPECT_EQ(View::parse(large)->as_int64(), std::nullopt);
    EXPECT_EQ(View::parse(large)->as_integer(), Integer(UINT64_MAX));
    const auto small = block_of(Integer::negative(UINT64_MAX));
    EXPECT_EQ(View::parse(small)->as_int64(), std::nullopt);
    EXPECT_EQ(View::parse(small)->as_integer(), Integer::negative(UINT64_MAX));
}

TEST(View, NumbersAreTheNearestDouble) {
    const auto number = [](const Value& value) { return *View::parse(block_of(value))->as_number(); };
    EXPECT_EQ(number(0.1), 0.1);
    EXPECT_EQ(number(-1), -1.0);
    EXPECT_EQ(number(9007199254740993), 9007199254740992.0);
    EXPECT_EQ(number(UINT64_MAX), 18446744073709551616.0);
    EXPECT_EQ(number(Integer::negative(UINT64_MAX)), -18446744073709551616.0);
    EXPECT_EQ(number(INT64_MIN), -9223372036854775808.0);
}

TEST(View, FindsKeysAndStopsBehindThePlaceOfAnAbsentOne) {
    const Map map{{"a", 1}, {"c", List{"long", Map{{"x", 1}}}}, {"dd", 3}, {"", 4}};
    const auto block = block_of(map);
    const auto view = *View::parse(block);
    for (const auto& [key, value] : map) {
        const auto found = view.find(key);
        ASSERT_TRUE(found) << key;
        EXPECT_EQ(found->to_value(), value);
    }
    for (const auto* absent : {"b", "d", "cc", "ddd", "e"}) EXPECT_FALSE(view.find(absent)) << absent;
}

TEST(View, EntriesComeInCanonicalOrder) {
    const auto block = block_of({{"bb", 1}, {"a", List{1, 2}}, {"c", {{"deep", {{"deeper", "x"}}}}}});
    const auto view = *View::parse(block);
    std::string seen;
    for (const auto [key, value] : view.entries())
        seen += std::string(key) + "=" + std::string(to_string(value.kind())) + " ";
    EXPECT_EQ(seen, "a=list c=map bb=integer ");
}

TEST(View, EncodedIsTheItemAlone) {
    const Value inner{{"x", List{1, "two", Cid::of_dag_cbor({})}}};
    const auto block = block_of(List{0, inner, 1});
    const auto view = *View::parse(block);
    const auto item = *std::next(view.items().begin());
    EXPECT_EQ(to_hex(item.encoded()), to_hex(block_of(inner)));
    EXPECT_EQ(item.to_value(), inner);
    EXPECT_EQ(view.encoded().size(), block.size());
}

TEST(View, LooksIntoTheBlockWithoutCopying) {
    const auto block = block_of({{"title", "Q1 Budget"}});
    const auto title = *View::parse(block)->find("title")->as_string();
    EXPECT_EQ(title, "Q1 Budget");
    EXPECT_GE(reinterpret_cast<const std::byte*>(title.data()), block.data());
    EXPECT_LT(reinterpret_cast<const std::byte*>(title.data()), block.data() + block.size());
}

TEST(View, TrustedIsTheSameWithoutTheCheck) {
    const auto block = block_of({{"a", List{1, 2, 3}}});
    EXPECT_EQ(View::trusted(block).to_value(), View::parse(block)->to_value());
}

TEST(View, WalksTheDeepestNesting) {
    Bytes block(1024, std::byte{0x81});
    block.back() = std::byte{0x80};
    const auto view = *View::parse(block, {.max_depth = 1024});
    EXPECT_EQ(view.encoded().size(), 1024u);
    EXPECT_EQ(block_of(view.to_value()), block);
}

} // namespace
} // namespace cim::ipld
