// The command `cim`: reads the command line, runs what it asks for, says what went wrong.
#include <cim/error.hpp>

#include "command.hpp"
#include "help_formatter.hpp"
#include "interrupt.hpp"
#include "usage.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <string>

namespace cim::cli {
namespace {

constexpr const char* description =
    "Tamper-evident histories of events, replayed as graphs.\n"
    "Events live in a store; each aggregate's are a chain in which every event holds the hash of the one before it.";

constexpr const char* footer =
    "Examples:\n"
    "  cim import git ~/src/project       a repository's history becomes a chain of events\n"
    "  cim verify                         every hash and link holds, or the first that does not is named\n"
    "  cim replay                         the chain becomes a graph, whose state has a CID of its own\n"
    "  cim graph export svg -o graph.svg  see it\n"
    "\n"
    "Exit status: 0 ok, 1 failed, 2 wrong usage, 3 data failed verification, 4 conflict with the expected head,\n"
    "5 store unavailable. `cim COMMAND --help` tells more of a command.";

void declare(CommandLine& line) {
    auto& app = line.app().app();
    auto& context = line.context();
    app.description(description);
    app.footer(footer);
    app.formatter(std::make_shared<HelpFormatter>());
    app.set_version_flag("--version", "cim " CIM_VERSION);
    app.add_option("--store", context.store,
                   "where the events are: sqlite:PATH, or a path; default: the environment's "
                   "CIM_STORE, or cim/events.db in the user's data folder")
        ->type_name("URL")
        ->envname("CIM_STORE");
    app.add_flag("--json", context.json, "print JSON: one document, or for streams one object a line");
    app.add_flag("-q,--quiet", context.quiet, "print only errors and what was asked for");
    for (const auto add :
         {add_import, add_append, add_fetch, add_log,  add_tail,   add_heads,       add_verify, add_replay,
          add_graph,  add_export, add_car,   add_copy, add_mirror, add_subscribers, add_stream, add_match,
          add_route,  add_dlq,    add_block, add_db,   add_bench,  add_view,        add_demo,   add_completions}) {
        add(line);
    }
    app.require_subcommand(1);
}

void report(const Error& error, bool json) {
    if (json) {
        Json fields = Json::object();
        for (const auto& [name, value] : error.fields) fields[name] = value;
        const Json document{{"error",
                             {{"code", to_string(error.code)},
                              {"message", error.message},
                              {"advice", error.advice},
                              {"fields", std::move(fields)}}}};
        fmt::print(stderr, "{}\n", document.dump(-1, ' ', false, Json::error_handler_t::replace));
        return;
    }
    const bool colour = ::isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    fmt::print(stderr, "{}cim: {}{}\n", colour ? "\033[31m" : "", error.message, colour ? "\033[0m" : "");
    if (!error.advice.empty()) fmt::print(stderr, "     {}\n", error.advice);
}

int run(Context& context, const Action& action) {
    auto status = action();
    if (status) {
        if (auto flushed = context.out.flush(); !flushed) status = fail(std::move(flushed).error());
    } else {
        // What was printed before the failure belongs before its message; a failure to print it changes nothing.
        static_cast<void>(context.out.flush());
    }
    if (context.out.reader_gone()) return exit_ok;
    if (status) return *status;
    report(status.error(), context.json);
    return exit_status(status.error());
}

int run_command_line(int argc, char** argv) {
    handle_signals();
    CLI::App app;
    app.name("cim");
    Context context;
    CommandLine line(app, context);
    declare(line);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return report_usage(app, error, context.json);
    }
    return run(context, line.chosen());
}

} // namespace
} // namespace cim::cli

int main(int argc, char** argv) {
    try {
        return cim::cli::run_command_line(argc, argv);
    } catch (const std::bad_alloc&) {
        std::fputs("cim: out of memory\n", stderr);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cim: unexpected: %s\n", error.what());
    }
    return cim::cli::exit_failed;
}
