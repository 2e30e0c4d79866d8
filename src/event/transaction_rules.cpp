#include "event/transaction_rules.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"
#include "base/utf8.hpp"
#include "event/block_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace cim::detail {

namespace {

constexpr std::size_t max_label_size = 255;

std::string_view label_fault(std::string_view text) noexcept {
    if (text.size() > max_label_size) return "is longer than 255 bytes";
    if (std::ranges::any_of(text, [](unsigned char octet) { return octet < 0x20 || octet == 0x7f; }))
        return "holds a control character";
    if (!is_valid_utf8(text)) return "is not UTF-8";
    return {};
}

Result<> check_label(std::string_view text, std::string_view name) {
    const auto reason = label_fault(text);
    if (reason.empty()) return {};
    auto shown = printable(text);
    auto message = fmt::format("{} '{}' {}", name, shown, reason);
    return fail(Errc::invalid_argument, std::move(message), {},
                {{"name", std::string(name)}, {"value", std::move(shown)}, {"reason", std::string(reason)}});
}

} // namespace

Result<> check_labels(const TransactionId& id, const TraceContext& trace) {
    CIM_TRY(check_label(id.str(), "transaction_id"));
    CIM_TRY(check_label(trace.correlation_id, "correlation_id"));
    CIM_TRY(check_label(trace.causation_id, "causation_id"));
    return check_label(trace.traceparent, "traceparent");
}

Result<> check_start(const ChainHead& start) {
    const auto sequence = std::to_string(start.sequence.value());
    if (start.cid.has_value() != (start.sequence.value() != 0))
        return fail(Errc::invalid_argument,
                    fmt::format("a chain head at sequence {} {} a CID", sequence, start.cid ? "with" : "without"),
                    "the head of an empty chain has sequence 0 and no CID, every other one has both",
                    {{"name", "start"}, {"sequence", sequence}});
    if (start.cid && !is_event_cid(start.cid->bytes()))
        return fail(Errc::invalid_argument,
                    fmt::format("the chain head's CID {} is not one of an event block", start.cid->to_string()), {},
                    {{"name", "start"}, {"sequence", sequence}, {"value", start.cid->to_string()}});
    return {};
}

Result<> check_event_count(std::size_t count) {
    if (count == 0)
        return fail(Errc::invalid_argument, "a transaction without events", "add at least one", {{"name", "events"}});
    if (count > Transaction::max_events)
        return fail(Errc::limit_exceeded,
                    fmt::format("a transaction of {} events, the limit is {}", count, Transaction::max_events),
                    "append it as several transactions",
                    {{"name", "events"},
                     {"limit", std::to_string(Transaction::max_events)},
                     {"needed", std::to_string(count)}});
    return {};
}

} // namespace cim::detail
