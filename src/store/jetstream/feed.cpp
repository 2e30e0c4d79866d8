#include "store/jetstream/feed.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace cim::jetstream {

namespace {

constexpr auto slice = std::chrono::milliseconds(20); // after which close() is seen
constexpr std::size_t most_ahead = 4096;              // events that are read without being asked for, ...
constexpr std::size_t most_bytes = std::size_t{4} << 20;

} // namespace

Result<std::vector<DomainEvent>> Feed::next(std::size_t max_events, std::chrono::milliseconds timeout) {
    if (max_events == 0)
        return fail(Errc::invalid_argument, "a feed was asked for at most 0 events", {}, {{"name", "max_events"}});
    const auto deadline = after(timeout);
    while (true) {
        if (closed_) return fail(Errc::closed, "the feed was closed");
        auto count = whole_transactions(max_events);
        const bool may_be_more = count == ahead_.size() && count < max_events && !failed_;
        if (count > 0 && !may_be_more) return give(count);
        if (count == 0 && failed_) {
            auto error = *failed_;
            // A server that was away may come back, and the feed goes on where it stood.
            if (error.code == Errc::store_unavailable) failed_.reset();
            return fail(std::move(error));
        }
        if (complete_by_ && std::chrono::steady_clock::now() >= *complete_by_) return fail(incomplete());

        // With something to give, take along only what is there already.
        const auto now = std::chrono::steady_clock::now();
        const auto until = count > 0 ? now : std::min(deadline, now + slice);
        auto more = read_on(until);
        if (!more)
            failed_ = std::move(more).error();
        else if (!*more && count > 0)
            return give(count);
        else if (!*more && now >= deadline)
            return std::vector<DomainEvent>();
    }
}

// How many of the events ahead make whole transactions, up to that many, or the first transaction if it alone is
// larger.
std::size_t Feed::whole_transactions(std::size_t max_events) const {
    std::size_t whole = 0;
    for (std::size_t i = 0; i < ahead_.size() && (i < max_events || whole == 0); ++i)
        if (ahead_[i].ends_transaction()) whole = i + 1;
    return whole;
}

std::vector<DomainEvent> Feed::give(std::size_t count) {
    const auto end = ahead_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<DomainEvent> events(std::move_iterator(ahead_.begin()), std::move_iterator(end));
    ahead_.erase(ahead_.begin(), end);
    position_ = events.back().sequence().value();
    return events;
}

// Reads what is there, waiting for the first until the deadline. False if nothing came.
Result<bool> Feed::read_on(Deadline deadline) {
    detail::EventPageBuilder builder;
    EventMessage event;
    Result<> done;
    auto until = deadline;
    while (builder.size() < most_ahead && builder.bytes() < most_bytes) {
        auto message = reader_->next(until);
        if (!message)
            done = fail(std::move(message).error());
        else if (!*message)
            break;
        else {
            auto& got = (*message)->message;
            done = session_->messages().read({got.subject(), (*message)->sequence}, got.headers(), got.data(), event);
            if (done) done = builder.add(stored_event(event));
            // What is there already belongs to the answer, though it may be on its way.
            const auto now = std::chrono::steady_clock::now();
            until = (*message)->pending > 0 ? now + slice : now;
        }
        if (!done) break;
    }
    // What came before something that is wrong is good.
    auto events = builder.finish();
    for (auto& read : events) {
        if (auto follows = check_follows(read); !follows) {
            done = std::move(follows);
            break;
        }
        ahead_.push_back(std::move(read));
    }
    if (ahead_.empty() || ahead_.back().ends_transaction())
        complete_by_.reset();
    else if (!events.empty() || !complete_by_)
        complete_by_ = session_->deadline();
    if (!done) return fail(std::move(done).error());
    return !events.empty();
}

// Transactions lie in the stream whole and one after the other. Only where the feed starts may one be cut.
Result<> Feed::check_follows(const DomainEvent& event) const {
    const bool open = !ahead_.empty() && !ahead_.back().ends_transaction();
    if (!open) return {};
    const auto& last = ahead_.back();
    if (event.transaction_id() == last.transaction_id() && event.aggregate_id() == last.aggregate_id() &&
        event.transaction_index() == last.transaction_index() + 1)
        return {};
    return fail(incomplete());
}

Error Feed::incomplete() const {
    const auto& last = ahead_.back();
    return Error(Errc::incomplete_transaction,
                 fmt::format("transaction '{}' of aggregate '{}' ends with its event {} of {}",
                             printable(last.transaction_id()), printable(last.aggregate_id()),
                             last.transaction_index() + 1, last.transaction_size()),
                 "its writer or the server failed in the middle; copy the whole transactions to another stream",
                 {{"aggregate", std::string(last.aggregate_id())},
                  {"transaction", std::string(last.transaction_id())},
                  {"global_sequence", std::to_string(last.sequence().value())}});
}

} // namespace cim::jetstream
