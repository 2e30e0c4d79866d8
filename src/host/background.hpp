// What a bridge does beside the host's frames: appends, in order and several at once, and everything else that may
// wait.
//
// One thread. The host queues, which never waits for work, and collects outcomes. Appends that are waiting go into one
// append of the store; where that is refused and nothing of it was kept, each is tried alone, so that a bad one fails
// alone.
#pragma once

#include <cim/event_bridge.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cim::host {

class Background {
  public:
    Background(EventStore& store, const Clock& clock) : store_(store), clock_(clock) {}
    /// Does what is queued, then stops.
    ~Background();
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    void publish(RequestId id, Transaction transaction, ExpectedHead expected);
    /// Work whose outcome is collected as the others'.
    void run(std::function<RequestOutcome()> work);
    /// Publishes whose outcome was not collected yet.
    [[nodiscard]] std::size_t pending_publishes() const;
    /// Appends the outcomes since the last call.
    void collect(std::vector<RequestOutcome>& out);

  private:
    struct Publish {
        RequestId id;
        AppendRequest request;
    };
    struct Job {
        std::vector<Publish> publishes;       // either these
        std::function<RequestOutcome()> work; // or this
    };
    static constexpr std::size_t most_at_once = 256;

    void start();
    void work();
    void append(std::vector<Publish> publishes);
    void append_one(const Publish& publish);
    void done(RequestOutcome outcome);

    EventStore& store_;
    const Clock& clock_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    // Guarded by mutex_.
    std::deque<Job> jobs_;
    std::vector<RequestOutcome> outcomes_;
    std::size_t pending_ = 0;
    bool stopped_ = false;

    std::jthread thread_; // started with the first job
};

} // namespace cim::host
