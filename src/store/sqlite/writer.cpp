#include "store/sqlite/writer.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"
#include "store/sqlite/sqlite_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace cim::sqlite {

namespace {

constexpr std::size_t most_aggregates = 64 * 1024; // remembered; a store may have more

// The CIDs of aggregate ?1 at the positions ?2 to ?3.
constexpr std::string_view what_follows =
    "SELECT e.sequence, e.cid FROM transactions t CROSS JOIN events e "
    "ON e.sequence >= t.first_event + max(0, ?2 - t.first_position) "
    "AND e.sequence <= t.first_event + min(t.size - 1, ?3 - t.first_position) "
    "WHERE t.aggregate = ?1 AND t.first_position <= ?3 AND t.first_position >= coalesce("
    "(SELECT max(first_position) FROM transactions WHERE aggregate = ?1 AND first_position <= ?2), 0) "
    "ORDER BY t.first_position, e.sequence";

AppendReceipt receipt(const ChainedTransaction& transaction, std::int64_t first, std::int64_t last, bool present) {
    return {transaction.head(), GlobalSequence(static_cast<std::uint64_t>(first)),
            GlobalSequence(static_cast<std::uint64_t>(last)), present};
}

} // namespace

Result<std::unique_ptr<Writer>> Writer::make(Connection& connection) {
    std::unique_ptr<Writer> writer(new Writer(connection));
    const std::pair<Statement*, std::string_view> statements[] = {
        {&writer->begin_, "BEGIN IMMEDIATE"},
        {&writer->commit_, "COMMIT"},
        {&writer->data_version_, "PRAGMA data_version"},
        {&writer->last_transaction_,
         "SELECT first_event + size - 1, ordinal FROM transactions ORDER BY first_event DESC LIMIT 1"},
        {&writer->last_aggregate_, "SELECT coalesce(max(id), 0) FROM aggregates"},
        {&writer->find_head_, "SELECT id, head_sequence, head_event, head_cid FROM aggregates WHERE name = ?1"},
        {&writer->insert_head_,
         "INSERT INTO aggregates (id, name, head_sequence, head_event, head_cid) VALUES (?1,?2,?3,?4,?5)"},
        {&writer->update_head_,
         "UPDATE aggregates SET head_sequence = ?3, head_event = ?4, head_cid = ?5 WHERE id = ?1"},
        {&writer->what_follows_, what_follows},
    };
    for (const auto& [statement, sql] : statements) {
        CIM_TRY_ASSIGN(*statement, connection.prepare(sql));
    }
    CIM_TRY(writer->rows_.prepare(connection));
    return writer;
}

void Writer::commit(std::span<AppendCall* const> calls) {
    if (failure_) {
        for (auto* call : calls) call->outcome = fail(refusal());
        return;
    }
    const auto done = try_commit(calls);
    if (done) return;
    if (calls.size() > 1 && concerns_one_append(done.error())) {
        for (auto* call : calls) commit({&call, 1}); // one of them is at fault, and the others need not suffer for it
        return;
    }
    if (ends_writing(done.error())) stop(done.error());
    for (auto* call : calls) call->outcome = fail(done.error());
}

Error Writer::refusal() const {
    return {Errc::store_read_only,
            "the store takes no writes since an earlier one failed: " + failure_->message,
            failure_->advice,
            {{"path", std::string(failure_->field("path").value_or(""))}}};
}

Result<> Writer::try_commit(std::span<AppendCall* const> calls) {
    CIM_TRY(begin_.run());
    auto done = write(calls);
    if (done) done = commit_.run();
    if (done) return {};
    forget();
    if (connection_->in_transaction()) (void)connection_->run("ROLLBACK");
    return done;
}

Result<> Writer::write(std::span<AppendCall* const> calls) {
    CIM_TRY(refresh());
    for (auto* call : calls) CIM_TRY(write(*call));
    CIM_TRY(rows_.flush());
    return write_heads();
}

// Finds out whether another connection has written since, and what everything stands at if so.
Result<> Writer::refresh() {
    changed_.clear();
    const Running running(data_version_);
    CIM_TRY_ASSIGN(const bool row, data_version_.step());
    const auto version = row ? data_version_.integer(0) : 0;
    if (version == version_ && aggregates_.size() < most_aggregates) return {};

    forget();
    const Running running_transaction(last_transaction_);
    const Running running_aggregate(last_aggregate_);
    CIM_TRY_ASSIGN(const bool any, last_transaction_.step());
    last_event_ = any ? last_transaction_.integer(0) : 0;
    last_ordinal_ = any ? last_transaction_.integer(1) : 0;
    CIM_TRY_ASSIGN(const bool counted, last_aggregate_.step());
    last_aggregate_id_ = counted ? last_aggregate_.integer(0) : 0;
    version_ = version;
    return {};
}

void Writer::forget() {
    version_ = -1;
    aggregates_.clear();
    changed_.clear();
    undo_.clear();
    rows_.forget();
}

Result<> Writer::write(AppendCall& call) {
    const auto last_event = last_event_;
    auto receipts = place(call);
    if (!receipts) {
        if (receipts.error().code != Errc::conflict) return fail(receipts.error());
        for (auto& [entry, before] : std::views::reverse(undo_)) entry->second = std::move(before);
        last_event_ = last_event;
        call.outcome = std::move(receipts);
        return {};
    }
    for (std::size_t i = 0; i < call.transactions.size(); ++i) {
        if ((*receipts)[i].already_present) continue;
        const auto& transaction = call.transactions[i];
        CIM_TRY_ASSIGN(auto* const entry, find(transaction.aggregate_id()));
        auto& aggregate = entry->second;
        if (aggregate.id == 0) aggregate.id = ++last_aggregate_id_;
        if (!std::exchange(aggregate.changed, true)) changed_.push_back(entry);
        const auto first = static_cast<std::int64_t>((*receipts)[i].first.value());
        CIM_TRY(rows_.add(transaction, {.first_event = first, .ordinal = ++last_ordinal_, .aggregate = aggregate.id}));
    }
    call.outcome = std::move(receipts);
    return {};
}

// Says where each transaction goes, without writing anything yet.
Result<std::vector<AppendReceipt>> Writer::place(AppendCall& call) {
    undo_.clear();
    std::vector<AppendReceipt> receipts;
    receipts.reserve(call.transactions.size());
    for (const auto& transaction : call.transactions) {
        CIM_TRY_ASSIGN(auto placed, place(transaction));
        receipts.push_back(std::move(placed));
    }
    return receipts;
}

Result<AppendReceipt> Writer::place(const ChainedTransaction& transaction) {
    CIM_TRY_ASSIGN(auto* const entry, find(transaction.aggregate_id()));
    auto& aggregate = entry->second;
    if (aggregate.head != transaction.start()) {
        CIM_TRY_ASSIGN(const auto present, find_present(transaction, aggregate));
        if (present) return *present;
        return fail(Conflict{transaction.aggregate_id(), transaction.start(), aggregate.head}.to_error());
    }
    undo_.emplace_back(entry, aggregate);
    const auto first = last_event_ + 1;
    last_event_ += static_cast<std::int64_t>(transaction.events().size());
    aggregate.head = transaction.head();
    aggregate.last_event = last_event_;
    return receipt(transaction, first, last_event_, false);
}

// Where the head is not what the caller saw, the append may be a repeated one: then its events stand right behind what
// the caller saw. No index over CIDs is needed to see that.
Result<std::optional<AppendReceipt>> Writer::find_present(const ChainedTransaction& transaction,
                                                          const Aggregate& aggregate) {
    const auto events = transaction.events();
    const auto start = transaction.start().sequence.value();
    if (aggregate.head.sequence.value() < start + events.size()) return std::nullopt;

    CIM_TRY(rows_.flush());
    auto& rows = what_follows_;
    const Running running(rows);
    rows.bind(1, aggregate.id).bind(2, start + 1).bind(3, start + events.size());
    std::int64_t first = 0;
    std::int64_t last = 0;
    for (const auto& event : events) {
        CIM_TRY_ASSIGN(const bool row, rows.step());
        if (!row || !std::ranges::equal(rows.blob(1), event.cid.bytes())) return std::nullopt;
        last = rows.integer(0);
        if (first == 0) first = last;
    }
    return receipt(transaction, first, last, true);
}

Result<Writer::Aggregates::value_type*> Writer::find(const AggregateId& id) {
    const auto [entry, is_new] = aggregates_.try_emplace(id.str());
    if (!is_new) return &*entry;
    const Running running(find_head_);
    auto& aggregate = entry->second;
    auto found = find_head_.bind(1, id.str()).step();
    if (found && *found) {
        auto cid = Cid::from_bytes(find_head_.blob(3));
        const auto sequence = find_head_.integer(1);
        if (!cid || sequence < 1)
            found = fail(Errc::store_corrupt, fmt::format("the head of aggregate '{}' is damaged", printable(id.str())),
                         "run `cim db check` on a copy of the file", {{"aggregate", id.str()}});
        else
            aggregate = {.id = find_head_.integer(0),
                         .head = {AggregateSequence(static_cast<std::uint64_t>(sequence)), *std::move(cid)},
                         .last_event = find_head_.integer(2),
                         .in_table = true};
    }
    if (!found) {
        aggregates_.erase(entry);
        return fail(found.error());
    }
    return &*entry;
}

// Once for each aggregate, however many of its transactions were written.
Result<> Writer::write_heads() {
    for (auto* const entry : changed_) {
        auto& [name, aggregate] = *entry;
        auto& statement = aggregate.in_table ? update_head_ : insert_head_;
        statement.bind(1, aggregate.id);
        if (!aggregate.in_table) statement.bind(2, name);
        statement.bind(3, aggregate.head.sequence.value())
            .bind(4, aggregate.last_event)
            .bind(5, aggregate.head.cid->bytes());
        CIM_TRY(statement.run());
        aggregate.in_table = true;
        aggregate.changed = false;
    }
    changed_.clear();
    return {};
}

} // namespace cim::sqlite
