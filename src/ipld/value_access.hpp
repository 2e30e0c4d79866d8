// The inside of Value and Map for the decoder, which fills nulls in place and meets keys already in order.
#pragma once

#include <cim/ipld.hpp>

#include "ipld/cid_format.hpp"
#include "ipld/short_copy.hpp"

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace cim::ipld {

/// The longest text that a std::string holds without memory of its own.
inline constexpr std::size_t short_text = 15;

/// Onto an empty string, as assign() but quicker; for texts of up to short_text bytes.
inline void assign_short(std::string& empty, std::string_view text) {
    empty.resize_and_overwrite(text.size(), [text](char* to, std::size_t size) {
        short_copy(to, text.data(), size);
        return size;
    });
}

struct MapAccess {
    [[nodiscard]] static std::vector<Map::Entry>& entries(Map& map) noexcept { return map.entries_; }
};

/// Each turns a null into something else; where it throws, the null stays.
struct ValueAccess {
    static void boolean(Value& null, bool value) noexcept {
        null.data_.boolean = value;
        null.kind_ = Kind::boolean;
    }
    static void integer(Value& null, Integer value) noexcept {
        null.data_.integer = value;
        null.kind_ = Kind::integer;
    }
    static void floating(Value& null, double value) noexcept {
        null.data_.floating = value;
        null.kind_ = Kind::floating;
    }
    static void string(Value& null, std::string_view value) {
        if (value.size() <= short_text) {
            assign_short(*std::construct_at(&null.data_.string), value);
        } else {
            std::construct_at(&null.data_.string, value);
        }
        null.kind_ = Kind::string;
    }
    static void bytes(Value& null, ByteView value) {
        std::construct_at(&null.data_.bytes, value.begin(), value.end());
        null.kind_ = Kind::bytes;
    }
    static void link(Value& null, ByteView checked) {
        std::construct_at(&null.data_.link, CidAccess::make(checked));
        null.kind_ = Kind::link;
    }
    /// The first of `size` nulls.
    static Value* list(Value& null, std::size_t size) {
        std::construct_at(&null.data_.list, size);
        null.kind_ = Kind::list;
        return null.data_.list.data();
    }
    /// Empty, with room for `size` entries.
    static std::vector<Map::Entry>* map(Value& null, std::size_t size) {
        std::construct_at(&null.data_.map);
        null.kind_ = Kind::map;
        auto& entries = MapAccess::entries(null.data_.map);
        entries.reserve(size);
        return &entries;
    }
    /// The value of a new last entry, which is null; its key comes after all others.
    static Value* entry(std::vector<Map::Entry>& entries, std::string_view key) {
        // In place: moving even an empty string and a null costs more than making them.
        if (key.size() > short_text)
            return &entries.emplace_back(std::piecewise_construct, std::tuple(key), std::tuple()).second;
        auto& [made_key, value] = entries.emplace_back(std::piecewise_construct, std::tuple(), std::tuple());
        assign_short(made_key, key);
        return &value;
    }
};

/// Canonical order of keys: the shorter first, then bytewise. Negative, zero or positive, as memcmp.
[[nodiscard]] inline int compare_keys(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
    return a.empty() ? 0 : std::memcmp(a.data(), b.data(), a.size());
}

} // namespace cim::ipld
