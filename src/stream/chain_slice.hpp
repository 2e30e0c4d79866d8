// One contiguous part of one chain, while it is fetched: takes the pages, verifies them, and ends where asked.
#pragma once

#include <cim/chain.hpp>
#include <cim/error.hpp>
#include <cim/event.hpp>

#include "stream/chain_walk.hpp"
#include "stream/kept_events.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cim::stream {

class ChainSlice {
  public:
    /// For events after `after`; `known` is what was known of the chain before.
    ChainSlice(AggregateId aggregate, AggregateSequence after, std::vector<KnownPoint> known,
               const VerifyOptions& verify);

    /// The next events of the chain. `bytes` is what the page takes that they came with. Errors: cid_mismatch,
    /// chain_broken, incomplete_transaction.
    [[nodiscard]] Result<> add(std::vector<DomainEvent> events, std::size_t bytes);

    /// Shortens to at most `max_events`, at the end of a stored transaction. Errors: limit_exceeded if the first one
    /// alone is larger.
    [[nodiscard]] Result<> cut(std::size_t max_events);

    /// Requires that the slice reaches this head, which the store named. Errors: head_mismatch, incomplete_transaction.
    [[nodiscard]] Result<> reaches(const ChainHead& head) const;

    /// Requires that its last stored transaction is there to its end. Errors: incomplete_transaction.
    [[nodiscard]] Result<> is_whole() const;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] const DomainEvent& first() const noexcept { return pages_.front().events.front(); }
    [[nodiscard]] const DomainEvent& last() const noexcept { return pages_.back().events.back(); }
    /// The sequence looked at last.
    [[nodiscard]] AggregateSequence last_sequence() const noexcept;
    /// Requires that it is not empty.
    [[nodiscard]] VerifiedSlice verified() const;
    /// Known points that lie in the slice or right before it, and hold.
    [[nodiscard]] std::vector<KnownPoint> confirmed() const;
    void keep_in(KeptEvents& kept) const;

  private:
    struct Page {
        std::vector<DomainEvent> events; // never empty
        std::size_t bytes;
    };

    [[nodiscard]] Result<> check_start(const DomainEvent& first) const;

    AggregateId aggregate_;
    AggregateSequence after_;
    ChainWalk walk_;
    ChainVerifier verifier_;
    std::vector<Page> pages_;
    std::size_t size_ = 0;
};

} // namespace cim::stream
