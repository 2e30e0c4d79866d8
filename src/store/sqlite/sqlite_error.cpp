#include "store/sqlite/sqlite_error.hpp"

#include "base/printable.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <string>

namespace cim::sqlite {

namespace {

struct Meaning {
    Errc code;
    std::string_view what;
    std::string_view advice;
};

constexpr Meaning full{Errc::store_full, "there is no space left to write to",
                       "free space, then open the store again; nothing of the append was kept"};

bool means_no_space(int system_errno) {
    return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
}

int last_errno_of(sqlite3* database, int file) {
    sqlite3_file* opened = nullptr;
    int found = 0;
    if (sqlite3_file_control(database, "main", file, &opened) == SQLITE_OK && opened != nullptr &&
        opened->pMethods != nullptr)
        opened->pMethods->xFileControl(opened, SQLITE_FCNTL_LAST_ERRNO, &found);
    return found;
}

// SQLite passes errno on only for some calls; the files remember the rest.
int system_errno_of(sqlite3* database, int extended) {
    if ((extended & 0xff) != SQLITE_IOERR) return 0;
    if (const int known = sqlite3_system_errno(database); known != 0) return known;
    if (const int of_log = last_errno_of(database, SQLITE_FCNTL_JOURNAL_POINTER); of_log != 0) return of_log;
    return last_errno_of(database, SQLITE_FCNTL_FILE_POINTER);
}

Meaning meaning_of_io_error(int extended, int system_errno) {
    if (means_no_space(system_errno)) return full;
    // The frames of a commit are in the file by then, and nobody can say whether they will be there after a power cut.
    if (extended == SQLITE_IOERR_FSYNC || extended == SQLITE_IOERR_DIR_FSYNC)
        return {Errc::outcome_unknown, "the operating system could not make the write durable",
                "open the store again and read back before trying again; a repeated append does no harm"};
    return {Errc::io_error, "the operating system refused to read or write",
            "look at the disk and the system's log, then open the store again"};
}

Meaning meaning_of(int extended, int system_errno) {
    switch (extended & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return {Errc::store_busy, "another writer held the store longer than the time allowed",
                "try again, or give more time by OpenOptions::busy_timeout"};
    case SQLITE_FULL: return full;
    case SQLITE_IOERR: return meaning_of_io_error(extended, system_errno);
    case SQLITE_CORRUPT:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_ERROR:
        return {Errc::store_corrupt, "its structure is damaged", "run `cim db check` on a copy of the file"};
    case SQLITE_NOTADB:
        return {Errc::store_foreign, "the file is not an SQLite database", "give the path of a cim store"};
    case SQLITE_READONLY: return {Errc::store_read_only, "the file cannot be written", "look at its permissions"};
    case SQLITE_TOOBIG: return {Errc::limit_exceeded, "an event is larger than SQLite can hold", {}};
    default:
        return {Errc::store_unavailable, "the file cannot be used",
                "look at the file, its folder and their permissions"};
    }
}

} // namespace

Error sqlite_error(sqlite3* database, int code, std::string_view what) {
    // The connection knows more about the code, unless something else failed or succeeded on it since.
    const int recorded = database != nullptr ? sqlite3_extended_errcode(database) : code;
    const int extended = (recorded & 0xff) == (code & 0xff) ? recorded : code;
    const int system_errno = database != nullptr ? system_errno_of(database, extended) : 0;
    const auto meaning = meaning_of(extended, system_errno);
    const char* name = database != nullptr ? sqlite3_db_filename(database, "main") : nullptr;
    const std::string path = name == nullptr || *name == '\0' ? ":memory:" : name;
    const char* detail = extended == recorded && database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);

    std::string message = fmt::format("{} '{}': {} (SQLite {}: {})", what.empty() ? "store" : what, printable(path),
                                      meaning.what, extended, detail);
    Error error(meaning.code, std::move(message), std::string(meaning.advice),
                {{"path", path}, {"sqlite", std::to_string(extended)}});
    if (system_errno != 0) error.with("errno", std::to_string(system_errno));
    return error;
}

bool concerns_one_append(const Error& error) {
    const auto extended = error.field("sqlite");
    return error.code == Errc::store_corrupt && extended &&
           (std::stoi(std::string(*extended)) & 0xff) == SQLITE_CONSTRAINT;
}

bool ends_writing(const Error& error) {
    switch (error.code) {
    case Errc::store_full:
    case Errc::io_error:
    case Errc::outcome_unknown: return true;
    case Errc::store_corrupt: return !concerns_one_append(error);
    default: return false;
    }
}

} // namespace cim::sqlite
