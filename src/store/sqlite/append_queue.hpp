// Group commit: appends that come while another is being committed are committed together by one of their callers.
//
// The first caller finds nobody at work and becomes the leader: it commits its own append at once. Whoever comes
// meanwhile queues up and sleeps; when the leader is done, the first of the queue leads for all that have gathered. So
// a lone caller waits for nobody, and many callers share one fsync. The queue holds at most one entry for each thread
// that is blocked in append() or run_alone(), and entries point to data that those callers own, so it needs no other
// bound; a commit takes a bounded part.
#pragma once

#include "store/sqlite/writer.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

namespace cim::sqlite {

class AppendQueue {
  public:
    /// `commit` gives every call its outcome. It runs on one thread at a time, a caller's, without a lock of ours held.
    using Commit = std::function<void(std::span<AppendCall* const>)>;
    explicit AppendQueue(Commit commit) : commit_(std::move(commit)) {}

    [[nodiscard]] Result<std::vector<AppendReceipt>> append(std::span<const ChainedTransaction> transactions);
    /// Runs other work of the connection in its turn, while nothing is being committed; on the caller's thread or
    /// another's.
    void run_alone(const std::function<void()>& work);

  private:
    struct Waiting {
        AppendCall call;
        std::size_t bytes = 0;
        const std::function<void()>* work = nullptr; // not an append, but this
        std::condition_variable wake;
        bool done = false;
    };
    void wait_for(Waiting& self);
    [[nodiscard]] std::vector<Waiting*> take();
    void lead(std::unique_lock<std::mutex>& lock);

    const Commit commit_;
    std::mutex mutex_;
    // Guarded by mutex_, with the flags of what is in the queue.
    std::deque<Waiting*> queue_;
    bool leading_ = false;
};

} // namespace cim::sqlite
