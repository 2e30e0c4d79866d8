#include "store/jetstream/event_message.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace cim::jetstream {

namespace {

// A header line's value begins and ends with no blank, and a percent sign stands for itself only when it is escaped.
std::string escape(std::string_view text) {
    const auto is_blank_end = [&](std::size_t i) { return text[i] == ' ' && (i == 0 || i + 1 == text.size()); };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%')
            out += "%25";
        else if (is_blank_end(i))
            out += "%20";
        else
            out += text[i];
    }
    return out;
}

std::string_view unescape(std::string_view text, std::string& room) {
    if (text.find('%') == std::string_view::npos) return text;
    room.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto three = text.substr(i, 3);
        if (three == "%25" || three == "%20") {
            room += three == "%25" ? '%' : ' ';
            i += 2;
        } else {
            room += text[i];
        }
    }
    return room;
}

template <class Number> bool parse_number(std::string_view text, Number& number) {
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
    return status == std::errc{} && end == text.data() + text.size() && !text.empty();
}

std::string_view trimmed(std::string_view value) {
    while (value.starts_with(' ')) value.remove_prefix(1);
    while (value.ends_with(' ')) value.remove_suffix(1);
    return value;
}

} // namespace

std::string_view find_header(std::string_view headers, std::string_view name) {
    for (auto at = headers.find("\r\n"); at != std::string_view::npos; at = headers.find("\r\n", at)) {
        at += 2;
        const auto line = headers.substr(at, headers.find("\r\n", at) - at);
        if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ':') continue;
        auto value = line.substr(name.size() + 1);
        while (value.starts_with(' ')) value.remove_prefix(1);
        return value;
    }
    return {};
}

std::string event_subject(std::string_view prefix, std::string_view aggregate, std::string_view type) {
    std::string subject;
    subject.reserve(prefix.size() + aggregate.size() + type.size() + 2);
    subject.append(prefix).append(1, '.').append(aggregate).append(1, '.').append(type);
    return subject;
}

std::string aggregate_filter(std::string_view prefix, std::string_view aggregate) {
    return event_subject(prefix, aggregate, ">");
}

Headers event_headers(const ChainedTransaction& transaction, std::size_t index) {
    const auto events = transaction.events();
    const auto& previous = index == 0 ? transaction.start().cid : std::optional(events[index - 1].cid);
    auto cid = events[index].cid.to_string();
    Headers headers;
    headers.reserve(12); // with those that the writer adds
    headers.emplace_back("Nats-Msg-Id", cid);
    headers.emplace_back("Cid", std::move(cid));
    if (previous) headers.emplace_back("Previous-Cid", previous->to_string());
    headers.emplace_back("Aggregate-Sequence", std::to_string(transaction.start().sequence.value() + 1 + index));
    headers.emplace_back("Transaction-Id", escape(transaction.id().str()));
    if (events.size() > 1) {
        headers.emplace_back("Transaction-Index", std::to_string(index));
        headers.emplace_back("Transaction-Size", std::to_string(events.size()));
    }
    const auto& trace = transaction.trace();
    if (!trace.correlation_id.empty()) headers.emplace_back("Correlation-Id", escape(trace.correlation_id));
    if (!trace.causation_id.empty()) headers.emplace_back("Causation-Id", escape(trace.causation_id));
    if (!trace.traceparent.empty()) headers.emplace_back("traceparent", escape(trace.traceparent));
    return headers;
}

Result<> MessageReader::read(MessagePlace place, std::string_view headers, std::string_view data,
                             EventMessage& into) const {
    const auto foreign = [&](std::string_view why) {
        return fail(
            Errc::store_foreign,
            fmt::format("message {} on '{}' was not written by cim: {}", place.sequence, printable(place.subject), why),
            "keep other programs from publishing there: docs/nats.md has the permissions that do; what is in the "
            "stream stays, so copy the events to a new one",
            {{"subject", std::string(place.subject)}, {"global_sequence", std::to_string(place.sequence)}});
    };

    auto rest = place.subject;
    if (!rest.starts_with(prefix_) || rest.size() <= prefix_.size() || rest[prefix_.size()] != '.')
        return foreign("its subject begins otherwise");
    rest.remove_prefix(prefix_.size() + 1);
    const auto dot = rest.find('.');
    if (dot == std::string_view::npos || rest.find('.', dot + 1) != std::string_view::npos)
        return foreign(fmt::format("its subject is not {}.AGGREGATE.TYPE", prefix_));

    into.aggregate_id = rest.substr(0, dot);
    into.event_type = rest.substr(dot + 1);
    into.sequence = place.sequence;
    into.aggregate_sequence = 0;
    into.transaction_id = {};
    into.transaction_index = 0;
    into.transaction_size = 1;
    into.correlation_id = into.causation_id = into.traceparent = {};
    into.block = data;

    std::string_view cid;
    auto at = headers.find("\r\n");
    while (at != std::string_view::npos) {
        at += 2;
        const auto end = headers.find("\r\n", at);
        if (end == std::string_view::npos || end == at) break;
        const auto line = headers.substr(at, end - at);
        at = end;
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const auto name = line.substr(0, colon);
        if (name.starts_with("Nats-")) continue; // the server's own, and most lines
        const auto value = trimmed(line.substr(colon + 1));
        if (name == "Cid")
            cid = value;
        else if (name == "Aggregate-Sequence") {
            if (!parse_number(value, into.aggregate_sequence))
                return foreign("its header Aggregate-Sequence is no number");
        } else if (name == "Transaction-Id")
            into.transaction_id = unescape(value, into.unescaped[0]);
        else if (name == "Transaction-Index") {
            if (!parse_number(value, into.transaction_index))
                return foreign("its header Transaction-Index is no number");
        } else if (name == "Transaction-Size") {
            if (!parse_number(value, into.transaction_size)) return foreign("its header Transaction-Size is no number");
        } else if (name == "Correlation-Id")
            into.correlation_id = unescape(value, into.unescaped[1]);
        else if (name == "Causation-Id")
            into.causation_id = unescape(value, into.unescaped[2]);
        else if (name == "traceparent")
            into.traceparent = unescape(value, into.unescaped[3]);
    }
    if (cid.empty()) return foreign("it has no header Cid");
    if (into.aggregate_sequence == 0) return foreign("it has no header Aggregate-Sequence");
    if (into.transaction_id.empty()) return foreign("it has no header Transaction-Id");
    if (into.transaction_index >= into.transaction_size) return foreign("its place in its transaction is impossible");
    auto parsed = Cid::parse(cid);
    if (!parsed) return foreign(fmt::format("its header Cid is none: {}", parsed.error().message));
    into.cid = *std::move(parsed);
    return {};
}

detail::StoredEvent stored_event(const EventMessage& message) {
    return {.block = as_bytes(message.block),
            .cid = *message.cid,
            .sequence = GlobalSequence(message.sequence),
            .aggregate_sequence = AggregateSequence(message.aggregate_sequence),
            .aggregate_id = message.aggregate_id,
            .transaction_id = message.transaction_id,
            .transaction_index = message.transaction_index,
            .transaction_size = message.transaction_size,
            .correlation_id = message.correlation_id,
            .causation_id = message.causation_id,
            .traceparent = message.traceparent};
}

} // namespace cim::jetstream
