// cim car export|import: one chain as a CARv1 archive.
#include <cim/car.hpp>
#include <cim/chain.hpp>

#include "arguments.hpp"
#include "base/try.hpp"
#include "car_chain.hpp"
#include "command.hpp"
#include "input.hpp"
#include "interrupt.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <ranges>
#include <utility>

namespace cim::cli {
namespace {

struct ExportArguments {
    std::string aggregate;
    std::string file = "-";
};
struct ImportArguments {
    std::string file = "-";
};

/// The one that is named, or the only one that there is.
Result<AggregateId> choose_aggregate(EventStore& store, const std::string& name) {
    if (!name.empty()) return AggregateId(name);
    CIM_TRY_ASSIGN(const auto some, store.aggregates({}, 2));
    if (some.size() == 1) return some.front().id;
    return fail(Errc::invalid_argument,
                some.empty() ? "the store is empty: there is nothing to export"
                             : "the store has several aggregates, and an archive holds one",
                some.empty() ? "" : "name one with --aggregate; `cim aggregates` lists them", {{"name", "aggregate"}});
}

/// Writes the chain from its head back to its first event, verifying it on the way.
Result<std::uint64_t> write_chain(Context& context, EventStore& store, const AggregateId& aggregate,
                                  const ChainHead& head, ipld::CarWriter& car) {
    Progress progress(context.progress_style(), "exporting", "events");
    auto query = ReadQuery::of(aggregate);
    query.upto = head.sequence.value();
    query.direction = Direction::backwards;
    query.limit = 10'000;
    // What is known of a chain is the end of it, so each page is checked as a slice, and the slices against each other.
    std::optional<Cid> expected = head.cid;
    std::uint64_t sequence = head.sequence.value();
    for (std::optional<ReadQuery> next = query; next && !interrupted();) {
        CIM_TRY_ASSIGN(auto page, store.read(*next));
        std::vector<DomainEvent> forwards(page.events.rbegin(), page.events.rend());
        ChainVerifier verifier({.threads = 0, .gaps = VerifyOptions::Gaps::new_slice});
        CIM_TRY(verifier.add(forwards));
        for (const auto& event : page.events) {
            if (expected != event.cid() || event.aggregate_sequence().value() != sequence) {
                return fail(ChainBroken{aggregate, AggregateSequence(sequence + 1), event.cid(), expected}.to_error());
            }
            CIM_TRY(car.write(event.cid(), event.block()));
            expected = event.previous_cid();
            --sequence;
        }
        progress.update(car.blocks(), head.sequence.value());
        next = std::move(page.next);
    }
    if (!interrupted() && (expected || sequence != 0)) {
        return fail(ChainBroken{aggregate, AggregateSequence(sequence + 1), std::nullopt, expected}.to_error());
    }
    return car.blocks();
}

Result<int> run_export(Context& context, const ExportArguments& arguments) {
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::read));
    CIM_TRY_ASSIGN(const auto aggregate, choose_aggregate(*store, arguments.aggregate));
    CIM_TRY_ASSIGN(const auto head, store->head(aggregate));
    if (!head.cid) {
        return fail(Errc::not_found, fmt::format("there is no aggregate '{}'", aggregate.str()),
                    "`cim aggregates` lists what there is", {{"aggregate", aggregate.str()}});
    }
    if (arguments.file == "-" && context.out.is_terminal()) {
        return fail(Errc::invalid_argument, "an archive is binary, and standard output is a terminal",
                    "name a file with -o", {{"name", "output"}});
    }
    CIM_TRY_ASSIGN(auto file, OutputFile::create(arguments.file, context.out));
    auto car = ipld::CarWriter::create(file.stream(), std::span(&*head.cid, 1));
    auto written = car ? write_chain(context, *store, aggregate, head, *car) : fail(car.error());
    if (!written) return fail(file.why(std::move(written).error()));
    if (interrupted()) return interrupted_status();
    CIM_TRY(file.commit());
    if (!file.is_file()) return exit_ok;
    if (context.json) {
        CIM_TRY(context.out.json({{"file", arguments.file},
                                  {"aggregate", aggregate.str()},
                                  {"events", *written},
                                  {"head", head.cid->to_string()},
                                  {"bytes", car->bytes()}}));
    } else if (!context.quiet) {
        CIM_TRY(context.out.line(fmt::format("{}: {} of '{}', {} bytes, root {}", arguments.file,
                                             counted(*written, "event"), aggregate.str(), grouped(car->bytes()),
                                             head.cid->to_string())));
    }
    return exit_ok;
}

Result<int> run_import(Context& context, const ImportArguments& arguments) {
    CIM_TRY_ASSIGN(auto input, InputFile::open(arguments.file));
    const auto start = std::chrono::steady_clock::now();
    CIM_TRY_ASSIGN(const auto chain, CarChain::read(input.stream(), input.name()));
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::write));
    CIM_TRY_ASSIGN(const auto added, chain.append_to(*store));
    CIM_TRY_ASSIGN(const auto head, store->head(chain.aggregate()));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (context.json) {
        CIM_TRY(context.out.json({{"events", added},
                                  {"transactions", (added + 999) / 1000},
                                  {"aggregate", chain.aggregate().str()},
                                  {"head", head.cid ? Json(head.cid->to_string()) : Json(nullptr)},
                                  {"seconds", seconds},
                                  {"skipped", chain.size() - added}}));
    } else if (!context.quiet) {
        CIM_TRY(context.out.line(fmt::format("{} into '{}'{}", counted(added, "event"), chain.aggregate().str(),
                                             added < chain.size()
                                                 ? fmt::format(", {} were there already", grouped(chain.size() - added))
                                                 : std::string())));
        CIM_TRY(context.out.line(fmt::format("head {}", head.cid ? head.cid->to_string() : "none")));
    }
    return exit_ok;
}

void bind_export(Command command, ExportArguments& arguments) {
    command.add_option("-a,--aggregate", arguments.aggregate, "whose chain; not needed where there is only one")
        .check(token_check());
    command.add_option("-o,--output", arguments.file, "the file to write; default: standard output").type_name("FILE");
}

void bind_import(Command command, ImportArguments& arguments) {
    command.add_option("file", arguments.file, "the archive; - is standard input").show_default();
}

} // namespace

void add_car(CommandLine& line) {
    Command group =
        line.add_group("car", "a chain as a CARv1 archive, which all of IPLD can read",
                       {"cim car export -o project.car", "cim car import project.car --store sqlite:copy.db"});
    line.add<ExportArguments>(
        group, "export", "write one chain: its head is the root and comes first, then back to the first event",
        {"cim car export -o project.car", "cim car export --aggregate graph-123 | ipfs dag import"}, bind_export,
        run_export);
    line.add<ImportArguments>(group, "import",
                              "verify an archive and append what the store lacks. An archive says nothing of "
                              "transactions: its events come in "
                              "as transactions of up to 1000, all or none of them",
                              {"cim car import project.car", "cim car import - < project.car"}, bind_import,
                              run_import);
}

} // namespace cim::cli
