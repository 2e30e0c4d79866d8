// cim demo: the whole way, from a git repository to a verified chain, a graph, its picture, and the page that replays
// it.
#include <cim/graph_export.hpp>

#include "base/try.hpp"
#include "command.hpp"
#include "graph_state.hpp"
#include "import/git_import.hpp"
#include "import_report.hpp"
#include "interrupt.hpp"
#include "serve/viewer.hpp"
#include "show_viewer.hpp"
#include "temporary_folder.hpp"
#include "verified_reader.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace cim::cli {
namespace {

struct DemoArguments {
    std::string repository = ".";
    std::string picture;
    bool full = false;
    bool no_serve = false;
};

/// What the demo found out, step by step.
struct Summary {
    std::string repository;
    std::string store;
    importer::ImportReport imported;
    std::uint64_t aggregates = 0;
    ProjectionStats stats;
    std::size_t nodes = 0;
    std::size_t edges = 0;
    std::string state;
    std::string picture;
    double import_seconds = 0;
    double verify_seconds = 0;
    double replay_seconds = 0;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Error stopped() { return Error(Errc::closed, "stopped"); }

/// A store of the demo's own, unless the command line names one, which must be empty.
Result<std::unique_ptr<EventStore>> fresh_store(Context& context, const TemporaryFolder& folder) {
    const char* of_environment = std::getenv("CIM_STORE");
    const bool named = !context.store.empty() && (of_environment == nullptr || context.store != of_environment);
    if (!named) context.store = "sqlite:" + folder.path() + "/history.db";
    CIM_TRY_ASSIGN(auto store, open_store(context, Access::write));
    CIM_TRY_ASSIGN(const auto info, store->summary());
    if (info.events > 0) {
        return fail(Errc::invalid_argument, fmt::format("{} holds {} already", info.url, counted(info.events, "event")),
                    "the demo wants a fresh store; without --store it makes one", {{"name", "store"}});
    }
    return store;
}

Result<> import(Context& context, EventStore& store, const DemoArguments& arguments, Summary& summary) {
    context.note(fmt::format("importing the history of {}", arguments.repository));
    ImportRun run(context, "commits");
    CIM_TRY_ASSIGN(summary.imported,
                   importer::import_git(store, {arguments.repository, std::nullopt, arguments.full}, run.control()));
    summary.import_seconds = run.seconds();
    for (const auto& remark : summary.imported.notes) run.note(remark);
    if (summary.imported.stopped) return fail(stopped());
    if (summary.imported.events == 0) {
        return fail(Errc::not_found, fmt::format("'{}' has no history to show", arguments.repository),
                    "name a repository with commits: cim demo PATH", {{"path", arguments.repository}});
    }
    return {};
}

Result<> verify(Context& context, EventStore& store, Summary& summary) {
    context.note("verifying every CID and link");
    const auto start = std::chrono::steady_clock::now();
    VerifiedReader reader(store, ReadQuery::all());
    Progress progress(context.progress_style(), "verifying", "events");
    while (true) {
        CIM_TRY_ASSIGN(const auto page, reader.next());
        if (page.empty()) break;
        progress.update(reader.events(), summary.imported.events);
        if (interrupted()) return fail(stopped());
    }
    summary.verify_seconds = seconds_since(start);
    summary.aggregates = reader.aggregates();
    return {};
}

Result<GraphProjection> replay(Context& context, EventStore& store, Summary& summary) {
    context.note("replaying it into a graph");
    const auto start = std::chrono::steady_clock::now();
    CIM_TRY_ASSIGN(auto projection, build_graph(context, store, {}));
    if (!projection) return fail(stopped());
    summary.replay_seconds = seconds_since(start);
    summary.stats = projection->stats();
    summary.nodes = projection->model().node_count();
    summary.edges = projection->model().edge_count();
    summary.state = state_cid(projection->model()).to_string();
    return *std::move(projection);
}

Result<> draw(Context& context, const GraphModel& model, const std::string& path, Summary& summary) {
    context.note("drawing it");
    CIM_TRY_ASSIGN(auto file, OutputFile::create(path, context.out));
    GraphExportOptions options;
    options.title = summary.imported.aggregates.front().str();
    CIM_TRY(export_graph(model, GraphFormat::svg, file.stream(), options));
    CIM_TRY(file.commit());
    summary.picture = path;
    return {};
}

Json json_of(const Summary& summary) {
    const auto events = static_cast<double>(summary.imported.events);
    return {{"repository", summary.repository},
            {"aggregate", summary.imported.aggregates.front().str()},
            {"events", summary.imported.events},
            {"transactions", summary.imported.transactions},
            {"aggregates", summary.aggregates},
            {"nodes", summary.nodes},
            {"edges", summary.edges},
            {"head", summary.imported.head->to_string()},
            {"state_cid", summary.state},
            {"import_events_per_second", events / summary.import_seconds},
            {"verify_events_per_second", events / summary.verify_seconds},
            {"replay_events_per_second", events / summary.replay_seconds},
            {"svg", summary.picture.empty() ? Json(nullptr) : Json(summary.picture)},
            {"store", summary.store}};
}

std::string text_of(const Summary& summary) {
    const auto rate = [&](double seconds) {
        return fmt::format("{:>10} events/s   {}", rate_text(summary.imported.events, seconds), duration_text(seconds));
    };
    std::string text = fmt::format("\nThe history of '{}'\n", summary.imported.aggregates.front().str());
    const auto row = [&](std::string_view name, std::string_view value) {
        text += fmt::format("  {:<13} {}\n", name, value);
    };
    const auto count = [&](std::string_view name, std::uint64_t n) { row(name, fmt::format("{:>10}", grouped(n))); };
    count("events", summary.imported.events);
    count("transactions", summary.imported.transactions);
    count("aggregates", summary.aggregates);
    count("nodes", summary.nodes);
    count("edges", summary.edges);
    row("head CID", summary.imported.head->to_string());
    row("state CID", summary.state);
    row("import", rate(summary.import_seconds));
    row("verify", rate(summary.verify_seconds));
    row("replay", rate(summary.replay_seconds));
    if (!summary.picture.empty()) row("picture", summary.picture);
    row("store", summary.store);
    return text + fmt::format("\nLook further:  cim log -n 5 --store '{}'\n", summary.store);
}

/// All steps; what was found out before one that fails is in the summary.
Result<> run_steps(Context& context, const DemoArguments& arguments, const std::string& folder, EventStore& store,
                   Summary& summary) {
    CIM_TRY(import(context, store, arguments, summary));
    CIM_TRY(verify(context, store, summary));
    CIM_TRY_ASSIGN(const auto projection, replay(context, store, summary));
    return draw(context, projection.model(), arguments.picture.empty() ? folder + "/graph.svg" : arguments.picture,
                summary);
}

Result<int> run_demo(Context& context, const DemoArguments& arguments) {
    CIM_TRY_ASSIGN(auto folder, TemporaryFolder::create("cim-demo"));
    CIM_TRY_ASSIGN(const auto store, fresh_store(context, folder));
    Summary summary;
    std::error_code ignored;
    summary.repository = std::filesystem::weakly_canonical(arguments.repository, ignored).string();
    CIM_TRY_ASSIGN(const auto named, store->summary());
    summary.store = named.url; // as it may be shown: a URL may hold a password
    auto done = run_steps(context, arguments, folder.path(), *store, summary);
    if (!done && interrupted()) return interrupted_status();
    // A picture that could not be drawn takes nothing from the rest.
    if (!summary.state.empty()) {
        folder.keep();
        CIM_TRY(context.json ? context.out.json(json_of(summary)) : context.out.text(text_of(summary)));
    }
    CIM_TRY(std::move(done));
    // Who reads the output by a program wants the demo to end.
    if (arguments.no_serve || context.json || !context.out.is_terminal()) return exit_ok;
    CIM_TRY_ASSIGN(const auto viewer, serve::Viewer::open(*store, GraphMapping::builtin(), {}));
    CIM_TRY(show_viewer(context, *viewer, false));
    return exit_ok;
}

void bind_demo(Command command, DemoArguments& arguments) {
    command.add_option("repository", arguments.repository, "a git repository").show_default();
    command.add_option("-o,--output", arguments.picture, "the picture to write; default: beside the store")
        .type_name("FILE");
    command.add_flag("--full", arguments.full, "every commit and not only the line of first parents");
    command.add_flag("--no-serve", arguments.no_serve,
                     "end with the picture; otherwise, on a terminal, the history is served to a browser until Ctrl-C");
}

} // namespace

void add_demo(CommandLine& line) {
    line.add<DemoArguments>(
        line.app(), "demo",
        "import a repository's history into a fresh store, verify it, replay it, draw it, show it in a browser",
        {"cim demo", "cim demo ~/src/project -o project.svg"}, bind_demo, run_demo);
}

} // namespace cim::cli
