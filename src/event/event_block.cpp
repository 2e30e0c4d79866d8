#include <cim/event.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"
#include "event/block_layout.hpp"
#include "ipld/cid_format.hpp"
#include "ipld/quick_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

namespace cim {

namespace {

using detail::block_keys;
using detail::is_event_cid;

// Takes a block apart from front to back. As keys have one order and heads one form, a field that is not exactly where and
// how it should be means that this is no event block; explain() then looks for the reason at leisure.
class FieldReader {
  public:
    explicit FieldReader(ByteView block) noexcept : at_(block.data()), end_(at_ + block.size()) {}

    // Goes past these very bytes.
    template <std::size_t N> bool pass(const std::array<std::byte, N>& bytes) noexcept {
        if (left() < N || std::memcmp(at_, bytes.data(), N) != 0) return false;
        at_ += N;
        return true;
    }

    bool payload(ipld::View& out) noexcept {
        const auto* past = ipld::end_of_valid_item({at_, end_}, detail::payload_options.max_depth);
        if (past == nullptr) return false;
        out = ipld::View::trusted({at_, past});
        at_ = past;
        return true;
    }

    bool timestamp(Timestamp& out) noexcept {
        const auto* past = ipld::end_of_valid_item({at_, end_}, 0);
        if (past == nullptr) return false;
        const auto value = ipld::View::trusted({at_, past}).as_int64();
        if (!value) return false;
        out = from_micros(*value);
        at_ = past;
        return true;
    }

    // A token, whose length stands in one byte or two.
    bool token(std::string_view& out) noexcept {
        if (left() < 2) return false;
        auto size = std::to_integer<std::size_t>(*at_) - 0x60;
        ++at_;
        if (size == 24) {
            size = std::to_integer<std::size_t>(*at_);
            ++at_;
            if (size < 24) return false;
        } else if (size > 24) {
            return false;
        }
        if (size > left()) return false;
        out = as_text({at_, size});
        at_ += size;
        return is_token(out);
    }

    bool cid_at_end(std::optional<Cid>& out) {
        if (left() != detail::event_cid_size || !is_event_cid({at_, end_})) return false;
        out.emplace(ipld::CidAccess::make({at_, end_}));
        return true;
    }

    [[nodiscard]] bool at_end() const noexcept { return at_ == end_; }

  private:
    [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

    const std::byte* at_;
    const std::byte* end_;
};

bool read(ByteView block, EventBlock& out) {
    using namespace detail;
    FieldReader reader(block);
    if (!reader.pass(to_payload) || !reader.payload(out.payload) || !reader.pass(to_timestamp) ||
        !reader.timestamp(out.timestamp) || !reader.pass(to_event_type) || !reader.token(out.event_type) ||
        !reader.pass(to_aggregate_id) || !reader.token(out.aggregate_id) || !reader.pass(to_previous_cid))
        return false;
    if (reader.pass(null_item)) return reader.at_end();
    return reader.pass(link_head) && reader.cid_at_end(out.previous_cid);
}

std::unexpected<Error> refuse(std::string_view rule, std::string_view field, std::size_t offset, std::string what) {
    Error error(Errc::invalid_event_block, fmt::format("not an event block: {}", what), {},
                {{"rule", std::string(rule)}, {"offset", std::to_string(offset)}});
    if (!field.empty()) error.with("field", std::string(field));
    return fail(std::move(error));
}

// Says what is wrong with one field; success means nothing.
Result<> check_field(std::string_view key, ipld::View value, std::size_t offset) {
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
            return refuse("wrong_cid", key, offset,
                          fmt::format("field 'previous_cid' is {}, not a CIDv1 of dag-cbor with sha2-256",
                                      cid->to_string()));
    }
    return {};
}

// The reason why valid dag-cbor is not an event block.
std::unexpected<Error> explain(ByteView block) {
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
        if (auto checked = check_field(key, value, offset); !checked) return fail(std::move(checked).error());
    }
    assert(!"a block that breaks no rule was not read");
    return refuse("malformed", {}, 0, "its fields cannot be read");
}

} // namespace

Result<EventBlock> EventBlock::parse(ByteView block) {
    if (block.size() > max_size)
        return refuse("too_large", {}, 0, fmt::format("it has {} bytes, the limit is {}", block.size(), max_size));
    Result<EventBlock> out(std::in_place, EventBlock{ipld::View::trusted(block), {}, {}, {}, {}});
    if (read(block, *out)) [[likely]] return out;
    CIM_TRY(ipld::validate(block));
    return explain(block);
}

Result<> encode_event_block(const EventBlockFields& fields, Bytes& out) {
    CIM_TRY(check_token(fields.event_type, "event type"));
    CIM_TRY(check_token(fields.aggregate_id, "aggregate id"));
    if (fields.previous_cid != nullptr && !is_event_cid(fields.previous_cid->bytes()))
        return fail(Errc::invalid_argument,
                    fmt::format("previous CID {} is not a CIDv1 of dag-cbor with sha2-256",
                                fields.previous_cid->to_string()),
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
