#include "store/sqlite/feed.hpp"

#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cim::sqlite {

namespace {

constexpr auto poll_interval = std::chrono::milliseconds(20);
// Waiting longer than this is waiting for ever, and adding more to a point in time could overflow.
constexpr auto longest_wait = std::chrono::hours(24 * 365);

} // namespace

Result<std::vector<DomainEvent>> Feed::next(std::size_t max_events, std::chrono::milliseconds timeout) {
    if (max_events == 0)
        return fail(Errc::invalid_argument, "a feed was asked for at most 0 events", {}, {{"name", "max_events"}});
    const auto deadline = std::chrono::steady_clock::now() + std::min<std::chrono::milliseconds>(timeout, longest_wait);
    while (true) {
        const auto seen = shared_->committed.count();
        if (closed_) return fail(Errc::closed, "the feed was closed");
        CIM_TRY_ASSIGN(auto events, ready(max_events));
        const auto now = std::chrono::steady_clock::now();
        if (!events.empty() || now >= deadline) return events;
        shared_->committed.wait(seen, std::min(deadline, now + poll_interval));
    }
}

// Whole transactions, as many as fit; one at least, if there is one.
Result<std::vector<DomainEvent>> Feed::ready(std::size_t max_events) {
    auto count = whole_transactions(max_events);
    while (count == 0) {
        CIM_TRY_ASSIGN(const bool more, read_on());
        if (!more) break;
        count = whole_transactions(max_events);
    }
    // A commit is seen whole or not at all.
    if (count == 0 && !ahead_.empty())
        return fail(Errc::store_corrupt,
                    fmt::format("transaction '{}' ends with its event {} of {}", ahead_.back().transaction_id(),
                                ahead_.back().transaction_index() + 1, ahead_.back().transaction_size()),
                    "run `cim db check` on a copy of the file",
                    {{"transaction", std::string(ahead_.back().transaction_id())}});
    const auto end = ahead_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<DomainEvent> events(std::move_iterator(ahead_.begin()), std::move_iterator(end));
    ahead_.erase(ahead_.begin(), end);
    if (!events.empty()) position_ = events.back().sequence().value();
    return events;
}

// How many of the events ahead make whole transactions, up to that many, or the first transaction if it alone is
// larger.
std::size_t Feed::whole_transactions(std::size_t max_events) const {
    std::size_t whole = 0;
    for (std::size_t i = 0; i < ahead_.size() && (i < max_events || whole == 0); ++i)
        if (ahead_[i].ends_transaction()) whole = i + 1;
    return whole;
}

// False if there is nothing more yet.
Result<bool> Feed::read_on() {
    CIM_TRY_ASSIGN(auto reader, shared_->readers.lease());
    CIM_TRY_ASSIGN(auto page, reader->read(ReadQuery::all(read_to_)));
    if (page.events.empty()) return false;
    read_to_ = page.events.back().sequence();
    std::ranges::move(page.events, std::back_inserter(ahead_));
    return true;
}

void Feed::close() noexcept {
    closed_ = true;
    shared_->committed.notify();
}

} // namespace cim::sqlite
