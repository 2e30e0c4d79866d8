// cim append: one event, onto the head that the caller has seen.
#include <cim/dag_json.hpp>
#include <cim/transaction.hpp>

#include "arguments.hpp"
#include "base/try.hpp"
#include "command.hpp"
#include "input.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace cim::cli {
namespace {

struct AppendArguments {
    std::string aggregate;
    std::string type;
    std::string payload = "{}";
    std::string expect;
    std::string timestamp;
    std::string transaction_id;
    TraceContext trace;
};

Result<ExpectedHead> expected_head(const std::string& text) {
    if (text.empty()) return ExpectedHead::any();
    if (text == "none") return ExpectedHead::none();
    CIM_TRY_ASSIGN(auto cid, Cid::parse(text));
    return ExpectedHead::at(std::move(cid));
}

Result<ipld::Value> payload_of(const std::string& argument) {
    std::string text = argument;
    if (argument == "-") {
        CIM_TRY_ASSIGN(const auto bytes, read_input("-"));
        text = as_text(bytes);
    }
    auto value = ipld::decode_dag_json(text);
    if (!value) {
        auto error = std::move(value).error();
        error.message = "the payload: " + error.message;
        if (error.advice.empty()) error.advice = "write JSON, as in '{\"node_id\": \"n1\"}'";
        return fail(std::move(error));
    }
    return value;
}

Result<int> run_append(Context& context, const AppendArguments& arguments) {
    Transaction transaction(AggregateId(arguments.aggregate), TransactionId(arguments.transaction_id));
    transaction.trace = arguments.trace;
    std::optional<Timestamp> time;
    if (!arguments.timestamp.empty()) {
        CIM_TRY_ASSIGN(time, parse_moment(arguments.timestamp));
    }
    CIM_TRY_ASSIGN(auto payload, payload_of(arguments.payload));
    CIM_TRY_ASSIGN(const auto expected, expected_head(arguments.expect));
    transaction.add(arguments.type, std::move(payload), time);

    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::write));
    CIM_TRY_ASSIGN(const auto receipt, store->append(transaction, expected));
    const auto cid = receipt.head.cid ? receipt.head.cid->to_string() : std::string();
    if (context.json) {
        CIM_TRY(context.out.json({{"aggregate", arguments.aggregate},
                                  {"aggregate_sequence", receipt.head.sequence.value()},
                                  {"sequence", receipt.last.value()},
                                  {"cid", cid},
                                  {"already_present", receipt.already_present}}));
    } else if (!context.quiet) {
        CIM_TRY(context.out.line(fmt::format("{} {}  {}{}", arguments.aggregate, receipt.head.sequence.value(), cid,
                                             receipt.already_present ? "  (was there already)" : "")));
    }
    return exit_ok;
}

/// A CID, or that there is nothing yet.
Check expectation() {
    return {"CID|none",
            [](const std::string& text) { return text == "none" ? std::string() : cid_check().refusal(text); }};
}

void bind_append(Command command, AppendArguments& arguments) {
    command.add_option("aggregate", arguments.aggregate, "whose history it belongs to").required().check(token_check());
    command.add_option("type", arguments.type, "what happened, as in NodeCreated").required().check(token_check());
    command.add_option("payload", arguments.payload, "dag-json; - reads it from standard input").show_default();
    command
        .add_option("--expect", arguments.expect,
                    "append only if the chain ends with this CID, or with none: exit status 4 if it does not")
        .type_name("CID|none")
        .check(expectation());
    command.add_option("--timestamp", arguments.timestamp, "when it happened; default now").check(moment_check());
    command.add_option("--transaction-id", arguments.transaction_id, "default: the CID of the event");
    command.add_option("--correlation-id", arguments.trace.correlation_id, "what it belongs to");
    command.add_option("--causation-id", arguments.trace.causation_id, "what caused it");
    command.add_option("--traceparent", arguments.trace.traceparent, "W3C Trace Context");
}

} // namespace

void add_append(CommandLine& line) {
    line.add<AppendArguments>(
        line.app(), "append", "append one event",
        {"cim append graph-123 NodeCreated '{\"node_id\": \"n1\", \"node_type\": \"Document\"}' --expect none",
         "cim append graph-123 NodeRemoved '{\"node_id\": \"n1\"}'", "echo '{}' | cim append notes Noted -"},
        bind_append, run_append);
}

} // namespace cim::cli
