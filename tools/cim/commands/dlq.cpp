// cim dlq: the dead letters that are kept beside a log.
#include <cim/dead_letter_store.hpp>
#include <cim/time.hpp>

#include "base/try.hpp"
#include "command.hpp"
#include "event_text.hpp"
#include "interrupt.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cim::cli {
namespace {

struct DlqArguments {
    std::vector<std::string> keys;
    std::string subject;
    std::string reason;
    std::string aggregate;
    unsigned long limit = 1000;
    bool all = false;
};

Result<DeadLetterFilter> filter_of(const DlqArguments& arguments) {
    DeadLetterFilter filter;
    if (!arguments.subject.empty()) {
        CIM_TRY_ASSIGN(filter.subject, SubjectPattern::parse(arguments.subject));
    }
    if (!arguments.aggregate.empty()) filter.aggregate = AggregateId(arguments.aggregate);
    for (const auto reason :
         {DeadLetterReason::handler_failed, DeadLetterReason::channel_full, DeadLetterReason::rejected})
        if (arguments.reason == to_string(reason)) filter.reason = reason;
    return filter;
}

bool has_filter(const DlqArguments& arguments) {
    return !arguments.subject.empty() || !arguments.reason.empty() || !arguments.aggregate.empty();
}

// Those named by key, or those that the filter means.
Result<std::vector<DeadLetterStore::Stored>> chosen(DeadLetterStore& letters, const DlqArguments& arguments) {
    if (arguments.keys.empty()) {
        CIM_TRY_ASSIGN(const auto filter, filter_of(arguments));
        return letters.list(filter, arguments.limit);
    }
    std::vector<DeadLetterStore::Stored> found;
    for (const auto& key : arguments.keys) {
        CIM_TRY_ASSIGN(auto stored, letters.get(key));
        found.push_back(std::move(stored));
    }
    return found;
}

std::string letter_json(const DeadLetterStore::Stored& stored) {
    const auto& letter = stored.letter;
    std::string line = "{\"key\":";
    append_json_string(line, stored.key);
    const auto text = [&](std::string_view name, std::string_view value) {
        line += fmt::format(",\"{}\":", name);
        append_json_string(line, value);
    };
    text("subject", letter.subject);
    text("pattern", letter.pattern);
    text("consumer", letter.consumer);
    text("reason", to_string(letter.reason));
    text("error", letter.error);
    line +=
        fmt::format(",\"attempts\":{},\"hops\":{},\"global_sequence\":{},\"aggregate_sequence\":{}", letter.attempts,
                    letter.hops, letter.global_sequence.value(), letter.aggregate_sequence.value());
    text("first_failure", to_rfc3339(letter.first_failure));
    text("last_failure", to_rfc3339(letter.last_failure));
    return line + ",\"event\":" + event_json(letter.event) + '}';
}

Result<int> run_list(Context& context, const DlqArguments& arguments) {
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::read));
    DeadLetterStore letters(store->documents());
    CIM_TRY_ASSIGN(const auto found, chosen(letters, arguments));
    for (const auto& stored : found) {
        const auto& letter = stored.letter;
        CIM_TRY(context.out.line(context.json
                                     ? letter_json(stored)
                                     : fmt::format("{}  {}  {}  {}  {}", stored.key, to_rfc3339(letter.last_failure),
                                                   to_string(letter.reason), letter.subject, letter.error)));
    }
    if (found.empty()) context.note("there are no dead letters");
    return exit_ok;
}

Result<int> run_show(Context& context, const DlqArguments& arguments) {
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::read));
    DeadLetterStore letters(store->documents());
    CIM_TRY_ASSIGN(const auto found, chosen(letters, arguments));
    for (const auto& stored : found) {
        const auto& letter = stored.letter;
        if (context.json) {
            CIM_TRY(context.out.line(letter_json(stored)));
            continue;
        }
        CIM_TRY(context.out.line(fmt::format(
            "key            {}\nsubject        {}\npattern        {}\nconsumer       {}\nreason         {}\nerror      "
            "    {}\n"
            "attempts       {}\nhops           {}\nsequence       {}, {} of its aggregate\nfirst failure  {}\n"
            "last failure   {}\nevent          {}",
            stored.key, letter.subject, letter.pattern, letter.consumer, to_string(letter.reason), letter.error,
            letter.attempts, letter.hops, letter.global_sequence.value(), letter.aggregate_sequence.value(),
            to_rfc3339(letter.first_failure), to_rfc3339(letter.last_failure), event_line(letter.event, 0))));
    }
    return exit_ok;
}

// Out of the store once they are written: whoever reads standard output has them.
Result<int> run_replay(Context& context, const DlqArguments& arguments) {
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::write));
    DeadLetterStore letters(store->documents());
    CIM_TRY_ASSIGN(const auto found, chosen(letters, arguments));
    for (const auto& stored : found) {
        if (interrupted()) break;
        CIM_TRY_ASSIGN(const auto line, event_import_line(stored.letter.event));
        CIM_TRY(context.out.line(line));
        CIM_TRY(context.out.flush());
        CIM_TRY(letters.remove(stored.key));
    }
    context.note(counted(found.size(), "dead letter") + " replayed");
    return exit_ok;
}

Result<int> run_purge(Context& context, const DlqArguments& arguments) {
    if (arguments.keys.empty() && !has_filter(arguments) && !arguments.all)
        return fail(Errc::invalid_argument, "nothing says which dead letters to throw away",
                    "give keys, a filter, or --all", {{"name", "keys"}});
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::write));
    DeadLetterStore letters(store->documents());
    std::size_t purged = 0;
    if (!arguments.keys.empty()) {
        // By key also what cannot be read.
        for (const auto& key : arguments.keys) {
            CIM_TRY_ASSIGN(const bool was_there, letters.remove(key));
            purged += was_there ? 1 : 0;
        }
    } else {
        CIM_TRY_ASSIGN(const auto found, chosen(letters, arguments));
        for (const auto& stored : found) CIM_TRY(letters.remove(stored.key));
        purged = found.size();
    }
    if (context.json) {
        CIM_TRY(context.out.line(fmt::format("{{\"purged\":{}}}", purged)));
    } else {
        context.note(counted(purged, "dead letter") + " thrown away");
    }
    return exit_ok;
}

void bind_filter(Command command, DlqArguments& arguments) {
    command.add_option("--subject", arguments.subject, "only of subjects that this pattern matches")
        .type_name("PATTERN");
    command.add_option("--reason", arguments.reason, "only for this reason")
        .one_of({"handler_failed", "channel_full", "rejected"});
    command.add_option("--aggregate", arguments.aggregate, "only of this aggregate");
    command.add_option("--limit", arguments.limit, "so many at most, the oldest first").positive().show_default();
}

void bind_keys(Command command, DlqArguments& arguments) {
    command.add_option("keys", arguments.keys, "as `cim dlq list` names them").required();
}

void bind_choice(Command command, DlqArguments& arguments) {
    command.add_option("keys", arguments.keys, "as `cim dlq list` names them");
    bind_filter(command, arguments);
}

void bind_purge(Command command, DlqArguments& arguments) {
    bind_choice(command, arguments);
    command.add_flag("--all", arguments.all, "all of them");
}

} // namespace

void add_dlq(CommandLine& line) {
    auto group =
        line.add_group("dlq", "look after dead letters: events that a consumer could not handle",
                       {"cim dlq list", "cim dlq replay --subject 'event.graph.>' | cim route --consumer all='>'"});
    line.add<DlqArguments>(group, "list", "list dead letters, oldest first", {"cim dlq list --reason handler_failed"},
                           bind_filter, run_list);
    line.add<DlqArguments>(group, "show", "all that is known of a dead letter", {"cim dlq show KEY --json"}, bind_keys,
                           run_show);
    line.add<DlqArguments>(group, "replay",
                           "write the events, as `cim import jsonl` and `cim route` read them, and remove the letters",
                           {"cim dlq replay | cim route --consumer all='>'"}, bind_choice, run_replay);
    line.add<DlqArguments>(group, "purge", "throw dead letters away",
                           {"cim dlq purge --aggregate graph-123", "cim dlq purge --all"}, bind_purge, run_purge);
}

} // namespace cim::cli
