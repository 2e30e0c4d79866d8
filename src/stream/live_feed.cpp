#include "stream/live_feed.hpp"

#include "base/try.hpp"

#include <algorithm>

namespace cim::stream {

namespace {

constexpr std::size_t most_events = 1000;
// Nothing depends on it: close() ends a wait. It bounds what a store costs whose close() does not.
constexpr auto patience = std::chrono::milliseconds(1000);

} // namespace

void LiveFeed::start() {
    if (!thread_.joinable()) thread_ = std::jthread([this] { run(); });
}

void LiveFeed::stop() {
    stopped_ = true;
    {
        const std::scoped_lock lock(mutex_);
        if (feed_) feed_->close();
    }
    wake_.notify();
    if (thread_.joinable()) thread_.join();
}

void LiveFeed::run() {
    while (!stopped_) {
        auto ended = connect();
        if (ended) ended = follow();
        connected_ = false;
        if (stopped_) break;
        ++failures_;
        if (!worth_retrying(ended.error().code)) {
            window_.fail(std::move(ended).error());
            on_news_();
            return;
        }
        pause();
    }
}

// The first time, the window begins where the log ends now; later, where the window ends.
Result<> LiveFeed::connect() {
    if (!window_.is_open()) {
        CIM_TRY_ASSIGN(const auto info, store_.summary());
        window_.open(info.last);
        on_news_();
    } else {
        CIM_TRY(confirm_position(store_, window_.end()));
    }
    CIM_TRY_ASSIGN(auto feed, store_.follow(window_.end().sequence));
    const std::scoped_lock lock(mutex_);
    feed_ = std::move(feed);
    return {};
}

// Until something fails.
Result<> LiveFeed::follow() {
    connected_ = true;
    while (!stopped_) {
        CIM_TRY_ASSIGN(auto events, feed_->next(most_events, patience));
        backoff_.reset();
        CIM_TRY(take(std::move(events)));
    }
    return fail(Errc::closed, "the subscriptions end");
}

Result<> LiveFeed::take(std::vector<DomainEvent> events) {
    // A store that gives something twice after it was lost and found does no harm.
    const auto end = window_.end().sequence;
    const auto fresh = std::ranges::find_if(events, [&](const DomainEvent& event) { return event.sequence() > end; });
    events.erase(events.begin(), fresh);
    if (events.empty()) return {};
    CIM_TRY(check_.add(events));
    window_.push(std::move(events));
    on_news_();
    return {};
}

void LiveFeed::pause() {
    const auto until = clock_.elapsed() + backoff_.next();
    while (!stopped_) {
        const auto seen = wake_.count();
        const auto now = clock_.elapsed();
        if (stopped_ || now >= until) return;
        wake_.wait(seen, until - now);
    }
}

} // namespace cim::stream
