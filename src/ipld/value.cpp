// Value and Map: construction, look-up and comparison.

#include <cim/ipld.hpp>

#include "ipld/value_access.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace cim::ipld {

std::string_view to_string(Kind kind) noexcept {
    switch (kind) {
    case Kind::null: return "null";
    case Kind::boolean: return "boolean";
    case Kind::integer: return "integer";
    case Kind::floating: return "float";
    case Kind::string: return "string";
    case Kind::bytes: return "bytes";
    case Kind::list: return "list";
    case Kind::map: return "map";
    case Kind::link: return "link";
    }
    return "unknown";
}

std::string Integer::to_string() const {
    if (!negative_) return std::to_string(argument_);
    if (argument_ == UINT64_MAX) return "-18446744073709551616";
    return fmt::format("-{}", argument_ + 1);
}

Map::Map(const Map&) = default;
Map& Map::operator=(const Map&) = default;

Map::Map(std::initializer_list<Entry> entries) : entries_(entries) {
    const auto less = [](const Entry& a, const Entry& b) { return compare_keys(a.first, b.first) < 0; };
    const auto same = [](const Entry& a, const Entry& b) { return a.first == b.first; };
    // Backwards, so that of equal keys the last comes first, which is the one that unique() keeps.
    std::ranges::reverse(entries_);
    std::ranges::stable_sort(entries_, less);
    const auto superfluous = std::ranges::unique(entries_, same);
    entries_.erase(superfluous.begin(), superfluous.end());
}

std::size_t Map::size() const noexcept { return entries_.size(); }
bool Map::empty() const noexcept { return entries_.empty(); }
const Map::Entry* Map::begin() const noexcept { return entries_.data(); }
const Map::Entry* Map::end() const noexcept { return entries_.data() + entries_.size(); }

// The first entry whose key is not before `key`.
static auto lower_bound(auto& entries, std::string_view key) noexcept {
    return std::lower_bound(entries.begin(), entries.end(), key, [](const Map::Entry& entry, std::string_view wanted) {
        return compare_keys(entry.first, wanted) < 0;
    });
}

const Value* Map::find(std::string_view key) const noexcept {
    const auto at = lower_bound(entries_, key);
    return at != entries_.end() && at->first == key ? &at->second : nullptr;
}

Value* Map::find(std::string_view key) noexcept { return const_cast<Value*>(std::as_const(*this).find(key)); }

Value& Map::operator[](std::string_view key) {
    auto at = lower_bound(entries_, key);
    if (at == entries_.end() || at->first != key) at = entries_.emplace(at, std::string(key), Value());
    return at->second;
}

void Map::insert_or_assign(std::string key, Value value) {
    const auto at = lower_bound(entries_, key);
    if (at != entries_.end() && at->first == key) {
        at->second = std::move(value);
    } else {
        entries_.emplace(at, std::move(key), std::move(value));
    }
}

bool Map::erase(std::string_view key) {
    const auto at = lower_bound(entries_, key);
    if (at == entries_.end() || at->first != key) return false;
    entries_.erase(at);
    return true;
}

void Map::clear() noexcept { entries_.clear(); }

bool operator==(const Map& a, const Map& b) noexcept { return a.entries_ == b.entries_; }

Value::Value(std::string text) noexcept : kind_(Kind::string) { std::construct_at(&data_.string, std::move(text)); }
Value::Value(Bytes bytes) noexcept : kind_(Kind::bytes) { std::construct_at(&data_.bytes, std::move(bytes)); }
Value::Value(Cid link) noexcept : kind_(Kind::link) { std::construct_at(&data_.link, std::move(link)); }
Value::Value(List list) noexcept : kind_(Kind::list) { std::construct_at(&data_.list, std::move(list)); }
Value::Value(Map map) noexcept : kind_(Kind::map) { std::construct_at(&data_.map, std::move(map)); }

Value::Value(const Value& other) : kind_(Kind::null) {
    switch (other.kind_) {
    case Kind::null: break;
    case Kind::boolean: data_.boolean = other.data_.boolean; break;
    case Kind::integer: data_.integer = other.data_.integer; break;
    case Kind::floating: data_.floating = other.data_.floating; break;
    case Kind::string: std::construct_at(&data_.string, other.data_.string); break;
    case Kind::bytes: std::construct_at(&data_.bytes, other.data_.bytes); break;
    case Kind::list: std::construct_at(&data_.list, other.data_.list); break;
    case Kind::map: std::construct_at(&data_.map, other.data_.map); break;
    case Kind::link: std::construct_at(&data_.link, other.data_.link); break;
    }
    kind_ = other.kind_;
}

void Value::take(Value&& other) noexcept {
    kind_ = other.kind_;
    switch (other.kind_) {
    case Kind::null: break;
    case Kind::boolean: data_.boolean = other.data_.boolean; break;
    case Kind::integer: data_.integer = other.data_.integer; break;
    case Kind::floating: data_.floating = other.data_.floating; break;
    case Kind::string: std::construct_at(&data_.string, std::move(other.data_.string)); break;
    case Kind::bytes: std::construct_at(&data_.bytes, std::move(other.data_.bytes)); break;
    case Kind::list: std::construct_at(&data_.list, std::move(other.data_.list)); break;
    case Kind::map: std::construct_at(&data_.map, std::move(other.data_.map)); break;
    case Kind::link: std::construct_at(&data_.link, std::move(other.data_.link)); break;
    }
}

void Value::destroy_owned() noexcept {
    switch (kind_) {
    case Kind::string: std::destroy_at(&data_.string); break;
    case Kind::bytes: std::destroy_at(&data_.bytes); break;
    case Kind::list: std::destroy_at(&data_.list); break;
    case Kind::map: std::destroy_at(&data_.map); break;
    case Kind::link: std::destroy_at(&data_.link); break;
    default: break;
    }
}

const Value* Value::find(std::string_view key) const noexcept {
    const auto* map = if_map();
    return map != nullptr ? map->find(key) : nullptr;
}

bool operator==(const Value& a, const Value& b) noexcept {
    if (a.kind_ != b.kind_) return false;
    switch (a.kind_) {
    case Kind::null: return true;
    case Kind::boolean: return a.data_.boolean == b.data_.boolean;
    case Kind::integer: return a.data_.integer == b.data_.integer;
    case Kind::floating: return a.data_.floating == b.data_.floating;
    case Kind::string: return a.data_.string == b.data_.string;
    case Kind::bytes: return a.data_.bytes == b.data_.bytes;
    case Kind::list: return a.data_.list == b.data_.list;
    case Kind::map: return a.data_.map == b.data_.map;
    case Kind::link: return a.data_.link == b.data_.link;
    }
    return false;
}

} // namespace cim::ipld
