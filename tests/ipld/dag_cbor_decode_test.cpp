// Aim: the decoder and the validator accept exactly strict dag-cbor, and say which rule is broken at which byte.
// Method: a table of broken inputs, rule by rule, then one of accepted ones; both functions see every line.
#include <cim/ipld.hpp>

#include "ipld/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <ostream>
#include <string>
#include <string_view>

namespace cim::ipld {
namespace {

using test::broken_rule;
using test::from_hex;

struct Broken {
    std::string_view hex;
    Rule rule;
    std::size_t offset;
    std::string_view why;
};

// The offset is that of the item (its head, or its tag) or key that breaks the rule; of what follows, for trailing
// bytes; and of the end of the input, where an item is missing altogether.
constexpr Broken broken_inputs[] = {
    {"", Rule::truncated, 0, "nothing at all"},
    {"18", Rule::truncated, 0, "head without its 1 byte"},
    {"19 01", Rule::truncated, 0, "head with 1 of 2 bytes"},
    {"1a 010203", Rule::truncated, 0, "head with 3 of 4 bytes"},
    {"1b 01020304050607", Rule::truncated, 0, "head with 7 of 8 bytes"},
    {"fb 3ff80000000000", Rule::truncated, 0, "float with 7 of 8 bytes"},
    {"d8", Rule::truncated, 0, "tag without its number"},
    {"d8 2a", Rule::truncated, 2, "tag 42 around nothing"},
    {"82 61 61", Rule::truncated, 3, "second item of a list missing"},
    {"a1 61 61", Rule::truncated, 3, "value of a key missing"},
    {"a2 61 61 61 62", Rule::truncated, 5, "second key of a map missing"},
    {"82 61 61 19 01", Rule::truncated, 3, "last item of a list cut off"},

    {"00 00", Rule::trailing_bytes, 1, "two items"},
    {"80 f6", Rule::trailing_bytes, 1, "an item behind a list"},
    {"a1 61 61 01 ff", Rule::trailing_bytes, 4, "a break behind a map"},

    {"18 17", Rule::non_minimal_head, 0, "23 in two bytes"},
    {"19 00ff", Rule::non_minimal_head, 0, "255 in three bytes"},
    {"1a 0000ffff", Rule::non_minimal_head, 0, "65535 in five bytes"},
    {"1b 00000000ffffffff", Rule::non_minimal_head, 0, "2^32-1 in nine bytes"},
    {"38 17", Rule::non_minimal_head, 0, "-24 in two bytes"},
    {"3b 00000000ffffffff", Rule::non_minimal_head, 0, "-2^32 in nine bytes"},
    {"58 01 ff", Rule::non_minimal_head, 0, "length of bytes"},
    {"78 01 61", Rule::non_minimal_head, 0, "length of a string"},
    {"98 01 00", Rule::non_minimal_head, 0, "size of a list"},
    {"b8 01 61 61 00", Rule::non_minimal_head, 0, "size of a map"},
    {"a1 78 01 61 00", Rule::non_minimal_head, 1, "length of a key"},
    {"d9 002a 45 00 01 55 00 00", Rule::non_minimal_head, 0, "tag 42 in three bytes"},
    {"d8 2a 58 05 00 01 55 00 00", Rule::non_minimal_head, 2, "length of a link's bytes"},
    {"82 00 18 01", Rule::non_minimal_head, 2, "inside a list"},

    {"5f 41 00 ff", Rule::indefinite_length, 0, "streamed bytes"},
    {"7f 61 61 ff", Rule::indefinite_length, 0, "streamed string"},
    {"9f 00 ff", Rule::indefinite_length, 0, "streamed list"},
    {"bf 61 61 00 ff", Rule::indefinite_length, 0, "streamed map"},
    {"a1 7f 61 61 ff 00", Rule::indefinite_length, 1, "streamed key"},
    {"d8 2a 5f 41 00 ff", Rule::indefinite_length, 2, "streamed link"},

    {"1c", Rule::reserved_info, 0, "integer, 28"},
    {"1f", Rule::reserved_info, 0, "integer, 31"},
    {"3d", Rule::reserved_info, 0, "negative integer, 29"},
    {"3f", Rule::reserved_info, 0, "negative integer, 31"},
    {"5e", Rule::reserved_info, 0, "bytes, 30"},
    {"7c", Rule::reserved_info, 0, "string, 28"},
    {"9d", Rule::reserved_info, 0, "list, 29"},
    {"be", Rule::reserved_info, 0, "map, 30"},
    {"dc", Rule::reserved_info, 0, "tag, 28"},
    {"df", Rule::reserved_info, 0, "tag, 31"},
    {"fc", Rule::reserved_info, 0, "simple, 28"},
    {"fe", Rule::reserved_info, 0, "simple, 30"},
    {"ff", Rule::reserved_info, 0, "break outside a stream"},
    {"81 ff", Rule::reserved_info, 1, "break instead of an item"},

    {"f7", Rule::unsupported_simple, 0, "undefined"},
    {"e0", Rule::unsupported_simple, 0, "simple 0"},
    {"f3", Rule::unsupported_simple, 0, "simple 19"},
    {"f8 14", Rule::unsupported_simple, 0, "false in two bytes"},
    {"f8 ff", Rule::unsupported_simple, 0, "simple 255"},
    {"f8", Rule::unsupported_simple, 0, "simple in two bytes, cut off"},

    {"f9 3c00", Rule::float_width, 0, "16 bits"},
    {"fa 3f800000", Rule::float_width, 0, "32 bits"},
    {"f9 7e00", Rule::float_width, 0, "NaN in 16 bits"},

    {"fb 7ff8000000000000", Rule::non_finite_float, 0, "NaN"},
    {"fb 7ff0000000000001", Rule::non_finite_float, 0, "signalling NaN"},
    {"fb fff8000000000000", Rule::non_finite_float, 0, "negative NaN"},
    {"fb 7ff0000000000000", Rule::non_finite_float, 0, "infinity"},
    {"fb fff0000000000000", Rule::non_finite_float, 0, "negative infinity"},

    {"fb 8000000000000000", Rule::negative_zero, 0, "-0.0"},
    {"a1 61 61 fb 8000000000000000", Rule::negative_zero, 3, "-0.0 in a map"},

    {"c0 60", Rule::unsupported_tag, 0, "date text"},
    {"c2 41 01", Rule::unsupported_tag, 0, "big number"},
    {"d8 29 00", Rule::unsupported_tag, 0, "tag 41"},
    {"d8 2b 00", Rule::unsupported_tag, 0, "tag 43"},
    {"d9 d9f7 00", Rule::unsupported_tag, 0, "self-described CBOR"},
    {"82 00 c1 00", Rule::unsupported_tag, 2, "inside a list"},

    {"d8 2a 00", Rule::invalid_link, 0, "around an integer"},
    {"d8 2a 60", Rule::invalid_link, 0, "around a string"},
    {"d8 2a d8 2a 40", Rule::invalid_link, 0, "around a link"},
    {"d8 2a 40", Rule::invalid_link, 0, "around no bytes"},
    {"d8 2a 41 00", Rule::invalid_link, 0, "prefix without a CID"},
    {"d8 2a 44 01 55 00 00", Rule::invalid_link, 0, "CID without the prefix 00"},
    {"d8 2a 45 62 01 55 00 00", Rule::invalid_link, 0, "another prefix"},
    {"d8 2a 45 00 02 55 00 00", Rule::invalid_link, 0, "CIDv2"},
    {"d8 2a 46 00 01 55 00 00 ff", Rule::invalid_link, 0, "bytes behind the CID"},
    {"d8 2a 46 00 01 55 12 01 00", Rule::invalid_link, 0, "sha2-256 of one byte"},
    {"81 d8 2a 40", Rule::invalid_link, 1, "inside a list"},

    {"a1 00 00", Rule::non_string_key, 1, "integer"},
    {"a1 20 00", Rule::non_string_key, 1, "negative integer"},
    {"a1 41 61 00", Rule::non_string_key, 1, "bytes"},
    {"a1 80 00", Rule::non_string_key, 1, "list"},
    {"a1 a0 00", Rule::non_string_key, 1, "map"},
    {"a1 f6 00", Rule::non_string_key, 1, "null"},
    {"a1 d8 2a 45 00 01 55 00 00", Rule::non_string_key, 1, "link"},

    {"a2 61 62 00 61 61 00", Rule::unsorted_keys, 4, "b before a"},
    {"a2 62 6161 00 61 62 00", Rule::unsorted_keys, 5, "aa before b: the shorter comes first"},
    {"a2 61 61 00 60 00", Rule::unsorted_keys, 4, "a before the empty key"},
    {"a3 61 61 00 61 63 00 61 62 00", Rule::unsorted_keys, 7, "third of three"},
    {"a2 62 c3a9 00 62 7a7a 00", Rule::unsorted_keys, 5, "bytes count, not letters"},

    {"a2 61 61 00 61 61 01", Rule::duplicate_key, 4, "a twice"},
    {"a2 60 00 60 00", Rule::duplicate_key, 3, "the empty key twice"},
    {"81 a2 61 61 00 61 61 01", Rule::duplicate_key, 5, "inside a list"},

    {"61 ff", Rule::invalid_utf8, 0, "no such byte"},
    {"61 80", Rule::invalid_utf8, 0, "continuation without a start"},
    {"61 c3", Rule::invalid_utf8, 0, "start without a continuation"},
    {"62 c080", Rule::invalid_utf8, 0, "zero in two bytes"},
    {"62 c1bf", Rule::invalid_utf8, 0, "overlong, two bytes"},
    {"63 e09fbf", Rule::invalid_utf8, 0, "overlong, three bytes"},
    {"63 eda080", Rule::invalid_utf8, 0, "first surrogate"},
    {"63 edbfbf", Rule::invalid_utf8, 0, "last surrogate"},
    {"64 f08fbfbf", Rule::invalid_utf8, 0, "overlong, four bytes"},
    {"64 f4908080", Rule::invalid_utf8, 0, "U+110000"},
    {"64 f5808080", Rule::invalid_utf8, 0, "above any character"},
    {"6b 6162636465666768 e282 61", Rule::invalid_utf8, 0, "cut off behind eight letters"},
    {"a1 61 ff 00", Rule::invalid_utf8, 1, "key"},
    {"82 00 61 ff", Rule::invalid_utf8, 2, "inside a list"},

    {"41", Rule::length_over_input, 0, "bytes, one missing"},
    {"62 61", Rule::length_over_input, 0, "string, one missing"},
    {"5b ffffffffffffffff", Rule::length_over_input, 0, "bytes, 2^64-1"},
    {"7b 7fffffffffffffff", Rule::length_over_input, 0, "string, 2^63-1"},
    {"81", Rule::length_over_input, 0, "list, its item missing"},
    {"83 00 00", Rule::length_over_input, 0, "list, one missing"},
    {"9b ffffffffffffffff", Rule::length_over_input, 0, "list, 2^64-1"},
    {"a1 60", Rule::length_over_input, 0, "map: an entry takes two bytes"},
    {"bb 8000000000000000", Rule::length_over_input, 0, "map, 2^63: twice that overflows to 0"},
    {"bb ffffffffffffffff", Rule::length_over_input, 0, "map, 2^64-1"},
    {"82 82 00 00", Rule::length_over_input, 1, "the outer list still needs one byte"},
    {"82 81 00", Rule::length_over_input, 1, "the same, of a list in a list"},
    {"a1 62 61", Rule::length_over_input, 1, "key"},
    {"d8 2a 42 00", Rule::length_over_input, 2, "link"},
};

class DagCborBroken : public testing::TestWithParam<Broken> {};

TEST_P(DagCborBroken, IsRefusedByRuleAndOffset) {
    const auto& line = GetParam();
    const auto expected = std::string(to_string(line.rule)) + "@" + std::to_string(line.offset);
    const auto input = from_hex(line.hex);
    const auto decoded = decode(input);
    EXPECT_EQ(broken_rule(decoded), expected) << line.hex << ": " << line.why;
    EXPECT_EQ(broken_rule(validate(input)), expected) << line.hex << ": " << line.why;
    EXPECT_EQ(broken_rule(View::parse(input)), expected) << line.hex << ": " << line.why;
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, Errc::invalid_dag_cbor);
}

std::ostream& operator<<(std::ostream& out, const Broken& line) {
    return out << to_string(line.rule) << ": " << line.why;
}

INSTANTIATE_TEST_SUITE_P(Table, DagCborBroken, testing::ValuesIn(broken_inputs));

TEST(DagCborDecode, EveryRuleHasALineInTheTable) {
    for (int rule = 0; rule <= static_cast<int>(Rule::depth_limit); ++rule) {
        if (static_cast<Rule>(rule) == Rule::depth_limit) continue; // tested below, with inputs too long for a table
        const auto has_rule = [rule](const Broken& line) { return static_cast<int>(line.rule) == rule; };
        EXPECT_TRUE(std::ranges::any_of(broken_inputs, has_rule)) << to_string(static_cast<Rule>(rule));
        EXPECT_NE(to_string(static_cast<Rule>(rule)), "unknown");
    }
}

TEST(DagCborDecode, InvalidLinkNamesTheRuleOfTheCid) {
    const auto decoded = decode(from_hex("d8 2a 45 00 02 55 00 00"));
    ASSERT_FALSE(decoded);
    EXPECT_NE(decoded.error().message.find("unsupported_version at byte 0 of the CID"), std::string::npos)
        << decoded.error().message;
}

struct Accepted {
    std::string_view hex;
    Value value;
};

std::vector<Accepted> accepted_inputs() {
    const auto raw_empty = *Cid::from_bytes(from_hex("01 55 00 00"));
    return {
        {"f6", nullptr},
        {"f4", false},
        {"f5", true},
        {"00", 0},
        {"17", 23},
        {"18 18", 24},
        {"18 ff", 255},
        {"19 0100", 256},
        {"19 ffff", 65535},
        {"1a 00010000", 65536},
        {"1a ffffffff", 4294967295},
        {"1b 0000000100000000", 4294967296},
        {"1b 7fffffffffffffff", INT64_MAX},
        {"1b ffffffffffffffff", UINT64_MAX},
        {"20", -1},
        {"37", -24},
        {"38 18", -25},
        {"3b 7fffffffffffffff", INT64_MIN},
        {"3b 8000000000000000", Integer::negative(std::uint64_t{1} << 63)},
        {"3b ffffffffffffffff", Integer::negative(UINT64_MAX)},
        {"fb 0000000000000000", 0.0},
        {"fb 3ff0000000000000", 1.0},
        {"fb bff199999999999a", -1.1},
        {"fb 0000000000000001", 5e-324},
        {"fb 7fefffffffffffff", 1.7976931348623157e308},
        {"60", ""},
        {"61 61", "a"},
        {"63 e6b0b4", "水"},
        {"64 f4 8f bf bf", "\xf4\x8f\xbf\xbf"},
        {"61 00", std::string(1, '\0')},
        {"40", Bytes()},
        {"42 00ff", Bytes{std::byte{0}, std::byte{0xff}}},
        {"80", List()},
        {"83 01 81 02 f6", List{1, List{2}, nullptr}},
        {"a0", Map()},
        {"a3 60 00 61 62 01 62 6161 02", Map{{"", 0}, {"b", 1}, {"aa", 2}}},
        {"a1 61 61 a1 61 62 80", Map{{"a", Map{{"b", List()}}}}},
        {"d8 2a 45 00 01 55 00 00", raw_empty},
    };
}

TEST(DagCborDecode, AcceptsAndKeepsEveryKind) {
    for (const auto& [hex, value] : accepted_inputs()) {
        const auto input = from_hex(hex);
        const auto decoded = decode(input);
        ASSERT_TRUE(decoded) << hex << ": " << decoded.error().message;
        EXPECT_EQ(*decoded, value) << hex;
        EXPECT_EQ(decoded->kind(), value.kind()) << hex;
        EXPECT_EQ(broken_rule(validate(input)), "ok") << hex;
        EXPECT_EQ(test::to_hex(*encode(value)), test::to_hex(input));
    }
}

// [[[...]]] of that many lists.
Bytes nested_lists(std::size_t depth) {
    Bytes input(depth, std::byte{0x81});
    input.back() = std::byte{0x80};
    return input;
}

Bytes nested_maps(std::size_t depth) {
    Bytes input;
    for (std::size_t i = 1; i < depth; ++i) std::ranges::copy(from_hex("a1 61 61"), std::back_inserter(input));
    input.push_back(std::byte{0xa0});
    return input;
}

TEST(DagCborDecode, RefusesOneLevelMoreThanTheLimit) {
    EXPECT_EQ(broken_rule(decode(nested_lists(128))), "ok");
    EXPECT_EQ(broken_rule(decode(nested_lists(129))), "depth_limit@128");
    EXPECT_EQ(broken_rule(decode(nested_maps(128))), "ok");
    EXPECT_EQ(broken_rule(decode(nested_maps(129))), "depth_limit@384");
    EXPECT_EQ(broken_rule(decode(from_hex("00"), {.max_depth = 1})), "ok");
    EXPECT_EQ(broken_rule(decode(from_hex("80"), {.max_depth = 1})), "ok");
    EXPECT_EQ(broken_rule(decode(from_hex("82 00 80"), {.max_depth = 1})), "depth_limit@2");
    EXPECT_EQ(broken_rule(decode(nested_lists(1024), {.max_depth = 1024})), "ok");
    EXPECT_EQ(broken_rule(decode(nested_lists(1025), {.max_depth = 1024})), "depth_limit@1024");
}

TEST(DagCborDecode, TakesTheNearestAllowedDepthLimit) {
    EXPECT_EQ(broken_rule(decode(from_hex("80"), {.max_depth = 0})), "ok");
    EXPECT_EQ(broken_rule(decode(from_hex("81 80"), {.max_depth = 0})), "depth_limit@1");
    EXPECT_EQ(broken_rule(decode(nested_lists(1025), {.max_depth = 60000})), "depth_limit@1024");
}

TEST(DagCborDecode, DaslProfileNarrowsTheLinks) {
    const auto with_link = [](std::string_view cid) { return from_hex("d8 2a 58 " + std::string(cid)); };
    const std::string digest(64, '0');
    const auto dag_cbor = with_link("25 00 01 71 12 20" + digest);
    const auto dag_pb = with_link("25 00 01 70 12 20" + digest);
    const auto v0 = with_link("23 00 12 20" + digest);
    const DecodeOptions dasl{.links = CidProfile::dasl};
    EXPECT_EQ(broken_rule(decode(dag_cbor, dasl)), "ok");
    EXPECT_EQ(broken_rule(decode(dag_pb, dasl)), "invalid_link@0");
    EXPECT_EQ(broken_rule(decode(v0, dasl)), "invalid_link@0");
    EXPECT_EQ(broken_rule(validate(v0, dasl)), "invalid_link@0");
    EXPECT_EQ(broken_rule(decode(dag_pb)), "ok");
    EXPECT_EQ(broken_rule(decode(v0)), "ok");
}

} // namespace
} // namespace cim::ipld
