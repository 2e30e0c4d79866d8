// cim route: events from a file through a router that the command line describes; to try patterns, policies and tables.
#include <cim/dag_json.hpp>
#include <cim/dead_letter_store.hpp>
#include <cim/subject_consumer.hpp>
#include <cim/transaction.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"
#include "command.hpp"
#include "event/event_page_builder.hpp"
#include "import/jsonl_record.hpp"
#include "import/line_reader.hpp"
#include "input.hpp"
#include "interrupt.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim::cli {
namespace {

struct RouteArguments {
    std::string input = "-";
    std::vector<std::string> consumers;
    std::vector<std::string> subjects;
    std::string policy = "drop_newest";
    unsigned long capacity = 10'000;
    unsigned long poll_every = 1;
    bool keep = false;
    bool stats = false;
};

// "name=rest"
Result<std::pair<std::string_view, std::string_view>> split(std::string_view text, std::string_view option) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size())
        return fail(Errc::invalid_argument, fmt::format("{} '{}' is not NAME=VALUE", option, printable(text)), {},
                    {{"name", std::string(option)}, {"value", printable(text)}});
    return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

OverflowPolicy policy_of(const std::string& name) {
    if (name == "drop_oldest") return OverflowPolicy::drop_oldest();
    if (name == "fail") return OverflowPolicy::fail();
    if (name == "dead_letter") return OverflowPolicy::dead_letter();
    return OverflowPolicy::drop_newest();
}

Result<RouterConfig> config_of(const RouteArguments& arguments) {
    RouterConfig config;
    config.channel_capacity = arguments.capacity;
    config.overflow = policy_of(arguments.policy);
    for (const auto& text : arguments.subjects) {
        CIM_TRY_ASSIGN(const auto entry, split(text, "--subject"));
        CIM_TRY(entry.first == "*" ? config.subjects.set_default(entry.second)
                                   : config.subjects.set(entry.first, entry.second));
    }
    CIM_TRY(config.check());
    return config;
}

Result<std::vector<SubjectConsumer>> consumers_of(const RouteArguments& arguments, SubjectRouter& router) {
    std::vector<SubjectConsumer> consumers;
    for (const auto& text : arguments.consumers) {
        CIM_TRY_ASSIGN(const auto entry, split(text, "--consumer"));
        std::vector<std::string_view> patterns;
        for (auto rest = entry.second;;) {
            const auto comma = rest.find(',');
            patterns.push_back(rest.substr(0, comma));
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
        CIM_TRY_ASSIGN(auto consumer, SubjectConsumer::subscribe(router, patterns, {.name = std::string(entry.first)}));
        consumers.push_back(std::move(consumer));
    }
    return consumers;
}

// Events as a store would give them, each continuing its aggregate's chain.
class EventMaker {
  public:
    Result<DomainEvent> make(importer::ImportRecord record) {
        Transaction transaction(record.aggregate, record.transaction_id);
        transaction.trace = std::move(record.trace);
        transaction.add(record.event_type, std::move(record.payload), record.timestamp);
        auto& chain = chains_.try_emplace(record.aggregate.str(), record.aggregate, ChainHead()).first->second;
        CIM_TRY_ASSIGN(const auto built, chain.build(transaction));
        const auto& event = built.events().front();
        CIM_TRY(page_.add({.block = event.block,
                           .cid = event.cid,
                           .sequence = GlobalSequence(++sequence_),
                           .aggregate_sequence = built.head().sequence,
                           .aggregate_id = record.aggregate.str(),
                           .transaction_id = built.id().str(),
                           .correlation_id = built.trace().correlation_id,
                           .causation_id = built.trace().causation_id,
                           .traceparent = built.trace().traceparent}));
        return std::move(page_.finish().front());
    }

  private:
    std::map<std::string, ChainBuilder, std::less<>> chains_;
    detail::EventPageBuilder page_;
    std::uint64_t sequence_ = 0;
};

std::string delivery_line(bool json, const SubjectConsumer& consumer, const RoutedEvent& routed) {
    const auto& event = routed.event();
    const auto global = routed.global_sequence().value(), sequence = routed.aggregate_sequence().value();
    if (!json)
        return fmt::format("{}\t{}\t{}\t{} {}\t{}", consumer.name(), global, routed.subject(), event.aggregate_id(),
                           sequence, event.event_type());
    std::string line = "{";
    const auto text = [&](std::string_view name, std::string_view value) {
        line += fmt::format("{}\"{}\":", line.size() > 1 ? "," : "", name);
        append_json_string(line, value);
    };
    text("consumer", consumer.name());
    text("pattern", consumer.patterns()[routed.pattern_index()]);
    text("subject", routed.subject());
    line += fmt::format(",\"global_sequence\":{},\"aggregate_sequence\":{}", global, sequence);
    text("aggregate_id", event.aggregate_id());
    text("event_type", event.event_type());
    text("cid", event.cid().to_string());
    line += ",\"payload\":";
    const auto payload = ipld::encode_dag_json(event.payload());
    line += payload ? *payload : "null";
    return line += '}';
}

Result<> poll_all(Context& context, std::vector<SubjectConsumer>& consumers) {
    std::vector<RoutedEvent> events;
    for (auto& consumer : consumers) {
        while (consumer.poll_events(events) != 0) {
            for (const auto& routed : events) CIM_TRY(context.out.line(delivery_line(context.json, consumer, routed)));
            events.clear();
        }
    }
    return {};
}

std::string drops_text(const DropCounts& counts) {
    std::string text;
    for (std::size_t reason = 0; reason < drop_reasons; ++reason)
        if (counts[reason] != 0)
            text += fmt::format(", {} {}", grouped(counts[reason]), to_string(static_cast<DropReason>(reason)));
    return text;
}

Result<> print_stats(Context& context, const RouterStats& stats) {
    CIM_TRY(context.out.line(fmt::format("{} routed, {} without a subscriber, {} failed, {} sent{}",
                                         grouped(stats.routed), grouped(stats.no_subscriber), grouped(stats.failed),
                                         grouped(stats.sent), drops_text(stats.dropped))));
    for (const auto& channel : stats.channels)
        for (const auto& pattern : channel.patterns)
            CIM_TRY(context.out.line(fmt::format("{}  {}: {} sent, {} received, at most {} waiting{}", channel.name,
                                                 pattern.pattern, grouped(pattern.sent), grouped(pattern.received),
                                                 grouped(pattern.high_water), drops_text(pattern.dropped))));
    return {};
}

Result<> print_stats_json(Context& context, const RouterStats& stats) {
    const auto drops = [](const DropCounts& counts) {
        std::string text = "{";
        for (std::size_t reason = 0; reason < drop_reasons; ++reason)
            text += fmt::format("{}\"{}\":{}", reason == 0 ? "" : ",", to_string(static_cast<DropReason>(reason)),
                                counts[reason]);
        return text + '}';
    };
    auto line = fmt::format("{{\"stats\":{{\"routed\":{},\"no_subscriber\":{},\"failed\":{},\"sent\":{},\"dropped\":{},"
                            "\"patterns\":[",
                            stats.routed, stats.no_subscriber, stats.failed, stats.sent, drops(stats.dropped));
    bool first = true;
    for (const auto& channel : stats.channels) {
        for (const auto& pattern : channel.patterns) {
            line += std::exchange(first, false) ? "{\"consumer\":" : ",{\"consumer\":";
            append_json_string(line, channel.name);
            line += ",\"pattern\":";
            append_json_string(line, pattern.pattern);
            line +=
                fmt::format(",\"sent\":{},\"received\":{},\"depth\":{},\"high_water\":{},\"dropped\":{}}}",
                            pattern.sent, pattern.received, pattern.depth, pattern.high_water, drops(pattern.dropped));
        }
    }
    return context.out.line(line + "]}}");
}

Result<int> run_route(Context& context, const RouteArguments& arguments) {
    CIM_TRY_ASSIGN(auto config, config_of(arguments));
    SubjectRouter router(std::move(config));
    CIM_TRY_ASSIGN(auto consumers, consumers_of(arguments, router));
    CIM_TRY_ASSIGN(auto file, InputFile::open(arguments.input));
    importer::LineReader lines(file.stream(), file.name());
    EventMaker maker;
    const auto route_line = [&]() -> Result<> {
        CIM_TRY_ASSIGN(auto record, importer::parse_jsonl_record(lines.line()));
        CIM_TRY_ASSIGN(const auto event, maker.make(std::move(record)));
        CIM_TRY(router.route_event(event));
        return {};
    };
    for (unsigned long waiting = 0; !interrupted();) {
        CIM_TRY_ASSIGN(const bool found, lines.next());
        if (!found) break;
        if (auto routed = route_line(); !routed) {
            CIM_TRY(poll_all(context, consumers));
            auto error = std::move(routed).error();
            error.message = fmt::format("{}:{}: {}", lines.source(), lines.number(), error.message);
            return fail(std::move(error).with("line", std::to_string(lines.number())).with("source", lines.source()));
        }
        if (++waiting < arguments.poll_every) continue;
        waiting = 0;
        CIM_TRY(poll_all(context, consumers));
    }
    CIM_TRY(poll_all(context, consumers));
    if (arguments.keep) {
        CIM_TRY_ASSIGN(const auto store, open_store(context, Access::write));
        DeadLetterStore kept(store->documents());
        for (const auto& letter : router.dead_letters()->list({}, 0, router.config().dead_letters.capacity))
            CIM_TRY(kept.save(letter));
    }
    if (arguments.stats)
        CIM_TRY(context.json ? print_stats_json(context, router.get_stats())
                             : print_stats(context, router.get_stats()));
    return exit_ok;
}

void bind_route(Command command, RouteArguments& arguments) {
    command.add_option("input", arguments.input, "events as `cim import jsonl` reads them; - is standard input")
        .show_default();
    command
        .add_option("--consumer", arguments.consumers,
                    "a consumer of these patterns, separated by commas; once for each consumer")
        .required()
        .one_each()
        .type_name("NAME=PATTERN,...");
    command
        .add_option(
            "--subject", arguments.subjects,
            "route events of that type, or with * of types that are not in the table, under this subject, in which "
            "{id} is the aggregate, {type} the type and {field} a field of the payload")
        .one_each()
        .type_name("TYPE=TEMPLATE");
    command.add_option("--capacity", arguments.capacity, "events that wait for one consumer").positive().show_default();
    command.add_option("--policy", arguments.policy, "what happens when it is full")
        .one_of({"drop_newest", "drop_oldest", "fail", "dead_letter"})
        .show_default();
    command.add_option("--poll-every", arguments.poll_every, "consumers are polled after so many events")
        .positive()
        .show_default();
    command.add_flag("--keep-dead-letters", arguments.keep, "put dead letters into the store, for `cim dlq`");
    command.add_flag("--stats", arguments.stats, "end with what was sent, received and dropped");
}

} // namespace

void add_route(CommandLine& line) {
    line.add<RouteArguments>(
        line.app(), "route", "route events from a file to consumers, and print what each gets",
        {"cim route events.jsonl --consumer nodes='event.graph.*.node.>' --consumer all='>'",
         "cim route --consumer orders='shop.*.placed' --subject OrderPlaced='shop.{id}.placed' --json < events.jsonl"},
        bind_route, run_route);
}

} // namespace cim::cli
