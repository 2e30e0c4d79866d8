#include <cim/chain.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"
#include "stream/chain_faults.hpp"
#include "stream/chain_walk.hpp"
#include "stream/deadline.hpp"
#include "stream/fetch.hpp"
#include "stream/kept_events.hpp"
#include "stream/page_reader.hpp"
#include "stream/slice_id.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace cim::stream {

namespace {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

// Verifies the events of a window as they come. Timestamps need not grow along a chain, so a window may hold several
// parts of one, and what lies between them is not asked for; GapCheck sees to it that it is there.
class Window {
  public:
    Window(const FetchContext& context, const EventFilter& filter)
        : context_(&context),
          verifier_({.threads = context.options.verify_threads, .gaps = VerifyOptions::Gaps::new_slice}),
          kept_(filter) {}

    Result<> add(std::span<const DomainEvent> page) {
        if (page.empty()) return {};
        if (range_.start.value() == 0) range_.start = page.front().sequence();
        range_.end = page.back().sequence();
        CIM_TRY(check_size(page.size()));
        for (const auto& event : page) CIM_TRY(walk_of(event.aggregate_id()).step(event));
        CIM_TRY(verifier_.add(page));
        kept_.add(page, page_bytes(page));
        return {};
    }

    [[nodiscard]] std::vector<VerifiedSlice> slices() const { return verifier_.slices(); }
    [[nodiscard]] const SequenceRange& range() const noexcept { return range_; }
    [[nodiscard]] KeptEvents& kept() noexcept { return kept_; }
    /// Of a chain that is in the window.
    [[nodiscard]] const ChainWalk& walk(const AggregateId& aggregate) const {
        return walks_.find(aggregate.str())->second;
    }

  private:
    using Walks = std::unordered_map<std::string, ChainWalk, TextHash, std::equal_to<>>;

    Result<> check_size(std::size_t more) {
        events_ += more;
        const auto limit = context_->options.max_transaction_events;
        if (events_ <= limit) return {};
        return fail(Errc::limit_exceeded,
                    fmt::format("the window holds {} events or more, and a slice at most {}", events_, limit),
                    "make the window narrower",
                    {{"limit", std::to_string(limit)}, {"needed", std::to_string(events_)}});
    }

    // Neighbours are mostly of one chain, so the chain looked up last is tried first.
    ChainWalk& walk_of(std::string_view aggregate) {
        if (current_ != nullptr && current_->first == aggregate) return current_->second;
        auto found = walks_.find(aggregate);
        if (found == walks_.end())
            found =
                walks_.emplace(aggregate, ChainWalk(context_->heads.points(aggregate), ChainWalk::Gaps::accept)).first;
        current_ = &*found;
        return found->second;
    }

    const FetchContext* context_;
    ChainVerifier verifier_;
    KeptEvents kept_;
    Walks walks_;
    Walks::value_type* current_ = nullptr;
    SequenceRange range_;
    std::size_t events_ = 0;
};

// Reads a chain from its first to its last part in a window, to see that what lies between them was left out because of
// its time and not because it is lost. Costs a second reading of that stretch, only where there are gaps.
class GapCheck {
  public:
    /// `parts` are of one chain, by sequence.
    GapCheck(const FetchContext& context, std::span<const VerifiedSlice> parts, Timestamp start, Timestamp end)
        : context_(&context),
          parts_(parts),
          start_(start),
          end_(end),
          next_(parts.front().last),
          walk_(heads_of(parts)),
          verifier_({.threads = context.options.verify_threads}) {}

    Result<> run(const Deadline& deadline) {
        const auto& last = parts_.back();
        auto query = ReadQuery::of(last.aggregate, AggregateSequence(next_.value() - 1));
        query.upto = last.last.value();
        const auto take = [this](const std::vector<DomainEvent>& page) -> Result<> {
            for (const auto& event : page) CIM_TRY(step(event));
            return verifier_.add(page);
        };
        CIM_TRY(read_pages(context_->store, std::move(query), deadline, take));
        if (next_ == last.last.next()) return {};
        return fail(head_mismatch(last.aggregate, {last.last, last.head}, {AggregateSequence(next_.value() - 1), {}}));
    }

  private:
    // What the window saw as the ends of its parts: the chain that is read now must have the same events there.
    static std::vector<KnownPoint> heads_of(std::span<const VerifiedSlice> parts) {
        std::vector<KnownPoint> points;
        for (const auto& part : parts) points.push_back({part.last, part.head, true});
        return points;
    }

    Result<> step(const DomainEvent& event) {
        const auto sequence = event.aggregate_sequence();
        CIM_TRY(walk_.step(event));
        if (sequence != next_) return fail(missing(event));
        next_ = sequence.next();

        while (parts_[part_].last < sequence && part_ + 1 < parts_.size()) ++part_;
        const bool in_part = parts_[part_].first <= sequence && sequence <= parts_[part_].last;
        const bool in_window = start_ <= event.timestamp() && event.timestamp() < end_;
        if (in_part == in_window) return {};
        return fail(Errc::store_corrupt,
                    fmt::format("event {} of aggregate '{}' is found by its place in the chain, but not by its time {}",
                                sequence.value(), printable(event.aggregate_id()), to_rfc3339(event.timestamp())),
                    "the log's index of times is damaged",
                    {{"aggregate", std::string(event.aggregate_id())}, {"sequence", std::to_string(sequence.value())}});
    }

    Error missing(const DomainEvent& event) const {
        return ChainBroken{.aggregate = parts_.front().aggregate,
                           .sequence = event.aggregate_sequence(),
                           .expected = std::nullopt,
                           .actual = event.previous_cid(),
                           .previous = AggregateSequence(next_.value() - 1)}
            .to_error();
    }

    const FetchContext* context_;
    std::span<const VerifiedSlice> parts_;
    std::size_t part_ = 0; // the part that holds or follows the event looked at
    Timestamp start_;
    Timestamp end_;
    AggregateSequence next_;
    ChainWalk walk_;
    ChainVerifier verifier_;
};

// All parts of one chain that is in the window: nothing between them is lost, and the chain still reaches what was
// known of it. Links go back from every point that is known, so one vouches for all parts before it, and, as nothing is
// missing between them, the first for all after it.
Result<> check_chain(const FetchContext& context, const ChainWalk& walk, std::span<VerifiedSlice> parts,
                     Timestamp start, Timestamp end, const Deadline& deadline) {
    const auto& aggregate = parts.front().aggregate;
    if (parts.size() > 1) CIM_TRY(GapCheck(context, parts, start, end).run(deadline));
    if (!walk.known().empty() && walk.known().back().sequence > parts.back().last) {
        CIM_TRY_ASSIGN(const ChainHead head, context.store.head(aggregate));
        CIM_TRY(check_head(aggregate, head, walk.known(), parts.back().last));
    }
    const bool anchored = parts.front().first.value() == 1 || !walk.confirmed().empty();
    for (auto& part : parts) part.anchored = anchored;
    return {};
}

std::vector<KnownPoint> confirmed_in(const ChainWalk& walk, const VerifiedSlice& part) {
    std::vector<KnownPoint> points;
    for (const auto& point : walk.confirmed())
        if (point.sequence.next() >= part.first && point.sequence <= part.last) points.push_back(point);
    return points;
}

ReadQuery query_of(Timestamp start, Timestamp end, const EventFilter& filter) {
    auto query = ReadQuery::between(start, end);
    // A chain can be verified without the others. A chain without some of its types cannot be verified.
    if (filter.aggregates.size() == 1) query.aggregate = filter.aggregates.front();
    return query;
}

} // namespace

Result<Fetched> fetch_window(const FetchContext& context, Timestamp start, Timestamp end, const EventFilter& filter,
                             std::chrono::milliseconds timeout) {
    if (end < start)
        return fail(Errc::invalid_argument,
                    fmt::format("the window ends at {}, before it starts at {}", to_rfc3339(end), to_rfc3339(start)),
                    {}, {{"name", "end"}, {"value", to_rfc3339(end)}});
    if (timeout.count() < 0)
        return fail(Errc::invalid_argument, fmt::format("timeout is {} ms, and must not be negative", timeout.count()),
                    {}, {{"name", "timeout"}, {"value", std::to_string(timeout.count())}});

    const Deadline deadline(context.clock, timeout);
    Window window(context, filter);
    auto read = read_pages(context.store, query_of(start, end, filter), deadline,
                           [&](const std::vector<DomainEvent>& page) { return window.add(page); });
    // An aggregate that does not exist has no events in any window.
    if (!read && read.error().code != Errc::not_found) return fail(std::move(read).error());

    Fetched fetched;
    auto slices = window.slices();
    for (auto first = slices.begin(); first != slices.end();) {
        const auto last =
            std::find_if(first, slices.end(), [&](const auto& s) { return s.aggregate != first->aggregate; });
        const auto& walk = window.walk(first->aggregate);
        CIM_TRY(check_chain(context, walk, std::span(first, last), start, end, deadline));
        for (; first != last; ++first) fetched.confirmed.push_back(confirmed_in(walk, *first));
    }
    fetched.slice.transaction_id = window_id(start, end, slices, filter);
    fetched.slice.slices = std::move(slices);
    fetched.slice.sequence_range = window.range();
    fetched.slice.last_sequence = window.range().end.value();
    fetched.event_bytes = window.kept().bytes();
    fetched.slice.events = std::move(window.kept()).take();
    return fetched;
}

} // namespace cim::stream
