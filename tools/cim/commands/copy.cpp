// cim copy, cim mirror: a log from one store into another, once or all the time.
#include <cim/mirror.hpp>

#include "base/try.hpp"
#include "command.hpp"
#include "interrupt.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <stop_token>
#include <thread>

namespace cim::cli {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct CopyArguments {
    std::string from;
    std::string to;
    std::uint64_t after = 0;
    std::size_t batch = CopyOptions{}.batch_events;
};

struct MirrorArguments {
    std::string from;
    std::string to;
    bool once = false;
};

struct Stores {
    std::unique_ptr<EventStore> from;
    std::unique_ptr<EventStore> to;
    std::string from_url;
    std::string to_url;
};

Result<Stores> open_both(const std::string& from, const std::string& to) {
    Stores stores;
    CIM_TRY_ASSIGN(stores.from, open_named_store(from, Access::read));
    CIM_TRY_ASSIGN(stores.to, open_named_store(to, Access::write));
    CIM_TRY_ASSIGN(const auto source, stores.from->summary());
    CIM_TRY_ASSIGN(const auto target, stores.to->summary());
    stores.from_url = source.url;
    stores.to_url = target.url;
    if (stores.from_url == stores.to_url)
        return fail(Errc::invalid_argument, fmt::format("'{}' is both the source and the target", stores.from_url),
                    "name two stores", {{"name", "TO"}, {"value", stores.to_url}});
    return stores;
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// ---- copy ----

Result<> report_copy(Context& context, const Stores& stores, const CopyProgress& copied, double seconds) {
    if (context.json) {
        return context.out.json({{"from", stores.from_url},
                                 {"to", stores.to_url},
                                 {"events", copied.events},
                                 {"transactions", copied.transactions},
                                 {"already_present", copied.already_present},
                                 {"position", copied.position.sequence.value()},
                                 {"last", copied.last.value()},
                                 {"seconds", seconds}});
    }
    if (context.quiet) return {};
    auto text =
        fmt::format("{} in {} verified and copied to {}", counted(copied.events - copied.already_present, "event"),
                    counted(copied.transactions, "transaction"), stores.to_url);
    if (copied.already_present != 0)
        text += fmt::format("; {} were there already", counted(copied.already_present, "event"));
    text += fmt::format(" ({}, {} events/s)", duration_text(seconds), rate_text(copied.events, seconds));
    return context.out.line(text);
}

Result<int> run_copy(Context& context, const CopyArguments& arguments) {
    CIM_TRY_ASSIGN(const auto stores, open_both(arguments.from, arguments.to));
    Progress progress(context.progress_style(), "copying", "events");
    std::stop_source stop;
    const auto start = Clock::now();
    auto copied = copy(*stores.from, *stores.to,
                       {.after = GlobalSequence(arguments.after),
                        .batch_events = arguments.batch,
                        .on_progress =
                            [&](const CopyProgress& now) {
                                progress.update(now.events);
                                if (interrupted()) stop.request_stop();
                            },
                        .stop = stop.get_token()});
    progress.clear();
    if (!copied) {
        if (copied.error().code == Errc::invalid_argument) return fail(std::move(copied).error());
        context.note("what came before is copied; the same command goes on from there");
        return fail(std::move(copied).error());
    }
    CIM_TRY(report_copy(context, stores, *copied, seconds_since(start)));
    if (!interrupted()) return exit_ok;
    context.note(fmt::format("stopped at event {} of {}; the same command goes on from there",
                             copied->position.sequence.value(), copied->last.value()));
    return interrupted_status();
}

void bind_copy(Command command, CopyArguments& arguments) {
    command.add_option("FROM", arguments.from, "the store to read").required().type_name("URL");
    command.add_option("TO", arguments.to, "the store to append to; made if it is not there")
        .required()
        .type_name("URL");
    command.add_option("--after", arguments.after, "only events after this sequence of the source");
    command.add_option("--batch", arguments.batch, "most events in one append").between(1, 100'000).show_default();
}

// ---- mirror ----

Json status_json(const MirrorStatus& status) {
    Json json{{"state", to_string(status.state)},
              {"position", status.position.sequence.value()},
              {"cid", status.position.cid ? Json(status.position.cid->to_string()) : Json()},
              {"source_last", status.source_last.value()},
              {"events", status.events},
              {"already_present", status.already_present},
              {"lag_events", status.lag_events},
              {"lag_seconds", std::chrono::duration<double>(status.lag).count()},
              {"failures", status.failures}};
    if (status.error) json["error"] = status.error->message;
    return json;
}

Result<> report_status(Context& context, const MirrorStatus& status, double seconds) {
    if (context.json) {
        CIM_TRY(context.out.json(status_json(status)));
        return context.out.flush();
    }
    auto text = fmt::format("{}: {} verified and mirrored, {} behind", to_string(status.state),
                            counted(status.events, "event"), counted(status.lag_events, "event"));
    if (status.lag.count() != 0)
        text += fmt::format(" for {}", duration_text(std::chrono::duration<double>(status.lag).count()));
    if (status.events > 0 && seconds > 0) text += fmt::format(" ({} events/s)", rate_text(status.events, seconds));
    if (status.state == MirrorState::reconnecting && status.error) text += ": " + status.error->message;
    context.note(text);
    return {};
}

// What it says on the way: in words when something changed, as JSON every second.
Result<> watch(Context& context, Mirror& mirror, Clock::time_point start) {
    auto told = mirror.status();
    auto next = Clock::now();
    while (!interrupted()) {
        std::this_thread::sleep_for(50ms);
        const auto now = mirror.status();
        if (now.state == MirrorState::failed) return fail(*now.error);
        if (Clock::now() < next) continue;
        if (context.json || now.state != told.state || now.events > told.events) {
            CIM_TRY(report_status(context, now, seconds_since(start)));
            told = now;
        }
        next = Clock::now() + (context.json ? 1s : 5s);
    }
    return {};
}

Result<> wait_once(Context& context, Mirror& mirror) {
    const auto last = mirror.status().source_last;
    Progress progress(context.progress_style(), "mirroring", "events");
    while (!interrupted()) {
        auto mirrored = mirror.read_after(last, 100ms);
        progress.update(mirror.status().events);
        if (mirrored || mirrored.error().code != Errc::timeout) return mirrored;
    }
    return {};
}

Result<int> run_mirror(Context& context, const MirrorArguments& arguments) {
    CIM_TRY_ASSIGN(const auto stores, open_both(arguments.from, arguments.to));
    Mirror mirror(*stores.from, *stores.to);
    const auto start = Clock::now();
    CIM_TRY(mirror.start());
    if (!arguments.once)
        context.note(fmt::format("mirroring {} into {}; Ctrl-C ends it", stores.from_url, stores.to_url));
    CIM_TRY(arguments.once ? wait_once(context, mirror) : watch(context, mirror, start));
    CIM_TRY(mirror.stop());
    CIM_TRY(report_status(context, mirror.status(), seconds_since(start)));
    return arguments.once && interrupted() ? interrupted_status() : exit_ok;
}

void bind_mirror(Command command, MirrorArguments& arguments) {
    command.add_option("FROM", arguments.from, "the store to follow").required().type_name("URL");
    command.add_option("TO", arguments.to, "the local store; made if it is not there").required().type_name("URL");
    command.add_flag("--once", arguments.once, "end when everything that is there now is mirrored");
}

} // namespace

void add_copy(CommandLine& line) {
    line.add<CopyArguments>(line.app(), "copy", "copy a log into another store, verifying every event",
                            {"cim copy sqlite:history.db nats://localhost:4222/event-store",
                             "cim copy nats://localhost:4222/event-store sqlite:backup.db",
                             "cim copy history.db copy.db --json"},
                            bind_copy, run_copy);
}

void add_mirror(CommandLine& line) {
    line.add<MirrorArguments>(line.app(), "mirror",
                              "keep a local copy of a log: follow it, verify every event, go on after a stop",
                              {"cim mirror nats://localhost:4222/event-store sqlite:mirror.db",
                               "cim mirror history.db mirror.db --once", "cim log -n 20 --store sqlite:mirror.db"},
                              bind_mirror, run_mirror);
}

} // namespace cim::cli
