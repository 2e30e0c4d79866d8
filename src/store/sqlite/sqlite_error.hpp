// SQLite's result codes as Errors of ours.
#pragma once

#include <cim/error.hpp>

#include <string_view>

struct sqlite3;

namespace cim::sqlite {

/// The error for a result code that the connection just gave. `what` was being done, e.g. "cannot open"; empty for
/// ordinary work. Fields: path, sqlite (the extended code), errno where the operating system refused.
[[nodiscard]] Error sqlite_error(sqlite3* database, int code, std::string_view what = {});

/// True where the error is a constraint or size that one append broke, while others could still succeed.
[[nodiscard]] bool concerns_one_append(const Error& error);

/// True where writing on would be unsafe: the disk is full, refused, or what is on it is damaged.
[[nodiscard]] bool ends_writing(const Error& error);

} // namespace cim::sqlite
