#include "store/sqlite/row_inserter.hpp"

#include <cim/time.hpp>

#include "base/try.hpp"

#include <fmt/format.h>

#include <span>

namespace cim::sqlite {

namespace {

constexpr int columns = 5;
constexpr std::size_t most_types = 64 * 1024; // remembered; a store may have more

// OR FAIL: the caller rolls the whole transaction back, so SQLite need not keep what undoes the statement alone.
std::string insert_events(std::size_t rows) {
    std::string sql = "INSERT OR FAIL INTO events (sequence, timestamp, type, cid, block) VALUES (?,?,?,?,?)";
    for (std::size_t row = 1; row < rows; ++row) sql += ",(?,?,?,?,?)";
    return sql;
}

} // namespace

Result<> RowInserter::prepare(Connection& connection) {
    for (auto& batch : batches_) {
        CIM_TRY_ASSIGN(batch.insert, connection.prepare(insert_events(batch.rows)));
    }
    CIM_TRY_ASSIGN(
        insert_transaction_,
        connection.prepare("INSERT OR FAIL INTO transactions (first_event, ordinal, size, aggregate, first_position, "
                           "name, correlation_id, causation_id, traceparent) VALUES (?,?,?,?,?,?,?,?,?)"));
    CIM_TRY_ASSIGN(find_type_, connection.prepare("SELECT id FROM event_types WHERE name = ?1"));
    CIM_TRY_ASSIGN(insert_type_,
                   connection.prepare("INSERT INTO event_types (id, name) VALUES "
                                      "((SELECT coalesce(max(id), 0) + 1 FROM event_types), ?1) RETURNING id"));
    return {};
}

Result<> RowInserter::add(const ChainedTransaction& transaction, const Place& place) {
    const auto& trace = transaction.trace();
    const auto events = transaction.events();
    insert_transaction_.bind(1, place.first_event)
        .bind(2, place.ordinal)
        .bind(3, std::uint64_t{events.size()})
        .bind(4, place.aggregate)
        .bind(5, transaction.start().sequence.value() + 1)
        .bind(6, transaction.id().str())
        .bind(7, trace.correlation_id)
        .bind(8, trace.causation_id)
        .bind(9, trace.traceparent);
    CIM_TRY(insert_transaction_.run());

    auto sequence = place.first_event;
    for (const auto& event : events) {
        CIM_TRY_ASSIGN(const auto type, type_id(event.event_type));
        pending_.push_back({sequence++, type, &event});
        if (pending_.size() == batches_.front().rows) CIM_TRY(flush());
    }
    return {};
}

Result<> RowInserter::flush() {
    std::span<const Row> left = pending_;
    for (auto& [rows, insert] : batches_) {
        for (; left.size() >= rows; left = left.subspan(rows)) {
            int at = 1;
            for (const auto& row : left.first(rows)) {
                insert.bind(at, row.sequence)
                    .bind(at + 1, to_micros(row.event->timestamp))
                    .bind(at + 2, row.type)
                    .bind(at + 3, row.event->cid.bytes())
                    .bind(at + 4, row.event->block);
                at += columns;
            }
            CIM_TRY(insert.run());
        }
    }
    pending_.clear();
    return {};
}

void RowInserter::forget() {
    pending_.clear();
    types_.clear();
    last_type_ = {};
    last_type_id_ = 0;
}

Result<std::int64_t> RowInserter::type_id(std::string_view name) {
    if (last_type_id_ != 0 && name == last_type_) return last_type_id_;
    auto known = types_.find(name);
    if (known == types_.end()) {
        auto& find = find_type_;
        const Running running_find(find);
        const Running running_insert(insert_type_);
        CIM_TRY_ASSIGN(bool found, find.bind(1, name).step());
        auto id = found ? find.integer(0) : 0;
        if (!found) {
            CIM_TRY_ASSIGN(found, insert_type_.bind(1, name).step());
            id = insert_type_.integer(0);
        }
        if (types_.size() >= most_types) types_.clear();
        known = types_.emplace(name, id).first;
    }
    last_type_ = known->first;
    last_type_id_ = known->second;
    return last_type_id_;
}

} // namespace cim::sqlite
