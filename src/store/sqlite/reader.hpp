// Reading through one connection: its prepared statements and what it remembers. Used by one thread at a time.
#pragma once

#include <cim/event_store.hpp>

#include "store/sqlite/connection.hpp"
#include "store/sqlite/statement.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cim::sqlite {

/// How many of what a store holds.
struct Totals {
    std::uint64_t events = 0; ///< Also the sequence of the last one: sequences have no gaps.
    std::uint64_t transactions = 0;
    std::uint64_t aggregates = 0;
};

class PageReader;

class Reader {
  public:
    /// `connection` must stay alive and is used by nobody else meanwhile; its schema must be ready.
    [[nodiscard]] static Result<std::unique_ptr<Reader>> make(Connection& connection);

    [[nodiscard]] Result<EventPage> read(const ReadQuery& query);
    [[nodiscard]] Result<ChainHead> head(const AggregateId& aggregate);
    [[nodiscard]] Result<std::vector<AggregateInfo>> aggregates(const AggregateId& after, std::size_t limit);
    [[nodiscard]] Result<Totals> totals();
    [[nodiscard]] Result<std::optional<Document>> document(std::string_view collection, std::string_view key);
    [[nodiscard]] Result<std::vector<DocumentInfo>> documents(std::string_view collection, std::string_view after_key,
                                                              std::size_t limit);

    /// Types are numbered from 1; a store with more of them than this is damaged.
    static constexpr std::uint64_t most_types = 100'000'000;

  private:
    friend class PageReader;
    friend struct SqlFunctions;
    explicit Reader(Connection& connection) noexcept : connection_(&connection) {}

    /// The statement with that text, compiled at its first use.
    [[nodiscard]] Result<Statement*> statement(Statement& slot, std::string_view sql);
    /// The name of an aggregate; a view that is valid until the next read(). Errors: store_corrupt.
    [[nodiscard]] Result<std::string_view> aggregate_name(std::int64_t id);
    [[nodiscard]] Result<bool> has_documents();

    Connection* connection_;
    Statement begin_, end_;
    Statement head_, aggregates_, totals_, aggregate_id_, aggregate_name_, type_id_;
    std::array<Statement, 2> transactions_of_log_;   // by direction
    std::array<Statement, 2> transactions_of_chain_; // by direction
    std::array<Statement, 8> events_;                // by direction, time, type
    std::array<Statement, 2> next_in_window_;        // by direction
    Statement window_;
    Statement document_, documents_;
    std::unordered_map<std::int64_t, std::string> names_;
    // What the SQL functions use while a page is read.
    std::vector<bool> wanted_types_; // by id: cim_wanted()
    PageReader* page_ = nullptr;     // cim_take()
};

} // namespace cim::sqlite
