#include <cim/ipld.hpp>

#include "ipld/dag_cbor_error.hpp"
#include "ipld/dag_cbor_parser.hpp"
#include "ipld/quick_check.hpp"
#include "ipld/value_access.hpp"

#include <algorithm>

namespace cim::ipld {
namespace {

// Looks and keeps nothing.
struct NoBuilder {
    struct Slot {};
    struct Cursor {};
    void null(Slot) noexcept {}
    void boolean(Slot, bool) noexcept {}
    void integer(Slot, Integer) noexcept {}
    void floating(Slot, double) noexcept {}
    void string(Slot, std::string_view) noexcept {}
    void bytes(Slot, ByteView) noexcept {}
    void link(Slot, ByteView) noexcept {}
    Cursor list(Slot, std::size_t) noexcept { return {}; }
    Cursor map(Slot, std::size_t) noexcept { return {}; }
    Slot next_item(Cursor&) noexcept { return {}; }
    Slot next_entry(Cursor&, std::string_view) noexcept { return {}; }
};

// Fills Values in place: a list is made of as many nulls as it will have items, and each item replaces its null.
struct ValueBuilder {
    using Slot = Value*;
    union Cursor {
        Value* item;
        std::vector<Map::Entry>* entries;
    };
    void null(Slot) noexcept {}
    void boolean(Slot slot, bool value) noexcept { ValueAccess::boolean(*slot, value); }
    void integer(Slot slot, Integer value) noexcept { ValueAccess::integer(*slot, value); }
    void floating(Slot slot, double value) noexcept { ValueAccess::floating(*slot, value); }
    void string(Slot slot, std::string_view value) { ValueAccess::string(*slot, value); }
    void bytes(Slot slot, ByteView value) { ValueAccess::bytes(*slot, value); }
    void link(Slot slot, ByteView cid) { ValueAccess::link(*slot, cid); }
    Cursor list(Slot slot, std::size_t size) { return {.item = ValueAccess::list(*slot, size)}; }
    Cursor map(Slot slot, std::size_t size) { return {.entries = ValueAccess::map(*slot, size)}; }
    Slot next_item(Cursor& cursor) noexcept { return cursor.item++; }
    Slot next_entry(Cursor& cursor, std::string_view key) { return ValueAccess::entry(*cursor.entries, key); }
};

unsigned depth_limit(const DecodeOptions& options) noexcept { return std::max<unsigned>(options.max_depth, 1); }

template <class Builder> Error error_of(const CborParser<Builder>& parser) {
    return decode_error(parser.rule(), parser.offset(), parser.link_fault());
}

} // namespace

Result<Value> decode(ByteView block, const DecodeOptions& options) {
    ValueBuilder builder;
    CborParser parser(builder, block, options.links);
    Result<Value> value;
    // One variable is all that is returned, so that it is made in its final place.
    if (!parser.run_to_end(&*value, depth_limit(options))) value = fail(error_of(parser));
    return value;
}

Result<> validate(ByteView block, const DecodeOptions& options) {
    NoBuilder builder;
    CborParser parser(builder, block, options.links);
    if (!parser.run_to_end({}, depth_limit(options))) return fail(error_of(parser));
    return {};
}

const std::byte* end_of_valid_item(ByteView input, unsigned max_depth) noexcept {
    NoBuilder builder;
    return CborParser(builder, input, CidProfile::any).run({}, max_depth);
}

} // namespace cim::ipld
