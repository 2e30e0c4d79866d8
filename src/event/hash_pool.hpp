// A few threads that share out one piece of work at a time with the thread that asks for it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cim::detail {

class HashPool {
  public:
    /// Starts `threads` - 1 threads, or as many as the system lets it.
    explicit HashPool(unsigned threads);
    HashPool(const HashPool&) = delete;
    HashPool& operator=(const HashPool&) = delete;
    ~HashPool();

    /// Calls work(0) ... work(count - 1), each once, on these threads and the caller's; returns when all are done.
    /// `work` must not throw. One caller at a time.
    void run(std::size_t count, const std::function<void(std::size_t)>& work);

  private:
    void serve();
    // Works on what is left; called, and left, with the lock held.
    void take_part(std::unique_lock<std::mutex>& lock);

    std::mutex mutex_;
    // Guarded by mutex_.
    std::condition_variable work_there_;
    std::condition_variable all_done_;
    const std::function<void(std::size_t)>* work_ = nullptr;
    std::size_t count_ = 0;
    std::size_t next_ = 0;
    std::size_t done_ = 0;
    bool stopping_ = false;

    std::vector<std::jthread> threads_; // Constant after construction.
};

} // namespace cim::detail
