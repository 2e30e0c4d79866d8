// Opening a file as a store's database, with errors that say what is wrong with the path.
#pragma once

#include <cim/event_store.hpp>

#include "store/sqlite/connection.hpp"

#include <string>

namespace cim::sqlite {

/// A connection to the store in that file, or to a new one in memory for memory_path, with its schema ready. Errors: as
/// open_store().
[[nodiscard]] Result<Connection> open_database(const std::string& path, const OpenOptions& options);

} // namespace cim::sqlite
