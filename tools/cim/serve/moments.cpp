#include "moments.hpp"

#include "base/try.hpp"
#include "verified_reader.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cim::serve {

void Moments::offer(GlobalSequence sequence, std::uint64_t events, const GraphModel& model) {
    const std::lock_guard lock(snapshots_mutex_);
    if (due_ == 0) due_ = distance_;
    if (events < due_) return;
    // A snapshot costs as much as the graph is large, so a large graph has them further apart.
    due_ = events + std::max<std::uint64_t>(distance_, 2 * (model.node_count() + model.edge_count()));
    auto block = snapshot(model);
    bytes_ += block.size();
    snapshots_.emplace(sequence.value(), std::move(block));
    while (bytes_ > limit_ && snapshots_.size() > 1) {
        distance_ *= 2;
        for (auto it = snapshots_.begin(); it != snapshots_.end();) {
            bytes_ -= it->second.size();
            it = snapshots_.erase(it);
            if (it != snapshots_.end()) ++it;
        }
    }
}

Result<> Moments::at(GlobalSequence sequence, const std::function<Result<>(const GraphModel&)>& use) {
    const std::lock_guard lock(use_mutex_);
    auto there = go_back(sequence);
    if (there) there = go_on(sequence);
    if (!there) {
        current_.reset(); // it may stand anywhere
        return there;
    }
    return use(current_->model());
}

/// To a graph that is not past that event, and as near as there is one.
Result<> Moments::go_back(GlobalSequence sequence) {
    Bytes block;
    std::uint64_t start = 0;
    {
        const std::lock_guard lock(snapshots_mutex_);
        const auto after = snapshots_.upper_bound(sequence.value());
        if (after != snapshots_.begin()) {
            start = std::prev(after)->first;
            if (current_ && position_ >= start && position_ <= sequence.value()) return {};
            block = std::prev(after)->second;
        }
    }
    if (current_ && position_ >= start && position_ <= sequence.value()) return {};
    current_.emplace(mapping_);
    position_ = start;
    if (start == 0) return {};
    CIM_TRY_ASSIGN(current_->model(), load_snapshot(block));
    return {};
}

Result<> Moments::go_on(GlobalSequence sequence) {
    if (position_ == sequence.value()) return {};
    // The whole log is read also for one aggregate: positions are those of the log.
    auto query = ReadQuery::all(GlobalSequence(position_));
    query.upto = sequence.value();
    cli::VerifiedReader reader(store_, std::move(query), {.threads = 1});
    while (true) {
        CIM_TRY_ASSIGN(auto page, reader.next());
        if (page.empty()) break;
        if (aggregate_)
            std::erase_if(page, [&](const auto& event) { return event.aggregate_id() != aggregate_->str(); });
        current_->apply(page);
    }
    position_ = sequence.value();
    return {};
}

} // namespace cim::serve
