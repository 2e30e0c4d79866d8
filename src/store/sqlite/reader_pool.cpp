#include "store/sqlite/reader_pool.hpp"

#include "base/try.hpp"

namespace cim::sqlite {

namespace {

constexpr std::size_t most_idle = 8; // more than these are closed when they come back

} // namespace

Result<ReaderPool::Lease> ReaderPool::lease() {
    {
        std::unique_lock lock(mutex_);
        if (!can_open()) returned_.wait(lock, [&] { return !idle_.empty(); });
        if (!idle_.empty()) {
            auto slot = std::move(idle_.back());
            idle_.pop_back();
            return Lease(*this, std::move(slot));
        }
    }
    CIM_TRY_ASSIGN(auto slot, open());
    return Lease(*this, std::move(slot));
}

Result<ReaderPool::Slot> ReaderPool::open() const {
    CIM_TRY_ASSIGN(auto connection, Connection::open(path_, access_, busy_timeout_));
    auto owned = std::make_unique<Connection>(std::move(connection));
    CIM_TRY_ASSIGN(auto reader, Reader::make(*owned));
    return Slot{std::move(owned), std::move(reader)};
}

void ReaderPool::give_back(Slot slot) {
    // Closed, if there are enough, only after the lock was released.
    const std::lock_guard lock(mutex_);
    if (idle_.size() < most_idle) idle_.push_back(std::move(slot));
    returned_.notify_one();
}

} // namespace cim::sqlite
