// How stores are named: `sqlite:PATH[?synchronous=full|normal]`, or a plain path.
#pragma once

#include "store/sqlite/sqlite_store.hpp"

#include <cim/error.hpp>

#include <string>
#include <string_view>

namespace cim {

/// What a URL says.
struct StoreUrl {
    std::string path; ///< Of the SQLite file, or ":memory:".
    sqlite::Synchronous synchronous = sqlite::Synchronous::full;
    friend bool operator==(const StoreUrl&, const StoreUrl&) = default;
};

/// Errors: invalid_argument naming what cannot be understood, unsupported for a kind of store that this build has not.
[[nodiscard]] Result<StoreUrl> parse_store_url(std::string_view url);

} // namespace cim
