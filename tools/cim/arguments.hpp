// Arguments that mean more than text: moments, CIDs, ends of a replay.
#pragma once

#include <cim/cid.hpp>
#include <cim/event_store.hpp>
#include <cim/filter.hpp>
#include <cim/time.hpp>

#include "options.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cim::cli {

/// RFC 3339; a date, which is its midnight in UTC; or a time back from now: "90s", "15m", "24h", "7d". Errors:
/// invalid_argument.
[[nodiscard]] Result<Timestamp> parse_moment(const std::string& text, const Clock& clock = system_clock());

/// Where a replay or export ends.
struct Until {
    std::optional<Timestamp> time;         ///< Transactions that had happened by then.
    std::optional<std::uint64_t> sequence; ///< To the end of this event's transaction.
};
/// A whole number is a sequence, anything else a moment.
[[nodiscard]] Result<Until> parse_until(const std::string& text);

/// What the parser refuses is wrong usage.
[[nodiscard]] Check moment_check();
[[nodiscard]] Check until_check();
[[nodiscard]] Check cid_check();
/// Subject tokens: aggregate ids and event types.
[[nodiscard]] Check token_check();
[[nodiscard]] Check pattern_check();

/// The filter options that several commands have in common.
struct FilterOptions {
    std::vector<std::string> aggregates;
    std::vector<std::string> types;
    std::string subject;
    std::string since;
    std::string until;

    void bind(Command command, bool with_aggregates, bool with_times);
    [[nodiscard]] Result<EventFilter> filter() const;
};

} // namespace cim::cli
