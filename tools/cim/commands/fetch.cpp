// cim fetch, cim window: slices of the log as verified transactions.
#include <cim/event_stream.hpp>

#include "arguments.hpp"
#include "base/try.hpp"
#include "command.hpp"
#include "event_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <utility>

namespace cim::cli {
namespace {

struct FetchArguments {
    std::string aggregate;
    FilterOptions filter;
    std::size_t max_events = 1000;
    std::optional<std::uint64_t> after;
    std::optional<std::size_t> last;
    std::string since;
    bool only_new = false;
    double timeout = 5;
    bool summary = false;
};

struct WindowArguments {
    std::string start;
    std::string end;
    FilterOptions filter;
    double timeout = 30;
    bool summary = false;
};

std::chrono::milliseconds milliseconds(double seconds) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

Json summary_json(const EventStreamTransaction& transaction) {
    auto slices = Json::array();
    for (const auto& slice : transaction.slices) {
        slices.push_back({{"aggregate", slice.aggregate.str()},
                          {"first", slice.first.value()},
                          {"last", slice.last.value()},
                          {"head", slice.head.to_string()},
                          {"anchored", slice.anchored}});
    }
    return {{"transaction_id", transaction.transaction_id.str()},
            {"aggregate", transaction.aggregate_id.empty() ? Json(nullptr) : Json(transaction.aggregate_id.str())},
            {"events", transaction.events.size()},
            {"sequence_range",
             {{"start", transaction.sequence_range.start.value()},
              {"end", transaction.sequence_range.end.value()},
              {"stream_name", transaction.sequence_range.stream_name}}},
            {"slices", std::move(slices)},
            {"last_sequence", transaction.last_sequence},
            {"complete", transaction.complete},
            {"metadata",
             {{"fetched_at", to_rfc3339(transaction.metadata.fetched_at)},
              {"consumer_name", transaction.metadata.consumer_name},
              {"filter_subject", transaction.metadata.filter_subject},
              {"replay_policy", transaction.metadata.replay_policy.to_string()}}}};
}

std::string summary_text(const EventStreamTransaction& transaction) {
    std::string verified;
    for (const auto& slice : transaction.slices) {
        verified +=
            fmt::format("\n  {} {}-{}, {}, head {}", slice.aggregate.str(), slice.first.value(), slice.last.value(),
                        slice.anchored ? "anchored at the beginning of its chain or a known head"
                                       : "not anchored: what is before it was not looked at",
                        slice.head.to_string());
    }
    return fmt::format(
        "transaction {}\n{}{}{}", transaction.transaction_id.str(), counted(transaction.events.size(), "event"),
        transaction.complete ? std::string(", to the end")
                             : fmt::format(", more follow: go on with --after {}", transaction.last_sequence),
        verified.empty() ? "" : "\nverified:" + verified);
}

Result<int> print(Context& context, const EventStreamTransaction& transaction, bool summary) {
    if (summary) {
        CIM_TRY(context.json ? context.out.json(summary_json(transaction))
                             : context.out.line(summary_text(transaction)));
        return exit_ok;
    }
    const auto width = output_width(context.out);
    for (const auto& event : transaction.events) {
        CIM_TRY(context.out.line(context.json ? event_json(event) : event_line(event, width)));
    }
    if (!transaction.complete) {
        context.note(fmt::format("more follow: go on with --after {}", transaction.last_sequence));
    }
    return exit_ok;
}

Result<ReplayPolicy> policy_of(const FetchArguments& arguments) {
    if (arguments.after) return ReplayPolicy::after_sequence(*arguments.after);
    if (arguments.last) return ReplayPolicy::last_n(*arguments.last);
    if (arguments.only_new) return ReplayPolicy::new_only();
    if (!arguments.since.empty()) {
        CIM_TRY_ASSIGN(const auto time, parse_moment(arguments.since));
        return ReplayPolicy::by_start_time(time);
    }
    return ReplayPolicy::from_beginning();
}

Result<int> run_fetch(Context& context, const FetchArguments& arguments) {
    TransactionOptions options;
    options.max_events = arguments.max_events;
    options.timeout = milliseconds(arguments.timeout);
    CIM_TRY_ASSIGN(options.filter, arguments.filter.filter());
    CIM_TRY_ASSIGN(options.replay_policy, policy_of(arguments));
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::read));
    EventStreamService events(*store, {.verify_threads = 0});
    CIM_TRY_ASSIGN(const auto transaction, events.fetch_transaction(AggregateId(arguments.aggregate), options));
    return print(context, transaction, arguments.summary);
}

Result<int> run_window(Context& context, const WindowArguments& arguments) {
    CIM_TRY_ASSIGN(const auto start, parse_moment(arguments.start));
    Timestamp end = system_clock().now();
    if (!arguments.end.empty()) {
        CIM_TRY_ASSIGN(end, parse_moment(arguments.end));
    }
    CIM_TRY_ASSIGN(const auto filter, arguments.filter.filter());
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::read));
    EventStreamService events(*store, {.verify_threads = 0});
    CIM_TRY_ASSIGN(const auto transaction,
                   events.fetch_time_window(start, end, filter, milliseconds(arguments.timeout)));
    return print(context, transaction, arguments.summary);
}

void bind_fetch(Command command, FetchArguments& arguments) {
    command.add_option("aggregate", arguments.aggregate, "whose events").required().check(token_check());
    command
        .add_option("--max-events", arguments.max_events,
                    "most events to fetch, counted before the filter; the slice ends with a whole transaction")
        .between(1, 10'000'000)
        .show_default();
    auto after = command.add_option("--after", arguments.after, "begin after this aggregate sequence");
    auto last = command.add_option("--last", arguments.last, "only the last so many").positive();
    auto since = command.add_option("--since", arguments.since, "begin with the first event at or after this time")
                     .check(moment_check());
    auto only_new = command.add_flag("--new", arguments.only_new, "wait for events that are appended from now on");
    after.excludes(last).excludes(since).excludes(only_new);
    last.excludes(since).excludes(only_new);
    since.excludes(only_new);
    command.add_option("--timeout", arguments.timeout, "seconds that it may take")
        .between(0.001, 86400.0)
        .show_default();
    command.add_flag("--summary", arguments.summary, "show what was fetched and verified instead of the events");
    arguments.filter.bind(command, false, false);
}

void bind_window(Command command, WindowArguments& arguments) {
    command.add_option("start", arguments.start, "events at or after this time").required().check(moment_check());
    command.add_option("end", arguments.end, "events before this time; default now").check(moment_check());
    command.add_option("--timeout", arguments.timeout, "seconds that it may take")
        .between(0.001, 86400.0)
        .show_default();
    command.add_flag("--summary", arguments.summary, "show what was fetched and verified instead of the events");
    arguments.filter.bind(command, true, false);
}

} // namespace

void add_fetch(CommandLine& line) {
    line.add<FetchArguments>(line.app(), "fetch", "fetch a verified slice of one aggregate's history",
                             {"cim fetch graph-123 --last 100", "cim fetch graph-123 --after 1003 --max-events 100",
                              "cim fetch graph-123 --summary --json"},
                             bind_fetch, run_fetch);
    line.add<WindowArguments>(line.app(), "window", "fetch what happened in a span of time, in all aggregates",
                              {"cim window 24h", "cim window 2025-11-01 2025-11-02 --type NodeTransformed"},
                              bind_window, run_window);
}

} // namespace cim::cli
