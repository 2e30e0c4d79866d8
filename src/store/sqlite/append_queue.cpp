#include "store/sqlite/append_queue.hpp"

namespace cim::sqlite {

namespace {

// What one commit takes at most, unless a single call is larger: enough to share an fsync widely, and little enough
// that the first in it does not wait long for the others.
constexpr std::size_t most_bytes = std::size_t{8} << 20;
constexpr std::size_t most_calls = 1024;

std::size_t bytes_of(std::span<const ChainedTransaction> transactions) {
    std::size_t bytes = 0;
    for (const auto& transaction : transactions)
        for (const auto& event : transaction.events()) bytes += event.block.size();
    return bytes;
}

} // namespace

Result<std::vector<AppendReceipt>> AppendQueue::append(std::span<const ChainedTransaction> transactions) {
    Waiting self;
    self.call.transactions = transactions;
    self.bytes = bytes_of(transactions);
    wait_for(self);
    return *std::move(self.call.outcome);
}

void AppendQueue::run_alone(const std::function<void()>& work) {
    Waiting self;
    self.work = &work;
    wait_for(self);
}

void AppendQueue::wait_for(Waiting& self) {
    std::unique_lock lock(mutex_);
    queue_.push_back(&self);
    while (!self.done) {
        if (!leading_)
            lead(lock);
        else
            self.wake.wait(lock, [&] { return self.done || !leading_; });
    }
}

// Does what is at the front of the queue, which may or may not be the caller's own.
void AppendQueue::lead(std::unique_lock<std::mutex>& lock) {
    leading_ = true;
    const auto batch = take();
    std::vector<AppendCall*> calls;
    calls.reserve(batch.size());
    for (auto* waiting : batch) calls.push_back(&waiting->call);

    lock.unlock();
    if (const auto* work = batch.front()->work)
        (*work)();
    else
        commit_(calls);
    lock.lock();

    leading_ = false;
    for (auto* waiting : batch) {
        waiting->done = true;
        waiting->wake.notify_one(); // under the lock: once it is released, `waiting` may be gone
    }
    if (!queue_.empty()) queue_.front()->wake.notify_one();
}

std::vector<AppendQueue::Waiting*> AppendQueue::take() {
    std::vector<Waiting*> batch;
    std::size_t bytes = 0;
    while (!queue_.empty() && batch.size() < most_calls) {
        auto* next = queue_.front();
        if (!batch.empty() && (next->work || batch.front()->work || bytes + next->bytes > most_bytes)) break;
        bytes += next->bytes;
        batch.push_back(next);
        queue_.pop_front();
    }
    return batch;
}

} // namespace cim::sqlite
