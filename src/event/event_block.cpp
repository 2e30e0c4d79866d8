#include <cim/event.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"
#include "event/block_layout.hpp"
#include "event/block_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <optional>
#include <utility>

namespace cim {

namespace {

using detail::block_keys;
using detail::is_event_cid;

Error refuse(std::string_view rule, std::string_view field, std::size_t offset, std::string what) {
    Error error(Errc::invalid_event_block, fmt::format("not an event block: {}", what), {},
                {{"rule", std::string(rule)}, {"offset", std::to_string(offset)}});
    if (!field.empty()) error.with("field", std::string(field));
    return error;
}

// What is wrong with one field.
std::optional<Error> check_field(std::string_view key, ipld::View value, std::size_t offset) {
    const auto wrong_kind = [&](std::string_view wanted) {
        return refuse("wrong_kind", key, offset,
                      fmt::format("field '{}' is of kind {}, not {}", key, to_string(value.kind()), wanted));
    };
    if (key == "timestamp") {
        const auto number = value.as_integer();
        if (!number) return wrong_kind("integer");
        if (!number->to_int64())
            return refuse("out_of_range", key, offset,
                          fmt::format("field 'timestamp' is {}, which 64 bits cannot hold", number->to_string()));
    } else if (key == "event_type" || key == "aggregate_id") {
        const auto text = value.as_string();
        if (!text) return wrong_kind("string");
        if (const auto token = check_token(*text, key); !token)
            return refuse("not_a_token", key, offset, fmt::format("field {}", token.error().message));
    } else if (key == "previous_cid" && !value.is(ipld::Kind::null)) {
        const auto cid = value.as_link();
        if (!cid) return wrong_kind("link or null");
        if (!is_event_cid(cid->bytes()))
            return refuse(
                "wrong_cid", key, offset,
                fmt::format("field 'previous_cid' is {}, not a CIDv1 of dag-cbor with sha2-256", cid->to_string()));
    }
    return std::nullopt;
}

// The reason why valid dag-cbor is not an event block.
Error explain(ByteView block) {
    const auto view = ipld::View::trusted(block);
    if (!view.is(ipld::Kind::map))
        return refuse("not_a_map", {}, 0, fmt::format("it is of kind {}, not map", to_string(view.kind())));

    for (const auto key : block_keys)
        if (!view.find(key)) return refuse("missing_field", key, 0, fmt::format("field '{}' is missing", key));

    for (const auto [key, value] : view.entries()) {
        const auto offset = static_cast<std::size_t>(value.encoded().data() - block.data());
        if (std::ranges::find(block_keys, key) == block_keys.end()) {
            const auto shown = printable(key);
            return refuse("superfluous_field", shown, offset, fmt::format("field '{}' has no place in it", shown));
        }
        if (auto error = check_field(key, value, offset)) return *std::move(error);
    }
    assert(false && "a block that breaks no rule was not read");
    return refuse("malformed", {}, 0, "its fields cannot be read");
}

} // namespace

Result<EventBlock> EventBlock::parse(ByteView block) {
    Result<EventBlock> out(std::in_place, EventBlock{ipld::View::trusted(block), {}, {}, {}, {}});
    if (!detail::read_event_block(block, *out)) [[unlikely]]
        out = fail(detail::explain_event_block(block));
    return out;
}

Error detail::explain_event_block(ByteView block) {
    if (block.size() > EventBlock::max_size)
        return refuse("too_large", {}, 0,
                      fmt::format("it has {} bytes, the limit is {}", block.size(), EventBlock::max_size));
    if (auto valid = ipld::validate(block); !valid) return std::move(valid).error();
    return explain(block);
}

Result<> encode_event_block(const EventBlockFields& fields, Bytes& out) {
    CIM_TRY(check_token(fields.event_type, "event type"));
    CIM_TRY(check_token(fields.aggregate_id, "aggregate id"));
    if (fields.previous_cid != nullptr && !is_event_cid(fields.previous_cid->bytes()))
        return fail(
            Errc::invalid_argument,
            fmt::format("previous CID {} is not a CIDv1 of dag-cbor with sha2-256", fields.previous_cid->to_string()),
            {}, {{"name", "previous_cid"}, {"value", fields.previous_cid->to_string()}});
    detail::append_block_head(out);
    out.insert(out.end(), fields.payload.begin(), fields.payload.end());
    detail::append_block_tail({.timestamp = fields.timestamp,
                               .event_type = fields.event_type,
                               .aggregate_id = fields.aggregate_id,
                               .previous_cid = fields.previous_cid},
                              out);
    return {};
}

} // namespace cim
