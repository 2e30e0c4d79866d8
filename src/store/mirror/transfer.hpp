// Events of one log as verified transactions for another, several to an append. One thread at a time.
#pragma once

#include <cim/event_store.hpp>
#include <cim/log_position.hpp>
#include <cim/mirror.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace cim::mirror {

class Transfer {
  public:
    Transfer(EventStore& target, std::size_t batch_events, LogPosition start)
        : target_(target), batch_events_(batch_events) {
        progress_.position = std::move(start);
    }

    /// The next events of the source, in order. Appends whenever there is a batch. Errors: see copy().
    [[nodiscard]] Result<> add(std::span<const DomainEvent> events);
    /// Appends what is left; incomplete_transaction if that ends within one.
    [[nodiscard]] Result<> finish();
    /// Appends the whole transactions that were added.
    [[nodiscard]] Result<> flush();

    /// `last` is the caller's.
    [[nodiscard]] CopyProgress& progress() noexcept { return progress_; }

  private:
    [[nodiscard]] Result<> check_follows(const DomainEvent& event) const;
    [[nodiscard]] Result<> close_transaction();
    [[nodiscard]] Error diverged(const Conflict& conflict) const;

    EventStore& target_;
    const std::size_t batch_events_;
    CopyProgress progress_;
    std::vector<DomainEvent> open_;         // the transaction that is not whole yet
    std::vector<ChainedTransaction> batch_; // whole ones that are not appended yet
    std::size_t batch_size_ = 0;            // events in them
    std::size_t batch_bytes_ = 0;
    LogPosition batch_end_;
};

} // namespace cim::mirror
