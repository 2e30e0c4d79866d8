// Records of a file, one event each, on their way into a store: grouped into transactions, appended many at a time.
//
// Consecutive records of one aggregate with the same transaction id are one transaction; a record without one is a
// transaction of its own. A transaction that names itself and is in the store already is skipped, so that the same file
// can be imported again; records that do not are appended again.
#pragma once

#include <cim/event_store.hpp>
#include <cim/transaction.hpp>

#include "import_run.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace cim::importer {

struct ImportRecord {
    AggregateId aggregate;
    std::string event_type;
    ipld::Value payload;
    std::optional<Timestamp> timestamp; ///< nullopt: now.
    TransactionId transaction_id;       ///< May be empty.
    TraceContext trace;                 ///< Of the transaction: its first record's counts.
};

/// Memory grows with aggregates and with transaction ids, not with events. Not for use by several threads at once.
class RecordAppender {
  public:
    RecordAppender(EventStore& store, const ImportControl& control);

    /// Errors: invalid_token and invalid_argument for a record that no event can be made of, which then leaves no
    /// trace; invalid_input for a transaction that goes on after others came between; conflict for one that is in the
    /// store with another number of events; and what the store reports.
    [[nodiscard]] Result<> add(ImportRecord record, std::size_t size);
    /// Appends all that is whole.
    [[nodiscard]] Result<> finish();
    /// Appends all that is whole after an error in the input. A named transaction that is still open is dropped: the
    /// rest of it may stand where the error is.
    [[nodiscard]] Result<> abandon();

    [[nodiscard]] const ImportReport& report() const noexcept { return report_; }
    /// Counts a record that was left out.
    void skip(std::uint64_t records = 1) noexcept { report_.skipped += records; }

  private:
    using Ids = std::unordered_map<std::string, std::uint32_t>; // transaction id -> events
    Result<> close_open();
    Result<> send();
    Result<const Ids*> stored_ids(const AggregateId& aggregate);
    void name_aggregate(const AggregateId& aggregate);

    EventStore& store_;
    const ImportControl& control_;
    std::optional<Transaction> open_;
    std::vector<AppendRequest> batch_;
    std::size_t batch_events_ = 0;
    std::size_t batch_bytes_ = 0;
    std::unordered_map<std::string, Ids> stored_; // by aggregate, from before this import
    std::unordered_set<std::string> closed_;      // aggregate and id, in this import
    std::unordered_set<std::string> aggregates_;
    ImportReport report_;
};

} // namespace cim::importer
