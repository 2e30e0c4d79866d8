// cim tail, cim subscribers: a live subscription on the command line, and what is known of durable ones.
#include <cim/subscription.hpp>

#include "arguments.hpp"
#include "base/try.hpp"
#include "command.hpp"
#include "event_text.hpp"
#include "interrupt.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>

namespace cim::cli {
namespace {

using namespace std::chrono_literals;

// ---- tail ----

struct TailArguments {
    std::string pattern = "event.store.>";
    std::vector<std::string> aggregates;
    std::vector<std::string> types;
    std::string since;
    std::optional<std::uint64_t> after;
    std::size_t last = 0;
    std::string name;
    std::uint64_t count = 0;
};

Result<EventFilter> filter_of(const TailArguments& arguments) {
    EventFilter filter;
    for (const auto& aggregate : arguments.aggregates) filter.aggregates.emplace_back(aggregate);
    for (const auto& type : arguments.types) filter.types.emplace_back(type);
    if (!arguments.since.empty()) {
        CIM_TRY_ASSIGN(filter.from, parse_moment(arguments.since));
    }
    return filter;
}

/// Before the first event of that time or later; the end of the log where there is none.
Result<SubscriptionStart> start_since(EventStore& store, Timestamp since) {
    auto query = ReadQuery::all();
    query.from = since;
    query.limit = 1;
    CIM_TRY_ASSIGN(const auto page, store.read(query));
    if (page.events.empty()) return SubscriptionStart::now();
    const auto& first = page.events.front();
    return SubscriptionStart::after(GlobalSequence(first.sequence().value() - first.transaction_index() - 1));
}

/// Before the last `count` events that are wanted.
Result<SubscriptionStart> start_of_last(EventStore& store, std::size_t count, const EventFilter& filter,
                                        const SubjectPattern& pattern) {
    auto query = ReadQuery::all();
    query.direction = Direction::backwards;
    query.types = filter.types;
    std::size_t found = 0;
    GlobalSequence first{};
    for (std::optional<ReadQuery> next = query; next && found < count && !interrupted();) {
        CIM_TRY_ASSIGN(auto page, store.read(*next));
        for (const auto& event : page.events) {
            if (found == count || !filter.matches(event) || !pattern.matches(event.subject())) continue;
            ++found;
            first = event.sequence();
        }
        next = std::move(page.next);
    }
    if (found == 0) return SubscriptionStart::now();
    return SubscriptionStart::after(GlobalSequence(first.value() - 1));
}

Result<SubscriptionStart> start_of(EventStore& store, const TailArguments& arguments, const EventFilter& filter,
                                   const SubjectPattern& pattern) {
    if (arguments.after) return SubscriptionStart::after(GlobalSequence(*arguments.after));
    if (arguments.last > 0) return start_of_last(store, arguments.last, filter, pattern);
    if (filter.from) return start_since(store, *filter.from);
    return SubscriptionStart::now();
}

/// Prints what comes until Ctrl-C, or so many events; whole transactions, because a part of one cannot be acknowledged.
Result<> follow(Context& context, SubscriptionManager& subscriptions, SubscriptionId id, std::uint64_t count) {
    const auto width = output_width(context.out);
    std::uint64_t printed = 0;
    auto state = SubscriptionState::connecting;
    while (!interrupted()) {
        CIM_TRY_ASSIGN(const auto batch, subscriptions.poll(id, 100ms));
        for (const auto& event : batch.events)
            CIM_TRY(context.out.line(context.json ? event_json(event) : event_line(event, width)));
        CIM_TRY(
            context.out.flush()); // whoever reads along sees each event at once, and only what was seen is acknowledged
        printed += batch.events.size();
        if (!batch.events.empty()) CIM_TRY(subscriptions.acknowledge(id, batch.position));
        if (count != 0 && printed >= count) return {};
        CIM_TRY_ASSIGN(const auto info, subscriptions.info(id));
        if (info.state != state && info.state == SubscriptionState::reconnecting && info.error)
            context.note(fmt::format("the store is lost, and looked for: {}", info.error->message));
        if (info.state != state && state == SubscriptionState::reconnecting) context.note("the store is back");
        state = info.state;
    }
    return {};
}

Result<int> run_tail(Context& context, const TailArguments& arguments) {
    CIM_TRY_ASSIGN(const auto filter, filter_of(arguments));
    CIM_TRY_ASSIGN(const auto pattern, SubjectPattern::parse(arguments.pattern));
    const bool durable = !arguments.name.empty();
    CIM_TRY_ASSIGN(const auto store, open_store(context, durable ? Access::write : Access::read));
    CIM_TRY_ASSIGN(const auto start, start_of(*store, arguments, filter, pattern));
    SubscriptionManager subscriptions(*store);
    CIM_TRY_ASSIGN(const auto id, subscriptions.subscribe(arguments.pattern, filter, GraphUpdate{},
                                                          {.name = arguments.name,
                                                           .start = start,
                                                           .batch_events = arguments.count != 0 ? 1U : 1000U,
                                                           .save_interval = 200ms}));
    CIM_TRY(follow(context, subscriptions, id, arguments.count));
    CIM_TRY(subscriptions.unsubscribe(id));
    return exit_ok;
}

void bind_tail(Command command, TailArguments& arguments) {
    command
        .add_option("PATTERN", arguments.pattern,
                    "subjects, event.store.{aggregate}.{type}; * is any token, > the rest")
        .check(pattern_check())
        .show_default();
    command.add_option("-a,--aggregate", arguments.aggregates, "only of these aggregates")
        .check(token_check())
        .type_name("ID");
    command.add_option("-t,--type", arguments.types, "only of these types").check(token_check()).type_name("TYPE");
    const auto since =
        command.add_option("--since", arguments.since, "begin at that moment (RFC 3339, or back from now: 24h)")
            .check(moment_check())
            .type_name("TIME");
    auto after =
        command.add_option("--after", arguments.after, "begin after that sequence of the log; 0 is its beginning");
    auto last = command.add_option("-n,--last", arguments.last, "begin with the last so many events that are wanted")
                    .positive();
    after.excludes(since).excludes(last);
    last.excludes(since);
    command
        .add_option("--as", arguments.name, "remember under this name how far it came, and go on there the next time")
        .type_name("NAME");
    command.add_option("--count", arguments.count, "end after so many events, with the rest of their transaction")
        .positive();
}

// ---- subscribers ----

struct SubscribersArguments {
    std::string remove;
};

Result<int> remove_subscriber(Context& context, const std::string& name) {
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::write));
    CIM_TRY_ASSIGN(const auto forgotten, forget_subscriber(store->documents(), name));
    if (forgotten == 0)
        return fail(Errc::not_found, fmt::format("there is no subscriber '{}'", name),
                    "`cim subscribers` lists what there is", {{"subscriber", name}});
    if (context.json)
        CIM_TRY(context.out.json({{"removed", name}, {"positions", forgotten}}));
    else
        context.note(fmt::format("forgot {} of '{}'", counted(forgotten, "position"), name));
    return exit_ok;
}

Result<int> run_subscribers(Context& context, const SubscribersArguments& arguments) {
    if (!arguments.remove.empty()) return remove_subscriber(context, arguments.remove);
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::read));
    CIM_TRY_ASSIGN(const auto info, store->summary());
    CIM_TRY_ASSIGN(const auto saved, saved_subscribers(store->documents()));
    const auto lag = [&](const SavedSubscriber& subscriber) {
        const auto here = subscriber.position.sequence;
        return info.last > here ? info.last.value() - here.value() : 0;
    };
    if (context.json) {
        auto list = Json::array();
        for (const auto& subscriber : saved) {
            list.push_back({{"name", subscriber.name},
                            {"partition", subscriber.partition.index},
                            {"partitions", subscriber.partition.count},
                            {"subject", subscriber.subject},
                            {"position", subscriber.position.sequence.value()},
                            {"cid", subscriber.position.cid ? Json(subscriber.position.cid->to_string()) : Json()},
                            {"lag", lag(subscriber)},
                            {"saved_at", to_rfc3339(subscriber.saved_at)}});
        }
        CIM_TRY(context.out.json(list));
        return exit_ok;
    }
    if (saved.empty()) context.note("there are no durable subscribers");
    std::size_t width = 10;
    for (const auto& subscriber : saved) width = std::min<std::size_t>(std::max(width, subscriber.name.size()), 40);
    for (const auto& subscriber : saved) {
        const auto part = subscriber.partition.count == 1
                              ? std::string("all")
                              : fmt::format("{}/{}", subscriber.partition.index, subscriber.partition.count);
        CIM_TRY(context.out.line(fmt::format("{:<{}}  {:>5}  at {:>10}  {:>12} behind  {}  {}", subscriber.name, width,
                                             part, grouped(subscriber.position.sequence.value()),
                                             counted(lag(subscriber), "event"), to_rfc3339(subscriber.saved_at),
                                             subscriber.subject)));
    }
    return exit_ok;
}

void bind_subscribers(Command command, SubscribersArguments& arguments) {
    command.add_option("--remove", arguments.remove, "forget this one; under that name one then begins anew")
        .type_name("NAME");
}

} // namespace

void add_tail(CommandLine& line) {
    line.add<TailArguments>(line.app(), "tail", "show events as they are appended, each verified, until Ctrl-C",
                            {"cim tail", "cim tail 'event.store.*.NodeCreated' --last 10",
                             "cim tail --since 1h --json | jq -r .event_type", "cim tail --as audit >> audit.log"},
                            bind_tail, run_tail);
}

void add_subscribers(CommandLine& line) {
    line.add<SubscribersArguments>(line.app(), "subscribers",
                                   "list durable subscribers: where they stand, and how far behind",
                                   {"cim subscribers", "cim subscribers --json", "cim subscribers --remove audit"},
                                   bind_subscribers, run_subscribers);
}

} // namespace cim::cli
