#include "cloudevents.hpp"

#include <cim/dag_json.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"
#include "json_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace cim::importer {
namespace {

using Json = nlohmann::ordered_json;

std::unexpected<Error> bad(std::string message) {
    return fail(Errc::invalid_input, std::move(message), "cim reads CloudEvents 1.0 in the JSON format");
}

Result<std::string> attribute(const Json& json, const char* name, bool required) {
    const auto found = json.find(name);
    if (found == json.end()) {
        if (required) return bad(fmt::format("attribute '{}' is missing", name));
        return std::string();
    }
    if (!found->is_string()) return bad(fmt::format("attribute '{}' is a {}, not a string", name, found->type_name()));
    auto text = found->get<std::string>();
    if (text.empty()) return bad(fmt::format("attribute '{}' is empty", name));
    return text;
}

/// CloudEvents may name nanoseconds; an event's timestamp has microseconds, and the whole text stays in its payload.
std::string without_nanoseconds(std::string text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto point = text.find('.');
    if (point == std::string::npos) return text;
    const auto first = text.begin() + static_cast<std::ptrdiff_t>(point) + 1;
    const auto end = std::find_if_not(first, text.end(), is_digit);
    if (end - first > 6) text.erase(first + 6, end);
    return text;
}

/// `source` and `id` together name a CloudEvent; in the rare case that they make no transaction id, their hash does.
TransactionId transaction_id(const std::string& source, const std::string& id) {
    const auto readable = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
    const std::string both = source + ' ' + id; // a URI reference has no blank in it
    if (both.size() <= max_token_size && std::ranges::all_of(both, readable) && source.find(' ') == std::string::npos) {
        return TransactionId(both);
    }
    return TransactionId(Cid::of(multicodec::raw, as_bytes(source + '\n' + id)).to_string());
}

std::optional<Json> original(const DomainEvent& event) {
    const auto text = [&](std::string_view key) {
        const auto value = event.payload().find(key);
        return value ? value->as_string().value_or("") : std::string_view();
    };
    const bool is_one = text("specversion") == "1.0" && !text("id").empty() && !text("source").empty() &&
                        escape_token(text("type")) == event.event_type();
    return is_one ? to_json(event.payload()) : std::nullopt;
}

/// The attributes that every CloudEvent has, in the order of the specification, then the others.
Json in_usual_order(Json json) {
    Json result = Json::object();
    for (const char* name :
         {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema"}) {
        if (const auto found = json.find(name); found != json.end()) result[name] = *found;
    }
    for (auto& [name, value] : json.items()) {
        if (!result.contains(name)) result[name] = value;
    }
    return result;
}

} // namespace

Result<ImportRecord> from_cloudevent(const Json& json, AggregateBy by) {
    if (!json.is_object()) return bad(fmt::format("a {}, not an object", json.type_name()));
    CIM_TRY_ASSIGN(const auto version, attribute(json, "specversion", true));
    if (version != "1.0") return bad(fmt::format("specversion is '{}', not '1.0'", printable(version)));
    CIM_TRY_ASSIGN(const auto id, attribute(json, "id", true));
    CIM_TRY_ASSIGN(const auto source, attribute(json, "source", true));
    CIM_TRY_ASSIGN(const auto type, attribute(json, "type", true));
    CIM_TRY_ASSIGN(const auto subject, attribute(json, "subject", false));
    CIM_TRY_ASSIGN(const auto time, attribute(json, "time", false));
    if (json.contains("data") && json.contains("data_base64")) return bad("it has both 'data' and 'data_base64'");

    ImportRecord record;
    record.event_type = escape_token(type);
    record.aggregate = AggregateId(escape_token(by == AggregateBy::source || subject.empty() ? source : subject));
    record.transaction_id = transaction_id(source, id);
    if (!time.empty()) {
        CIM_TRY_ASSIGN(record.timestamp, parse_rfc3339(without_nanoseconds(time)));
    }
    if (const auto parent = json.find("traceparent"); parent != json.end() && parent->is_string()) {
        record.trace.traceparent = parent->get<std::string>();
    }
    CIM_TRY_ASSIGN(record.payload, to_value(json));
    return record;
}

Result<Json> to_cloudevent(const DomainEvent& event) {
    if (auto json = original(event)) return in_usual_order(*std::move(json));
    CIM_TRY_ASSIGN(const auto payload, ipld::encode_dag_json(event.payload()));
    Json json;
    json["specversion"] = "1.0";
    json["id"] = event.cid().to_string();
    json["source"] = fmt::format("urn:cim:{}", event.aggregate_id());
    json["type"] = event.event_type();
    json["subject"] = event.aggregate_id();
    json["time"] = to_rfc3339(event.timestamp());
    json["datacontenttype"] = "application/json";
    if (!event.traceparent().empty()) json["traceparent"] = event.traceparent();
    CIM_TRY_ASSIGN(json["data"], parse_json(payload));
    return json;
}

} // namespace cim::importer
