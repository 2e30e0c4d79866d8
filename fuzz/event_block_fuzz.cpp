// Any bytes: EventBlock::parse must accept exactly the blocks that the general decoder finds to be events, say why not
// otherwise, and what it accepts must come out of encode_event_block as the same bytes. As both readers rest on them,
// the quick check and the strict parser of dag-cbor are compared on the same input as well.
#include <cim/event.hpp>
#include <cim/ipld.hpp>

#include "ipld/quick_check.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace {

using cim::ByteView;
using cim::Errc;
using cim::EventBlock;
namespace ipld = cim::ipld;

void require(bool holds, std::string_view what) {
    if (holds) return;
    std::cerr << "does not hold: " << what << std::endl;
    std::abort();
}

bool is_token(const ipld::Value* value) {
    return value != nullptr && value->if_string() != nullptr && cim::is_token(*value->if_string());
}

bool is_event(const ipld::Value& block) {
    const auto* map = block.if_map();
    if (map == nullptr || map->size() != 5 || !map->contains("payload")) return false;
    const auto* timestamp = block.find("timestamp");
    if (timestamp == nullptr || timestamp->if_integer() == nullptr || !timestamp->if_integer()->to_int64())
        return false;
    if (!is_token(block.find("event_type")) || !is_token(block.find("aggregate_id"))) return false;
    const auto* previous = block.find("previous_cid");
    if (previous == nullptr) return false;
    if (previous->is_null()) return true;
    const auto* cid = previous->if_link();
    return cid != nullptr && cid->version() == 1 && cid->codec() == cim::multicodec::dag_cbor &&
           cid->hash_code() == cim::multicodec::sha2_256;
}

void compare_checks(ByteView input) {
    for (const auto depth : {std::uint16_t{128}, std::uint16_t{2}}) {
        const auto* past = ipld::end_of_valid_item(input, depth);
        const bool fills_input = past != nullptr && past == input.data() + input.size();
        const auto strict = ipld::validate(input, {.max_depth = depth, .links = cim::CidProfile::any});
        require(fills_input == strict.has_value(), "the quick check decides as the strict parser");
        if (past != nullptr)
            require(
                ipld::validate({input.data(), past}, {.max_depth = depth, .links = cim::CidProfile::any}).has_value(),
                "what the quick check takes from the front is an item");
    }
}

void check_round_trip(ByteView input, const EventBlock& block) {
    cim::Bytes written;
    const auto encoded = cim::encode_event_block({.payload = block.payload.encoded(),
                                                  .timestamp = block.timestamp,
                                                  .event_type = block.event_type,
                                                  .aggregate_id = block.aggregate_id,
                                                  .previous_cid = block.previous_cid ? &*block.previous_cid : nullptr},
                                                 written);
    require(encoded.has_value(), "what was read can be written");
    require(cim::as_text(written) == cim::as_text(input), "what was written is what was read");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input(reinterpret_cast<const std::byte*>(data), size);
    compare_checks(input);

    const auto parsed = EventBlock::parse(input);
    const auto value = ipld::decode(input);
    require(parsed.has_value() == (value && is_event(*value)), "parse() accepts exactly events");
    if (parsed) {
        check_round_trip(input, *parsed);
    } else {
        const auto& error = parsed.error();
        require(error.code == (value ? Errc::invalid_event_block : Errc::invalid_dag_cbor), "the code fits");
        require(error.field("rule") && *error.field("rule") != "malformed", "there is a reason");
        require(value || error.field("rule") == value.error().field("rule"), "dag-cbor is refused by its own rule");
    }
    return 0;
}
