// What an SQLite store looks like on disk (docs/formats/sqlite.md), how it comes to be and how it grows up.
#pragma once

#include <cim/error.hpp>

#include "store/sqlite/connection.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

namespace cim::sqlite {

/// "cim1": marks a database as ours (PRAGMA application_id).
inline constexpr std::int64_t application_id = 0x63696d31;

/// Takes a database from version `to - 1` to version `to`. Version 0 is an empty database.
struct MigrationStep {
    std::int64_t to;
    const char* sql;
    /// It only adds what readers can do without, so a database that has not taken it yet can be read as it is.
    bool optional_for_readers = false;
};

/// The steps from nothing to the current version, in order.
[[nodiscard]] std::span<const MigrationStep> migration_steps() noexcept;

/// The newest version that `steps` lead to.
[[nodiscard]] std::int64_t newest_version(std::span<const MigrationStep> steps) noexcept;

/// Makes sure that the database is a store of the version that `steps` lead to. An empty database becomes one and an
/// older version is brought up, each in one transaction; a read-only connection changes nothing. Errors: store_foreign
/// for another program's database, a newer version or no database at all, store_read_only for an old version that may
/// neither be changed nor be read as it is, not_found for an empty database that may not, store_busy, store_corrupt.
[[nodiscard]] Result<> prepare_schema(Connection& connection, const std::string& path,
                                      std::chrono::milliseconds busy_timeout,
                                      std::span<const MigrationStep> steps = migration_steps());

} // namespace cim::sqlite
