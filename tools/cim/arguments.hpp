// Arguments that mean more than text: moments, CIDs, ends of a replay.
#pragma once

#include <cim/cid.hpp>
#include <cim/event_store.hpp>
#include <cim/filter.hpp>
#include <cim/time.hpp>

#include <CLI/CLI.hpp>

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
    std::optional<Timestamp> time;          ///< Transactions that had happened by then.
    std::optional<std::uint64_t> sequence;  ///< To the end of this event's transaction.
};
/// A whole number is a sequence, anything else a moment.
[[nodiscard]] Result<Until> parse_until(const std::string& text);

/// Makes CLI11 refuse, as wrong usage, what the parser refuses.
[[nodiscard]] CLI::Validator moment_check();
[[nodiscard]] CLI::Validator until_check();
[[nodiscard]] CLI::Validator cid_check();
/// Subject tokens: aggregate ids and event types.
[[nodiscard]] CLI::Validator token_check();
[[nodiscard]] CLI::Validator pattern_check();

/// The filter options that several commands have in common.
struct FilterOptions {
    std::vector<std::string> aggregates;
    std::vector<std::string> types;
    std::string subject;
    std::string since;
    std::string until;

    void bind(CLI::App& command, bool with_aggregates, bool with_times);
    [[nodiscard]] Result<EventFilter> filter() const;
};

} // namespace cim::cli
