#include <cim/ipld.hpp>

#include "ipld/dag_cbor_parser.hpp"
#include "ipld/dag_cbor_error.hpp"

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

// Fills Values in place: a container is made with as many nulls as it will have items, and each item replaces its null.
struct ValueBuilder {
    using Slot = Value*;
    union Cursor {
        Value* item;
        Map::Entry* entry;
    };
    void null(Slot) noexcept {}
    void boolean(Slot slot, bool value) noexcept { *slot = Value(value); }
    void integer(Slot slot, Integer value) noexcept { *slot = Value(value); }
    void floating(Slot slot, double value) noexcept { *slot = Value(value); }
    void string(Slot slot, std::string_view value) { *slot = Value(value); }
    void bytes(Slot slot, ByteView value) { *slot = Value(Bytes(value.begin(), value.end())); }
    void link(Slot slot, ByteView cid) { *slot = Value(CidAccess::make(cid)); }
    Cursor list(Slot slot, std::size_t size) {
        *slot = Value(List(size));
        return {.item = slot->if_list()->data()};
    }
    Cursor map(Slot slot, std::size_t size) {
        *slot = Value(Map());
        auto& entries = MapAccess::entries(*slot->if_map());
        entries.resize(size);
        return {.entry = entries.data()};
    }
    Slot next_item(Cursor& cursor) noexcept { return cursor.item++; }
    Slot next_entry(Cursor& cursor, std::string_view key) {
        auto* entry = cursor.entry++;
        entry->first = key;
        return &entry->second;
    }
};

template <class Builder> Error error_of(const CborParser<Builder>& parser) {
    return decode_error(parser.rule(), parser.offset(), parser.link_fault());
}

} // namespace

Result<Value> decode(ByteView block, const DecodeOptions& options) {
    ValueBuilder builder;
    CborParser parser(builder, block, options);
    Result<Value> value;
    if (!parser.run(&*value)) return fail(error_of(parser));
    return value;
}

Result<> validate(ByteView block, const DecodeOptions& options) {
    NoBuilder builder;
    CborParser parser(builder, block, options);
    if (!parser.run({})) return fail(error_of(parser));
    return {};
}

} // namespace cim::ipld
