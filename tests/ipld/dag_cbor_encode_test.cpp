// Aim: encoding yields the canonical bytes, and refuses what dag-cbor cannot hold, naming the rule and the place.
// Method: refused values first, then what encoding normalises, then the edges of nesting. Golden bytes are in
// dag_cbor_decode_test.cpp and golden_test.cpp, whose lines are encoded again.
#include <cim/ipld.hpp>

#include "ipld/support.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace cim::ipld {
namespace {

using test::to_hex;

// "rule path" of the error.
std::string refusal(const Value& value) {
    const auto encoded = encode(value);
    if (encoded) return "ok";
    EXPECT_EQ(encoded.error().code, Errc::invalid_dag_cbor);
    return std::string(encoded.error().field("rule").value_or("?")) + " " +
           std::string(encoded.error().field("path").value_or("?"));
}

Value nested(std::size_t depth) {
    Value value = List();
    for (std::size_t i = 1; i < depth; ++i) {
        List outer;
        outer.push_back(std::move(value));
        value = std::move(outer);
    }
    return value;
}

TEST(DagCborEncode, RefusesWhatDagCborCannotHold) {
    const double nan = std::nan("");
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(refusal(nan), "non_finite_float /");
    EXPECT_EQ(refusal(infinity), "non_finite_float /");
    EXPECT_EQ(refusal(-infinity), "non_finite_float /");
    EXPECT_EQ(refusal(List{1, 2, nan}), "non_finite_float /2");
    EXPECT_EQ(refusal({{"payload", {{"sizes", List{0.5, infinity}}}}}), "non_finite_float /payload/sizes/1");
    EXPECT_EQ(refusal("\xff"), "invalid_utf8 /");
    EXPECT_EQ(refusal({{"name", "\xc3"}}), "invalid_utf8 /name");
    EXPECT_EQ(refusal({{"a\xff", 1}}), "invalid_utf8 /a\\xff");
    EXPECT_EQ(refusal(nested(1024)), "ok");
    EXPECT_EQ(refusal(nested(1025)).substr(0, 16), "depth_limit /0/0");
}

TEST(DagCborEncode, LeavesTheOutputAsItWasOnAnError) {
    Bytes out = test::from_hex("0102");
    EXPECT_FALSE(encode_to(List{"a long enough string to be written first", std::nan("")}, out));
    EXPECT_EQ(to_hex(out), "0102");
}

TEST(DagCborEncode, AppendsToTheOutput) {
    Bytes out = test::from_hex("0102");
    EXPECT_TRUE(encode_to(List{1}, out));
    EXPECT_TRUE(encode_to("a", out));
    EXPECT_EQ(to_hex(out), "010281016161");
}

TEST(DagCborEncode, WritesNegativeZeroAsZero) { EXPECT_EQ(to_hex(*encode(-0.0)), "fb0000000000000000"); }

TEST(DagCborEncode, WritesKeysInCanonicalOrderWhateverTheOrderOfInsertion) {
    Map map;
    for (const auto* key : {"bb", "b", "", "aaa", "a", "ab"}) map[key] = nullptr;
    EXPECT_EQ(to_hex(*encode(map)), "a6"
                                    "60f6"
                                    "6161f6"
                                    "6162f6"
                                    "626162f6"
                                    "626262f6"
                                    "63616161f6");
}

// Each length of head, for each kind that has a length.
TEST(DagCborEncode, WritesShortestLengths) {
    for (const std::size_t size : {0u, 1u, 23u, 24u, 255u, 256u, 65535u, 65536u, 70000u}) {
        const std::string text(size, 'x');
        const std::size_t head = size < 24 ? 1 : size < 256 ? 2 : size < 65536 ? 3 : 5;
        EXPECT_EQ(encode(text)->size(), head + size);
        EXPECT_EQ(encode(Bytes(size))->size(), head + size);
        EXPECT_EQ(encode(List(size))->size(), head + size);
        EXPECT_EQ(encode(Map{{text, 0}})->size(), 1 + head + size + 1);
        for (const auto& block : {*encode(text), *encode(Bytes(size)), *encode(List(size))})
            EXPECT_TRUE(validate(block));
    }
}

TEST(DagCborEncode, WritesAMapOfManyEntries) {
    Map map;
    for (int i = 0; i < 70000; ++i) map.insert_or_assign(std::to_string(100000 + i), i);
    const auto block = *encode(map);
    EXPECT_EQ(to_hex(ByteView(block).first(5)), "ba00011170");
    EXPECT_EQ(*decode(block), Value(map));
}

} // namespace
} // namespace cim::ipld
