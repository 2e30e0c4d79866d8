// How stores are named: `sqlite:PATH[?synchronous=full|normal]`, a plain path, or `nats://...` and `tls://...`, which
// store/jetstream reads on its own.
#pragma once

#include <cim/error.hpp>

#include "store/sqlite/sqlite_store.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace cim {

enum class StoreKind : std::uint8_t { sqlite, jetstream };

/// What a URL says.
struct StoreUrl {
    std::string path; ///< Of the SQLite file, or ":memory:"; empty for another kind.
    sqlite::Synchronous synchronous = sqlite::Synchronous::full;
    StoreKind kind = StoreKind::sqlite;
    friend bool operator==(const StoreUrl&, const StoreUrl&) = default;
};

/// Errors: invalid_argument naming what cannot be understood.
[[nodiscard]] Result<StoreUrl> parse_store_url(std::string_view url);

} // namespace cim
