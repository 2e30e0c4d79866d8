#include "base/printable.hpp"
#include "base/try.hpp"
#include "stream/chain_faults.hpp"
#include "stream/chain_slice.hpp"
#include "stream/deadline.hpp"
#include "stream/fetch.hpp"
#include "stream/kept_events.hpp"
#include "stream/page_reader.hpp"
#include "stream/slice_id.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace cim::stream {

namespace {

Result<> check_options(const TransactionOptions& options, std::size_t most_events) {
    if (options.max_events < 1 || options.max_events > most_events)
        return fail(Errc::invalid_argument,
                    fmt::format("max_events is {}, and must be from 1 to {}", options.max_events, most_events), {},
                    {{"name", "max_events"}, {"value", std::to_string(options.max_events)}});
    if (options.timeout.count() < 0)
        return fail(Errc::invalid_argument,
                    fmt::format("timeout is {} ms, and must not be negative", options.timeout.count()), {},
                    {{"name", "timeout"}, {"value", std::to_string(options.timeout.count())}});
    return {};
}

Fetched to_fetched(const AggregateId& aggregate, const ChainSlice& slice, const EventFilter& filter) {
    Fetched fetched;
    fetched.slice.aggregate_id = aggregate;
    fetched.slice.last_sequence = slice.last_sequence().value();
    if (!slice.empty()) {
        fetched.slice.sequence_range.start = slice.first().sequence();
        fetched.slice.sequence_range.end = slice.last().sequence();
        fetched.slice.slices.push_back(slice.verified());
        fetched.confirmed.push_back(slice.confirmed());
        KeptEvents kept(filter);
        slice.keep_in(kept);
        fetched.event_bytes = kept.bytes();
        fetched.slice.events = std::move(kept).take();
    }
    fetched.slice.transaction_id = chain_slice_id(aggregate, slice.last_sequence(), fetched.slice.slices, filter);
    return fetched;
}

// Where a slice starts, as the sequence before it; nullopt if no event of the chain is wanted.
Result<std::optional<AggregateSequence>> start_of(EventStore& store, const AggregateId& aggregate,
                                                  const ChainHead& head, const ReplayPolicy& policy) {
    using Start = std::optional<AggregateSequence>;
    if (const auto* after = std::get_if<ReplayPolicy::AfterSequence>(&policy.choice())) {
        // Whoever has seen that event has seen more than there is now.
        if (after->sequence > head.sequence) return fail(head_mismatch(aggregate, {after->sequence, {}}, head));
        return Start(after->sequence);
    }
    if (const auto* last = std::get_if<ReplayPolicy::LastN>(&policy.choice()))
        return Start(
            AggregateSequence(head.sequence.value() - std::min<std::uint64_t>(last->count, head.sequence.value())));
    if (const auto* from = std::get_if<ReplayPolicy::ByStartTime>(&policy.choice())) {
        auto query = ReadQuery::of(aggregate);
        query.upto = head.sequence.value();
        query.from = from->time;
        query.limit = 1;
        CIM_TRY_ASSIGN(const auto page, store.read(query));
        if (page.events.empty()) return Start();
        return Start(AggregateSequence(page.events.front().aggregate_sequence().value() - 1));
    }
    return Start(AggregateSequence(0));
}

Result<Fetched> fetch_stored(const FetchContext& context, const AggregateId& aggregate,
                             const TransactionOptions& options) {
    const Deadline deadline(context.clock, options.timeout);
    // The order matters: points that are known before the head is read cannot lie behind it.
    const auto known = context.heads.points(aggregate.str());
    CIM_TRY_ASSIGN(const ChainHead head, context.store.head(aggregate));
    if (head.sequence.value() == 0 && known.empty())
        return fail(Errc::not_found, fmt::format("there is no aggregate '{}' in the log", printable(aggregate.str())),
                    {}, {{"aggregate", aggregate.str()}});
    CIM_TRY(check_head(aggregate, head, known, AggregateSequence(head.sequence.value())));

    CIM_TRY_ASSIGN(const auto start, start_of(context.store, aggregate, head, options.replay_policy));
    const auto after = start.value_or(head.sequence);
    const auto left = head.sequence.value() - after.value();
    const auto upto = after.value() + std::min<std::uint64_t>(left, options.max_events);

    ChainSlice slice(aggregate, after, known, {.threads = context.options.verify_threads});
    if (left != 0) {
        auto query = ReadQuery::of(aggregate, after);
        query.upto = upto;
        CIM_TRY(read_pages(context.store, std::move(query), deadline, [&](std::vector<DomainEvent> events) {
            const auto bytes = page_bytes(events);
            return slice.add(std::move(events), bytes);
        }));
        if (upto == head.sequence.value() || slice.last_sequence().value() < upto)
            CIM_TRY(slice.reaches(head));
        else
            CIM_TRY(slice.cut(options.max_events));
    }
    CIM_TRY(check_head(aggregate, head, known, slice.last_sequence()));

    auto fetched = to_fetched(aggregate, slice, options.filter);
    fetched.slice.complete = slice.last_sequence() == head.sequence;
    return fetched;
}

// The end of the log: what is appended later comes after it.
Result<GlobalSequence> end_of_log(EventStore& store) {
    auto query = ReadQuery::all();
    query.direction = Direction::backwards;
    query.limit = 1;
    CIM_TRY_ASSIGN(const auto page, store.read(query));
    return page.events.empty() ? GlobalSequence() : page.events.front().sequence();
}

// Where a slice starts whose first event came out of a feed. Events may have come between the start of the feed and the
// reading of the head, so the first may lie before the head, but no further behind it than next. It starts a
// transaction, because the end of a log is the end of one.
AggregateSequence before_first(const DomainEvent& first, const ChainHead& head) {
    const auto start = first.aggregate_sequence().value() -
                       std::min<std::uint64_t>(first.aggregate_sequence().value(), 1 + first.transaction_index());
    return std::min(AggregateSequence(start), head.sequence);
}

// Waits for the first event of the aggregate, then takes what is there already, whole transactions at a time.
Result<Fetched> fetch_new(const FetchContext& context, const AggregateId& aggregate,
                          const TransactionOptions& options) {
    const Deadline deadline(context.clock, options.timeout);
    const auto known = context.heads.points(aggregate.str());
    // The position first: what is appended from here on comes out of the feed, whatever the head is by then.
    CIM_TRY_ASSIGN(const auto position, end_of_log(context.store));
    CIM_TRY_ASSIGN(const auto feed, context.store.follow(position));
    CIM_TRY_ASSIGN(const ChainHead head, context.store.head(aggregate));
    CIM_TRY(check_head(aggregate, head, known, AggregateSequence()));

    const VerifyOptions verify{.threads = context.options.verify_threads};
    std::optional<ChainSlice> slice;
    for (;;) {
        const auto wanted = options.max_events - (slice ? slice->size() : 0);
        CIM_TRY_ASSIGN(auto events, feed->next(wanted, slice ? std::chrono::milliseconds(0) : deadline.left()));
        const auto bytes = page_bytes(events);
        const bool waited_in_vain = events.empty();
        std::erase_if(events, [&](const DomainEvent& event) { return event.aggregate_id() != aggregate.str(); });
        if (!slice && !events.empty()) slice.emplace(aggregate, before_first(events.front(), head), known, verify);
        const bool none_of_ours = events.empty();
        if (slice) CIM_TRY(slice->add(std::move(events), bytes));
        if (waited_in_vain || (slice && (none_of_ours || slice->size() >= options.max_events))) break;
        if (deadline.left().count() == 0) break;
    }
    if (!slice) slice.emplace(aggregate, head.sequence, known, verify);
    CIM_TRY(slice->is_whole());
    const auto found = slice->size();
    CIM_TRY(slice->cut(options.max_events));

    auto fetched = to_fetched(aggregate, *slice, options.filter);
    fetched.slice.complete = found < options.max_events;
    return fetched;
}

} // namespace

Result<> check_head(const AggregateId& aggregate, const ChainHead& head, const std::vector<KnownPoint>& points,
                    AggregateSequence last_read) {
    for (const auto& point : points) {
        if (point.sequence > head.sequence) return fail(head_mismatch(aggregate, {point.sequence, point.cid}, head));
        // What was read has been compared already, and says more than the head does.
        if (point.sequence == head.sequence && point.sequence > last_read && point.cid != head.cid)
            return fail(head_mismatch(aggregate, {point.sequence, point.cid}, head));
    }
    return {};
}

Result<Fetched> fetch_chain(const FetchContext& context, const AggregateId& aggregate,
                            const TransactionOptions& options) {
    CIM_TRY(check_options(options, context.options.max_transaction_events));
    if (std::holds_alternative<ReplayPolicy::NewOnly>(options.replay_policy.choice()))
        return fetch_new(context, aggregate, options);
    return fetch_stored(context, aggregate, options);
}

} // namespace cim::stream
