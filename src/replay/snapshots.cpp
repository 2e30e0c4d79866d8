#include "replay/snapshots.hpp"

#include <algorithm>
#include <iterator>

namespace cim::replay {

namespace {

// Near copies stand ever closer together towards the position: few are enough.
constexpr std::size_t most_near = 16;

// Of a copy's memory: the model nearly all, beside it problems and a sequence for each aggregate.
std::size_t bytes_of(const GraphProjection& projection) {
    std::size_t bytes = sizeof projection + projection.model().memory_bytes();
    for (const auto& problem : projection.problems())
        bytes += sizeof problem + problem.aggregate_id.size() + problem.event_type.size() + problem.reason.size();
    return bytes;
}

} // namespace

Snapshots::Snapshots(std::size_t bytes, std::size_t interval)
    : limit_(bytes), least_interval_(std::max<std::size_t>(interval, 1)), interval_(least_interval_) {}

Snapshots::Copies::const_iterator Snapshots::at_or_before(std::size_t position) const {
    const auto after = copies_.upper_bound(position);
    return after == copies_.begin() ? copies_.end() : std::prev(after);
}

// An interval after the last regular copy, or the next copy that is there already.
std::size_t Snapshots::next_regular(std::size_t position) const {
    const auto after = copies_.upper_bound(position);
    const auto last = regular_before(after);
    const auto due = std::max((last == copies_.end() ? 0 : last->first) + interval_, position + 1);
    return after == copies_.end() ? due : std::min(due, after->first);
}

void Snapshots::keep_regular(std::size_t position, const GraphProjection& projection, std::size_t events) {
    if (copies_.contains(position)) return;
    const auto copy = insert(position, projection, true);
    while (bytes_ > limit_ && regular_ < copies_.size()) erase(furthest_near(position));
    foresee(copy, events);
    while (bytes_ > limit_ && regular_ > 1) thin_out();
}

// Chooses the interval so that copies of all the rest of the history will fit: the graph is expected to grow as it did
// between the last two copies. Goes up by no more than twice a time, because the start of a history says little of it.
void Snapshots::foresee(Copies::const_iterator newest, std::size_t events) {
    const auto before = regular_before(newest);
    const bool first = before == copies_.end();
    const auto size = static_cast<double>(newest->second.bytes);
    const double grown = size - (first ? 0.0 : static_cast<double>(before->second.bytes));
    const auto distance = static_cast<double>(newest->first - (first ? 0 : before->first));
    const auto left = static_cast<double>(events - std::min(events, newest->first));
    const double room = static_cast<double>(limit_) - static_cast<double>(regular_bytes_);

    // left / interval copies, of which the one in the middle has the average size.
    const double needed = left * std::max(size + grown / distance * left / 2, 1.0) / std::max(room, 1.0);
    const auto most = static_cast<double>(interval_) * 2;
    interval_ = static_cast<std::size_t>(std::clamp(needed, static_cast<double>(least_interval_), most));
}

void Snapshots::keep_near(std::size_t position, const GraphProjection& projection) {
    if (copies_.contains(position)) return;
    std::size_t before = bytes_of(projection); // with the regular copies on the way down, which stay
    for (auto copy = copies_.begin(); copy != copies_.end() && copy->first < position; ++copy)
        if (copy->second.regular) before += copy->second.bytes;
    if (before > limit_) return;

    insert(position, projection, false);
    while (copies_.size() - regular_ > most_near) erase(furthest_near(position));
    // Nobody who goes back needs what lies ahead: that goes first, and then the near copies furthest down.
    while (bytes_ > limit_) {
        const auto last = std::prev(copies_.end());
        erase(last->first > position ? last : furthest_near(position));
    }
}

Snapshots::Copies::iterator Snapshots::insert(std::size_t position, const GraphProjection& projection, bool regular) {
    const auto copy = copies_.emplace(position, Copy{projection, 0, regular}).first;
    // What changed since somebody looked is nothing that can be come back to.
    copy->second.projection.model().track_changes(false);
    copy->second.bytes = bytes_of(copy->second.projection);
    bytes_ += copy->second.bytes;
    if (regular) {
        regular_bytes_ += copy->second.bytes;
        ++regular_;
    }
    return copy;
}

Snapshots::Copies::iterator Snapshots::erase(Copies::iterator copy) {
    bytes_ -= copy->second.bytes;
    if (copy->second.regular) {
        regular_bytes_ -= copy->second.bytes;
        --regular_;
    }
    return copies_.erase(copy);
}

// Doubles the interval and gives up every copy without which the distance between its neighbours stays within that. The
// last copy stays: where it alone is too large, it is the one that is worth most.
void Snapshots::thin_out() {
    interval_ *= 2;
    std::size_t kept = 0;
    for (auto copy = copies_.begin(); copy != copies_.end();) {
        const auto next = std::find_if(std::next(copy), copies_.end(), [](const auto& c) { return c.second.regular; });
        if (copy->second.regular && next != copies_.end() && next->first - kept <= interval_) {
            copy = erase(copy);
        } else {
            if (copy->second.regular) kept = copy->first;
            ++copy;
        }
    }
}

// end() if there is none.
Snapshots::Copies::const_iterator Snapshots::regular_before(Copies::const_iterator copy) const {
    while (copy != copies_.begin())
        if (--copy; copy->second.regular) return copy;
    return copies_.end();
}

// There must be one. Copies are few, so looking through all costs nothing beside making one.
Snapshots::Copies::iterator Snapshots::furthest_near(std::size_t from) {
    const auto distance = [&](std::size_t position) { return position > from ? position - from : from - position; };
    auto furthest = copies_.end();
    for (auto copy = copies_.begin(); copy != copies_.end(); ++copy)
        if (!copy->second.regular && (furthest == copies_.end() || distance(copy->first) > distance(furthest->first)))
            furthest = copy;
    return furthest;
}

} // namespace cim::replay
