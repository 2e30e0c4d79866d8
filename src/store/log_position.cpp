#include <cim/event_store.hpp>
#include <cim/log_position.hpp>

#include "base/try.hpp"

#include <fmt/format.h>

namespace cim {

namespace {

constexpr const char* advice = "the log was replaced or restored: compare it with a copy, then start anew";

std::string text_of(const std::optional<Cid>& cid) { return cid ? cid->to_string() : "unknown"; }

Error ends_before(const LogPosition& position, GlobalSequence last) {
    return {Errc::history_rewritten,
            fmt::format("the log ends with event {}, and was read up to {}", last.value(), position.sequence.value()),
            advice,
            {{"sequence", std::to_string(position.sequence.value())},
             {"expected", text_of(position.cid)},
             {"actual", "none"},
             {"last", std::to_string(last.value())}}};
}

Error is_another(const LogPosition& position, const Cid& actual) {
    const auto sequence = std::to_string(position.sequence.value());
    return {
        Errc::history_rewritten,
        fmt::format("event {} of the log is {} now and was {}", sequence, actual.to_string(), text_of(position.cid)),
        advice,
        {{"sequence", sequence}, {"expected", text_of(position.cid)}, {"actual", actual.to_string()}}};
}

} // namespace

Result<> confirm_position(EventStore& store, const LogPosition& position) {
    const auto sequence = position.sequence.value();
    if (sequence == 0) return {};
    CIM_TRY_ASSIGN(const auto info, store.summary());
    if (info.last < position.sequence) return fail(ends_before(position, info.last));
    if (!position.cid) return {};

    auto query = ReadQuery::all(GlobalSequence(sequence - 1));
    query.upto = sequence;
    query.limit = 1;
    CIM_TRY_ASSIGN(const auto page, store.read(query));
    // A replica that lags behind the one that was asked first; what is really gone is reported as often as it is asked
    // for.
    if (page.events.empty())
        return fail(Errc::store_unavailable,
                    fmt::format("the log ends with event {} and does not give event {}", info.last.value(), sequence),
                    "try again; if it stays so, the event was deleted", {{"sequence", std::to_string(sequence)}});
    const auto& actual = page.events.front().cid();
    if (actual != *position.cid) return fail(is_another(position, actual));
    return {};
}

} // namespace cim
