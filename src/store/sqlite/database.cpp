#include "store/sqlite/database.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"
#include "store/sqlite/schema.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <system_error>

namespace cim::sqlite {

namespace {

// Seen from the outside: a broken store says so in plain words, which SQLite's "unable to open database file" is not.
Result<> check_path(const std::string& path, OpenOptions::Mode mode) {
    const auto refuse = [&](Errc code, std::string_view why, std::string advice) {
        return fail(code, fmt::format("cannot open store '{}': {}", printable(path), why), std::move(advice),
                    {{"path", path}});
    };
    if (path.empty() || path.find('\0') != std::string::npos)
        return refuse(Errc::invalid_argument, "this is no file name", "give the path of a file");
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::directory)
        return refuse(Errc::store_unavailable, "it is a folder", "give the path of a file in it");
    if (std::filesystem::exists(status)) return {};
    if (status.type() != std::filesystem::file_type::not_found)
        return refuse(Errc::store_unavailable, error.message(), {});
    if (mode != OpenOptions::Mode::read_write_create)
        return refuse(Errc::not_found, "there is no such file", "look at the path, or open it so that it is made");
    const auto parent = std::filesystem::path(path).parent_path();
    if (!parent.empty() && !std::filesystem::is_directory(parent, error))
        return refuse(Errc::not_found, fmt::format("there is no folder '{}'", printable(parent.string())),
                      "make the folder first");
    return {};
}

Access access_of(OpenOptions::Mode mode) {
    switch (mode) {
    case OpenOptions::Mode::read_only: return Access::read_only;
    case OpenOptions::Mode::read_write: return Access::read_write;
    case OpenOptions::Mode::read_write_create: break;
    }
    return Access::read_write_create;
}

} // namespace

Result<Connection> open_database(const std::string& path, const OpenOptions& options) {
    if (path != memory_path)
        CIM_TRY(check_path(path, options.mode));
    else if (options.mode != OpenOptions::Mode::read_write_create)
        return fail(Errc::not_found, "a store in memory is always new, so there is none to open",
                    "open it so that it is made", {{"path", path}});

    CIM_TRY_ASSIGN(auto connection, Connection::open(path, access_of(options.mode), options.busy_timeout));
    if (options.mode != OpenOptions::Mode::read_only && connection.read_only())
        return fail(Errc::store_unavailable,
                    fmt::format("cannot open store '{}': the file cannot be written", printable(path)),
                    "look at its permissions, or open it for reading only", {{"path", path}});
    CIM_TRY(prepare_schema(connection, path, options.busy_timeout));
    return connection;
}

} // namespace cim::sqlite
