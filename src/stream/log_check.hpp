// Verifies a log page by page as it is followed: hashes, links, and that no transaction lacks an event. What was
// checked can be given out up to the end of the last whole transaction.
#pragma once

#include <cim/chain.hpp>
#include <cim/event.hpp>

#include <span>

namespace cim::stream {

class LogCheck {
  public:
    /// The next events of the log. Events of one transaction follow one another; the first ever given may be in the
    /// middle of one. Errors: as ChainVerifier::add, incomplete_transaction. After an error use a new one.
    [[nodiscard]] Result<> add(std::span<const DomainEvent> events);
    [[nodiscard]] std::vector<VerifiedSlice> slices() const { return verifier_.slices(); }

  private:
    [[nodiscard]] Result<> check_transactions(std::span<const DomainEvent> events);

    ChainVerifier verifier_;
    DomainEvent last_;
};

/// How many of the events, from the first, make whole transactions.
[[nodiscard]] std::size_t whole_transactions(std::span<const DomainEvent> events) noexcept;

} // namespace cim::stream
