#include "store/sqlite/reader.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"
#include "store/sqlite/page_reader.hpp"
#include "store/sqlite/sqlite_error.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace cim::sqlite {

namespace {

constexpr std::size_t most_names = 64 * 1024;

constexpr std::string_view head_of = "SELECT head_sequence, head_cid FROM aggregates WHERE name = ?1";

constexpr std::string_view aggregates_after =
    "SELECT a.name, a.head_sequence, a.head_cid, a.head_event, "
    "(SELECT e.timestamp FROM transactions t JOIN events e ON e.sequence = t.first_event "
    " WHERE t.aggregate = a.id AND t.first_position = 1), "
    "(SELECT e.timestamp FROM events e WHERE e.sequence = a.head_event) "
    "FROM aggregates a WHERE a.name > ?1 ORDER BY a.name LIMIT ?2";

// The last row of each table knows how many there are.
constexpr std::string_view totals_of_all =
    "SELECT t.first_event + t.size - 1, t.ordinal, (SELECT coalesce(max(id), 0) FROM aggregates) "
    "FROM transactions t ORDER BY t.first_event DESC LIMIT 1";

// What the reads of one page see is one state of the database.
class Snapshot {
  public:
    [[nodiscard]] static Result<> begin(Statement& statement) { return statement.run(); }
    explicit Snapshot(Statement& end) noexcept : end_(end) {}
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;
    ~Snapshot() { (void)end_.run(); }

  private:
    Statement& end_;
};

Result<ChainHead> head_from(std::string_view name, std::int64_t sequence, ByteView cid_bytes) {
    auto cid = Cid::from_bytes(cid_bytes);
    if (!cid || sequence < 1)
        return fail(Errc::store_corrupt, fmt::format("the head of aggregate '{}' is damaged", printable(name)),
                    "run `cim db check` on a copy of the file", {{"aggregate", std::string(name)}});
    return ChainHead{AggregateSequence(static_cast<std::uint64_t>(sequence)), *std::move(cid)};
}

} // namespace

// What the statements of a PageReader call back; their user data is the Reader.
struct SqlFunctions {
    // cim_wanted(type): is this one of the types that the query asks for?
    static void wanted(sqlite3_context* context, int, sqlite3_value** arguments) {
        const auto& types = static_cast<const Reader*>(sqlite3_user_data(context))->wanted_types_;
        const auto type = static_cast<std::size_t>(sqlite3_value_int64(arguments[0]));
        sqlite3_result_int(context, type < types.size() && types[type] ? 1 : 0);
    }

    // cim_take(sequence, cid, block): hands the row over; 1 to stop.
    static void take(sqlite3_context* context, int, sqlite3_value** arguments) {
        auto& page = *static_cast<const Reader*>(sqlite3_user_data(context))->page_;
        sqlite3_result_int(
            context, page.take(sqlite3_value_int64(arguments[0]), bytes(arguments[1]), bytes(arguments[2])) ? 0 : 1);
    }

    static ByteView bytes(sqlite3_value* value) {
        const auto* data = static_cast<const std::byte*>(sqlite3_value_blob(value));
        return {data, static_cast<std::size_t>(sqlite3_value_bytes(value))};
    }

    static Result<> define(Connection& connection, Reader& reader) {
        // Not deterministic, so that SQLite calls them for each row; and only for SQL of ours.
        constexpr int kind = SQLITE_UTF8 | SQLITE_DIRECTONLY;
        auto* database = connection.handle();
        int code =
            sqlite3_create_function_v2(database, "cim_wanted", 1, kind, &reader, wanted, nullptr, nullptr, nullptr);
        if (code == SQLITE_OK)
            code = sqlite3_create_function_v2(database, "cim_take", 3, kind, &reader, take, nullptr, nullptr, nullptr);
        if (code != SQLITE_OK) return fail(sqlite_error(database, code));
        return {};
    }
};

Result<std::unique_ptr<Reader>> Reader::make(Connection& connection) {
    std::unique_ptr<Reader> reader(new Reader(connection));
    CIM_TRY_ASSIGN(reader->begin_, connection.prepare("BEGIN"));
    CIM_TRY_ASSIGN(reader->end_, connection.prepare("COMMIT"));
    CIM_TRY(SqlFunctions::define(connection, *reader));
    return reader;
}

Result<Statement*> Reader::statement(Statement& slot, std::string_view sql) {
    if (slot) return &slot;
    CIM_TRY_ASSIGN(slot, connection_->prepare(sql));
    return &slot;
}

Result<EventPage> Reader::read(const ReadQuery& query) {
    if (names_.size() > most_names) names_.clear();
    CIM_TRY(Snapshot::begin(begin_));
    const Snapshot snapshot(end_);
    return PageReader(*this, query).read();
}

Result<ChainHead> Reader::head(const AggregateId& aggregate) {
    CIM_TRY_ASSIGN(Statement* const row, statement(head_, head_of));
    const Running running(*row);
    CIM_TRY_ASSIGN(const bool found, row->bind(1, aggregate.str()).step());
    if (!found) return ChainHead{};
    return head_from(aggregate.str(), row->integer(0), row->blob(1));
}

Result<std::vector<AggregateInfo>> Reader::aggregates(const AggregateId& after, std::size_t limit) {
    CIM_TRY_ASSIGN(Statement* const row, statement(aggregates_, aggregates_after));
    const Running running(*row);
    row->bind(1, after.str()).bind(2, std::uint64_t{limit});
    std::vector<AggregateInfo> found;
    while (true) {
        CIM_TRY_ASSIGN(const bool more, row->step());
        if (!more) return found;
        const auto name = row->text(0);
        CIM_TRY_ASSIGN(auto head, head_from(name, row->integer(1), row->blob(2)));
        if (row->is_null(4) || row->is_null(5))
            return fail(Errc::store_corrupt,
                        fmt::format("the first or the last event of aggregate '{}' is missing", printable(name)),
                        "run `cim db check` on a copy of the file", {{"aggregate", std::string(name)}});
        found.push_back({AggregateId(name), std::move(head),
                         GlobalSequence(static_cast<std::uint64_t>(row->integer(3))), from_micros(row->integer(4)),
                         from_micros(row->integer(5))});
    }
}

Result<Totals> Reader::totals() {
    CIM_TRY_ASSIGN(Statement* const row, statement(totals_, totals_of_all));
    const Running running(*row);
    CIM_TRY_ASSIGN(const bool found, row->step());
    if (!found) return Totals{};
    return Totals{static_cast<std::uint64_t>(row->integer(0)), static_cast<std::uint64_t>(row->integer(1)),
                  static_cast<std::uint64_t>(row->integer(2))};
}

Result<std::string_view> Reader::aggregate_name(std::int64_t id) {
    if (const auto known = names_.find(id); known != names_.end()) return known->second;
    CIM_TRY_ASSIGN(Statement* const row, statement(aggregate_name_, "SELECT name FROM aggregates WHERE id = ?1"));
    const Running running(*row);
    CIM_TRY_ASSIGN(const bool found, row->bind(1, id).step());
    if (!found)
        return fail(Errc::store_corrupt, fmt::format("the aggregate with number {} is missing", id),
                    "run `cim db check` on a copy of the file");
    return names_.emplace(id, row->text(0)).first->second;
}

} // namespace cim::sqlite
