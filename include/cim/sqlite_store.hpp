// What is particular to SQLite stores, beside EventStore: looking for damage in the file's structure.
//
// An SQLite store is one file (with `-wal` and `-shm` beside it while it is open); docs/formats/sqlite.md describes it.
// Damage to events is found by their hashes and links (ChainVerifier, `cim verify`); what is checked here is everything
// around them, that `cim db check` is about.
#pragma once

#include <cim/error.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace cim {

/// Looks through the whole file, without changing it, for: pages and indexes that SQLite finds damaged, rows that refer
/// to missing rows, gaps in sequences and positions, transactions that are not whole, heads that are not the last
/// event, and events whose time, type or aggregate is not what their block says. Gives one sentence for each problem,
/// at most `most`; none if all is well. Appends by others may go on meanwhile; they are not looked at. Errors:
/// not_found, store_unavailable, store_foreign, store_corrupt where the file is too damaged to look into.
[[nodiscard]] Result<std::vector<std::string>> check_sqlite_store(const std::string& path, std::size_t most = 100);

} // namespace cim
