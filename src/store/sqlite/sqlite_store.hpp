// An EventStore in one SQLite file. See docs/formats/sqlite.md for what is in it.
#pragma once

#include <cim/event_store.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace cim::sqlite {

/// What an acknowledged append survives.
enum class Synchronous : std::uint8_t {
    full,   ///< A power cut.
    normal, ///< The end of the process. After a power cut the last appends may be gone; what is left is whole.
};

struct StoreOptions {
    OpenOptions open;
    Synchronous synchronous = Synchronous::full;
};

/// Opens or makes the store in the file of that path, or a new one for ":memory:". Errors: as open_store().
[[nodiscard]] Result<std::unique_ptr<EventStore>> open(const std::string& path, const StoreOptions& options = {});

} // namespace cim::sqlite
