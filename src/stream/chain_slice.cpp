#include "stream/chain_slice.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"
#include "stream/chain_faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace cim::stream {

namespace {

Error missing_start(const AggregateId& aggregate, AggregateSequence after, const DomainEvent& first) {
    auto error = ChainBroken{.aggregate = aggregate,
                             .sequence = first.aggregate_sequence(),
                             .expected = std::nullopt,
                             .actual = first.previous_cid(),
                             .previous = after}
                     .to_error();
    error.message =
        fmt::format("the chain of aggregate '{}' is broken: event {} is missing, the log goes on with event {}",
                    printable(aggregate.str()), after.next().value(), first.aggregate_sequence().value());
    error.advice = "events were lost from the log: restore it, or copy it again from where it is whole";
    return error;
}

} // namespace

ChainSlice::ChainSlice(AggregateId aggregate, AggregateSequence after, std::vector<KnownPoint> known,
                       const VerifyOptions& verify)
    : aggregate_(std::move(aggregate)), after_(after), walk_(std::move(known)), verifier_(verify) {}

Result<> ChainSlice::add(std::vector<DomainEvent> events, std::size_t bytes) {
    if (events.empty()) return {};
    if (empty()) CIM_TRY(check_start(events.front()));
    // First what the events say of themselves: where one is missing, its transaction is a better answer than a link.
    for (const auto& event : events) CIM_TRY(walk_.step(event));
    CIM_TRY(verifier_.add(events));
    size_ += events.size();
    pages_.push_back({std::move(events), bytes});
    return {};
}

// The walk sees gaps between events, but not one before the first.
Result<> ChainSlice::check_start(const DomainEvent& first) const {
    if (first.aggregate_sequence() == after_.next()) return {};
    if (const auto index = first.transaction_index(); index != 0)
        return fail(incomplete_transaction(aggregate_.str(), first.transaction_id(), first.transaction_size() - index,
                                           first.transaction_size()));
    return fail(missing_start(aggregate_, after_, first));
}

Result<> ChainSlice::cut(std::size_t max_events) {
    if (size_ <= max_events && (empty() || last().ends_transaction())) return {};
    const auto needed = first().transaction_size() - first().transaction_index();
    while (!pages_.empty()) {
        auto& events = pages_.back().events;
        while (!events.empty() && (size_ > max_events || !events.back().ends_transaction())) {
            events.pop_back();
            --size_;
        }
        if (!events.empty()) return {};
        pages_.pop_back();
    }
    return fail(Errc::limit_exceeded,
                fmt::format("the first transaction of the slice has {} events, and at most {} were asked for", needed,
                            max_events),
                "a slice holds whole transactions: set max_events to at least that many",
                {{"limit", std::to_string(max_events)}, {"needed", std::to_string(needed)}});
}

Result<> ChainSlice::reaches(const ChainHead& head) const {
    if (empty() || last().aggregate_sequence() < head.sequence)
        return fail(
            head_mismatch(aggregate_, head, {last_sequence(), empty() ? std::nullopt : std::optional(last().cid())}));
    if (last().cid() != head.cid) return fail(head_mismatch(aggregate_, head, {last_sequence(), last().cid()}));
    return is_whole();
}

Result<> ChainSlice::is_whole() const {
    if (empty() || last().ends_transaction()) return {};
    return fail(incomplete_transaction(aggregate_.str(), last().transaction_id(), last().transaction_index() + 1,
                                       last().transaction_size()));
}

AggregateSequence ChainSlice::last_sequence() const noexcept { return empty() ? after_ : last().aggregate_sequence(); }

// A slice is authentic as a whole if a known point lies right before it, in it, or in what was cut off from it: links
// go back from there.
VerifiedSlice ChainSlice::verified() const {
    const auto start = first().aggregate_sequence();
    const bool anchored = start.value() == 1 || !walk_.confirmed().empty();
    return {aggregate_, start, last().aggregate_sequence(), last().cid(), anchored};
}

std::vector<KnownPoint> ChainSlice::confirmed() const {
    auto points = walk_.confirmed();
    std::erase_if(points, [&](const KnownPoint& point) { return point.sequence > last_sequence(); }); // cut off
    return points;
}

void ChainSlice::keep_in(KeptEvents& kept) const {
    for (const auto& page : pages_) kept.add(page.events, page.bytes);
}

} // namespace cim::stream
