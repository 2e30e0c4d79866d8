#include <cim/dag_json.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"
#include "file_import.hpp"
#include "jsonl_record.hpp"
#include "line_reader.hpp"
#include "record_loop.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace cim::importer {
namespace {

std::unexpected<Error> bad(std::string message, std::string advice = {}) {
    return fail(Errc::invalid_input, std::move(message), std::move(advice));
}

Result<std::string> text_of(const std::string& name, const ipld::Value& value) {
    if (const auto* text = value.if_string()) return *text;
    return bad(fmt::format("'{}' is a {}, not a string", name, to_string(value.kind())));
}

Result<Timestamp> time_of(const ipld::Value& value) {
    if (const auto* text = value.if_string()) return parse_rfc3339(*text);
    if (const auto* number = value.if_integer()) {
        if (const auto micros = number->to_int64()) return from_micros(*micros);
    }
    return bad(fmt::format("'timestamp' is a {}, not a time", to_string(value.kind())),
               "write RFC 3339, as in \"2025-11-01T12:00:00Z\", or an integer of microseconds since 1970");
}

Result<> put(ImportRecord& record, const std::string& name, ipld::Value value) {
    if (name == "payload") {
        record.payload = std::move(value);
        return {};
    }
    if (name == "timestamp") {
        CIM_TRY_ASSIGN(record.timestamp, time_of(value));
        return {};
    }
    std::string* place = nullptr;
    std::string text;
    if (name == "event_type") place = &record.event_type;
    if (name == "correlation_id") place = &record.trace.correlation_id;
    if (name == "causation_id") place = &record.trace.causation_id;
    if (name == "traceparent") place = &record.trace.traceparent;
    if (name == "aggregate_id" || name == "transaction_id") place = &text;
    if (place == nullptr) {
        return bad(fmt::format("unknown member '{}'", printable(name)),
                   "an event has aggregate_id, event_type, payload, and optionally timestamp, transaction_id, "
                   "correlation_id, causation_id, traceparent; what belongs to it stands in its payload");
    }
    CIM_TRY_ASSIGN(*place, text_of(name, value));
    if (name == "aggregate_id") record.aggregate = AggregateId(text);
    if (name == "transaction_id") record.transaction_id = TransactionId(text);
    return {};
}

} // namespace

Result<ImportRecord> parse_jsonl_record(std::string_view line) {
    CIM_TRY_ASSIGN(ipld::Value value, ipld::decode_dag_json(line));
    const auto* members = value.if_map();
    if (members == nullptr) return bad(fmt::format("a {}, not an object", to_string(value.kind())));
    for (const char* name : {"aggregate_id", "event_type", "payload"}) {
        if (!members->contains(name)) return bad(fmt::format("'{}' is missing", name));
    }
    ImportRecord record;
    for (const auto& [name, member] : *members) CIM_TRY(put(record, name, member));
    return record;
}

Result<ImportReport> import_jsonl(EventStore& store, std::istream& in, const FileImportOptions& options,
                                  const ImportControl& control) {
    RecordLoop loop(store, options, control);
    LineReader lines(in, options.source);
    const auto read_all = [&]() -> Result<> {
        while (true) {
            CIM_TRY_ASSIGN(const bool found, lines.next());
            if (!found) return {};
            CIM_TRY_ASSIGN(const bool go_on,
                           loop.take(parse_jsonl_record(lines.line()), lines.number(), lines.line().size()));
            if (!go_on) return {};
        }
    };
    return loop.finish(read_all());
}

} // namespace cim::importer
