#include <cim/sequencer.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"
#include "sequencer/sequencer_impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace cim {

using detail::AggregateState;
using detail::StreamDetails;
using detail::WaitingIndex;
using Kind = detail::WaitingEvent::Kind;

namespace {

Result<> in_range(std::string_view name, std::uint64_t value, std::uint64_t most) {
    if (value >= 1 && value <= most) return {};
    return fail(Errc::invalid_argument, fmt::format("{} of the sequencer is {}, and may be 1 to {}", name, value, most),
                {}, {{"name", std::string(name)}, {"value", std::to_string(value)}});
}

} // namespace

std::string_view to_string(Disposition disposition) noexcept {
    switch (disposition) {
    case Disposition::delivered: return "delivered";
    case Disposition::buffered: return "buffered";
    case Disposition::duplicate: return "duplicate";
    case Disposition::late: return "late";
    case Disposition::too_far: return "too_far";
    case Disposition::overflow: return "overflow";
    }
    return "unknown";
}

Result<> SequencerConfig::check() const {
    CIM_TRY(in_range("max_buffer_size", max_buffer_size, 1'000'000));
    CIM_TRY(in_range("max_sequence_gap", max_sequence_gap, 1'000'000));
    CIM_TRY(in_range("sequence_timeout",
                     static_cast<std::uint64_t>(std::max<std::int64_t>(sequence_timeout.count(), 0)),
                     static_cast<std::uint64_t>(Duration(std::chrono::hours(24 * 365)).count())));
    CIM_TRY(in_range("max_total_buffered", max_total_buffered, 100'000'000));
    CIM_TRY(in_range("max_aggregates", max_aggregates, 100'000'000));
    return in_range("max_active_aggregates", max_active_aggregates, max_aggregates);
}

// -- Streams ---------------------------------------------------------------------------------------------------------

EventSequencer::Impl::Impl(SequencerConfig config, const Clock& clock) : config_(config), clock_(clock) {
    if (auto checked = config_.check(); !checked) config_error_ = std::move(checked).error();
    global_.details = std::make_unique<StreamDetails>();
    begin_streams();
}

void EventSequencer::Impl::begin_streams() {
    aggregates_.clear();
    active_.clear();
    timers_.clear();
    *global_.details = StreamDetails();
    global_.first = global_.next = config_.global_start.number().value_or(0);
}

StreamDetails& EventSequencer::Impl::details(Index index) {
    auto& state = stream(index);
    if (!state.details) {
        if (active_.size() >= config_.max_active_aggregates) evict_one();
        aggregates_[index].details = std::make_unique<StreamDetails>();
        active_.push_back(index);
    }
    state.details->touched = true;
    return *state.details;
}

// The clock algorithm: whoever was touched since the hand last passed is spared once. If something waits everywhere,
// one more is kept than asked for: what waits is bounded elsewhere.
void EventSequencer::Impl::evict_one() {
    for (std::size_t looked = 0; looked < 2 * active_.size(); ++looked) {
        hand_ = hand_ + 1 < active_.size() ? hand_ + 1 : 0;
        auto& state = aggregates_[active_[hand_]];
        auto& known = *state.details;
        if (known.window.count() != 0 || known.has_timer) continue;
        if (std::exchange(known.touched, false)) continue;
        // What may have been skipped is late from now on when it comes, rather than taken for a duplicate.
        if (!known.skipped_ranges.all().empty()) state.first = known.skipped_ranges.all().back().second + 1;
        state.details.reset();
        active_[hand_] = active_.back();
        active_.pop_back();
        ++totals_.evicted;
        return;
    }
}

void EventSequencer::Impl::set_timer(Index index, Duration at) {
    auto& known = *stream(index).details;
    if (known.has_timer) return;
    known.has_timer = true;
    timers_.push_back({at, index});
    std::ranges::push_heap(timers_, std::greater());
}

// Nothing of it is kept, but that it came: otherwise a stream whose numbers jump would wait for ever.
void EventSequencer::Impl::note_too_far(Index index, std::uint64_t number) {
    auto& known = details(index);
    const auto now = clock_.elapsed();
    if (known.farthest < stream(index).next) known.farthest_seen = now;
    known.farthest = std::max(known.farthest, number);
    set_timer(index, now + config_.sequence_timeout);
}

// When the gap at the head of the stream was seen: when the first of those came that it holds up. nullopt: nothing
// waits.
std::optional<Duration> EventSequencer::Impl::gap_seen(const AggregateState& state) const {
    std::optional<Duration> seen;
    if (!state.details) return seen;
    if (state.details->window.count() == 0 && state.details->farthest >= state.next)
        seen = state.details->farthest_seen;
    state.details->window.for_each([&](WaitingIndex index) {
        if (!seen || waiting_[index].seen < *seen) seen = waiting_[index].seen;
    });
    return seen;
}

// In the global order, an event that its aggregate holds back is known: the aggregate's own timer runs for it.
bool EventSequencer::Impl::has_gap(Index index) {
    const auto& state = stream(index);
    if (!state.details) return false;
    const auto& known = *state.details;
    if (known.window.count() == 0) return known.farthest != 0 && known.farthest >= state.next;
    return known.window.at(state.next, state.next) == 0;
}

// -- An event that comes in ------------------------------------------------------------------------------------------

// What an event is whose number has been passed.
Disposition EventSequencer::Impl::behind(AggregateState& state, Index index, std::uint64_t number) {
    auto& known = details(index);
    std::uint64_t forgotten = 0;
    const bool late = number < state.first || known.skipped_ranges.take(number, forgotten);
    state.first = std::max(state.first, forgotten);
    ++(late ? known.late : known.duplicates);
    return late ? Disposition::late : Disposition::duplicate;
}

// An event that will not be delivered; if it was counted in the global order, that goes on without it.
void EventSequencer::Impl::drop(Disposition disposition, DomainEvent event, std::uint64_t global,
                                std::uint64_t aggregate) {
    switch (disposition) {
    case Disposition::duplicate: ++totals_.duplicates; break;
    case Disposition::late: make_late(std::move(event), global, aggregate); break;
    case Disposition::too_far: ++totals_.too_far; return;
    case Disposition::overflow: ++totals_.overflowed; return;
    case Disposition::delivered:
    case Disposition::buffered: return;
    }
    if (config_.global_order) pass_over(global);
}

bool EventSequencer::Impl::global_has_place(std::uint64_t global) const noexcept {
    return !config_.global_order || global < global_.next || global - global_.next <= config_.max_sequence_gap;
}

void EventSequencer::Impl::buffer(Index index, DomainEvent event, std::uint64_t global, std::uint64_t aggregate) {
    const auto now = clock_.elapsed();
    auto& known = details(index);
    const auto place = waiting_.add({std::move(event), global, aggregate, now, Kind::in_aggregate});
    known.window.put(stream(index).next, aggregate, place);
    set_timer(index, now + config_.sequence_timeout);
    auto& all = global_.details->window;
    if (config_.global_order && global >= global_.next && all.at(global_.next, global) == 0) {
        all.put(global_.next, global, place);
        if (has_gap(the_global)) set_timer(the_global, now + config_.sequence_timeout);
    }
}

Result<Sequenced> EventSequencer::Impl::process(DomainEvent event, std::uint64_t global, std::uint64_t aggregate,
                                                std::uint64_t epoch) {
    begin_output();
    if (config_error_) [[unlikely]]
        return fail(*config_error_);
    if (!event) [[unlikely]]
        return fail(Errc::invalid_argument, "an empty event has no place in any order", {}, {{"name", "event"}});
    if (aggregate - 1 >= last_number || (config_.global_order && global - 1 >= last_number)) [[unlikely]]
        return fail(Errc::invalid_argument,
                    fmt::format("sequence numbers are 1 to 2^64-2, and '{}' came with {} and {}",
                                printable(event.aggregate_id()), global, aggregate),
                    {}, {{"name", aggregate - 1 >= last_number ? "aggregate" : "global"}});
    ++totals_.processed;
    if (epoch != totals_.epoch) [[unlikely]] {
        if (epoch < totals_.epoch) {
            make_late(std::move(event), global, aggregate);
            return output(Disposition::late);
        }
        skip_all();
        begin_streams();
        totals_.epoch = epoch;
    }

    const auto name = event.aggregate_id();
    auto index = aggregates_.find(name);
    if (index == detail::AggregateTable::none) [[unlikely]] {
        if (aggregates_.size() >= config_.max_aggregates) {
            drop(Disposition::overflow, std::move(event), global, aggregate);
            return output(Disposition::overflow);
        }
        index = aggregates_.add(name);
        auto& added = aggregates_[index];
        added.first = added.next = config_.aggregate_start.number().value_or(aggregate);
    }
    if (global_.next == 0 && config_.global_order) [[unlikely]]
        global_.first = global_.next = global;

    auto& state = aggregates_[index];
    auto disposition = Disposition::buffered;
    if (aggregate < state.next)
        disposition = behind(state, index, aggregate);
    else if (aggregate - state.next > config_.max_sequence_gap) {
        note_too_far(index, aggregate);
        disposition = Disposition::too_far;
    } else if (!global_has_place(global)) {
        note_too_far(the_global, global);
        disposition = Disposition::too_far;
    } else if (aggregate == state.next) {
        if (config_.global_order && global > global_.next && waiting_.size() >= config_.max_total_buffered) {
            disposition = Disposition::overflow; // it would have to wait there
        } else {
            ++state.next;
            if (state.details) state.details->farthest = 0; // it goes on
            // Whether it is among those that are ready shows when all are through that it lets through.
            const auto late_before = late_.size();
            const auto global_before = global;
            if (pass_up(std::move(event), global, aggregate, 0))
                disposition = !config_.global_order || global_before < global_.next ? Disposition::delivered
                                                                                    : Disposition::buffered;
            else
                disposition = late_.size() > late_before ? Disposition::late : Disposition::duplicate;
            if (state.details && state.details->window.count() != 0) drain_aggregate(index);
            if (disposition == Disposition::buffered && global_before < global_.next)
                disposition = Disposition::delivered;
            return output(disposition);
        }
    } else if (state.details && state.details->window.at(state.next, aggregate) != 0) {
        ++details(index).duplicates;
        disposition = Disposition::duplicate;
    } else if ((state.details && state.details->window.count() >= config_.max_buffer_size) ||
               waiting_.size() >= config_.max_total_buffered) {
        disposition = Disposition::overflow;
    }

    if (disposition == Disposition::buffered)
        buffer(index, std::move(event), global, aggregate);
    else
        drop(disposition, std::move(event), global, aggregate);
    return output(disposition);
}

// -- Upwards ---------------------------------------------------------------------------------------------------------

void EventSequencer::Impl::deliver(DomainEvent event, std::uint64_t global, std::uint64_t aggregate) {
    ++totals_.delivered;
    ready_.push_back({std::move(event), GlobalSequence(global), AggregateSequence(aggregate)});
}

void EventSequencer::Impl::make_late(DomainEvent event, std::uint64_t global, std::uint64_t aggregate) {
    ++totals_.late;
    late_.push_back({std::move(event), GlobalSequence(global), AggregateSequence(aggregate)});
}

// Hands an event that its aggregate has let through to the global order. `from`: where it waited in its aggregate, 0 if
// it did not. False if its place there is taken or was passed: then it is late.
bool EventSequencer::Impl::pass_up(DomainEvent event, std::uint64_t global, std::uint64_t aggregate,
                                   WaitingIndex from) {
    if (!config_.global_order) {
        if (from != 0) waiting_.remove(from);
        deliver(std::move(event), global, aggregate);
        return true;
    }
    auto& known = *global_.details;
    const auto there = global < global_.next ? 0 : known.window.at(global_.next, global);
    if (global < global_.next || (there != 0 && there != from)) {
        std::uint64_t forgotten = 0;
        known.skipped_ranges.take(global, forgotten);
        global_.first = std::max(global_.first, forgotten);
        ++known.late;
        if (from != 0) waiting_.remove(from);
        make_late(std::move(event), global, aggregate);
        return false;
    }
    if (global == global_.next) {
        if (there != 0) known.window.clear(global);
        if (from != 0) waiting_.remove(from);
        ++global_.next;
        known.farthest = 0;
        deliver(std::move(event), global, aggregate);
        drain_global();
        return true;
    }
    if (there != 0) {
        waiting_[from].event = std::move(event);
        waiting_[from].kind = Kind::in_global;
        return true;
    }
    if (from != 0) waiting_.remove(from);
    const auto now = clock_.elapsed();
    known.window.put(global_.next, global, waiting_.add({std::move(event), global, aggregate, now, Kind::in_global}));
    if (has_gap(the_global)) set_timer(the_global, now + config_.sequence_timeout);
    return true;
}

// A number of the global order that is accounted for, though nothing is delivered for it.
void EventSequencer::Impl::pass_over(std::uint64_t global) {
    auto& known = *global_.details;
    if (global_.next == 0) return; // nothing has begun
    if (global < global_.next) {
        std::uint64_t forgotten = 0;
        known.skipped_ranges.take(global, forgotten);
        global_.first = std::max(global_.first, forgotten);
    } else if (known.window.at(global_.next, global) != 0) {
        return;
    } else if (global == global_.next) {
        ++global_.next;
        drain_global();
    } else if (global_has_place(global) && waiting_.size() < config_.max_total_buffered) {
        const auto now = clock_.elapsed();
        known.window.put(global_.next, global, waiting_.add({DomainEvent(), global, 0, now, Kind::passed_over}));
        if (has_gap(the_global)) set_timer(the_global, now + config_.sequence_timeout);
    }
}

void EventSequencer::Impl::drain_aggregate(Index index) {
    while (const auto place = aggregates_[index].details->window.at(aggregates_[index].next, aggregates_[index].next)) {
        auto& state = aggregates_[index];
        state.details->window.clear(state.next);
        ++state.next;
        auto& entry = waiting_[place];
        const auto global = entry.global, aggregate = entry.aggregate;
        pass_up(std::move(entry.event), global, aggregate, place);
    }
}

void EventSequencer::Impl::drain_global() {
    auto& window = global_.details->window;
    while (const auto place = window.at(global_.next, global_.next)) {
        auto& entry = waiting_[place];
        if (entry.kind == Kind::in_aggregate) return; // its aggregate is to let it through first
        window.clear(global_.next);
        ++global_.next;
        if (entry.kind == Kind::in_global) deliver(std::move(entry.event), entry.global, entry.aggregate);
        waiting_.remove(place);
    }
    if (window.count() != 0 && !global_.details->has_timer)
        set_timer(the_global, *gap_seen(global_) + config_.sequence_timeout);
}

void EventSequencer::Impl::skip_gap(Index index) {
    auto& state = stream(index);
    auto& known = *state.details;
    const auto from = state.next;
    const auto to = known.window.count() != 0 ? known.window.first_known(from) - 1 : known.farthest;
    state.next = to + 1;
    state.first = std::max(state.first, known.skipped_ranges.add(from, to));
    known.skipped += to - from + 1;
    totals_.skipped += to - from + 1;
    gaps_.push_back({AggregateId(state.name), from, to});
    if (index == the_global)
        drain_global();
    else
        drain_aggregate(index);
}

Sequenced EventSequencer::Impl::check_timeouts() {
    begin_output();
    if (timers_.empty()) return output(Disposition::delivered);
    const auto now = clock_.elapsed();
    while (!timers_.empty() && timers_.front().at <= now) {
        std::ranges::pop_heap(timers_, std::greater());
        const auto index = timers_.back().stream;
        timers_.pop_back();
        stream(index).details->has_timer = false;
        if (!has_gap(index)) {
            // Held back by an aggregate, whose own timer runs: to be looked at again when it lets go.
            continue;
        }
        // The gap that the timer was set for may have been filled, and this be a later one.
        const auto due = *gap_seen(stream(index)) + config_.sequence_timeout;
        if (due <= now) skip_gap(index);
        if (has_gap(index)) set_timer(index, std::max(due, *gap_seen(stream(index)) + config_.sequence_timeout));
    }
    return output(Disposition::delivered);
}

std::optional<Duration> EventSequencer::Impl::next_timeout() const {
    if (timers_.empty()) return std::nullopt;
    return timers_.front().at;
}

void EventSequencer::Impl::skip_all() {
    for (Index index = 0; index < aggregates_.size(); ++index)
        while (has_gap(index)) skip_gap(index);
    while (has_gap(the_global)) skip_gap(the_global);
}

Result<Sequenced> EventSequencer::Impl::start_epoch(std::uint64_t epoch) {
    begin_output();
    if (config_error_) return fail(*config_error_);
    if (epoch <= totals_.epoch)
        return fail(Errc::invalid_argument, fmt::format("epoch {} does not follow epoch {}", epoch, totals_.epoch), {},
                    {{"name", "epoch"}});
    skip_all();
    begin_streams();
    totals_.epoch = epoch;
    return output(Disposition::delivered);
}

// -- The public face -------------------------------------------------------------------------------------------------

EventSequencer::EventSequencer(SequencerConfig config, const Clock& clock)
    : impl_(std::make_unique<Impl>(config, clock)) {}
EventSequencer::~EventSequencer() = default;
EventSequencer::EventSequencer(EventSequencer&&) noexcept = default;
EventSequencer& EventSequencer::operator=(EventSequencer&&) noexcept = default;

Result<Sequenced> EventSequencer::process_event(DomainEvent event, GlobalSequence global, AggregateSequence aggregate,
                                                std::uint64_t epoch) {
    return impl_->process(std::move(event), global.value(), aggregate.value(), epoch);
}
Sequenced EventSequencer::check_timeouts() { return impl_->check_timeouts(); }
std::optional<Duration> EventSequencer::next_timeout() const { return impl_->next_timeout(); }
Result<Sequenced> EventSequencer::start_epoch(std::uint64_t epoch) { return impl_->start_epoch(epoch); }
SequencerPositions EventSequencer::positions() const { return impl_->positions(); }
Result<> EventSequencer::restore(const SequencerPositions& positions) { return impl_->restore(positions); }
SequencerStats EventSequencer::get_stats() const { return impl_->stats(); }
std::optional<StreamStats> EventSequencer::get_stats(const AggregateId& aggregate) const {
    return impl_->stats(aggregate);
}

} // namespace cim
