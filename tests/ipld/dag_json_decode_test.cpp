// Aim: the reader takes exactly dag-json, keeps integers and floats apart, and says which rule is broken at which byte.
// Method: broken texts rule by rule, then accepted ones with what they mean.
#include <cim/dag_json.hpp>

#include "ipld/support.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace cim::ipld {
namespace {

using test::broken_rule;
using test::from_hex;

const std::string cid = "bafyreifqwkmiw256ojf2zws6tzjeonw6bpd5vza4i22ccpcq4hjv2ts7cm";
const std::string link = R"({"/":")" + cid + R"("})";

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

struct Line {
    std::string text, expected;
};

void expect_broken(const std::vector<Line>& lines) {
    for (const auto& [text, expected] : lines) {
        const auto decoded = decode_dag_json(text);
        EXPECT_EQ(broken_rule(decoded), expected) << text;
        ASSERT_FALSE(decoded) << text;
        EXPECT_EQ(decoded.error().code, Errc::invalid_dag_json);
    }
}

// The offset is where the text stops being JSON.
TEST(DagJsonDecode, RefusesWhatIsNotJson) {
    using namespace std::string_literals;
    expect_broken({
        {"", "invalid_syntax@0"},
        {" ", "invalid_syntax@1"},
        {"nul", "invalid_syntax@3"},
        {"True", "invalid_syntax@0"},
        {"[1,2", "invalid_syntax@4"},
        {"[1,]", "invalid_syntax@3"},
        {"[1 2]", "invalid_syntax@3"},
        {"{\"a\" 1}", "invalid_syntax@5"},
        {"{a:1}", "invalid_syntax@1"},
        {"{'a':1}", "invalid_syntax@1"},
        {"{\"a\":1,}", "invalid_syntax@7"},
        {"1 2", "invalid_syntax@2"},
        {"null,", "invalid_syntax@4"},
        {"// comment\n1", "invalid_syntax@0"},
        {"\"abc", "invalid_syntax@4"},
        {"\"\\x\"", "invalid_syntax@2"},
        {"\"\\ud800\"", "invalid_syntax@7"},
        {"\"\\udc00\"", "invalid_syntax@6"},
        {"\"a\tb\"", "invalid_syntax@2"},
        {"01", "invalid_syntax@1"},
        {"+1", "invalid_syntax@0"},
        {".5", "invalid_syntax@0"},
        {"1.", "invalid_syntax@2"},
        {"1e", "invalid_syntax@2"},
        {"NaN", "invalid_syntax@0"},
        {"-Infinity", "invalid_syntax@1"},
        {"1\0"s, "invalid_syntax@1"},
        {"\"a\0b\""s, "invalid_syntax@2"},
        {"[1,\0]"s, "invalid_syntax@3"},
    });
}

TEST(DagJsonDecode, RefusesWhatIsNotUtf8) {
    expect_broken({
        {"\xff", "invalid_utf8@0"},
        {"\"a\xc3\"", "invalid_utf8@2"},
        {"\"\xed\xa0\x80\"", "invalid_utf8@1"},
        {"{\"\xc0\x80\":1}", "invalid_utf8@2"},
    });
}

// The offset is that of the first byte of what breaks the rule.
TEST(DagJsonDecode, RefusesWhatTheDataModelCannotHold) {
    expect_broken({
        {"18446744073709551616", "integer_range@0"},
        {"-18446744073709551617", "integer_range@0"},
        {"[1, 99999999999999999999999]", "integer_range@4"},
        {"{\"a\":-99999999999999999999 }", "integer_range@5"},
        {"1e309", "float_range@0"},
        {"[0,-1e400]", "float_range@3"},
        {R"({"a":1,"a":1})", "duplicate_key@7"},
        {R"({"a":1,"b":2,"b":3,"a":4})", "duplicate_key@13"},
        {R"({"a":1,"\u0061":2})", "duplicate_key@7"},
        {R"([{"\\\"":1,"b":2,"\\\"":3}])", "duplicate_key@17"},
    });
}

TEST(DagJsonDecode, RefusesOtherUsesOfTheReservedKey) {
    expect_broken({
        {R"({"/":1})", "reserved_key@1"},
        {R"({"/":null})", "reserved_key@1"},
        {R"({"/":[]})", "reserved_key@1"},
        {R"({"/":{}})", "reserved_key@1"},
        {R"({"/":{"bytes":1}})", "reserved_key@1"},
        {R"({"/":{"bytes":"","more":1}})", "reserved_key@1"},
        {R"({"/":{"other":""}})", "reserved_key@1"},
        {R"({"/":)" + link + "}", "reserved_key@1"},
        {R"({"/":{"/":{"bytes":""}}})", "reserved_key@1"},
        {R"({"/":{"bytes":{"/":{"bytes":""}}}})", "reserved_key@1"},
        {R"({"/":")" + cid + R"(","more":1})", "reserved_key@1"},
        {R"({"a":1,"/":")" + cid + R"("})", "reserved_key@7"},
        {R"([{"\/":1}])", "reserved_key@2"},

        {R"({"/":""})", "invalid_link@0"},
        {R"({"/":"no cid"})", "invalid_link@0"},
        {R"([1,{"/":"bafy"}])", "invalid_link@3"},
        {R"({"a": {"/":")" + cid + R"(a"}})", "invalid_link@6"},

        {R"({"/":{"bytes":"YQ=="}})", "invalid_bytes@0"},
        {R"({"/":{"bytes":"Y"}})", "invalid_bytes@0"},
        {R"({"/":{"bytes":"YR"}})", "invalid_bytes@0"},
        {R"({"/":{"bytes":"_w"}})", "invalid_bytes@0"},
        {R"([{"/":{"bytes":"Y Q"}}])", "invalid_bytes@1"},
    });
}

TEST(DagJsonDecode, ErrorOfALinkSaysWhatIsWrongWithTheCid) {
    const auto decoded = decode_dag_json(R"({"/":"b!"})");
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().message, "not dag-json: a link that is not a CID, at byte 0 "
                                       "(CID 'b!' has a character that its base does not have, at character 1)");
}

TEST(DagJsonDecode, RefusesOneLevelMoreThanTheLimit) {
    EXPECT_EQ(broken_rule(decode_dag_json(nested(128))), "ok");
    EXPECT_EQ(broken_rule(decode_dag_json(nested(129))), "depth_limit@128");
    EXPECT_EQ(broken_rule(decode_dag_json(nested(1024), {.max_depth = 1024})), "ok");
    EXPECT_EQ(broken_rule(decode_dag_json(nested(1025), {.max_depth = 65535})), "depth_limit@1024");
    EXPECT_EQ(broken_rule(decode_dag_json(R"({"a":{}})", {.max_depth = 2})), "ok");
    EXPECT_EQ(broken_rule(decode_dag_json(R"({"a":{}})", {.max_depth = 1})), "depth_limit@5");
    EXPECT_EQ(broken_rule(decode_dag_json(std::string(100000, '['))), "depth_limit@128");
    std::string maps;
    for (int i = 0; i < 100000; ++i) maps += R"({"a":)";
    EXPECT_EQ(broken_rule(decode_dag_json(maps, {.max_depth = 10})), "depth_limit@60");
}

// Their braces are spelling and not structure.
TEST(DagJsonDecode, LinksAndBytesDoNotCountAsLevels) {
    const auto in_list = [](const std::string& text) { return "[" + text + "]"; };
    const std::string bytes = R"({"/":{"bytes":""}})";
    EXPECT_EQ(broken_rule(decode_dag_json(in_list(link), {.max_depth = 1})), "ok");
    EXPECT_EQ(broken_rule(decode_dag_json(in_list(bytes), {.max_depth = 1})), "ok");
    EXPECT_EQ(broken_rule(decode_dag_json(in_list(in_list(bytes)), {.max_depth = 1})), "depth_limit@1");
    EXPECT_EQ(broken_rule(decode_dag_json(R"([{"bytes":""}])", {.max_depth = 1})), "depth_limit@1");
    EXPECT_EQ(broken_rule(decode_dag_json(R"([{"/":{"x":""}}])", {.max_depth = 1})), "depth_limit@6");
    EXPECT_EQ(broken_rule(decode_dag_json(R"({"a":{"b":{"c":1}}})", {.max_depth = 1})), "depth_limit@10");
}

TEST(DagJsonDecode, AcceptsAndKeepsEveryKind) {
    struct Accepted {
        std::string text;
        Value value;
    };
    const std::vector<Accepted> lines{
        {"null", nullptr},
        {"true", true},
        {"false", false},
        {"0", 0},
        {"-0", 0},
        {"-1", -1},
        {"9223372036854775807", INT64_MAX},
        {"9223372036854775808", std::uint64_t{1} << 63},
        {"18446744073709551615", UINT64_MAX},
        {"-9223372036854775808", INT64_MIN},
        {"-9223372036854775809", Integer::negative(std::uint64_t{1} << 63)},
        {"-18446744073709551615", Integer::negative(UINT64_MAX - 1)},
        {"-18446744073709551616", Integer::negative(UINT64_MAX)},
        {"0.0", 0.0},
        {"1.0", 1.0},
        {"1e0", 1.0},
        {"1E2", 100.0},
        {"-0.5", -0.5},
        {"18446744073709551616.0", 18446744073709551616.0},
        {"1e-323", 1e-323},
        {"1e-400", 0.0},
        {"1.7976931348623157e308", 1.7976931348623157e308},
        {R"("")", ""},
        {R"("a\"\\\/\b\f\n\r\t\u0041")", "a\"\\/\b\f\n\r\tA"},
        {R"("\ud834\udd1e")", "\U0001d11e"},
        {"\"水\"", "水"},
        {R"("\u0000")", std::string(1, '\0')},
        {"[]", List()},
        {"[1,[2],null]", List{1, List{2}, nullptr}},
        {"{}", Map()},
        {R"({"b":1,"aa":2,"a":3,"":4})", Map{{"", 4}, {"a", 3}, {"b", 1}, {"aa", 2}}},
        {R"({"bytes":"YQ"})", Map{{"bytes", "YQ"}}},
        {link, *Cid::parse(cid)},
        {R"({"/":"QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"})",
         *Cid::parse("QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn")},
        {R"({"/":{"bytes":""}})", Bytes()},
        {R"({"/":{"bytes":"+/8"}})", from_hex("fbff")},
        {R"( { "a" : [ 1 , { "/" : { "bytes" : "YQ" } } ] } )", Map{{"a", List{1, from_hex("61")}}}},
        {"\n\t[\r\n]\n", List()},
        {"\xef\xbb\xbf[]", List()},
    };
    for (const auto& [text, value] : lines) {
        const auto decoded = decode_dag_json(text);
        ASSERT_TRUE(decoded) << text << ": " << decoded.error().message;
        EXPECT_EQ(*decoded, value) << text;
        EXPECT_EQ(decoded->kind(), value.kind()) << text;
    }
}

TEST(DagJsonDecode, ReadsManyKeysInAnyOrder) {
    std::string text = "{";
    for (int i = 20000; i-- > 0;) text += "\"" + std::to_string(i) + "\":" + std::to_string(i) + (i == 0 ? "}" : ",");
    const auto decoded = decode_dag_json(text);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->if_map()->size(), 20000u);
    EXPECT_EQ(*decoded->find("12345"), Value(12345));
}

} // namespace
} // namespace cim::ipld
