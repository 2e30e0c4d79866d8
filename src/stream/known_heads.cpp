#include "stream/known_heads.hpp"

#include <algorithm>
#include <utility>

namespace cim::stream {

void KnownHeads::trust(const AggregateId& aggregate, const ChainHead& head) {
    if (!head.cid) return;
    const std::scoped_lock lock(mutex_);
    insert(used(aggregate.str()), {head.sequence, *head.cid, false});
}

void KnownHeads::remember(const VerifiedSlice& slice, const std::vector<KnownPoint>& confirmed) {
    const std::scoped_lock lock(mutex_);
    Chain& chain = used(slice.aggregate.str());
    std::erase_if(chain.points,
                  [&](const KnownPoint& point) { return std::ranges::find(confirmed, point) != confirmed.end(); });
    insert(chain, {slice.last, slice.head, true});
}

std::vector<KnownPoint> KnownHeads::points(std::string_view aggregate) {
    const std::scoped_lock lock(mutex_);
    const auto found = by_name_.find(aggregate);
    if (found == by_name_.end()) return {};
    chains_.splice(chains_.begin(), chains_, found->second);
    return found->second->points;
}

std::optional<ChainHead> KnownHeads::latest(std::string_view aggregate) const {
    const std::scoped_lock lock(mutex_);
    const auto found = by_name_.find(aggregate);
    if (found == by_name_.end()) return std::nullopt;
    for (auto point = found->second->points.rbegin(); point != found->second->points.rend(); ++point)
        if (point->verified) return ChainHead{point->sequence, point->cid};
    return std::nullopt;
}

// The chain's entry, made if need be, in front of the others. The caller holds the lock.
KnownHeads::Chain& KnownHeads::used(std::string_view aggregate) {
    if (const auto found = by_name_.find(aggregate); found != by_name_.end()) {
        chains_.splice(chains_.begin(), chains_, found->second);
        return chains_.front();
    }
    chains_.push_front({std::string(aggregate), {}});
    by_name_.emplace(chains_.front().aggregate, chains_.begin());
    // The chain in use stays even where nothing may be kept, so that the reference which is returned is good.
    while (chains_.size() > std::max<std::size_t>(max_chains_, 1)) {
        by_name_.erase(chains_.back().aggregate);
        chains_.pop_back();
    }
    return chains_.front();
}

void KnownHeads::insert(Chain& chain, KnownPoint point) {
    const auto same = std::ranges::find_if(chain.points, [&](const KnownPoint& known) {
        return known.sequence == point.sequence && known.cid == point.cid;
    });
    if (same != chain.points.end()) {
        same->verified = same->verified || point.verified;
        return;
    }
    const auto place = std::ranges::upper_bound(chain.points, point.sequence, {}, &KnownPoint::sequence);
    chain.points.insert(place, std::move(point));
    if (chain.points.size() <= max_points) return;
    // What somebody stated is kept before what can be seen again.
    const auto seen = std::ranges::find(chain.points, true, &KnownPoint::verified);
    chain.points.erase(seen == chain.points.end() ? chain.points.begin() : seen);
}

} // namespace cim::stream
