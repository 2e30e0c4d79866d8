// Inserts the rows of transactions and their events. Rows of events are collected and inserted many at a time: a
// statement for one row spends half its time on opening and closing cursors.
#pragma once

#include <cim/transaction.hpp>

#include "store/sqlite/connection.hpp"
#include "store/sqlite/statement.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cim::sqlite {

class RowInserter {
  public:
    [[nodiscard]] Result<> prepare(Connection& connection);

    /// Where a transaction goes.
    struct Place {
        std::int64_t first_event;
        std::int64_t ordinal;
        std::int64_t aggregate;
    };
    /// `transaction` must live until flush() or forget().
    [[nodiscard]] Result<> add(const ChainedTransaction& transaction, const Place& place);
    /// Inserts what has been collected; only then can a query see it.
    [[nodiscard]] Result<> flush();
    /// Drops what has been collected, and what is known of the table of types.
    void forget();

  private:
    struct Row {
        std::int64_t sequence;
        std::int64_t type;
        const ChainedEvent* event;
    };
    struct Batch {
        std::size_t rows;
        Statement insert;
    };

    [[nodiscard]] Result<std::int64_t> type_id(std::string_view name);

    Statement insert_transaction_, find_type_, insert_type_;
    std::array<Batch, 3> batches_{{{64, {}}, {8, {}}, {1, {}}}};
    std::vector<Row> pending_;
    std::map<std::string, std::int64_t, std::less<>> types_;
    std::string_view last_type_; // a key of types_
    std::int64_t last_type_id_ = 0;
};

} // namespace cim::sqlite
