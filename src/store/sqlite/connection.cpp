#include "store/sqlite/connection.hpp"

#include "base/try.hpp"
#include "store/sqlite/sqlite_error.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cassert>
#include <limits>

namespace cim::sqlite {

namespace {

int open_flags(Access access) {
    constexpr int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    switch (access) {
    case Access::read_only: return common | SQLITE_OPEN_READONLY;
    case Access::query:
    case Access::read_write: return common | SQLITE_OPEN_READWRITE;
    case Access::read_write_create: break;
    }
    return common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
}

// Names such as "file:x" and ":x" mean something to SQLite, so relative paths are spelt out.
std::string literal_path(const std::string& path) {
    return path == memory_path || path.starts_with('/') ? path : "./" + path;
}

} // namespace

void Connection::Close::operator()(sqlite3* database) const noexcept {
    [[maybe_unused]] const int code = sqlite3_close(database);
    assert(code == SQLITE_OK && "every statement is finalised before its connection closes");
}

Result<Connection> Connection::open(const std::string& path, Access access, std::chrono::milliseconds busy_timeout) {
    sqlite3* database = nullptr;
    const int code = sqlite3_open_v2(literal_path(path).c_str(), &database, open_flags(access), nullptr);
    Connection connection(database);
    if (code != SQLITE_OK) return fail(sqlite_error(database, code, "cannot open"));

    connection.set_busy_timeout(busy_timeout);
    // A file may come from anywhere: its schema must not run anything of its own.
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    if (access == Access::query) CIM_TRY(connection.run("PRAGMA query_only = ON"));
    return connection;
}

void Connection::set_busy_timeout(std::chrono::milliseconds timeout) noexcept {
    constexpr std::int64_t longest = std::numeric_limits<int>::max();
    sqlite3_busy_timeout(database_.get(), static_cast<int>(std::clamp<std::int64_t>(timeout.count(), 0, longest)));
}

Result<> Connection::run(const std::string& sql) {
    const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return fail(sqlite_error(database_.get(), code));
    return {};
}

Result<Statement> Connection::prepare(std::string_view sql) {
    sqlite3_stmt* prepared = nullptr;
    const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (code != SQLITE_OK) return fail(sqlite_error(database_.get(), code));
    return Statement(prepared);
}

Result<std::int64_t> Connection::number(std::string_view sql) {
    CIM_TRY_ASSIGN(auto statement, prepare(sql));
    CIM_TRY_ASSIGN(const bool row, statement.step());
    return row ? statement.integer(0) : 0;
}

bool Connection::read_only() const noexcept { return sqlite3_db_readonly(database_.get(), "main") == 1; }

bool Connection::in_transaction() const noexcept { return sqlite3_get_autocommit(database_.get()) == 0; }

} // namespace cim::sqlite
