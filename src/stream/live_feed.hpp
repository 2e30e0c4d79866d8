// Follows a store on a thread of its own, verifies what comes and puts it into a window, and finds the store again when
// it is lost.
#pragma once

#include <cim/event_store.hpp>

#include "base/retry.hpp"
#include "stream/event_window.hpp"
#include "stream/log_check.hpp"
#include "stream/signal.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace cim::stream {

class LiveFeed {
  public:
    /// `on_news` is called on the feed's thread after each change of the window.
    LiveFeed(EventStore& store, EventWindow& window, Backoff backoff, const Clock& clock, std::function<void()> on_news)
        : store_(store), window_(window), clock_(clock), on_news_(std::move(on_news)), backoff_(backoff) {}
    ~LiveFeed() { stop(); }
    LiveFeed(const LiveFeed&) = delete;
    LiveFeed& operator=(const LiveFeed&) = delete;

    void start();
    /// Returns when the thread has ended; not from on_news.
    void stop();

    /// False while the store cannot be followed.
    [[nodiscard]] bool is_connected() const noexcept { return connected_; }
    [[nodiscard]] std::uint64_t failures() const noexcept { return failures_; }

  private:
    void run();
    [[nodiscard]] Result<> connect();
    [[nodiscard]] Result<> follow();
    [[nodiscard]] Result<> take(std::vector<DomainEvent> events);
    void pause();

    // Constant after construction.
    EventStore& store_;
    EventWindow& window_;
    const Clock& clock_;
    const std::function<void()> on_news_;

    // Used by the feed's thread.
    Backoff backoff_;
    LogCheck check_;

    std::atomic<bool> connected_{false};
    std::atomic<bool> stopped_{false};
    std::atomic<std::uint64_t> failures_{0};
    Signal wake_;
    std::mutex mutex_;
    std::unique_ptr<EventFeed> feed_; // made and destroyed under mutex_, used without it by the feed's thread
    std::jthread thread_;
};

} // namespace cim::stream
