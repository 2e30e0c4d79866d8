// Aim: what holds for all data and all bytes, not only for those in a table.
// Method: random values, and random, mutated and truncated bytes. Each property prints its seed when it fails;
// RC_PARAMS replays it.
#include <cim/dag_json.hpp>
#include <cim/ipld.hpp>

#include "ipld/arbitrary_value.hpp"
#include "ipld/support.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace cim::ipld {
namespace {

// The same data through the accessors of both.
bool agree(View view, const Value& value) {
    if (view.kind() != value.kind()) return false;
    switch (value.kind()) {
    case Kind::null: return true;
    case Kind::boolean: return view.as_boolean() == *value.if_boolean();
    case Kind::integer: return view.as_integer() == *value.if_integer();
    case Kind::floating: return view.as_floating() == *value.if_floating();
    case Kind::string: return view.as_string() == *value.if_string();
    case Kind::bytes: return std::ranges::equal(*view.as_bytes(), *value.if_bytes());
    case Kind::link: return view.as_link() == *value.if_link();
    case Kind::list:
        return view.size() == value.if_list()->size() &&
               std::ranges::equal(view.items(), *value.if_list(), [](View a, const Value& b) { return agree(a, b); });
    case Kind::map:
        return view.size() == value.if_map()->size() &&
               std::ranges::equal(view.entries(), *value.if_map(), [&view](const auto& a, const Map::Entry& b) {
                   return a.key == b.first && agree(a.value, b.second) && agree(*view.find(b.first), b.second);
               });
    }
    return false;
}

// Everything that must hold for any bytes at all.
void check_bytes(const Bytes& input) {
    const auto value = decode(input);
    const auto valid = validate(input);
    RC_ASSERT(test::broken_rule(value) == test::broken_rule(valid));
    if (!value) return;
    RC_ASSERT(encode(*value).value() == input);
    const auto view = View::parse(input);
    RC_ASSERT(view.has_value());
    RC_ASSERT(agree(*view, *value));
    RC_ASSERT(view->to_value() == *value);
    RC_ASSERT(std::ranges::equal(view->encoded(), input));
}

RC_GTEST_PROP(DagCborProperty, ValuesSurvive, ()) {
    const auto value = *test::arbitrary_value();
    const auto block = encode(value);
    RC_ASSERT(block.has_value());
    const auto back = decode(*block);
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == value);
    check_bytes(*block);
}

RC_GTEST_PROP(DagCborProperty, RandomBytesAreRefusedOrCanonical, (const std::vector<std::uint8_t>& octets)) {
    check_bytes(test::from_octets(octets));
}

RC_GTEST_PROP(DagCborProperty, ChangedBytesAreRefusedOrCanonical, ()) {
    auto block = *encode(*test::arbitrary_value());
    const auto at = *rc::gen::inRange<std::size_t>(0, block.size());
    block[at] = static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
    check_bytes(block);
}

RC_GTEST_PROP(DagCborProperty, NoBlockStartsAnother, ()) {
    auto block = *encode(*test::arbitrary_value());
    auto longer = block;
    longer.push_back(static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>()));
    RC_ASSERT(test::broken_rule(validate(longer)) == "trailing_bytes@" + std::to_string(block.size()));
    block.resize(*rc::gen::inRange<std::size_t>(0, block.size()));
    RC_ASSERT(!validate(block).has_value());
}

// A map's bytes do not depend on the order in which it was filled.
RC_GTEST_PROP(DagCborProperty, OrderOfInsertionDoesNotCount, ()) {
    const auto keys = *rc::gen::unique<std::vector<std::string>>(test::arbitrary_text());
    Map forwards, backwards;
    for (const auto& key : keys) forwards[key] = key;
    for (auto key = keys.rbegin(); key != keys.rend(); ++key) backwards[*key] = *key;
    RC_ASSERT(encode(forwards).value() == encode(backwards).value());
}

RC_GTEST_PROP(DagJsonProperty, ValuesSurviveWhereTheyCanBeWritten, ()) {
    const auto value = *test::arbitrary_value();
    const auto text = encode_dag_json(value);
    const auto block = *encode(value);
    RC_ASSERT(encode_dag_json(*View::parse(block)).has_value() == text.has_value());
    if (!text) {
        RC_ASSERT(text.error().field("rule") == "reserved_key");
        RC_DISCARD("has the key /");
    }
    RC_ASSERT(encode_dag_json(*View::parse(block)).value() == *text);
    RC_ASSERT(decode_dag_json(*text).value() == value);
    RC_ASSERT(decode_dag_json(encode_dag_json(value, {.indent = 2}).value()).value() == value);
}

RC_GTEST_PROP(DagJsonProperty, AcceptedTextsSurviveInCanonicalForm, (const std::string& noise)) {
    auto text = encode_dag_json(*test::arbitrary_value(3)).value_or("[]");
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text.replace(at, 1, noise.substr(0, 2));
    const auto value = decode_dag_json(text);
    if (!value) return;
    const auto canonical = encode_dag_json(*value);
    RC_ASSERT(canonical.has_value());
    RC_ASSERT(decode_dag_json(*canonical).value() == *value);
    RC_ASSERT(encode_dag_json(*decode_dag_json(*canonical)).value() == *canonical);
}

} // namespace
} // namespace cim::ipld
