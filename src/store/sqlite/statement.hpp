// A prepared statement that finalises itself. Errors carry the database file's path.
//
// Binding does not copy: texts and blobs must live until the statement is reset. Columns are views into SQLite's memory
// and valid until the next step(), run() or reset().
#pragma once

#include <cim/bytes.hpp>
#include <cim/error.hpp>

#include <cstdint>
#include <memory>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace cim::sqlite {

class Statement {
  public:
    Statement() noexcept = default; ///< Holds nothing; only operator bool may be called.
    explicit Statement(sqlite3_stmt* prepared) noexcept : statement_(prepared) {}
    explicit operator bool() const noexcept { return statement_ != nullptr; }

    Statement& bind(int index, std::int64_t value) noexcept;
    Statement& bind(int index, std::uint64_t value) noexcept { return bind(index, static_cast<std::int64_t>(value)); }
    Statement& bind(int index, std::string_view text) noexcept;
    Statement& bind(int index, ByteView blob) noexcept;

    /// True: there is a row. False: there is none left. A failed bind() is reported here.
    [[nodiscard]] Result<bool> step();
    /// To the end, then reset: for statements that give no rows.
    [[nodiscard]] Result<> run();
    /// Ends the run and with it every view into columns. Bindings stay.
    void reset() noexcept;

    [[nodiscard]] std::int64_t integer(int column) const noexcept;
    [[nodiscard]] std::string_view text(int column) const noexcept; ///< Empty for NULL.
    [[nodiscard]] ByteView blob(int column) const noexcept;         ///< Empty for NULL.
    [[nodiscard]] bool is_null(int column) const noexcept;

  private:
    [[nodiscard]] Error error(int code) const;

    struct Finalise {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    std::unique_ptr<sqlite3_stmt, Finalise> statement_;
    int bind_code_ = 0; // the first failure since the last step
};

/// Resets a statement at the end of a scope, so that no early return leaves a read running.
class Running {
  public:
    explicit Running(Statement& statement) noexcept : statement_(statement) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { statement_.reset(); }

  private:
    Statement& statement_;
};

} // namespace cim::sqlite
