// Aim: Value and Map behave as ordinary values, and the literals of the documentation mean what they show.
// Method: one small test for each promise of the header.
#include <cim/ipld.hpp>

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <vector>

namespace cim::ipld {
namespace {

std::vector<std::string> keys(const Map& map) {
    std::vector<std::string> result;
    for (const auto& [key, value] : map) result.push_back(key);
    return result;
}

TEST(Integer, CoversBothSigns) {
    EXPECT_EQ(Integer(0).to_string(), "0");
    EXPECT_EQ(Integer(-1), Integer::negative(0));
    EXPECT_EQ(Integer(INT64_MIN).to_string(), "-9223372036854775808");
    EXPECT_EQ(Integer(INT64_MIN).to_int64(), INT64_MIN);
    EXPECT_EQ(Integer(INT64_MAX).to_int64(), INT64_MAX);
    EXPECT_EQ(Integer(UINT64_MAX).to_int64(), std::nullopt);
    EXPECT_EQ(Integer(UINT64_MAX).to_uint64(), UINT64_MAX);
    EXPECT_EQ(Integer(UINT64_MAX).to_string(), "18446744073709551615");
    EXPECT_EQ(Integer::negative(UINT64_MAX).to_string(), "-18446744073709551616");
    EXPECT_EQ(Integer::negative(UINT64_MAX - 1).to_string(), "-18446744073709551615");
    EXPECT_EQ(Integer::negative(UINT64_MAX).to_int64(), std::nullopt);
    EXPECT_EQ(Integer(-5).to_uint64(), std::nullopt);
    EXPECT_NE(Integer(0), Integer(-1));
    EXPECT_EQ(Integer(static_cast<signed char>(-3)).to_int64(), -3);
}

TEST(Value, TakesItsKindFromWhatItIsMadeOf) {
    EXPECT_EQ(Value().kind(), Kind::null);
    EXPECT_EQ(Value(nullptr).kind(), Kind::null);
    EXPECT_EQ(Value(false).kind(), Kind::boolean);
    EXPECT_EQ(Value(0).kind(), Kind::integer);
    EXPECT_EQ(Value(0u).kind(), Kind::integer);
    EXPECT_EQ(Value(UINT64_MAX).kind(), Kind::integer);
    EXPECT_EQ(Value(0.0).kind(), Kind::floating);
    EXPECT_EQ(Value("text").kind(), Kind::string);
    EXPECT_EQ(Value(std::string("text")).kind(), Kind::string);
    EXPECT_EQ(Value(std::string_view("text")).kind(), Kind::string);
    EXPECT_EQ(Value(Bytes()).kind(), Kind::bytes);
    EXPECT_EQ(Value(List()).kind(), Kind::list);
    EXPECT_EQ(Value(Map()).kind(), Kind::map);
    EXPECT_EQ(Value(Cid::of_dag_cbor({})).kind(), Kind::link);
}

TEST(Value, LiteralsNest) {
    const Value value{{"title", "Q1 Budget"}, {"tags", List{"a", "b"}}, {"pages", 12}, {"owner", {{"id", nullptr}}}};
    ASSERT_TRUE(value.is(Kind::map));
    EXPECT_EQ(*value.find("title")->if_string(), "Q1 Budget");
    EXPECT_EQ(value.find("tags")->if_list()->at(1), Value("b"));
    EXPECT_EQ(value.find("pages")->if_integer()->to_int64(), 12);
    EXPECT_TRUE(value.find("owner")->find("id")->is_null());
    EXPECT_EQ(value.find("absent"), nullptr);
    EXPECT_EQ(Value("no map").find("title"), nullptr);
}

TEST(Value, CheckedAccessGivesNothingForAnotherKind) {
    const Value value(1);
    EXPECT_EQ(value.if_boolean(), nullptr);
    EXPECT_EQ(value.if_floating(), nullptr);
    EXPECT_EQ(value.if_string(), nullptr);
    EXPECT_EQ(value.if_bytes(), nullptr);
    EXPECT_EQ(value.if_link(), nullptr);
    EXPECT_EQ(value.if_list(), nullptr);
    EXPECT_EQ(value.if_map(), nullptr);
    EXPECT_NE(value.if_integer(), nullptr);
}

TEST(Value, CopiesAreIndependentAndMovesKeepTheContent) {
    const auto long_link = *Cid::from_bytes([] {
        Bytes bytes(4 + 64, std::byte{7}); // longer than a Cid keeps inside
        bytes[0] = std::byte{1}, bytes[1] = std::byte{0x55}, bytes[2] = std::byte{0x13}, bytes[3] = std::byte{64};
        return bytes;
    }());
    const std::vector<Value> all{nullptr,
                                 true,
                                 -1,
                                 0.5,
                                 "short",
                                 std::string(100, 'x'),
                                 Bytes(40),
                                 List{1, List{"x"}},
                                 Map{{"k", 1}},
                                 Cid::of_dag_cbor({}),
                                 long_link};
    for (const auto& original : all) {
        for (const auto& other : all) {
            Value target = other;
            target = original;
            EXPECT_EQ(target, original);
            Value moved = std::move(target);
            EXPECT_EQ(moved, original);
            target = std::move(moved);
            EXPECT_EQ(target, original);
        }
        Value same = original;
        const auto& alias = same;
        same = alias;
        EXPECT_EQ(same, original);
    }
    Value parent = List{List{"child"}};
    parent = Value((*parent.if_list())[0]);
    EXPECT_EQ(parent, Value(List{"child"}));
}

TEST(Value, AssigningAPartOfItselfWorks) {
    Value value = List{List{"a string that is longer than any inline buffer"}, 2};
    value = (*value.if_list())[0];
    EXPECT_EQ(value, Value(List{"a string that is longer than any inline buffer"}));
    value = std::move((*value.if_list())[0]);
    EXPECT_EQ(value, Value("a string that is longer than any inline buffer"));
}

TEST(Value, ComparesByKindAndContent) {
    EXPECT_EQ(Value(0.0), Value(-0.0));
    EXPECT_NE(Value(1), Value(1.0));
    EXPECT_NE(Value(0), Value(false));
    EXPECT_NE(Value(""), Value(Bytes()));
    EXPECT_NE(Value(List()), Value(Map()));
    EXPECT_NE(Value(List{1, 2}), Value(List{2, 1}));
    EXPECT_EQ((Value{{"a", 1}, {"b", 2}}), (Value{{"b", 2}, {"a", 1}}));
    EXPECT_NE(Value("a"), Value("b"));
    EXPECT_NE(Value(nullptr), Value(false));
}

TEST(Value, IsCheapToMove) {
    static_assert(std::is_nothrow_move_constructible_v<Value> && std::is_nothrow_move_assignable_v<Value>);
    static_assert(std::is_nothrow_default_constructible_v<Value>);
    EXPECT_EQ(sizeof(Value), 40u);
}

TEST(Map, KeepsCanonicalOrder) {
    Map map{{"bb", 1}, {"", 2}, {"b", 3}, {"aaa", 4}};
    EXPECT_EQ(keys(map), (std::vector<std::string>{"", "b", "bb", "aaa"}));
    map["a"] = 5;
    map.insert_or_assign("zz", 6);
    EXPECT_EQ(keys(map), (std::vector<std::string>{"", "a", "b", "bb", "zz", "aaa"}));
}

TEST(Map, KeepsTheLastOfRepeatedKeys) {
    const Map map{{"a", 1}, {"b", 2}, {"a", 3}, {"a", 4}};
    EXPECT_EQ(map.size(), 2u);
    EXPECT_EQ(*map.find("a"), Value(4));
}

TEST(Map, FindsInsertsAndErases) {
    Map map;
    EXPECT_TRUE(map.empty());
    EXPECT_TRUE(map["new"].is_null());
    EXPECT_EQ(map.size(), 1u);
    map["new"] = 1;
    EXPECT_EQ(map["new"], Value(1));
    map.insert_or_assign("new", 2);
    *map.find("new") = List{*map.find("new")};
    EXPECT_EQ(map, (Map{{"new", List{2}}}));
    EXPECT_TRUE(map.contains("new"));
    EXPECT_FALSE(map.contains("old"));
    EXPECT_FALSE(map.erase("old"));
    EXPECT_TRUE(map.erase("new"));
    EXPECT_EQ(map.find("new"), nullptr);
    map["x"] = 1;
    map.clear();
    EXPECT_EQ(map.size(), 0u);
    EXPECT_EQ(map.begin(), map.end());
}

TEST(Map, HoldsManyKeys) {
    Map map;
    for (int i = 999; i >= 0; --i) map[std::to_string(i)] = i;
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(*map.find(std::to_string(i)), Value(i));
    EXPECT_EQ(map.begin()->first, "0");
    EXPECT_EQ((map.end() - 1)->first, "999");
}

TEST(Kind, HasNames) {
    EXPECT_EQ(to_string(Kind::null), "null");
    EXPECT_EQ(to_string(Kind::boolean), "boolean");
    EXPECT_EQ(to_string(Kind::integer), "integer");
    EXPECT_EQ(to_string(Kind::floating), "float");
    EXPECT_EQ(to_string(Kind::string), "string");
    EXPECT_EQ(to_string(Kind::bytes), "bytes");
    EXPECT_EQ(to_string(Kind::list), "list");
    EXPECT_EQ(to_string(Kind::map), "map");
    EXPECT_EQ(to_string(Kind::link), "link");
}

} // namespace
} // namespace cim::ipld
