// cim verify: every hash and link of a store, and its heads against heads kept elsewhere.
#include "base/printable.hpp"
#include "base/try.hpp"
#include "command.hpp"
#include "heads_file.hpp"
#include "interrupt.hpp"
#include "verified_reader.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <utility>

namespace cim::cli {
namespace {

struct VerifyArguments {
    std::string heads;
    unsigned threads = 0;
};

struct Verified {
    std::uint64_t events = 0;
    std::uint64_t aggregates = 0;
    double seconds = 0;
    std::optional<Error> bad; ///< The first thing that is not as it was written.
};

Error head_mismatch(const std::string& aggregate, std::uint64_t sequence, const std::string& expected,
                    const std::string& actual, std::string advice) {
    return Error(
        Errc::head_mismatch,
        fmt::format("event {} of aggregate '{}' should be {}, and it is {}", sequence, printable(aggregate), expected,
                    actual),
        std::move(advice),
        {{"aggregate", aggregate}, {"sequence", std::to_string(sequence)}, {"expected", expected}, {"actual", actual}});
}

/// What the store gives as heads must be where its chains end.
Result<> check_own_heads(EventStore& store, const ChainVerifier& verifier) {
    AggregateId after;
    while (true) {
        CIM_TRY_ASSIGN(const auto aggregates, store.aggregates(after));
        if (aggregates.empty()) return {};
        for (const auto& aggregate : aggregates) {
            const auto reached = verifier.head(aggregate.id);
            // Somebody may have appended since the chain was read: then it is longer, and not yet verified.
            if (reached && reached->sequence < aggregate.head.sequence) {
                auto query = ReadQuery::of(aggregate.id, reached->sequence);
                query.limit = 1;
                CIM_TRY_ASSIGN(const auto page, store.read(query));
                if (!page.events.empty()) continue;
            }
            if (!reached || *reached != aggregate.head) {
                return fail(head_mismatch(
                    aggregate.id.str(), aggregate.head.sequence.value(),
                    aggregate.head.cid ? aggregate.head.cid->to_string() : "none",
                    reached && reached->sequence == aggregate.head.sequence ? reached->cid->to_string() : "missing",
                    "the end of the chain was lost or replaced; restore it from another copy of the store"));
            }
        }
        after = aggregates.back().id;
    }
}

/// Heads that were kept elsewhere must be in the chains: at their place, with their CID.
Result<> check_kept_heads(const HeadsFile& kept) {
    if (const auto* wrong = kept.first_unmet()) {
        return fail(head_mismatch(wrong->aggregate, wrong->sequence, wrong->cid.to_string(),
                                  wrong->found ? wrong->found->to_string() : "missing",
                                  "the chain was cut or replaced after this head was kept; compare with other copies "
                                  "of the store"));
    }
    return {};
}

Result<> check_all(Context& context, EventStore& store, HeadsFile& kept, unsigned threads, Verified& result) {
    CIM_TRY_ASSIGN(const auto info, store.summary());
    auto query = ReadQuery::all();
    query.upto = info.last.value();
    VerifiedReader reader(store, query, {.threads = threads});
    Progress progress(context.progress_style(), "verifying", "events");
    Result<> outcome;
    while (outcome && !interrupted()) {
        auto page = reader.next();
        if (!page) outcome = fail(page.error());
        if (!page || page->empty()) break;
        kept.see(*page);
        progress.update(reader.events(), info.events);
    }
    result.events = reader.events();
    result.aggregates = reader.aggregates();
    CIM_TRY(std::move(outcome));
    if (interrupted()) return {};
    CIM_TRY(check_own_heads(store, reader.verifier()));
    return check_kept_heads(kept);
}

Result<> report(Context& context, const Verified& result, const std::string& url) {
    if (context.json) {
        Json document{{"events", result.events},
                      {"aggregates", result.aggregates},
                      {"ok", !result.bad},
                      {"seconds", result.seconds}};
        if (result.bad) {
            const auto field = [&](const char* name) { return std::string(result.bad->field(name).value_or("")); };
            document["aggregate"] = field("aggregate");
            const auto sequence = field("sequence");
            document["sequence"] = sequence.empty() ? Json(nullptr) : Json(std::stoull(sequence));
            document["error"] = to_string(result.bad->code);
            document["expected"] = field("expected");
            document["actual"] = field("actual");
            document["message"] = result.bad->message;
            document["advice"] = result.bad->advice;
            document["store"] = url;
        }
        return context.out.json(document);
    }
    if (context.quiet || result.bad) return {};
    return context.out.line(fmt::format("{} in {}: every CID and link holds ({}, {} events/s)",
                                        counted(result.events, "event"), counted(result.aggregates, "aggregate"),
                                        duration_text(result.seconds), rate_text(result.events, result.seconds)));
}

Result<int> run_verify(Context& context, const VerifyArguments& arguments) {
    HeadsFile kept;
    if (!arguments.heads.empty()) {
        CIM_TRY_ASSIGN(kept, HeadsFile::read(arguments.heads));
    }
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::read));
    CIM_TRY_ASSIGN(const auto info, store->summary());
    Verified result;
    const auto start = std::chrono::steady_clock::now();
    auto outcome = check_all(context, *store, kept, arguments.threads, result);
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!outcome) {
        if (!is_bad_data(outcome.error())) return fail(std::move(outcome).error());
        result.bad = std::move(outcome).error();
    } else if (interrupted()) {
        context.note(fmt::format("stopped: {} verified so far, and they hold", counted(result.events, "event")));
        return interrupted_status();
    }
    CIM_TRY(report(context, result, info.url));
    if (!result.bad) return exit_ok;
    if (context.json) return exit_bad_data;
    auto error = *std::move(result.bad);
    error.message += fmt::format("; {} before it hold; the store is {}", counted(result.events, "event"), info.url);
    return fail(std::move(error));
}

void bind_verify(Command command, VerifyArguments& arguments) {
    command
        .add_option("--heads", arguments.heads,
                    "heads kept from earlier, as `cim heads --json` writes them: each must still be in its chain")
        .type_name("FILE");
    command.add_option("--threads", arguments.threads, "how many threads hash; 0, the default, is one for each core")
        .between(0, 256);
}

} // namespace

void add_verify(CommandLine& line) {
    line.add<VerifyArguments>(line.app(), "verify", "check every CID and link of the store",
                              {"cim verify", "cim heads --json > heads.json   # keep this elsewhere",
                               "cim verify --heads heads.json   # finds a lost tail, too"},
                              bind_verify, run_verify);
}

} // namespace cim::cli
