// The latest part of a log in memory: verified events in log order and without a gap, for all subscriptions to read
// from.
//
// It holds every event after start() up to end(); old pages go when new ones would pass the bounds. Whoever has read up
// to a position asks for the page that goes on there, and learns if that is gone. Thread-safe; it is the innermost
// lock.
#pragma once

#include <cim/event.hpp>
#include <cim/log_position.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace cim::stream {

class EventWindow {
  public:
    using Page = std::shared_ptr<const std::vector<DomainEvent>>;

    EventWindow(std::size_t max_events, std::size_t max_bytes) : max_events_(max_events), max_bytes_(max_bytes) {}

    /// Begins behind that position, empty. Once, before anything else.
    void open(GlobalSequence after);
    [[nodiscard]] bool is_open() const;
    /// The next events of the log: whole transactions, in order, all after end().
    void push(std::vector<DomainEvent> events);

    struct Look {
        bool gone = false;     ///< Events right after the position are not in the window (any more, or not yet).
        Page page;             ///< The page that holds the next event; nullptr where there is none yet.
        std::size_t first = 0; ///< Of the page's events, the first that is after the position.
        /// The position is at the end, and no more will come.
        std::shared_ptr<const Error> failure;
    };
    /// Nothing can follow any more; whoever reaches the end learns why.
    void fail(Error why);
    [[nodiscard]] Look after(GlobalSequence position) const;

    [[nodiscard]] GlobalSequence start() const;
    /// With the CID of the last event, if there was one since open().
    [[nodiscard]] LogPosition end() const;

  private:
    struct Kept {
        Page page;
        std::size_t bytes = 0;
    };
    void drop_oldest();

    const std::size_t max_events_;
    const std::size_t max_bytes_;
    mutable std::mutex mutex_;
    // Guarded by mutex_.
    std::deque<Kept> pages_;
    std::size_t events_ = 0;
    std::size_t bytes_ = 0;
    bool open_ = false;
    GlobalSequence start_;
    LogPosition end_;
    std::shared_ptr<const Error> failure_;
};

} // namespace cim::stream
