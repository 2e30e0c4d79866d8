#include <cim/filter.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <ranges>
#include <utility>

namespace cim {

namespace {

constexpr std::string_view any_token = "*";

// What one token of `event.store.{aggregate}.{type}` is narrowed to: any text, or one.
using Narrowed = std::string_view;

// Of a list of which any will do.
template <class Id> Narrowed narrow(const std::vector<Id>& allowed) {
    if (allowed.empty()) return any_token;
    const auto& first = allowed.front();
    const bool all_same = std::ranges::all_of(allowed, [&](const Id& id) { return id == first; });
    return all_same ? Narrowed(first.str()) : any_token;
}

// The tokens of a pattern that stand for the aggregate and the type; all are any where it covers more than that, or
// less, as then no event meets it and every pattern will do.
std::pair<Narrowed, Narrowed> narrow(const SubjectPattern& pattern) {
    std::vector<std::string_view> tokens;
    for (const auto token : std::views::split(std::string_view(pattern.str()), '.'))
        tokens.emplace_back(token.begin(), token.end());
    const auto wanted = [&](std::size_t index) {
        return index < tokens.size() && tokens[index] != ">" ? tokens[index] : any_token;
    };
    return {wanted(2), wanted(3)};
}

Narrowed narrower(Narrowed a, Narrowed b) { return a == any_token ? b : a; }

template <class Id> bool is_among(const std::vector<Id>& allowed, std::string_view text) {
    return allowed.empty() || std::ranges::find(allowed, text, &Id::str) != allowed.end();
}

// Put together on the stack: this runs for every event of a log.
bool subject_matches(const SubjectPattern& pattern, const DomainEvent& event) {
    std::array<char, default_subject_prefix.size() + 2 * (1 + max_token_size)> text;
    auto* end = text.data();
    for (const auto part : {default_subject_prefix, std::string_view("."), event.aggregate_id(), std::string_view("."),
                            event.event_type()})
        end = std::ranges::copy(part, end).out;
    return pattern.matches({text.data(), end});
}

} // namespace

EventFilter EventFilter::by_aggregate(AggregateId id) { return EventFilter().and_aggregate(std::move(id)); }
EventFilter EventFilter::by_type(EventType type) { return EventFilter().and_type(std::move(type)); }
EventFilter EventFilter::by_subject(SubjectPattern pattern) { return EventFilter().and_subject(std::move(pattern)); }
EventFilter EventFilter::by_time(Timestamp from, Timestamp until) {
    return EventFilter().and_from(from).and_until(until);
}

EventFilter EventFilter::and_aggregate(AggregateId id) && {
    aggregates.push_back(std::move(id));
    return std::move(*this);
}

EventFilter EventFilter::and_type(EventType type) && {
    types.push_back(std::move(type));
    return std::move(*this);
}

EventFilter EventFilter::and_subject(SubjectPattern pattern) && {
    subject = std::move(pattern);
    return std::move(*this);
}

EventFilter EventFilter::and_from(Timestamp time) && {
    from = time;
    return std::move(*this);
}

EventFilter EventFilter::and_until(Timestamp time) && {
    until = time;
    return std::move(*this);
}

bool EventFilter::empty() const noexcept { return aggregates.empty() && types.empty() && !subject && !from && !until; }

bool EventFilter::matches(const DomainEvent& event) const {
    if (from && event.timestamp() < *from) return false;
    if (until && event.timestamp() >= *until) return false;
    return is_among(aggregates, event.aggregate_id()) && is_among(types, event.event_type()) &&
           (!subject || subject_matches(*subject, event));
}

std::string EventFilter::to_subject(std::string_view prefix) const {
    auto aggregate = narrow(aggregates);
    auto type = narrow(types);
    if (subject) {
        const auto [by_aggregate, by_type] = narrow(*subject);
        aggregate = narrower(aggregate, by_aggregate);
        type = narrower(type, by_type);
    }
    std::string text;
    text.reserve(prefix.size() + aggregate.size() + type.size() + 2);
    text.append(prefix).append(1, '.').append(aggregate).append(1, '.').append(type);
    return text;
}

} // namespace cim
