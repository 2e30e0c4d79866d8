#include "stream/event_window.hpp"

#include <algorithm>

namespace cim::stream {

void EventWindow::open(GlobalSequence after) {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    start_ = after;
    end_ = {after, std::nullopt};
}

bool EventWindow::is_open() const {
    const std::scoped_lock lock(mutex_);
    return open_;
}

void EventWindow::push(std::vector<DomainEvent> events) {
    if (events.empty()) return;
    std::size_t bytes = 0;
    for (const auto& event : events) bytes += event.block().size();
    auto page = std::make_shared<const std::vector<DomainEvent>>(std::move(events));

    const std::scoped_lock lock(mutex_);
    end_ = {page->back().sequence(), page->back().cid()};
    events_ += page->size();
    bytes_ += bytes;
    pages_.push_back({std::move(page), bytes});
    // The newest page stays, however large.
    while (pages_.size() > 1 && (events_ > max_events_ || bytes_ > max_bytes_)) drop_oldest();
}

void EventWindow::drop_oldest() {
    const auto& oldest = pages_.front();
    start_ = oldest.page->back().sequence();
    events_ -= oldest.page->size();
    bytes_ -= oldest.bytes;
    pages_.pop_front();
}

void EventWindow::fail(Error why) {
    const std::scoped_lock lock(mutex_);
    failure_ = std::make_shared<const Error>(std::move(why));
}

EventWindow::Look EventWindow::after(GlobalSequence position) const {
    const std::scoped_lock lock(mutex_);
    if (!open_ || position < start_) return {.gone = true};
    if (position >= end_.sequence) return {.failure = failure_};
    const auto page =
        std::ranges::upper_bound(pages_, position, {}, [](const Kept& kept) { return kept.page->back().sequence(); });
    const auto first = std::ranges::upper_bound(*page->page, position, {}, &DomainEvent::sequence);
    return {.page = page->page, .first = static_cast<std::size_t>(first - page->page->begin())};
}

GlobalSequence EventWindow::start() const {
    const std::scoped_lock lock(mutex_);
    return start_;
}

LogPosition EventWindow::end() const {
    const std::scoped_lock lock(mutex_);
    return end_;
}

} // namespace cim::stream
