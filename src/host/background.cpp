#include "host/background.hpp"

#include <iterator>
#include <utility>

namespace cim::host {
namespace {

// Of these a store keeps nothing, so that trying again cannot record anything twice.
bool kept_nothing(Errc code) noexcept {
    return code < Errc::cid_mismatch || code == Errc::conflict || code == Errc::store_read_only;
}

} // namespace

Background::~Background() {
    {
        const std::scoped_lock lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_all();
}

void Background::publish(RequestId id, Transaction transaction, ExpectedHead expected) {
    {
        const std::scoped_lock lock(mutex_);
        if (jobs_.empty() || jobs_.back().work || jobs_.back().publishes.size() >= most_at_once) jobs_.emplace_back();
        jobs_.back().publishes.push_back({id, {std::move(transaction), std::move(expected)}});
        ++pending_;
    }
    start();
}

void Background::run(std::function<RequestOutcome()> work) {
    {
        const std::scoped_lock lock(mutex_);
        jobs_.emplace_back().work = std::move(work);
    }
    start();
}

std::size_t Background::pending_publishes() const {
    const std::scoped_lock lock(mutex_);
    return pending_;
}

void Background::collect(std::vector<RequestOutcome>& out) {
    const std::scoped_lock lock(mutex_);
    for (const auto& outcome : outcomes_)
        if (outcome.kind == RequestOutcome::Kind::publish) --pending_;
    out.insert(out.end(), std::make_move_iterator(outcomes_.begin()), std::make_move_iterator(outcomes_.end()));
    outcomes_.clear();
}

// Called by the host only, so that the thread is started once.
void Background::start() {
    if (!thread_.joinable()) thread_ = std::jthread([this] { work(); });
    changed_.notify_all();
}

void Background::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopped_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        if (job.work) {
            done(job.work());
        } else {
            append(std::move(job.publishes));
        }
        lock.lock();
    }
}

void Background::append(std::vector<Publish> publishes) {
    if (publishes.size() > 1) {
        std::vector<AppendRequest> requests;
        requests.reserve(publishes.size());
        for (const auto& publish : publishes) requests.push_back(publish.request);
        auto receipts = store_.append(requests, clock_);
        if (receipts) {
            for (std::size_t i = 0; i < publishes.size(); ++i)
                done({.id = publishes[i].id, .receipt = std::move((*receipts)[i])});
            return;
        }
        if (!kept_nothing(receipts.error().code)) {
            for (const auto& publish : publishes) done({.id = publish.id, .error = receipts.error()});
            return;
        }
    }
    for (const auto& publish : publishes) append_one(publish);
}

void Background::append_one(const Publish& publish) {
    auto receipt = store_.append(publish.request.transaction, publish.request.expected, clock_);
    if (receipt) {
        done({.id = publish.id, .receipt = *std::move(receipt)});
    } else {
        done({.id = publish.id, .error = std::move(receipt).error()});
    }
}

void Background::done(RequestOutcome outcome) {
    const std::scoped_lock lock(mutex_);
    outcomes_.push_back(std::move(outcome));
}

} // namespace cim::host
