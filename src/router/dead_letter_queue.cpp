#include <cim/dead_letter_queue.hpp>

#include "base/try.hpp"
#include "router/call_handler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace cim {

std::string_view to_string(DeadLetterReason reason) noexcept {
    switch (reason) {
    case DeadLetterReason::handler_failed: return "handler_failed";
    case DeadLetterReason::channel_full: return "channel_full";
    case DeadLetterReason::rejected: return "rejected";
    }
    return "unknown";
}

bool DeadLetterFilter::matches(const DeadLetter& letter) const {
    return (!id || *id == letter.id) && (!reason || *reason == letter.reason) &&
           (!failed_from || letter.last_failure >= *failed_from) &&
           (!failed_until || letter.last_failure < *failed_until) &&
           (!aggregate || aggregate->str() == letter.event.aggregate_id()) &&
           (!subject || subject->matches(letter.subject));
}

Result<> DeadLetterConfig::check() const {
    const auto refuse = [](std::string_view name, std::string range) {
        return fail(Errc::invalid_argument, fmt::format("{} of the dead-letter queue must be {}", name, range), {},
                    {{"name", std::string(name)}});
    };
    if (capacity < 1 || capacity > 10'000'000) return refuse("capacity", "1 to 10,000,000");
    if (ttl && *ttl <= Duration(0)) return refuse("ttl", "more than 0");
    if (max_hops < 1 || max_hops > 1000) return refuse("max_hops", "1 to 1000");
    if (!(replays_per_second >= 0 && replays_per_second <= 1e9)) return refuse("replays_per_second", "0 to 10^9");
    return {};
}

DeadLetterQueue::DeadLetterQueue(DeadLetterConfig config, const Clock& clock) : config_(config), clock_(clock) {}

Result<std::uint64_t> DeadLetterQueue::add(DeadLetter letter) {
    CIM_TRY(config_.check());
    if (!letter.event) return fail(Errc::invalid_argument, "a dead letter needs an event", {}, {{"name", "event"}});
    if (letter.error.size() > DeadLetter::max_error_size) letter.error.resize(DeadLetter::max_error_size);
    std::map<std::uint64_t, DeadLetter>::node_type displaced; // goes away without the lock
    const std::scoped_lock lock(mutex_);
    expire();
    if (letters_.size() >= config_.capacity) {
        displaced = letters_.extract(letters_.begin());
        ++stats_.displaced;
    }
    letter.id = next_id_++;
    const auto id = letter.id;
    letters_.emplace_hint(letters_.end(), id, std::move(letter));
    ++stats_.added;
    stats_.high_water = std::max(stats_.high_water, letters_.size());
    return id;
}

std::vector<DeadLetter> DeadLetterQueue::list(const DeadLetterFilter& filter, std::uint64_t after, std::size_t limit) {
    const std::scoped_lock lock(mutex_);
    expire();
    std::vector<DeadLetter> found;
    for (auto at = letters_.upper_bound(after); at != letters_.end() && found.size() < limit; ++at)
        if (filter.matches(at->second)) found.push_back(at->second);
    return found;
}

std::optional<DeadLetter> DeadLetterQueue::peek(const DeadLetterFilter& filter) {
    auto found = list(filter, 0, 1);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

DeadLetterQueue::ReplayReport DeadLetterQueue::replay(const std::function<Result<>(const DeadLetter&)>& deliver,
                                                      const DeadLetterFilter& filter, std::size_t limit) {
    ReplayReport report;
    std::unique_lock lock(mutex_);
    expire();
    // Letters that arrive meanwhile, and those that come back from this replay, wait for the next one.
    const auto end = next_id_;
    for (std::uint64_t after = 0;;) {
        const auto at = std::find_if(letters_.upper_bound(after), letters_.lower_bound(end),
                                     [&](const auto& entry) { return filter.matches(entry.second); });
        if (at == letters_.lower_bound(end)) break;
        after = at->first;
        if (at->second.hops >= config_.max_hops) {
            ++report.exhausted;
            continue;
        }
        if (report.replayed + report.failed >= limit || report.deferred != 0 || !take_permit()) {
            ++report.deferred;
            continue;
        }
        // Out of the queue while it is tried, so that nobody else tries it.
        auto node = letters_.extract(at);
        lock.unlock();
        auto outcome = detail::call_handler(deliver, node.mapped());
        lock.lock();
        if (outcome) {
            ++report.replayed;
            ++stats_.replayed;
            continue;
        }
        ++report.failed;
        ++stats_.replay_failed;
        auto& letter = node.mapped();
        ++letter.attempts;
        letter.error = std::move(outcome.error().message);
        if (letter.error.size() > DeadLetter::max_error_size) letter.error.resize(DeadLetter::max_error_size);
        letter.last_failure = clock_.now();
        if (letters_.size() >= config_.capacity) {
            // Others took its place: it is the oldest, and at capacity the oldest goes.
            ++stats_.displaced;
            continue;
        }
        letters_.insert(std::move(node));
    }
    return report;
}

std::size_t DeadLetterQueue::purge(const DeadLetterFilter& filter) {
    const std::scoped_lock lock(mutex_);
    expire();
    const auto purged = std::erase_if(letters_, [&](const auto& entry) { return filter.matches(entry.second); });
    stats_.purged += purged;
    return purged;
}

DeadLetterStats DeadLetterQueue::stats() {
    const std::scoped_lock lock(mutex_);
    expire();
    stats_.size = letters_.size();
    return stats_;
}

void DeadLetterQueue::expire() {
    if (!config_.ttl) return;
    const auto limit = clock_.now() - *config_.ttl;
    stats_.expired += std::erase_if(letters_, [&](const auto& entry) { return entry.second.last_failure <= limit; });
}

// A second's worth can be saved up, and at least one.
bool DeadLetterQueue::take_permit() {
    if (config_.replays_per_second == 0) return true;
    const auto now = clock_.elapsed();
    const auto seconds = std::chrono::duration<double>(now - permits_at_).count();
    permits_ = std::min(permits_ + seconds * config_.replays_per_second, std::max(1.0, config_.replays_per_second));
    permits_at_ = now;
    if (permits_ < 1) return false;
    permits_ -= 1;
    return true;
}

} // namespace cim
