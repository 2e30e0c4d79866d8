#include <cim/event_store.hpp>
#include <cim/log_position.hpp>

#include "base/try.hpp"

#include <fmt/format.h>

namespace cim {

Result<> confirm_position(EventStore& store, const LogPosition& position) {
    const auto sequence = position.sequence.value();
    if (sequence == 0 || !position.cid) return {};
    auto query = ReadQuery::all(GlobalSequence(sequence - 1));
    query.upto = sequence;
    query.limit = 1;
    CIM_TRY_ASSIGN(const auto page, store.read(query));
    if (!page.events.empty() && page.events.front().cid() == *position.cid) return {};

    const auto actual = page.events.empty() ? "none" : page.events.front().cid().to_string();
    auto what =
        page.events.empty()
            ? fmt::format("the log has no event {} any more, which was {}", sequence, position.cid->to_string())
            : fmt::format("event {} of the log is {} now and was {}", sequence, actual, position.cid->to_string());
    return fail(Errc::history_rewritten, std::move(what),
                "the log was replaced or restored: compare it with a copy, then start anew",
                {{"sequence", std::to_string(sequence)}, {"expected", position.cid->to_string()}, {"actual", actual}});
}

} // namespace cim
