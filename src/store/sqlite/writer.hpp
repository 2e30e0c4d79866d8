// Writing through one connection: takes what several callers want to append and commits it as one transaction of
// SQLite's, with an outcome for each caller. Used by one thread at a time.
//
// What an append must find is checked before a row of it is written, so that a caller's conflict is nobody else's
// matter. Heads are known from before as long as no other process has written; PRAGMA data_version tells. After an
// error that makes further writing unsafe (disk full, I/O error, damage) the writer takes nothing any more.
#pragma once

#include <cim/event_store.hpp>

#include "store/sqlite/connection.hpp"
#include "store/sqlite/row_inserter.hpp"
#include "store/sqlite/statement.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cim::sqlite {

/// One call of append_chained: all or none.
struct AppendCall {
    std::span<const ChainedTransaction> transactions;
    std::optional<Result<std::vector<AppendReceipt>>> outcome;
};

class Writer {
  public:
    /// `connection` must stay alive and is used by nobody else meanwhile; its schema must be ready.
    [[nodiscard]] static Result<std::unique_ptr<Writer>> make(Connection& connection);

    /// Gives every call its outcome. Success means that COMMIT has succeeded.
    void commit(std::span<AppendCall* const> calls);
    /// Why the writer takes nothing any more; nullopt while it does.
    [[nodiscard]] const std::optional<Error>& failure() const noexcept { return failure_; }
    /// What a caller is told then; only where there is a failure().
    [[nodiscard]] Error refusal() const;
    /// Takes nothing any more, because other work of the connection's failed in such a way.
    void stop(Error why) {
        failure_ = std::move(why);
        stopped_ = true;
    }
    /// Whether there is a failure(); may be asked from any thread.
    [[nodiscard]] bool stopped() const noexcept { return stopped_; }

  private:
    // What is known of an aggregate. An id of 0: it is not in the table yet.
    struct Aggregate {
        std::int64_t id = 0;
        ChainHead head;
        std::int64_t last_event = 0;
        bool in_table = false;
        bool changed = false;
    };
    using Aggregates = std::unordered_map<std::string, Aggregate>;

    explicit Writer(Connection& connection) noexcept : connection_(&connection) {}

    [[nodiscard]] Result<> try_commit(std::span<AppendCall* const> calls);
    [[nodiscard]] Result<> write(std::span<AppendCall* const> calls);
    [[nodiscard]] Result<> write(AppendCall& call);
    [[nodiscard]] Result<> refresh();
    [[nodiscard]] Result<std::vector<AppendReceipt>> place(AppendCall& call);
    [[nodiscard]] Result<AppendReceipt> place(const ChainedTransaction& transaction);
    [[nodiscard]] Result<std::optional<AppendReceipt>> find_present(const ChainedTransaction& transaction,
                                                                    const Aggregate& aggregate);
    [[nodiscard]] Result<Aggregates::value_type*> find(const AggregateId& id);
    [[nodiscard]] Result<> write_heads();
    void forget();

    Connection* connection_;
    Statement begin_, commit_, data_version_, last_transaction_, last_aggregate_, find_head_, insert_head_,
        update_head_, what_follows_;
    RowInserter rows_;

    // The state of the database as far as it is known, ahead by what the open transaction has done.
    std::int64_t version_ = -1; // the data version that it holds for
    Aggregates aggregates_;
    std::int64_t last_event_ = 0;
    std::int64_t last_ordinal_ = 0;
    std::int64_t last_aggregate_id_ = 0;

    std::vector<Aggregates::value_type*> changed_;                    // by the open transaction
    std::vector<std::pair<Aggregates::value_type*, Aggregate>> undo_; // by the call that is being placed
    std::optional<Error> failure_;
    std::atomic<bool> stopped_{false};
};

} // namespace cim::sqlite
