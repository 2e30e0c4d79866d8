#include "store/read_ahead.hpp"

#include "base/try.hpp"

#include <algorithm>
#include <utility>

namespace cim {

namespace {

constexpr std::size_t most_pages = 4; // of a stripe that wait to be taken

} // namespace

ReadAhead::ReadAhead(EventStore& store, ReadQuery query, unsigned threads)
    : store_(store), threads_(std::max(threads, 1U)), query_(std::move(query)) {}

ReadAhead::~ReadAhead() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_all();
}

// Finds out how far there is to read.
Result<> ReadAhead::cut() {
    cut_ = true;
    std::uint64_t last = 0;
    if (query_.aggregate) {
        CIM_TRY_ASSIGN(const auto head, store_.head(*query_.aggregate));
        last = head.sequence.value();
    } else {
        CIM_TRY_ASSIGN(const auto info, store_.summary());
        last = info.last.value();
    }
    query_.upto = std::min(query_.upto, last);
    // A window in time may be a small part of the log, which only the store can find; and errors are the store's to
    // report.
    const bool whole = !store_.limits().parallel_reads || query_.from || query_.until || query_.upto <= query_.after ||
                       query_.limit == 0;
    stripes_ = whole ? 1 : (query_.upto - query_.after - 1) / query_.limit + 1;
    for (unsigned i = 0; i < threads_ && i < stripes_; ++i) workers_.emplace_back([this] { work(); });
    return {};
}

ReadQuery ReadAhead::query_of(std::uint64_t number) const {
    auto query = query_;
    if (stripes_ == 1) return query;
    const auto place = query.direction == Direction::forwards ? number : stripes_ - 1 - number;
    query.after = query_.after + place * query_.limit;
    query.upto = std::min(query_.upto, query.after + query_.limit);
    return query;
}

Result<std::vector<DomainEvent>> ReadAhead::next() {
    if (!cut_) CIM_TRY(cut());
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] {
            if (open_.empty()) return begun_ == stripes_;
            const auto& front = open_.front();
            return front.finished || !front.pages.empty();
        });
        if (open_.empty()) return std::vector<DomainEvent>();
        auto& front = open_.front();
        if (!front.pages.empty()) {
            auto events = std::move(front.pages.front());
            front.pages.pop_front();
            changed_.notify_all();
            return events;
        }
        if (front.error) {
            stopped_ = true;
            changed_.notify_all();
            return fail(*front.error);
        }
        open_.pop_front();
        changed_.notify_all();
    }
}

void ReadAhead::work() {
    while (true) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopped_ || begun_ == stripes_ || open_.size() < 2 * std::size_t{threads_}; });
        if (stopped_ || begun_ == stripes_) return;
        auto& stripe = open_.emplace_back();
        stripe.number = begun_++;
        lock.unlock();
        read(stripe);
    }
}

void ReadAhead::read(Stripe& stripe) {
    std::optional<ReadQuery> query = query_of(stripe.number);
    std::optional<Error> error;
    while (query && !error) {
        auto page = store_.read(*query);
        if (!page)
            error = std::move(page).error();
        else if (!keep(stripe, std::move(page->events)))
            return;
        else
            query = std::move(page->next);
    }
    const std::lock_guard lock(mutex_);
    stripe.error = std::move(error);
    stripe.finished = true;
    changed_.notify_all();
}

// False if nobody wants it any more.
bool ReadAhead::keep(Stripe& stripe, std::vector<DomainEvent> events) {
    if (events.empty()) return true;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopped_ || stripe.pages.size() < most_pages; });
    if (stopped_) return false;
    stripe.pages.push_back(std::move(events));
    changed_.notify_all();
    return true;
}

} // namespace cim
