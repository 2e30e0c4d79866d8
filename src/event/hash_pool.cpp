#include "event/hash_pool.hpp"

#include <system_error>

namespace cim::detail {

HashPool::HashPool(unsigned threads) {
    try {
        for (unsigned i = 1; i < threads; ++i) threads_.emplace_back([this] { serve(); });
    } catch (const std::system_error&) {
        // No more threads to be had: those that there are, at least the caller's, do it all.
    }
}

HashPool::~HashPool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    work_there_.notify_all();
    threads_.clear(); // Joins, while the members that the threads use still live.
}

void HashPool::run(std::size_t count, const std::function<void(std::size_t)>& work) {
    std::unique_lock lock(mutex_);
    work_ = &work;
    count_ = count;
    next_ = 0;
    done_ = 0;
    work_there_.notify_all();
    take_part(lock);
    all_done_.wait(lock, [this] { return done_ == count_; });
}

void HashPool::serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
        work_there_.wait(lock, [this] { return stopping_ || next_ < count_; });
        if (stopping_) return;
        take_part(lock);
    }
}

void HashPool::take_part(std::unique_lock<std::mutex>& lock) {
    while (next_ < count_) {
        const auto index = next_++;
        const auto& work = *work_;
        lock.unlock();
        work(index);
        lock.lock();
        if (++done_ == count_) all_done_.notify_one();
    }
}

} // namespace cim::detail
