// Aim: a block is read if and only if it is the canonical block of some event, and written as the format says.
// Method: broken blocks by rule and field first; blocks of an independent implementation byte for byte; random round
// trips; every single-byte change of a block against a slow reading with the general decoder.
#include <cim/dag_json.hpp>
#include <cim/event.hpp>

#include "event/golden.hpp"
#include "ipld/support.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>

namespace cim {
namespace {

using ipld::Map;
using ipld::Value;
using test::from_hex;
using test::to_hex;

Map event_fields() {
    return {{"payload", Value{{"a", 1}}},
            {"timestamp", 1'700'000'000'123'456},
            {"event_type", "NodeCreated"},
            {"aggregate_id", "graph-1"},
            {"previous_cid", nullptr}};
}

Bytes block_of(Map fields) { return *ipld::encode(Value(std::move(fields))); }

Bytes block_with(std::string_view key, Value value) {
    auto fields = event_fields();
    fields[key] = std::move(value);
    return block_of(std::move(fields));
}

void expect_refused(const Bytes& block, std::string_view rule, std::string_view field, std::string_view message) {
    const auto parsed = EventBlock::parse(block);
    ASSERT_FALSE(parsed) << message;
    EXPECT_EQ(parsed.error().code, Errc::invalid_event_block);
    EXPECT_EQ(parsed.error().field("rule"), rule);
    EXPECT_EQ(parsed.error().field("field").value_or(""), field);
    EXPECT_TRUE(parsed.error().field("offset"));
    EXPECT_EQ(parsed.error().message, "not an event block: " + std::string(message));
}

TEST(ParseEventBlock, RefusesWhatIsNoMap) {
    expect_refused(*ipld::encode(ipld::List{1, 2}), "not_a_map", "", "it is of kind list, not map");
    expect_refused(*ipld::encode("event"), "not_a_map", "", "it is of kind string, not map");
}

TEST(ParseEventBlock, RefusesMissingFields) {
    for (const std::string_view key : {"payload", "timestamp", "event_type", "aggregate_id", "previous_cid"}) {
        auto fields = event_fields();
        fields.erase(key);
        expect_refused(block_of(fields), "missing_field", key, "field '" + std::string(key) + "' is missing");
        // Five fields, but another one in its place.
        fields["other"] = 1;
        expect_refused(block_of(fields), "missing_field", key, "field '" + std::string(key) + "' is missing");
    }
    expect_refused(block_of({}), "missing_field", "payload", "field 'payload' is missing");
}

TEST(ParseEventBlock, RefusesSuperfluousFields) {
    for (const std::string_view key : {"", "zz", "other_field", "previous_cid_and_more"})
        expect_refused(block_with(key, 1), "superfluous_field", key,
                       "field '" + std::string(key) + "' has no place in it");
}

TEST(ParseEventBlock, RefusesOtherKinds) {
    expect_refused(block_with("timestamp", "now"), "wrong_kind", "timestamp",
                   "field 'timestamp' is of kind string, not integer");
    expect_refused(block_with("timestamp", 1.5), "wrong_kind", "timestamp",
                   "field 'timestamp' is of kind float, not integer");
    expect_refused(block_with("event_type", 7), "wrong_kind", "event_type",
                   "field 'event_type' is of kind integer, not string");
    expect_refused(block_with("aggregate_id", nullptr), "wrong_kind", "aggregate_id",
                   "field 'aggregate_id' is of kind null, not string");
    expect_refused(block_with("aggregate_id", Bytes(3)), "wrong_kind", "aggregate_id",
                   "field 'aggregate_id' is of kind bytes, not string");
    expect_refused(block_with("previous_cid", false), "wrong_kind", "previous_cid",
                   "field 'previous_cid' is of kind boolean, not link or null");
}

TEST(ParseEventBlock, RefusesTimesThatDoNotFit) {
    expect_refused(block_with("timestamp", std::uint64_t{1} << 63), "out_of_range", "timestamp",
                   "field 'timestamp' is 9223372036854775808, which 64 bits cannot hold");
    expect_refused(block_with("timestamp", ipld::Integer::negative(std::uint64_t{1} << 63)), "out_of_range",
                   "timestamp", "field 'timestamp' is -9223372036854775809, which 64 bits cannot hold");
}

TEST(ParseEventBlock, RefusesTextsThatAreNoTokens) {
    expect_refused(block_with("event_type", "Node.Created"), "not_a_token", "event_type",
                   "field event_type 'Node.Created' holds a '.', which separates tokens");
    expect_refused(block_with("event_type", ""), "not_a_token", "event_type", "field event_type '' is empty");
    expect_refused(block_with("aggregate_id", "graph 1"), "not_a_token", "aggregate_id",
                   "field aggregate_id 'graph 1' holds white space");
    const std::string longest(max_token_size, 'a');
    EXPECT_TRUE(EventBlock::parse(block_with("aggregate_id", longest)));
    expect_refused(block_with("aggregate_id", longest + 'a'), "not_a_token", "aggregate_id",
                   "field aggregate_id '" + std::string(120, 'a') + "...' is longer than 255 bytes");
}

TEST(ParseEventBlock, RefusesLinksToAnythingButEvents) {
    const auto raw = Cid::of(multicodec::raw, as_bytes("x"));
    const auto v0 = *Cid::from_bytes(from_hex("1220" + std::string(64, 'a')));
    const auto identity = *Cid::from_bytes(from_hex("01710003616263"));
    for (const auto& cid : {raw, v0, identity})
        expect_refused(block_with("previous_cid", cid), "wrong_cid", "previous_cid",
                       "field 'previous_cid' is " + cid.to_string() + ", not a CIDv1 of dag-cbor with sha2-256");
    EXPECT_TRUE(EventBlock::parse(block_with("previous_cid", Cid::of_dag_cbor(as_bytes("x")))));
}

TEST(ParseEventBlock, RefusesWhatIsTooLarge) {
    Bytes large(EventBlock::max_size + 1);
    expect_refused(large, "too_large", "", "it has 4194305 bytes, the limit is 4194304");
    const auto overhead = block_with("payload", Bytes(EventBlock::max_size / 2)).size() - EventBlock::max_size / 2;
    EXPECT_TRUE(EventBlock::parse(block_with("payload", Bytes(EventBlock::max_size - overhead))));
}

TEST(ParseEventBlock, LeavesBrokenDagCborToItsOwnRules) {
    const auto good = block_of(event_fields());
    for (std::size_t size = 0; size < good.size(); ++size) {
        const auto parsed = EventBlock::parse(ByteView(good).first(size));
        ASSERT_FALSE(parsed);
        EXPECT_EQ(parsed.error().code, Errc::invalid_dag_cbor);
    }
    auto trailing = good;
    trailing.push_back(std::byte{0xf6});
    EXPECT_EQ(test::broken_rule(EventBlock::parse(trailing)), "trailing_bytes@" + std::to_string(good.size()));
    // The same timestamp, in 8 bytes although 1 would do.
    const auto text = to_hex(block_with("timestamp", 5));
    const auto at = text.find("74696d657374616d7005") + 18;
    const auto longer = text.substr(0, at) + "1b0000000000000005" + text.substr(at + 2);
    EXPECT_EQ(test::broken_rule(EventBlock::parse(from_hex(longer))), "non_minimal_head@" + std::to_string(at / 2));
}

TEST(ParseEventBlock, CountsTheBlockAsOneLevelOfDepth) {
    Value nested = 1;
    for (int i = 0; i < 127; ++i) nested = ipld::List{std::move(nested)};
    EXPECT_TRUE(EventBlock::parse(block_with("payload", nested)));
    const auto parsed = EventBlock::parse(block_with("payload", ipld::List{std::move(nested)}));
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, Errc::invalid_dag_cbor);
    EXPECT_EQ(parsed.error().field("rule"), "depth_limit");
}

TEST(EventBlock, MatchesTheGoldenBlocks) {
    for (const auto& golden : test::golden_events) {
        const auto block = from_hex(golden.block);
        EXPECT_EQ(Cid::of_dag_cbor(block).to_string(), golden.cid);

        const auto parsed = EventBlock::parse(block);
        ASSERT_TRUE(parsed) << parsed.error().text();
        EXPECT_EQ(parsed->timestamp, from_micros(golden.timestamp));
        EXPECT_EQ(parsed->event_type, golden.event_type);
        EXPECT_EQ(parsed->aggregate_id, golden.aggregate_id);
        EXPECT_EQ(parsed->previous_cid ? parsed->previous_cid->to_string() : "", golden.previous_cid);
        const auto payload = *ipld::decode_dag_json(golden.payload);
        EXPECT_EQ(parsed->payload.to_value(), payload);

        Bytes written;
        ASSERT_TRUE(encode_event_block({.payload = *ipld::encode(payload),
                                        .timestamp = from_micros(golden.timestamp),
                                        .event_type = golden.event_type,
                                        .aggregate_id = golden.aggregate_id,
                                        .previous_cid = parsed->previous_cid ? &*parsed->previous_cid : nullptr},
                                       written));
        EXPECT_EQ(to_hex(written), golden.block);
    }
}

TEST(EncodeEventBlock, RefusesAndLeavesTheOutputAlone) {
    const auto payload = *ipld::encode(nullptr);
    const auto raw = Cid::of(multicodec::raw, payload);
    Bytes out{std::byte{1}};
    EventBlockFields fields{.payload = payload, .timestamp = {}, .event_type = "Set", .aggregate_id = "a.b"};
    auto refused = encode_event_block(fields, out);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid_token);
    EXPECT_EQ(refused.error().field("name"), "aggregate id");

    fields.aggregate_id = "a";
    fields.event_type = "";
    refused = encode_event_block(fields, out);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field("name"), "event type");

    fields.event_type = "Set";
    fields.previous_cid = &raw;
    refused = encode_event_block(fields, out);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    EXPECT_EQ(refused.error().field("name"), "previous_cid");
    EXPECT_EQ(out, Bytes{std::byte{1}});
}

TEST(EncodeEventBlock, Appends) {
    const auto payload = *ipld::encode(nullptr);
    const EventBlockFields fields{.payload = payload, .timestamp = {}, .event_type = "Set", .aggregate_id = "a"};
    Bytes once;
    ASSERT_TRUE(encode_event_block(fields, once));
    auto twice = once;
    ASSERT_TRUE(encode_event_block(fields, twice));
    EXPECT_EQ(to_hex(twice), to_hex(once) + to_hex(once));
}

RC_GTEST_PROP(EventBlock, WhatIsEncodedIsTheGeneralEncodingAndReadsBack,
              (std::int64_t time, const std::string& type, const std::string& id, bool first)) {
    // Small times as well, which have short heads.
    const auto shift = *rc::gen::inRange(0, 63);
    const auto timestamp = time >> shift;
    const auto event_type = escape_token(type).substr(0, max_token_size);
    const auto aggregate_id = escape_token(id + std::string(id.size() * 10, 'x')).substr(0, max_token_size);
    RC_PRE(is_token(event_type) && is_token(aggregate_id));
    const auto previous = Cid::of_dag_cbor(as_bytes(id));
    const Value payload{{"n", timestamp}, {"text", escape_token(type)}};

    Bytes block;
    RC_ASSERT(encode_event_block({.payload = *ipld::encode(payload),
                                  .timestamp = from_micros(timestamp),
                                  .event_type = event_type,
                                  .aggregate_id = aggregate_id,
                                  .previous_cid = first ? nullptr : &previous},
                                 block)
                  .has_value());
    RC_ASSERT(block == block_of({{"payload", payload},
                                 {"timestamp", timestamp},
                                 {"event_type", event_type},
                                 {"aggregate_id", aggregate_id},
                                 {"previous_cid", first ? Value() : Value(previous)}}));
    const auto parsed = EventBlock::parse(block);
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(parsed->payload.to_value() == payload);
    RC_ASSERT(parsed->timestamp == from_micros(timestamp));
    RC_ASSERT(parsed->event_type == event_type);
    RC_ASSERT(parsed->aggregate_id == aggregate_id);
    RC_ASSERT(parsed->previous_cid == (first ? std::nullopt : std::optional(previous)));
}

// What parse() decides, by way of the general decoder.
bool is_event_block(ByteView block) {
    const auto value = ipld::decode(block);
    const auto* map = value ? value->if_map() : nullptr;
    if (map == nullptr || map->size() != 5 || !map->contains("payload")) return false;
    const auto* timestamp = map->find("timestamp");
    const auto* event_type = map->find("event_type");
    const auto* aggregate_id = map->find("aggregate_id");
    const auto* previous = map->find("previous_cid");
    if (!timestamp || !event_type || !aggregate_id || !previous) return false;
    if (!timestamp->if_integer() || !timestamp->if_integer()->to_int64()) return false;
    if (!event_type->if_string() || !is_token(*event_type->if_string())) return false;
    if (!aggregate_id->if_string() || !is_token(*aggregate_id->if_string())) return false;
    if (previous->is_null()) return true;
    const auto* cid = previous->if_link();
    return cid && cid->version() == 1 && cid->codec() == multicodec::dag_cbor &&
           cid->hash_code() == multicodec::sha2_256;
}

TEST(ParseEventBlock, DecidesAsTheGeneralDecoderOnEveryChangeOfAByte) {
    std::size_t accepted = 0;
    for (const auto& golden : test::golden_events) {
        const auto block = from_hex(golden.block);
        for (std::size_t at = 0; at < block.size(); ++at)
            for (int octet = 0; octet < 256; ++octet) {
                auto changed = block;
                changed[at] = static_cast<std::byte>(octet);
                const auto parsed = EventBlock::parse(changed);
                ASSERT_EQ(parsed.has_value(), is_event_block(changed)) << to_hex(changed);
                accepted += parsed.has_value() ? 1 : 0;
                ASSERT_TRUE(parsed || parsed.error().field("rule") != "malformed");
            }
    }
    EXPECT_GT(accepted, 256u); // Not all were refused for some reason of the test's own.
}

} // namespace
} // namespace cim
