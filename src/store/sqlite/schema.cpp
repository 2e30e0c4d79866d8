#include "store/sqlite/schema.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>

namespace cim::sqlite {

namespace {

// Events of a transaction have consecutive sequences and positions, so where an event stands in its chain and in its
// transaction follows from its transaction's row. The rows of events then need no index but that over time, and nothing
// anywhere is ordered by a CID: random keys are what makes bulk appends slow.
constexpr const char* version_1 = R"(
CREATE TABLE aggregates (
    id            INTEGER PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    head_sequence INTEGER NOT NULL CHECK (head_sequence > 0),
    head_event    INTEGER NOT NULL REFERENCES events (sequence),
    head_cid      BLOB    NOT NULL
) STRICT;
CREATE TABLE event_types (
    id   INTEGER PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
) STRICT;
CREATE TABLE transactions (
    first_event    INTEGER PRIMARY KEY REFERENCES events (sequence),
    ordinal        INTEGER NOT NULL,
    size           INTEGER NOT NULL CHECK (size > 0),
    aggregate      INTEGER NOT NULL REFERENCES aggregates (id),
    first_position INTEGER NOT NULL CHECK (first_position > 0),
    name           TEXT    NOT NULL,
    correlation_id TEXT    NOT NULL,
    causation_id   TEXT    NOT NULL,
    traceparent    TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX transactions_by_chain ON transactions (aggregate, first_position);
CREATE TABLE events (
    sequence  INTEGER PRIMARY KEY,
    timestamp INTEGER NOT NULL,
    type      INTEGER NOT NULL REFERENCES event_types (id),
    cid       BLOB    NOT NULL,
    block     BLOB    NOT NULL
) STRICT;
CREATE INDEX events_by_time ON events (timestamp);
)";

// AUTOINCREMENT: a revision is given once and never again, also after its document was removed. A put replaces the row,
// so that the row's number is the revision.
constexpr const char* version_2 = R"(
CREATE TABLE documents (
    revision   INTEGER PRIMARY KEY AUTOINCREMENT,
    collection TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    written_at INTEGER NOT NULL,
    value      BLOB    NOT NULL,
    UNIQUE (collection, key) ON CONFLICT REPLACE
) STRICT;
)";

constexpr std::array steps_of_this_version{MigrationStep{1, version_1}, MigrationStep{2, version_2, true}};

// Larger than SQLite's own choice: fewer page reads in a scan and faster bulk appends, for a little more to write where
// events come one by one.
constexpr const char* page_size = "PRAGMA page_size = 8192";

struct Identity {
    std::int64_t application = 0;
    std::int64_t version = 0;
    bool empty = false; // no table, index, view or trigger at all
};

// In one statement, because another process may be making a store of the same file.
Result<Identity> identify(Connection& connection) {
    CIM_TRY_ASSIGN(auto row, connection.prepare("SELECT count(*), (SELECT application_id FROM pragma_application_id), "
                                                "(SELECT user_version FROM pragma_user_version) FROM sqlite_schema"));
    CIM_TRY_ASSIGN(const bool found, row.step());
    if (!found) return Identity{};
    const auto application = row.integer(1);
    const auto version = row.integer(2);
    return Identity{application, version, row.integer(0) == 0 && application == 0 && version == 0};
}

Result<> check_identity(const Identity& found, const std::string& path, std::int64_t newest) {
    if (found.empty) return {};
    if (found.application != application_id)
        return fail(Errc::store_foreign,
                    fmt::format("'{}' is a database of another program (application id {}, not {})", printable(path),
                                found.application, application_id),
                    "give the path of a cim store, or of a file that does not exist yet", {{"path", path}});
    if (found.version > newest)
        return fail(Errc::store_foreign,
                    fmt::format("store '{}' has version {}, and this cim knows versions up to {}", printable(path),
                                found.version, newest),
                    "use a newer cim", {{"path", path}, {"version", std::to_string(found.version)}});
    if (found.version < 1)
        return fail(Errc::store_corrupt,
                    fmt::format("store '{}' has the impossible version {}", printable(path), found.version),
                    "run `cim db check` on a copy of the file", {{"path", path}});
    return {};
}

Result<> check_usable_as_is(const Identity& found, const std::string& path, std::span<const MigrationStep> steps) {
    if (found.empty)
        return fail(Errc::not_found, fmt::format("'{}' is an empty database, not a store", printable(path)),
                    "append something to it first", {{"path", path}});
    const auto needed = [&](const MigrationStep& step) {
        return step.to > found.version && !step.optional_for_readers;
    };
    if (std::ranges::any_of(steps, needed))
        return fail(Errc::store_read_only,
                    fmt::format("store '{}' has version {} and must be brought to version {} before it can be read",
                                printable(path), found.version, newest_version(steps)),
                    "open it once for writing", {{"path", path}, {"version", std::to_string(found.version)}});
    return {};
}

Result<> switch_journal(Connection& connection, const std::string& path) {
    CIM_TRY_ASSIGN(auto pragma, connection.prepare("PRAGMA journal_mode = WAL"));
    CIM_TRY_ASSIGN(const bool row, pragma.step());
    const auto mode = row ? pragma.text(0) : std::string_view();
    if (mode == "wal" || path == memory_path) return {};
    return fail(
        Errc::store_unavailable,
        fmt::format("store '{}' is on a file system that cannot share memory between processes", printable(path)),
        "keep the store on a local disk", {{"path", path}});
}

// Switching to a write-ahead log needs the file for oneself for a moment. Two processes that do it at once and wait for
// one another by SQLite's means wait in vain, each with a lock that the other wants; so they step back and try again.
Result<> use_write_ahead_log(Connection& connection, const std::string& path, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    connection.set_busy_timeout({});
    auto switched = switch_journal(connection, path);
    for (auto pause = std::chrono::milliseconds(1);
         !switched && switched.error().code == Errc::store_busy && std::chrono::steady_clock::now() < deadline;
         pause = std::min(2 * pause, std::chrono::milliseconds(16))) {
        std::this_thread::sleep_for(pause);
        switched = switch_journal(connection, path);
    }
    connection.set_busy_timeout(patience);
    return switched;
}

Result<> run_steps(Connection& connection, std::int64_t from, std::span<const MigrationStep> steps) {
    for (const auto& step : steps) {
        if (step.to <= from) continue;
        CIM_TRY(connection.run(step.sql));
        CIM_TRY(connection.run(fmt::format("PRAGMA user_version = {}", step.to)));
    }
    return connection.run(fmt::format("PRAGMA application_id = {}", application_id));
}

// Looks again inside the transaction: another process may have done the same in the meantime.
Result<> migrate(Connection& connection, const std::string& path, std::span<const MigrationStep> steps) {
    CIM_TRY(connection.run("BEGIN IMMEDIATE"));
    const auto work = [&]() -> Result<> {
        CIM_TRY_ASSIGN(const auto found, identify(connection));
        CIM_TRY(check_identity(found, path, newest_version(steps)));
        CIM_TRY(run_steps(connection, found.version, steps));
        return connection.run("COMMIT");
    };
    auto done = work();
    if (!done && connection.in_transaction()) (void)connection.run("ROLLBACK");
    return done;
}

} // namespace

std::span<const MigrationStep> migration_steps() noexcept { return steps_of_this_version; }

std::int64_t newest_version(std::span<const MigrationStep> steps) noexcept {
    return steps.empty() ? 0 : steps.back().to;
}

Result<> prepare_schema(Connection& connection, const std::string& path, std::chrono::milliseconds busy_timeout,
                        std::span<const MigrationStep> steps) {
    const auto newest = newest_version(steps);
    CIM_TRY_ASSIGN(const auto found, identify(connection));
    CIM_TRY(check_identity(found, path, newest));
    if (connection.read_only()) return check_usable_as_is(found, path, steps);
    if (found.empty) CIM_TRY(connection.run(page_size));
    CIM_TRY(use_write_ahead_log(connection, path, busy_timeout));
    if (found.version == newest) return {};
    return migrate(connection, path, steps);
}

} // namespace cim::sqlite
