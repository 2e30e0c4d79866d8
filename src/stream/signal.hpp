// Wakes a thread that looks for work: it takes the count, looks, and waits with that count if it found nothing.
#pragma once

#include <cim/time.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace cim::stream {

class Signal {
  public:
    [[nodiscard]] std::uint64_t count() const {
        const std::scoped_lock lock(mutex_);
        return count_;
    }
    void notify() {
        const std::scoped_lock lock(mutex_);
        ++count_;
        changed_.notify_all();
    }
    /// Until the count is another one, or that time is over by the machine's clock. Where another clock decides, its
    /// reader looks again every so often.
    void wait(std::uint64_t seen, Duration most) const {
        constexpr Duration often = std::chrono::milliseconds(50);
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::clamp(most, Duration(0), often), [&] { return count_ != seen; });
    }

  private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::uint64_t count_ = 0; // guarded by mutex_
};

} // namespace cim::stream
