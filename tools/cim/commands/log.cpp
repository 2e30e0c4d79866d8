// cim log: events of the log, verified, one a line; with -f also those to come.
#include "arguments.hpp"
#include "base/try.hpp"
#include "command.hpp"
#include "event_text.hpp"
#include "interrupt.hpp"
#include "verified_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

namespace cim::cli {
namespace {

using namespace std::chrono_literals;

struct LogArguments {
    FilterOptions filter;
    std::size_t last = 0;
    bool follow = false;
};

/// Writes events that the filter wants.
class EventPrinter {
  public:
    EventPrinter(Context& context, EventFilter filter)
        : context_(context), filter_(std::move(filter)), width_(output_width(context.out)) {}

    [[nodiscard]] bool wants(const DomainEvent& event) const { return filter_.matches(event); }
    Result<> print(const DomainEvent& event) {
        return context_.out.line(context_.json ? event_json(event) : event_line(event, width_));
    }

  private:
    Context& context_;
    EventFilter filter_;
    std::size_t width_;
};

/// What the store can narrow by itself; the filter decides in the end.
ReadQuery query_for(const EventFilter& filter) {
    auto query = filter.aggregates.size() == 1 ? ReadQuery::of(filter.aggregates.front()) : ReadQuery::all();
    query.types = filter.types;
    query.from = filter.from;
    query.until = filter.until;
    return query;
}

/// A selection is not a whole chain: each event is verified, and each link between neighbours.
VerifyOptions selection() { return {.threads = 0, .gaps = VerifyOptions::Gaps::new_slice}; }

Result<> print_all(EventStore& store, const ReadQuery& query, EventPrinter& printer) {
    VerifiedReader reader(store, query, selection());
    while (!interrupted()) {
        CIM_TRY_ASSIGN(const auto page, reader.next());
        if (page.empty()) break;
        for (const auto& event : page) {
            if (printer.wants(event)) CIM_TRY(printer.print(event));
        }
    }
    return {};
}

/// The last events, found by reading backwards, printed in order.
Result<> print_last(EventStore& store, ReadQuery query, std::size_t count, EventPrinter& printer) {
    query.direction = Direction::backwards;
    query.limit = std::min<std::size_t>(std::max<std::size_t>(count, 100), ReadQuery::max_page);
    std::vector<DomainEvent> found;
    for (std::optional<ReadQuery> next = query; next && found.size() < count && !interrupted();) {
        CIM_TRY_ASSIGN(auto page, store.read(*next));
        for (const auto& event : page.events) {
            if (found.size() < count && printer.wants(event)) found.push_back(event);
        }
        next = std::move(page.next);
    }
    std::ranges::reverse(found);
    ChainVerifier verifier(selection());
    CIM_TRY(verifier.add(found));
    for (const auto& event : found) CIM_TRY(printer.print(event));
    return {};
}

Result<> follow(Context& context, EventStore& store, GlobalSequence after, EventPrinter& printer) {
    CIM_TRY_ASSIGN(const auto feed, store.follow(after));
    ChainVerifier verifier(selection());
    while (!interrupted()) {
        CIM_TRY_ASSIGN(const auto events, feed->next(1000, 250ms));
        CIM_TRY(verifier.add(events));
        for (const auto& event : events) {
            if (printer.wants(event)) CIM_TRY(printer.print(event));
        }
        CIM_TRY(context.out.flush()); // whoever reads along sees each event at once
    }
    return {};
}

Result<int> run_log(Context& context, const LogArguments& arguments) {
    CIM_TRY_ASSIGN(const auto filter, arguments.filter.filter());
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::read));
    CIM_TRY_ASSIGN(const auto info, store->summary());
    EventPrinter printer(context, filter);
    auto query = query_for(filter);
    const auto head = query.aggregate ? store->head(*query.aggregate) : Result<ChainHead>(ChainHead{});
    CIM_TRY(head);
    const bool unknown = query.aggregate && head->sequence.value() == 0;
    if (unknown && !arguments.follow) {
        return fail(Errc::not_found, fmt::format("there is no aggregate '{}' in {}", query.aggregate->str(), info.url),
                    "`cim aggregates` lists what there is", {{"aggregate", query.aggregate->str()}});
    }
    if (!unknown) {
        // What comes later is for the feed, which starts where this ends.
        if (!query.aggregate) query.upto = info.last.value();
        CIM_TRY(arguments.last > 0 ? print_last(*store, query, arguments.last, printer)
                                   : print_all(*store, query, printer));
    }
    if (arguments.follow) {
        CIM_TRY(context.out.flush());
        CIM_TRY(follow(context, *store, info.last, printer));
    }
    return interrupted() && !arguments.follow ? interrupted_status() : exit_ok;
}

void bind_log(Command command, LogArguments& arguments) {
    arguments.filter.bind(command, true, true);
    command.add_option("-n,--last", arguments.last, "only the last so many of them").positive();
    command.add_flag("-f,--follow", arguments.follow, "go on with events as they are appended, until Ctrl-C");
}

} // namespace

void add_log(CommandLine& line) {
    line.add<LogArguments>(line.app(), "log", "show events, each verified",
                           {"cim log -n 20", "cim log --aggregate graph-123 --since 24h",
                            "cim log -f --subject 'event.store.*.NodeCreated'", "cim log --json | jq -r .payload.path"},
                           bind_log, run_log);
}

} // namespace cim::cli
