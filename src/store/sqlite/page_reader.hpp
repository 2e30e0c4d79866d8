// Answers one ReadQuery: finds the ranges of the log that may hold what is asked for, and turns their rows into a page.
//
// Ranges come in the order of the answer. Where they come from depends on the query:
//   the log         one range, from the first to the last sequence asked for
//   a chain         one range for each transaction of the aggregate
//   a time window   few events: the sequences that the time index names, sorted
//                   many events: stretches of the log; the time index tells where to go on after one that holds none
// Runs inside a read transaction of the caller's, so that all of it sees one state of the database.
//
// Rows of events do not leave SQLite as results: the SQL function cim_take() in the WHERE clause hands each row to
// take(), which saves a third of the time that a row costs; a row is returned only to stop.
#pragma once

#include <cim/event_store.hpp>

#include "event/event_page_builder.hpp"
#include "store/sqlite/reader.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace cim::sqlite {

/// A row of the table `transactions`. The views are valid until its statement moves on.
struct TransactionRow {
    std::int64_t first = 0; // sequence of its first event
    std::int64_t size = 0;
    std::int64_t aggregate = 0;
    std::int64_t position = 0; // aggregate sequence of its first event
    std::string_view name;
    std::string_view correlation_id;
    std::string_view causation_id;
    std::string_view traceparent;

    [[nodiscard]] bool holds(std::int64_t sequence) const noexcept {
        return sequence >= first && sequence - first < size;
    }
};

class PageReader {
  public:
    PageReader(Reader& reader, const ReadQuery& query);
    [[nodiscard]] Result<EventPage> read();

    /// Adds a row of the range that is being read. False to stop: there is no room for it, or an error to be reported.
    [[nodiscard]] bool take(std::int64_t sequence, ByteView cid, ByteView block);

  private:
    // An inclusive range of sequences, of positions in a chain, or of timestamps in microseconds.
    struct Range {
        std::int64_t first = 1;
        std::int64_t last = std::numeric_limits<std::int64_t>::max();
        [[nodiscard]] bool empty() const noexcept { return first > last; }
        [[nodiscard]] bool holds(std::int64_t n) const noexcept { return n >= first && n <= last; }
    };

    [[nodiscard]] Result<> find_aggregate();
    [[nodiscard]] Result<bool> find_types();
    [[nodiscard]] Result<> read_log();
    [[nodiscard]] Result<> read_chain();
    [[nodiscard]] Result<> read_window();
    [[nodiscard]] Result<std::vector<std::int64_t>> sequences_in_window();
    [[nodiscard]] Result<> read_narrow_window(std::vector<std::int64_t> sequences);
    [[nodiscard]] Result<> read_window_of_chain(const std::vector<std::int64_t>& sequences);
    [[nodiscard]] Result<> read_wide_window();
    [[nodiscard]] Result<std::int64_t> next_in_window(std::int64_t sequence);

    [[nodiscard]] Result<Statement*> events_statement();
    [[nodiscard]] Result<> add_range(Range sequences);
    [[nodiscard]] Result<> add(std::int64_t sequence, ByteView cid, ByteView block);
    [[nodiscard]] Result<> find_transaction(std::int64_t sequence);
    [[nodiscard]] Result<> enter(const Statement& row);
    [[nodiscard]] Error missing_event(std::int64_t sequence);
    [[nodiscard]] Error missing_position(std::int64_t position) const;
    [[nodiscard]] bool fits(std::size_t block_size) const noexcept;
    [[nodiscard]] EventPage finish();

    // Constant after construction.
    Reader& reader_;
    const ReadQuery& query_;
    const bool backwards_;
    Range positions_; // sequences, or positions of the chain that is asked for
    Range times_{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
    const bool timed_;
    const bool typed_;

    // While a range is read.
    std::int64_t expected_ = 0; // the sequence that comes next, if none is left out
    std::optional<Error> error_;

    detail::EventPageBuilder builder_;
    bool full_ = false; // a wanted event was met for which there was no room
    std::int64_t last_added_ = 0;
    std::int64_t aggregate_ = 0; // of the chain that is asked for
    std::int64_t head_ = 0;      // its last position

    TransactionRow current_; // holds the event that is being added
    std::int64_t named_ = 0; // the aggregate that name_ belongs to
    std::string_view name_;
    bool walking_ = false; // the statement over the log's transactions stands at current_
};

} // namespace cim::sqlite
