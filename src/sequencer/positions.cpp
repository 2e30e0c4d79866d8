#include "base/printable.hpp"
#include "base/try.hpp"
#include "sequencer/sequencer_impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace cim {

using detail::AggregateState;
using detail::StreamDetails;
using detail::WaitingIndex;
using Kind = detail::WaitingEvent::Kind;

SequencerPositions EventSequencer::Impl::positions() const {
    const auto position = [](const AggregateState& state) {
        return SequencerPositions::Stream{state.next, state.first,
                                          state.details ? state.details->skipped_ranges.all()
                                                        : std::vector<std::pair<std::uint64_t, std::uint64_t>>()};
    };
    SequencerPositions positions{.epoch = totals_.epoch, .global = position(global_)};
    // What an aggregate has let through and the global order has not yet will have to come again.
    std::unordered_map<std::string_view, std::uint64_t> undelivered;
    global_.details->window.for_each([&](WaitingIndex index) {
        const auto& entry = waiting_[index];
        if (entry.kind != Kind::in_global) return;
        const auto [at, is_new] = undelivered.try_emplace(entry.event.aggregate_id(), entry.aggregate);
        if (!is_new) at->second = std::min(at->second, entry.aggregate);
    });
    for (const auto& state : aggregates_.all()) {
        auto place = position(state);
        if (const auto found = undelivered.find(state.name); found != undelivered.end()) {
            place.next = found->second;
            std::erase_if(place.skipped, [&](const auto& range) { return range.first >= place.next; });
        }
        positions.aggregates.emplace_back(AggregateId(state.name), std::move(place));
    }
    std::ranges::sort(positions.aggregates, {}, [](const auto& entry) -> const AggregateId& { return entry.first; });
    return positions;
}

Result<> EventSequencer::Impl::restore(const SequencerPositions& positions) {
    if (config_error_) return fail(*config_error_);
    const auto refuse = [](std::string what, std::string_view name) {
        return fail(Errc::invalid_argument, std::move(what), {}, {{"name", std::string(name)}});
    };
    if (totals_.processed != 0) return refuse("positions can be restored only before the first event", "positions");
    if (positions.aggregates.size() > config_.max_aggregates)
        return fail(Errc::limit_exceeded, fmt::format("{} aggregates are too many", positions.aggregates.size()),
                    "raise max_aggregates",
                    {{"limit", std::to_string(config_.max_aggregates)},
                     {"needed", std::to_string(positions.aggregates.size())}});
    const auto makes_sense = [](const SequencerPositions::Stream& place, bool may_not_have_begun) {
        if (place.next == 0) return may_not_have_begun && place.first == 0 && place.skipped.empty();
        if (place.first == 0 || place.first > place.next || place.next > last_number + 1) return false;
        if (place.skipped.size() > detail::SkippedRanges::max_ranges) return false;
        std::uint64_t after = 0;
        for (const auto& [from, to] : place.skipped) {
            if (from <= after || to < from || to >= place.next) return false;
            after = to;
        }
        return true;
    };
    if (!makes_sense(positions.global, true)) return refuse("the global position makes no sense", "global");
    detail::AggregateTable table;
    std::vector<Index> active;
    for (const auto& [id, place] : positions.aggregates) {
        if (!is_token(id.str()) || !makes_sense(place, false) || table.find(id.str()) != detail::AggregateTable::none)
            return refuse(fmt::format("the position of aggregate '{}' makes no sense", printable(id.str())),
                          "aggregates");
        const auto index = table.add(id.str());
        table[index].next = place.next;
        table[index].first = place.first;
        if (place.skipped.empty()) continue;
        table[index].details = std::make_unique<StreamDetails>();
        table[index].details->skipped_ranges.restore(place.skipped);
        active.push_back(index);
    }
    aggregates_ = std::move(table);
    active_ = std::move(active);
    if (positions.global.next != 0) {
        global_.next = positions.global.next;
        global_.first = positions.global.first;
        global_.details->skipped_ranges.restore(positions.global.skipped);
    }
    totals_.epoch = positions.epoch;
    return {};
}

SequencerStats EventSequencer::Impl::stats() const {
    auto stats = totals_;
    stats.known_aggregates = aggregates_.size();
    stats.pending = waiting_.size();
    const auto now = clock_.elapsed();
    const auto of = [&](const AggregateState& state) {
        StreamStats one{.next_sequence = state.next};
        if (!state.details) return one;
        one.pending_count = state.details->window.count();
        if (const auto seen = gap_seen(state)) one.oldest_pending = now - *seen;
        one.skipped = state.details->skipped;
        one.late = state.details->late;
        one.duplicates = state.details->duplicates;
        return one;
    };
    stats.global_stats = of(global_);
    for (const auto index : active_) {
        const auto& state = aggregates_.all()[index];
        stats.aggregates.emplace_back(AggregateId(state.name), of(state));
    }
    std::ranges::sort(stats.aggregates, {}, [](const auto& entry) -> const AggregateId& { return entry.first; });
    return stats;
}

std::optional<StreamStats> EventSequencer::Impl::stats(const AggregateId& aggregate) const {
    const auto index = aggregates_.find(aggregate.str());
    if (index == detail::AggregateTable::none) return std::nullopt;
    const auto& state = aggregates_.all()[index];
    StreamStats one{.next_sequence = state.next};
    if (!state.details) return one;
    one.pending_count = state.details->window.count();
    if (const auto seen = gap_seen(state)) one.oldest_pending = clock_.elapsed() - *seen;
    one.skipped = state.details->skipped;
    one.late = state.details->late;
    one.duplicates = state.details->duplicates;
    return one;
}

} // namespace cim
