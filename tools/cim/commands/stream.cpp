// cim stream: what is behind a store: make it, see how it is set up, look for what is wrong with that.
#include "base/try.hpp"
#include "command.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cim::cli {
namespace {

struct Nothing {};
struct CheckArguments {
    std::size_t most = 100;
};

Result<> print(Context& context, const StoreInfo& info, const StoreDescription& description) {
    if (context.json) {
        Json settings = Json::object();
        for (const auto& [name, value] : description.settings) settings[name] = value;
        return context.out.json({{"store", info.url},
                                 {"kind", description.kind},
                                 {"events", info.events},
                                 {"transactions", info.transactions},
                                 {"aggregates", info.aggregates},
                                 {"last", info.last.value()},
                                 {"settings", settings}});
    }
    CIM_TRY(context.out.line(fmt::format("{}: {} in {} of {}, the last at sequence {}", info.url,
                                         counted(info.events, "event"), counted(info.transactions, "transaction"),
                                         counted(info.aggregates, "aggregate"), info.last.value())));
    for (const auto& [name, value] : description.settings)
        CIM_TRY(context.out.line(fmt::format("  {:<18} {}", name, value)));
    return {};
}

Result<int> show(Context& context, Access access) {
    CIM_TRY_ASSIGN(const auto store, open_store(context, access));
    CIM_TRY_ASSIGN(const auto info, store->info());
    CIM_TRY_ASSIGN(const auto description, store->describe());
    CIM_TRY(print(context, info, description));
    return exit_ok;
}

Result<int> run_create(Context& context, const Nothing&) { return show(context, Access::write); }
Result<int> run_info(Context& context, const Nothing&) { return show(context, Access::read); }

Result<int> run_check(Context& context, const CheckArguments& arguments) {
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::read));
    CIM_TRY_ASSIGN(const auto info, store->info());
    CIM_TRY_ASSIGN(const auto description, store->describe(arguments.most));
    const auto& problems = description.problems;
    if (context.json) {
        CIM_TRY(context.out.json({{"ok", problems.empty()}, {"store", info.url}, {"problems", problems}}));
    } else {
        for (const auto& problem : problems) CIM_TRY(context.out.line(problem));
        if (problems.empty() && !context.quiet)
            CIM_TRY(
                context.out.line(fmt::format("{}: set up as it should be; `cim verify` checks the events", info.url)));
    }
    return problems.empty() ? exit_ok : exit_bad_data;
}

void bind_nothing(Command, Nothing&) {}
void bind_check(Command command, CheckArguments& arguments) {
    command.add_option("--most", arguments.most, "stop after so many problems").between(1, 1'000'000).show_default();
}

} // namespace

void add_stream(CommandLine& line) {
    Command group = line.add_group("stream", "what is behind a store: a stream of a server, or a file",
                                   {"cim stream info", "cim stream check --store nats://localhost:4222/event-store"});
    line.add<Nothing>(
        group, "create", "make the store if it is not there, and show how it is set up",
        {"cim stream create --store 'nats://localhost:4222/event-store'", "cim stream create --store sqlite:new.db"},
        bind_nothing, run_create);
    line.add<Nothing>(group, "info", "show what is in it and how it is set up",
                      {"cim stream info", "cim stream info --json --store sqlite:history.db"}, bind_nothing, run_info);
    line.add<CheckArguments>(group, "check", "look for settings and structures that are not as they should be",
                             {"cim stream check", "cim stream check --json"}, bind_check, run_check);
}

} // namespace cim::cli
