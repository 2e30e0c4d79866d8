// An SQLite connection that closes itself. Used by one thread at a time; whoever holds it sees to that.
#pragma once

#include <cim/error.hpp>

#include "store/sqlite/statement.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;

namespace cim::sqlite {

/// The path under which SQLite keeps a database in memory, private to its connection.
inline constexpr std::string_view memory_path = ":memory:";

enum class Access : std::uint8_t {
    read_only,  ///< Changes no byte of the file.
    query,      ///< Runs no statement that writes, but tidies up as the last one to close the file.
    read_write, ///< The file must be there.
    read_write_create,
};

class Connection {
  public:
    /// Opens the file of that path, or a new database for memory_path. The file is not looked into yet. Errors:
    /// store_unavailable with the path.
    [[nodiscard]] static Result<Connection> open(const std::string& path, Access access,
                                                 std::chrono::milliseconds busy_timeout);

    /// How long to wait for other connections' locks.
    void set_busy_timeout(std::chrono::milliseconds timeout) noexcept;
    /// Runs one or several statements that give no rows.
    [[nodiscard]] Result<> run(const std::string& sql);
    /// The statement, compiled to be kept.
    [[nodiscard]] Result<Statement> prepare(std::string_view sql);
    /// The first column of the first row as a number; 0 if there is no row.
    [[nodiscard]] Result<std::int64_t> number(std::string_view sql);
    /// True if the file was opened, or turned out to be, read-only.
    [[nodiscard]] bool read_only() const noexcept;
    /// True while a transaction is open.
    [[nodiscard]] bool in_transaction() const noexcept;
    [[nodiscard]] sqlite3* handle() const noexcept { return database_.get(); }

  private:
    struct Close {
        void operator()(sqlite3* database) const noexcept;
    };
    explicit Connection(sqlite3* database) noexcept : database_(database) {}
    std::unique_ptr<sqlite3, Close> database_;
};

} // namespace cim::sqlite
