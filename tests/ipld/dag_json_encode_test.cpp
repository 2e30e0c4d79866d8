// Aim: canonical dag-json byte for byte, the same from a Value and from a View.
// Method: refused values, then golden texts, then numbers and layout.
#include <cim/dag_json.hpp>

#include "ipld/support.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace cim::ipld {
namespace {

using test::from_hex;

std::string refusal(const Value& value, const DagJsonOptions& options = {}) {
    const auto text = encode_dag_json(value, options);
    if (text) return "ok";
    EXPECT_EQ(text.error().code, Errc::invalid_dag_json);
    return std::string(text.error().field("rule").value_or("?")) + " " +
           std::string(text.error().field("path").value_or("?"));
}

TEST(DagJsonEncode, RefusesWhatItCannotHold) {
    const double nan = std::nan("");
    EXPECT_EQ(refusal(nan), "float_range /");
    EXPECT_EQ(refusal(List{0, {{"x", -std::numeric_limits<double>::infinity()}}}), "float_range /1/x");
    EXPECT_EQ(refusal({{"/", 1}}), "reserved_key //");
    EXPECT_EQ(refusal({{"a", {{"/", "text"}, {"b", 1}}}}), "reserved_key /a//");
    EXPECT_EQ(refusal("\xff"), "invalid_utf8 /");
    EXPECT_EQ(refusal({{"\xff", 1}}), "invalid_utf8 /\\xff");
    EXPECT_EQ(refusal(List{List{List{}}}, {.max_depth = 2}), "depth_limit /0/0");
    EXPECT_EQ(refusal(List{Map{}}, {.max_depth = 1}), "depth_limit /0");
    EXPECT_EQ(refusal(List{List{}}, {.max_depth = 2}), "ok");
}

TEST(DagJsonEncode, WritesEveryKind) {
    struct Line {
        Value value;
        std::string_view text;
    };
    const std::vector<Line> lines{
        {nullptr, "null"},
        {true, "true"},
        {false, "false"},
        {-5, "-5"},
        {UINT64_MAX, "18446744073709551615"},
        {Integer::negative(UINT64_MAX), "-18446744073709551616"},
        {0.5, "0.5"},
        {"", R"("")"},
        {"a/b \x7f ü 水 \xe2\x80\xa8", "\"a/b \x7f ü 水 \xe2\x80\xa8\""},
        {"\"\\\b\t\n\f\r", R"("\"\\\b\t\n\f\r")"},
        {std::string("\0\x01\x1f", 3), R"("\u0000\u0001\u001f")"},
        {Bytes(), R"({"/":{"bytes":""}})"},
        {from_hex("fbff"), R"({"/":{"bytes":"+/8"}})"},
        {List(), "[]"},
        {List{1, List{}, "x"}, R"([1,[],"x"])"},
        {Map(), "{}"},
        {Map{{"b", 1}, {"aa", 2}, {"", 3}}, R"({"":3,"aa":2,"b":1})"}, // bytewise here, shorter first in dag-cbor
        {Map{{"z", 1}, {"é", 2}, {"\U0001d11e", 3}, {"～", 4}}, "{\"z\":1,\"é\":2,\"～\":4,\"\U0001d11e\":3}"},
        {Map{{"a\"b", 1}}, R"({"a\"b":1})"},
        {*Cid::parse("bafyreifqwkmiw256ojf2zws6tzjeonw6bpd5vza4i22ccpcq4hjv2ts7cm"),
         R"({"/":"bafyreifqwkmiw256ojf2zws6tzjeonw6bpd5vza4i22ccpcq4hjv2ts7cm"})"},
        {*Cid::parse("QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"),
         R"({"/":"QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"})"},
    };
    for (const auto& [value, text] : lines) {
        EXPECT_EQ(encode_dag_json(value), text);
        const auto block = *encode(value);
        EXPECT_EQ(encode_dag_json(*View::parse(block)), text);
        EXPECT_EQ(decode_dag_json(text), value) << text;
    }
}

// As JavaScript writes numbers, but for the ".0" that keeps whole floats apart from integers.
TEST(DagJsonEncode, WritesShortestFloats) {
    struct Line {
        double value;
        std::string_view text;
    };
    for (const auto& [value, text] : {
             Line{0.0, "0.0"},
             Line{-0.0, "0.0"},
             Line{1.0, "1.0"},
             Line{-1.0, "-1.0"},
             Line{100.0, "100.0"},
             Line{1.1, "1.1"},
             Line{123.456, "123.456"},
             Line{0.1, "0.1"},
             Line{0.001, "0.001"},
             Line{0.000001, "0.000001"},
             Line{0.0000001, "1e-7"},
             Line{0.00000012, "1.2e-7"},
             Line{8.940696716308594e-8, "8.940696716308594e-8"},
             Line{123456789012345680000.0, "123456789012345680000.0"},
             Line{1e20, "100000000000000000000.0"},
             Line{1e21, "1e+21"},
             Line{1.5e300, "1.5e+300"},
             Line{-1e-323, "-1e-323"},
             Line{5e-324, "5e-324"},
             Line{1.7976931348623157e308, "1.7976931348623157e+308"},
             Line{9007199254740993.0, "9007199254740992.0"},
             Line{0.30000000000000004, "0.30000000000000004"},
         }) {
        EXPECT_EQ(encode_dag_json(value), text);
        EXPECT_EQ(decode_dag_json(text), Value(value)) << text;
    }
}

TEST(DagJsonEncode, IndentsForReading) {
    const Value value{{"list", List{1, List{}, from_hex("61")}}, {"map", {{"x", nullptr}, {"empty", Map{}}}}};
    constexpr std::string_view expected = R"({
  "list": [
    1,
    [],
    {"/": {"bytes": "YQ"}}
  ],
  "map": {
    "empty": {},
    "x": null
  }
})";
    EXPECT_EQ(encode_dag_json(value, {.indent = 2}), expected);
    EXPECT_EQ(decode_dag_json(expected), value);
    EXPECT_EQ(encode_dag_json(List{*Cid::parse("bafkqaaa")}, {.indent = 1}), "[\n {\"/\": \"bafkqaaa\"}\n]");
}

TEST(DagJsonRule, EveryRuleHasAName) {
    for (int rule = 0; rule <= static_cast<int>(DagJsonRule::depth_limit); ++rule)
        EXPECT_NE(to_string(static_cast<DagJsonRule>(rule)), "unknown");
}

} // namespace
} // namespace cim::ipld
