#include "arguments.hpp"

#include "base/try.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace cim::cli {
namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<Duration> back_from_now(std::string_view text) {
    using namespace std::chrono;
    if (text.size() < 2) return std::nullopt;
    const auto number = whole_number(text.substr(0, text.size() - 1));
    if (!number || *number > 1'000'000'000) return std::nullopt;
    const auto count = static_cast<std::int64_t>(*number);
    switch (text.back()) {
    case 's': return seconds(count);
    case 'm': return minutes(count);
    case 'h': return hours(count);
    case 'd': return days(count);
    default: return std::nullopt;
    }
}

template <class Parse> Check check(const std::string& name, Parse parse) {
    return {name, [parse](const std::string& text) {
                const auto parsed = parse(text);
                return parsed ? std::string() : parsed.error().text();
            }};
}

} // namespace

Result<Timestamp> parse_moment(const std::string& text, const Clock& clock) {
    if (const auto back = back_from_now(text)) return clock.now() - *back;
    if (auto time = parse_rfc3339(text)) return time;
    if (text.size() == 10) {
        if (auto day = parse_rfc3339(text + "T00:00:00Z")) return day;
    }
    return fail(Errc::invalid_argument, fmt::format("'{}' is not a time", text),
                "write 2025-11-01T12:00:00Z, 2025-11-01, or how long ago: 90s, 15m, 24h, 7d", {{"name", "time"}});
}

Result<Until> parse_until(const std::string& text) {
    if (const auto number = whole_number(text)) return Until{.time = {}, .sequence = number};
    CIM_TRY_ASSIGN(const auto time, parse_moment(text));
    return Until{.time = time, .sequence = {}};
}

Check moment_check() {
    return check("TIME", [](const std::string& text) { return parse_moment(text); });
}
Check until_check() { return check("TIME|SEQUENCE", parse_until); }
Check cid_check() {
    return check("CID", [](const std::string& text) { return Cid::parse(text); });
}
Check token_check() {
    return check("NAME", [](const std::string& text) { return check_token(text, "name"); });
}
Check pattern_check() {
    return check("PATTERN", [](const std::string& text) { return SubjectPattern::parse(text); });
}

void FilterOptions::bind(Command command, bool with_aggregates, bool with_times) {
    if (with_aggregates) {
        command.add_option("-a,--aggregate", aggregates, "only events of this aggregate; may be repeated")
            .check(token_check())
            .one_each();
    }
    command.add_option("-t,--type", types, "only events of this type; may be repeated").check(token_check()).one_each();
    command.add_option("--subject", subject, "only events whose subject, event.store.AGGREGATE.TYPE, matches")
        .check(pattern_check());
    if (with_times) {
        command.add_option("--since", since, "only events at or after this time").check(moment_check());
        command.add_option("--until", until, "only events before this time").check(moment_check());
    }
}

Result<EventFilter> FilterOptions::filter() const {
    EventFilter filter;
    for (const auto& name : aggregates) filter.aggregates.emplace_back(name);
    for (const auto& name : types) filter.types.emplace_back(name);
    if (!subject.empty()) {
        CIM_TRY_ASSIGN(filter.subject, SubjectPattern::parse(subject));
    }
    if (!since.empty()) {
        CIM_TRY_ASSIGN(filter.from, parse_moment(since));
    }
    if (!until.empty()) {
        CIM_TRY_ASSIGN(filter.until, parse_moment(until));
    }
    return filter;
}

} // namespace cim::cli
