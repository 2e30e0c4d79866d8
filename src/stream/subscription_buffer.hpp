// What a subscription has ready for its consumer: whole transactions of wanted events, and how far the consumer has
// come.
//
// offer() takes what the log has next, poll-side take() gives it out, acknowledge() says that it was handled. Bounded:
// what does not fit is left to be offered again. Not thread-safe; ActiveSubscription holds the lock.
#pragma once

#include <cim/subscription.hpp>

#include <cstddef>
#include <deque>
#include <span>
#include <string>

namespace cim::stream {

/// Which events a subscription wants.
struct Wanted {
    SubjectPattern subject;
    bool any_subject; // the pattern lets everything through
    EventFilter filter;
    Partition partition;
    [[nodiscard]] bool operator()(const DomainEvent& event) const;
};

class SubscriptionBuffer {
  public:
    /// `tracks`: acknowledgements matter. Otherwise what was taken counts as acknowledged.
    SubscriptionBuffer(Wanted wanted, std::size_t capacity, LogPosition start, bool tracks)
        : wanted_(std::move(wanted)),
          capacity_(capacity),
          tracks_(tracks),
          read_(start),
          acknowledged_(std::move(start)) {}

    /// The next events of the log, whole transactions. Takes as many transactions as there is room for and gives how
    /// many events they were; those that are not wanted take no room.
    [[nodiscard]] std::size_t offer(std::span<const DomainEvent> events, Duration now);

    /// The log has nothing up to there (its last events were purged).
    void pass_over(GlobalSequence position);

    /// Whole transactions of `most` events, or the first if it alone is larger.
    [[nodiscard]] SubscriptionBatch take(std::size_t most);
    /// False for what was not taken yet.
    [[nodiscard]] bool acknowledge(GlobalSequence position);

    /// The last event offered and taken in, wanted or not; the next to be offered comes after it.
    [[nodiscard]] const LogPosition& read() const noexcept { return read_; }
    /// Up to here everything is acknowledged or was not wanted.
    [[nodiscard]] const LogPosition& acknowledged() const noexcept;
    /// Counts acknowledge(): when it changes, there is more to save than what was passed over.
    [[nodiscard]] std::uint64_t acknowledgements() const noexcept { return acknowledgements_; }
    /// Transactions taken and not acknowledged.
    [[nodiscard]] std::size_t outstanding() const noexcept { return handed_.size(); }
    [[nodiscard]] std::size_t size() const noexcept { return events_.size(); }
    [[nodiscard]] bool is_full() const noexcept { return full_; }
    /// When the oldest event came in; only where size() is not 0.
    [[nodiscard]] Duration oldest() const noexcept { return ends_.front().arrived; }
    void count(SubscriptionStatistics& into) const noexcept;

  private:
    struct End {
        std::size_t events; // of the transaction, wanted
        LogPosition position;
        Duration arrived;
    };
    void take_in(std::span<const DomainEvent> transaction, Duration now);

    const Wanted wanted_;
    const std::size_t capacity_;
    const bool tracks_;
    std::deque<DomainEvent> events_; // ready
    std::deque<End> ends_;           // of the transactions that they make
    std::deque<LogPosition> handed_; // ends of those that were taken and not acknowledged
    LogPosition read_;
    LogPosition acknowledged_;
    std::uint64_t acknowledgements_ = 0;
    bool full_ = false; // the last offer was not taken whole
    std::uint64_t read_count_ = 0;
    std::uint64_t unwanted_ = 0;
    std::uint64_t delivered_ = 0;
    std::uint64_t transactions_ = 0;
    std::uint64_t batches_ = 0;
    std::size_t high_water_ = 0;
};

} // namespace cim::stream
