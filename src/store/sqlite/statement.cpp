#include "store/sqlite/statement.hpp"

#include "store/sqlite/sqlite_error.hpp"

#include <sqlite3.h>

namespace cim::sqlite {

namespace {

// SQLite takes a null pointer for NULL, and an empty view may have one.
constexpr char nothing[1] = {};

} // namespace

void Statement::Finalise::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

Statement& Statement::bind(int index, std::int64_t value) noexcept {
    if (const int code = sqlite3_bind_int64(statement_.get(), index, value); code != SQLITE_OK) bind_code_ = code;
    return *this;
}

Statement& Statement::bind(int index, std::string_view text) noexcept {
    const char* data = text.empty() ? nothing : text.data();
    const int code = sqlite3_bind_text64(statement_.get(), index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
    if (code != SQLITE_OK) bind_code_ = code;
    return *this;
}

Statement& Statement::bind(int index, ByteView blob) noexcept {
    const void* data = blob.empty() ? static_cast<const void*>(nothing) : blob.data();
    const int code = sqlite3_bind_blob64(statement_.get(), index, data, blob.size(), SQLITE_STATIC);
    if (code != SQLITE_OK) bind_code_ = code;
    return *this;
}

Result<bool> Statement::step() {
    if (bind_code_ != SQLITE_OK) return fail(error(std::exchange(bind_code_, SQLITE_OK)));
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    auto why = error(code);
    reset();
    return fail(std::move(why));
}

Result<> Statement::run() {
    const auto stepped = step();
    reset();
    if (!stepped) return fail(stepped.error());
    return {};
}

void Statement::reset() noexcept { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const noexcept { return sqlite3_column_int64(statement_.get(), column); }

std::string_view Statement::text(int column) const noexcept {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

ByteView Statement::blob(int column) const noexcept {
    const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool Statement::is_null(int column) const noexcept {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Error Statement::error(int code) const { return sqlite_error(sqlite3_db_handle(statement_.get()), code); }

} // namespace cim::sqlite
