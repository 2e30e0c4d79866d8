// Reads a log from some position on, page by page, verified, and gives whole transactions. Used by one thread at a
// time.
#pragma once

#include <cim/event_store.hpp>

#include "stream/log_check.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace cim::stream {

class CatchUp {
  public:
    CatchUp(EventStore& store, GlobalSequence after) : store_(store), next_(ReadQuery::all(after)) {}

    /// Reads one page. False if it was the last that the log had. Errors: the store's, and those of LogCheck.
    [[nodiscard]] Result<bool> read_on();
    /// What was read and verified and not dropped yet, as far as it makes whole transactions.
    [[nodiscard]] std::span<const DomainEvent> ready() const noexcept { return std::span(events_).first(whole_); }
    void drop(std::size_t count);
    /// A log that ends there, and ended with a whole transaction, must not have given the beginning of one. Errors:
    /// incomplete_transaction.
    [[nodiscard]] Result<> check_end(GlobalSequence end) const;
    /// What was read is all given out, but for a transaction that is not whole yet.
    [[nodiscard]] std::vector<VerifiedSlice> slices() const { return check_.slices(); }

  private:
    EventStore& store_;
    ReadQuery next_;
    LogCheck check_;
    std::vector<DomainEvent> events_;
    std::size_t whole_ = 0;
};

} // namespace cim::stream
