// cim export: events for other programs.
#include "arguments.hpp"
#include "base/try.hpp"
#include "command.hpp"
#include "event_text.hpp"
#include "import/cloudevents.hpp"
#include "interrupt.hpp"
#include "verified_reader.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>

namespace cim::cli {
namespace {

struct ExportArguments {
    std::string format;
    std::string file = "-";
    std::string aggregate;
};

using Line = Result<std::optional<std::string>>;

Line jsonl_line(const DomainEvent& event) {
    CIM_TRY_ASSIGN(auto line, event_import_line(event));
    return line;
}

Line cloudevents_line(const DomainEvent& event) {
    CIM_TRY_ASSIGN(const auto json, importer::to_cloudevent(event));
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Gource's custom log, "timestamp|username|type|file", has no way to write its separator or a line feed in a name.
std::string gource_field(std::string_view text) {
    std::string field(text);
    std::ranges::replace_if(
        field, [](char c) { return c == '|' || c == '\n' || c == '\r'; }, '_');
    return field;
}

/// Only what happened to files means something to Gource. It groups by the user's name, so the address is left out.
Line gource_line(const DomainEvent& event) {
    const auto type = event.event_type();
    const char action = type == "FileCreated" ? 'A' : type == "FileUpdated" ? 'M' : type == "FileRemoved" ? 'D' : '\0';
    if (action == '\0') return std::nullopt;
    const auto text = [&](std::string_view key) {
        const auto value = event.payload().find(key);
        return value ? value->as_string().value_or("") : std::string_view();
    };
    const auto author = text("author");
    const auto seconds = std::chrono::floor<std::chrono::seconds>(event.timestamp()).time_since_epoch().count();
    return fmt::format("{}|{}|{}|{}", seconds, gource_field(author.substr(0, author.rfind(" <"))), action,
                       gource_field(text("path")));
}

Result<int> run_export(Context& context, const ExportArguments& arguments) {
    Line (*const write)(const DomainEvent&) = arguments.format == "jsonl"    ? jsonl_line
                                              : arguments.format == "gource" ? gource_line
                                                                             : cloudevents_line;
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::read));
    CIM_TRY_ASSIGN(const auto info, store->summary());
    auto query = ReadQuery::all();
    query.upto = info.last.value();
    if (!arguments.aggregate.empty()) query = ReadQuery::of(AggregateId(arguments.aggregate));
    CIM_TRY_ASSIGN(auto file, OutputFile::create(arguments.file, context.out));
    VerifiedReader reader(*store, query);
    Progress progress(file.is_file() ? context.progress_style() : Progress::Style::none, "exporting", "events");
    std::uint64_t lines = 0;
    while (!interrupted()) {
        CIM_TRY_ASSIGN(const auto page, reader.next());
        if (page.empty()) break;
        for (const auto& event : page) {
            CIM_TRY_ASSIGN(const auto line, write(event));
            if (!line) continue;
            ++lines;
            if (!(file.stream() << *line << '\n')) {
                return fail(file.why(Error(Errc::io_error, fmt::format("cannot write '{}'", arguments.file),
                                           "see that there is space left", {{"path", arguments.file}})));
            }
        }
        progress.update(reader.events(), arguments.aggregate.empty() ? std::optional(info.events) : std::nullopt);
    }
    if (interrupted()) return interrupted_status();
    CIM_TRY(file.commit());
    if (!file.is_file()) return exit_ok;
    if (context.json) {
        CIM_TRY(context.out.json({{"file", arguments.file}, {"events", reader.events()}, {"lines", lines}}));
    } else if (!context.quiet) {
        CIM_TRY(context.out.line(fmt::format("{}: {}", arguments.file, counted(lines, "line"))));
    }
    return exit_ok;
}

void bind_export(Command command, ExportArguments& arguments) {
    command
        .add_option(
            "format", arguments.format,
            "jsonl: what `cim import jsonl` reads, giving the same CIDs again; cloudevents: CloudEvents 1.0, one "
            "a line, those that came in as such as they came; gource: a custom log of Gource, of git histories")
        .required()
        .one_of({"jsonl", "cloudevents", "gource"});
    command.add_option("-o,--output", arguments.file, "the file to write; default: standard output").type_name("FILE");
    command.add_option("-a,--aggregate", arguments.aggregate, "only this aggregate; default: all, in log order")
        .check(token_check());
}

} // namespace

void add_export(CommandLine& line) {
    line.add<ExportArguments>(line.app(), "export", "write events for other programs",
                              {"cim export jsonl -o events.jsonl", "cim export cloudevents --aggregate orders",
                               "cim export gource | gource --log-format custom -"},
                              bind_export, run_export);
}

} // namespace cim::cli
