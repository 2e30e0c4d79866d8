// Where the transactions of a history end, and when they appear.
//
// A transaction appears whole, when its last event has happened and everything before it has: its time is the latest of
// all event times up to its end. So times grow along the history, whatever the clocks of those who wrote it said.
// A position is a number of events, counted from the start of the history.
#pragma once

#include <cim/event.hpp>
#include <cim/time.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cim::replay {

class Timeline {
  public:
    /// Brings it up to date with a history of which it knows the first part.
    void extend(std::span<const DomainEvent> history);

    [[nodiscard]] bool empty() const noexcept { return transactions_.empty(); }
    /// Of the first and the last transaction; must not be empty.
    [[nodiscard]] Timestamp begin() const noexcept { return transactions_.front().time; }
    [[nodiscard]] Timestamp end() const noexcept { return transactions_.back().time; }

    /// How many events have appeared by that time.
    [[nodiscard]] std::size_t position_at(Timestamp time) const noexcept;
    /// When what is before that position had appeared; begin() at 0, must not be empty.
    [[nodiscard]] Timestamp time_at(std::size_t position) const noexcept;
    /// The end of the transaction of that event.
    [[nodiscard]] std::size_t end_of_transaction(std::size_t event) const noexcept;
    /// The position so many ends of transactions on, or back if negative; the start and the end of the history count.
    [[nodiscard]] std::size_t step(std::size_t position, std::int64_t transactions) const noexcept;
    /// The furthest end of a transaction at most `most` events after `position`, but at least the next.
    [[nodiscard]] std::size_t at_most(std::size_t position, std::size_t most) const noexcept;

  private:
    struct Transaction {
        std::size_t end;
        Timestamp time;
    };
    using Iterator = std::vector<Transaction>::const_iterator;

    [[nodiscard]] Iterator ending_after(std::size_t position) const noexcept;

    std::vector<Transaction> transactions_;
    std::size_t events_ = 0;
};

} // namespace cim::replay
