// Wakes the feeds of a store when something was committed through it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace cim::sqlite {

class CommitSignal {
  public:
    /// How many commits there were; take it before looking for events, and wait with it after finding none.
    [[nodiscard]] std::uint64_t count() {
        const std::lock_guard lock(mutex_);
        return count_;
    }
    /// A commit happened, or a feed was closed.
    void notify() {
        const std::lock_guard lock(mutex_);
        ++count_;
        changed_.notify_all();
    }
    /// Until the count is another one, or that time is over.
    void wait(std::uint64_t seen, std::chrono::steady_clock::time_point until) {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, until, [&] { return count_ != seen; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t count_ = 0; // guarded by mutex_
};

} // namespace cim::sqlite
