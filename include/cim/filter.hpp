// Which events are wanted. An empty filter wants all; every condition that is set must hold.
//
//     auto filter = cim::EventFilter::by_type("NodeTransformed").and_from(yesterday);
#pragma once

#include <cim/event.hpp>
#include <cim/ids.hpp>
#include <cim/subject.hpp>
#include <cim/time.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cim {

struct EventFilter {
    std::vector<AggregateId> aggregates;   ///< Any of these; empty: all.
    std::vector<EventType> types;          ///< Any of these; empty: all.
    std::optional<SubjectPattern> subject; ///< Against `event.store.{aggregate}.{type}`.
    std::optional<Timestamp> from;         ///< At or after.
    std::optional<Timestamp> until;        ///< Before.

    [[nodiscard]] static EventFilter by_aggregate(AggregateId id);
    [[nodiscard]] static EventFilter by_type(EventType type);
    [[nodiscard]] static EventFilter by_type(std::string_view type) { return by_type(EventType(type)); }
    [[nodiscard]] static EventFilter by_subject(SubjectPattern pattern);
    [[nodiscard]] static EventFilter by_time(Timestamp from, Timestamp until);

    [[nodiscard]] EventFilter and_aggregate(AggregateId id) &&;
    [[nodiscard]] EventFilter and_type(EventType type) &&;
    [[nodiscard]] EventFilter and_subject(SubjectPattern pattern) &&;
    [[nodiscard]] EventFilter and_from(Timestamp time) &&;
    [[nodiscard]] EventFilter and_until(Timestamp time) &&;

    /// True if no condition is set.
    [[nodiscard]] bool empty() const noexcept;
    [[nodiscard]] bool matches(const DomainEvent& event) const;
    /// The narrowest single subject pattern that covers the filter (time aside): what a server can select on, such as
    /// `event.store.*.NodeCreated`. What it lets through must still be matched. For a filter that no event can meet it
    /// is any pattern.
    [[nodiscard]] std::string to_subject(std::string_view prefix = default_subject_prefix) const;

    friend bool operator==(const EventFilter&, const EventFilter&) = default;
};

} // namespace cim
