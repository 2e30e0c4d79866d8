// cim import git|jsonl|cloudevents
#include "arguments.hpp"
#include "base/try.hpp"
#include "command.hpp"
#include "import/file_import.hpp"
#include "import/git_import.hpp"
#include "import_report.hpp"
#include "input.hpp"

#include <fmt/format.h>

#include <utility>

namespace cim::cli {
namespace {

struct GitArguments {
    std::string path = ".";
    std::string aggregate;
    bool full = false;
};

struct FileArguments {
    std::string path = "-";
    bool skip_invalid = false;
    std::string aggregate_by = "subject";
};

Result<int> run_git(Context& context, const GitArguments& arguments) {
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::write));
    importer::GitImportOptions options{arguments.path, std::nullopt, arguments.full};
    if (!arguments.aggregate.empty()) options.aggregate = AggregateId(arguments.aggregate);
    ImportRun run(context, "commits");
    return run.end(importer::import_git(*store, options, run.control()));
}

template <class Import> Result<int> run_file(Context& context, const FileArguments& arguments, Import import) {
    CIM_TRY_ASSIGN(auto input, InputFile::open(arguments.path));
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::write));
    ImportRun run(context, "transactions");
    importer::FileImportOptions options{input.name(), arguments.skip_invalid, {}};
    options.skipped = [&](const Error& error) { run.note("skipped: " + error.message); };
    return run.end(import(*store, input.stream(), options, run.control()));
}

Result<int> run_jsonl(Context& context, const FileArguments& arguments) {
    return run_file(context, arguments,
                    [](EventStore& store, std::istream& in, const auto& options, const auto& control) {
                        return importer::import_jsonl(store, in, options, control);
                    });
}

Result<int> run_cloudevents(Context& context, const FileArguments& arguments) {
    const auto by = arguments.aggregate_by == "source" ? importer::AggregateBy::source : importer::AggregateBy::subject;
    return run_file(context, arguments,
                    [by](EventStore& store, std::istream& in, const auto& options, const auto& control) {
                        return importer::import_cloudevents(store, in, by, options, control);
                    });
}

void bind_git(Command command, GitArguments& arguments) {
    command.add_option("path", arguments.path, "the repository, or a folder in it").show_default();
    command
        .add_option("--aggregate", arguments.aggregate,
                    "the aggregate to import into; default: the name of the repository's folder")
        .check(token_check());
    command.add_flag("--full", arguments.full,
                     "every commit that HEAD can reach, in topological order; default: the line of first parents, a "
                     "merge being one commit with all that it brought");
}

void bind_file(Command command, FileArguments& arguments) {
    command.add_option("file", arguments.path, "what to read; - is standard input").show_default();
    command.add_flag("--skip-invalid", arguments.skip_invalid,
                     "leave out records that are no events, and count them; default: stop at the first");
}

void bind_cloudevents(Command command, FileArguments& arguments) {
    bind_file(command, arguments);
    command
        .add_option("--aggregate-by", arguments.aggregate_by,
                    "the attribute that names the aggregate; a CloudEvent without subject has its source")
        .one_of({"subject", "source"})
        .show_default();
}

} // namespace

void add_import(CommandLine& line) {
    Command group = line.add_group("import", "turn what happened elsewhere into events",
                                   {"cim import git ~/src/project", "cim import jsonl events.jsonl"});
    line.add<GitArguments>(group, "git",
                           "a repository's history: one commit is one transaction. Again: only what is new. A history "
                           "that was rewritten is refused, with exit status 4",
                           {"cim import git", "cim import git ~/src/project --aggregate project",
                            "cim import git ~/src/project --full --store sqlite:full.db"},
                           bind_git, run_git);
    line.add<FileArguments>(
        group, "jsonl",
        "one JSON object a line: aggregate_id, event_type, payload (dag-json), and optionally timestamp (RFC 3339 or "
        "integer microseconds; default now), transaction_id, correlation_id, causation_id, traceparent. Consecutive "
        "lines with the same transaction_id are one transaction; one that is in the store already is skipped, while "
        "lines without a transaction_id are appended again each time",
        {"cim import jsonl events.jsonl",
         "echo '{\"aggregate_id\":\"a\",\"event_type\":\"Noted\",\"payload\":{}}' | cim import jsonl -"},
        bind_file, run_jsonl);
    line.add<FileArguments>(
        group, "cloudevents",
        "CloudEvents 1.0 in JSON: one event, a batch, or one event a line. Each is a transaction, named by its source "
        "and id, and imported once",
        {"cim import cloudevents events.json", "cim import cloudevents - --aggregate-by source < events.jsonl"},
        bind_cloudevents, run_cloudevents);
}

} // namespace cim::cli
