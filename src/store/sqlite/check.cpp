// check_sqlite_store(): one pass over each table, side by side where they describe the same thing.
#include <cim/event.hpp>
#include <cim/event_store.hpp>
#include <cim/sqlite_store.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"
#include "store/document_rules.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/database.hpp"

#include <fmt/format.h>

#include <limits>
#include <unordered_map>

namespace cim {

namespace {

// Numbers of a damaged file may be anything: a sum that int64 cannot hold stays at its end, and is then never the one
// due.
std::int64_t plus(std::int64_t a, std::int64_t b) noexcept {
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return b < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

using sqlite::Connection;
using sqlite::Statement;

class Checker {
  public:
    Checker(Connection& connection, std::size_t most) : connection_(connection), most_(most) {}

    Result<std::vector<std::string>> run() {
        CIM_TRY(connection_.run("BEGIN")); // all of it sees one state
        CIM_TRY(check_pages());
        CIM_TRY(check_references());
        CIM_TRY(check_events());
        CIM_TRY(check_heads());
        CIM_TRY(check_documents());
        CIM_TRY(connection_.run("COMMIT"));
        return std::move(problems_);
    }

  private:
    struct Chain {
        std::int64_t next_position = 1;
        std::int64_t last_event = 0;
    };
    struct Transaction {
        std::int64_t first = 0;
        std::int64_t size = 0;
        std::string aggregate;
    };

    [[nodiscard]] bool enough() const noexcept { return problems_.size() >= most_; }
    void problem(std::string text) {
        if (!enough()) problems_.push_back(std::move(text));
    }

    Result<> check_pages();
    Result<> check_references();
    Result<> check_events();
    Result<bool> next_transaction(Statement& rows, Transaction& transaction);
    Result<> check_events_of(const Transaction& transaction, Statement& rows, bool& row);
    void check_event(const Transaction& transaction, const Statement& row);
    Result<> check_heads();
    Result<> check_documents();

    Connection& connection_;
    const std::size_t most_;
    std::vector<std::string> problems_;
    std::unordered_map<std::int64_t, Chain> chains_;
    std::int64_t last_event_ = 0;
    std::int64_t last_ordinal_ = 0;
};

Result<> Checker::check_pages() {
    CIM_TRY_ASSIGN(auto rows, connection_.prepare(fmt::format("PRAGMA integrity_check({})", most_)));
    while (true) {
        CIM_TRY_ASSIGN(const bool row, rows.step());
        if (!row) return {};
        if (rows.text(0) != "ok") problem(fmt::format("SQLite: {}", rows.text(0)));
    }
}

Result<> Checker::check_references() {
    CIM_TRY_ASSIGN(auto rows, connection_.prepare("PRAGMA foreign_key_check"));
    while (!enough()) {
        CIM_TRY_ASSIGN(const bool row, rows.step());
        if (!row) break;
        problem(fmt::format("row {} of table {} refers to a row of table {} that is missing", rows.integer(1),
                            rows.text(0), rows.text(2)));
    }
    return {};
}

// Transactions and events tile the same sequences, so one walk holds them against each other.
Result<> Checker::check_events() {
    CIM_TRY_ASSIGN(
        auto transactions,
        connection_.prepare("SELECT t.first_event, t.size, t.ordinal, t.aggregate, t.first_position, a.name FROM "
                            "transactions t LEFT JOIN aggregates a ON a.id = t.aggregate ORDER BY t.first_event"));
    CIM_TRY_ASSIGN(
        auto events,
        connection_.prepare("SELECT e.sequence, e.timestamp, e.cid, e.block, y.name FROM events e NOT INDEXED LEFT "
                            "JOIN event_types y ON y.id = e.type ORDER BY e.sequence"));
    CIM_TRY_ASSIGN(bool row, events.step());
    Transaction transaction;
    while (!enough()) {
        CIM_TRY_ASSIGN(const bool more, next_transaction(transactions, transaction));
        if (!more) break;
        CIM_TRY(check_events_of(transaction, events, row));
    }
    while (row && !enough()) {
        problem(fmt::format("the event with sequence {} belongs to no transaction", events.integer(0)));
        CIM_TRY_ASSIGN(row, events.step());
    }
    return {};
}

Result<bool> Checker::next_transaction(Statement& rows, Transaction& transaction) {
    CIM_TRY_ASSIGN(const bool row, rows.step());
    if (!row) return false;
    transaction = {rows.integer(0), rows.integer(1), std::string(rows.text(5))};
    const auto expected = plus(last_event_, 1);
    if (transaction.first != expected)
        problem(fmt::format("a transaction starts at sequence {}, and {} was due", transaction.first, expected));
    if (rows.integer(2) != plus(last_ordinal_, 1))
        problem(fmt::format("the transaction at sequence {} is numbered {}, and {} was due", transaction.first,
                            rows.integer(2), plus(last_ordinal_, 1)));
    last_ordinal_ = rows.integer(2);
    last_event_ = plus(transaction.first, plus(transaction.size, -1));

    auto& chain = chains_[rows.integer(3)];
    if (rows.integer(4) != chain.next_position)
        problem(fmt::format("aggregate '{}': the transaction at sequence {} starts with event {}, and event {} was due",
                            printable(transaction.aggregate), transaction.first, rows.integer(4), chain.next_position));
    chain.next_position = plus(rows.integer(4), transaction.size);
    chain.last_event = last_event_;
    return true;
}

// `row` says whether `rows` stands at an event, which then is the next that was not looked at.
Result<> Checker::check_events_of(const Transaction& transaction, Statement& rows, bool& row) {
    std::int64_t found = 0;
    while (row && rows.integer(0) < plus(transaction.first, transaction.size) && !enough()) {
        if (rows.integer(0) < transaction.first)
            problem(fmt::format("the event with sequence {} belongs to no transaction", rows.integer(0)));
        else
            ++found, check_event(transaction, rows);
        CIM_TRY_ASSIGN(row, rows.step());
    }
    if (found != transaction.size && !enough())
        problem(fmt::format("aggregate '{}': of the {} events from sequence {} on, {} are missing",
                            printable(transaction.aggregate), transaction.size, transaction.first,
                            transaction.size - found));
    return {};
}

void Checker::check_event(const Transaction& transaction, const Statement& row) {
    const auto place = [&] { return fmt::format("the event with sequence {}", row.integer(0)); };
    if (const auto cid = Cid::from_bytes(row.blob(2)); !cid)
        problem(fmt::format("{} has a CID that is none: {}", place(), cid.error().message));
    const auto block = EventBlock::parse(row.blob(3));
    if (!block) return problem(fmt::format("{} is no event block: {}", place(), block.error().message));
    if (block->aggregate_id != transaction.aggregate)
        problem(fmt::format("{} is of aggregate '{}' and is filed under '{}'", place(), printable(block->aggregate_id),
                            printable(transaction.aggregate)));
    if (to_micros(block->timestamp) != row.integer(1))
        problem(fmt::format("{} happened at {} and is filed under {}", place(), to_micros(block->timestamp),
                            row.integer(1)));
    if (block->event_type != row.text(4))
        problem(fmt::format("{} is a '{}' and is filed as '{}'", place(), printable(block->event_type),
                            printable(row.text(4))));
}

Result<> Checker::check_heads() {
    CIM_TRY_ASSIGN(auto rows,
                   connection_.prepare("SELECT a.id, a.name, a.head_sequence, a.head_event, e.cid IS a.head_cid FROM "
                                       "aggregates a LEFT JOIN events e ON e.sequence = a.head_event ORDER BY a.id"));
    std::int64_t expected = 0;
    while (!enough()) {
        CIM_TRY_ASSIGN(const bool row, rows.step());
        if (!row) break;
        const auto name = printable(rows.text(1));
        if (rows.integer(0) != ++expected)
            problem(fmt::format("aggregate '{}' is numbered {}, and {} was due", name, rows.integer(0), expected));
        expected = rows.integer(0);
        const auto& chain = chains_[rows.integer(0)];
        if (rows.integer(2) != chain.next_position - 1 || rows.integer(3) != chain.last_event)
            problem(fmt::format(
                "aggregate '{}' has its head at event {} (sequence {}), and its last event is {} (sequence {})", name,
                rows.integer(2), rows.integer(3), chain.next_position - 1, chain.last_event));
        else if (rows.integer(4) == 0)
            problem(fmt::format("aggregate '{}' has a head with another CID than its last event", name));
    }
    return {};
}

// Nothing is known of their values; a file of version 1 has none.
Result<> Checker::check_documents() {
    CIM_TRY_ASSIGN(const auto has, connection_.number("SELECT count(*) FROM sqlite_schema WHERE name = 'documents'"));
    if (has == 0) return {};
    CIM_TRY_ASSIGN(auto rows, connection_.prepare("SELECT revision, collection, key FROM documents ORDER BY revision"));
    while (!enough()) {
        CIM_TRY_ASSIGN(const bool row, rows.step());
        if (!row) break;
        const auto valid = check_document_name(rows.text(1), rows.text(2));
        if (!valid)
            problem(fmt::format("the document with revision {} has a name that is none: {}", rows.integer(0),
                                valid.error().message));
    }
    return {};
}

} // namespace

Result<std::vector<std::string>> check_sqlite_store(const std::string& path, std::size_t most) {
    constexpr OpenOptions options{.mode = OpenOptions::Mode::read_only};
    CIM_TRY_ASSIGN(auto connection, sqlite::open_database(path, options));
    return Checker(connection, most).run();
}

} // namespace cim
