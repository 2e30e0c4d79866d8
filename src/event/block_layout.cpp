#include "event/block_layout.hpp"

#include <bit>
#include <cassert>
#include <cstdint>

namespace cim::detail {

namespace {

void append(ByteView bytes, Bytes& out) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void append_item_head(unsigned major, std::uint64_t argument, Bytes& out) {
    const auto initial = static_cast<std::byte>(major << 5);
    if (argument < 24) {
        out.push_back(initial | static_cast<std::byte>(argument));
        return;
    }
    const unsigned width = argument <= 0xff ? 1 : argument <= 0xffff ? 2 : argument <= 0xffffffff ? 4 : 8;
    std::array<std::byte, 9> head;
    head[0] = initial | static_cast<std::byte>(24 + std::countr_zero(width));
    for (unsigned i = 0; i < width; ++i) head[1 + i] = static_cast<std::byte>(argument >> (8 * (width - 1 - i)));
    append(ByteView(head).first(1 + width), out);
}

void append_text(std::string_view text, Bytes& out) {
    append_item_head(3, text.size(), out);
    append(as_bytes(text), out);
}

void append_integer(std::int64_t value, Bytes& out) {
    const ipld::Integer integer(value);
    append_item_head(integer.is_negative() ? 1 : 0, integer.argument(), out);
}

} // namespace

void append_block_head(Bytes& out) { append(to_payload, out); }

std::size_t append_block_tail(const BlockTail& tail, Bytes& out) {
    append(to_timestamp, out);
    append_integer(to_micros(tail.timestamp), out);
    append(to_event_type, out);
    append_text(tail.event_type, out);
    const auto event_type_at = out.size() - tail.event_type.size();
    append(to_aggregate_id, out);
    append_text(tail.aggregate_id, out);
    append(to_previous_cid, out);
    if (tail.previous_cid == nullptr) {
        append(null_item, out);
    } else {
        assert(is_event_cid(tail.previous_cid->bytes()));
        append(link_head, out);
        append(tail.previous_cid->bytes(), out);
    }
    return event_type_at;
}

} // namespace cim::detail
