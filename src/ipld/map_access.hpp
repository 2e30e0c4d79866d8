// The entries of a Map for code in this module that keeps their order itself.
#pragma once

#include <cim/ipld.hpp>

#include <cstring>
#include <string_view>
#include <vector>

namespace cim::ipld {

struct MapAccess {
    [[nodiscard]] static std::vector<Map::Entry>& entries(Map& map) noexcept { return map.entries_; }
    [[nodiscard]] static const std::vector<Map::Entry>& entries(const Map& map) noexcept { return map.entries_; }
};

/// Canonical order of keys: the shorter first, then bytewise. Negative, zero or positive, as memcmp.
[[nodiscard]] inline int compare_keys(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
    return a.empty() ? 0 : std::memcmp(a.data(), b.data(), a.size());
}

} // namespace cim::ipld
