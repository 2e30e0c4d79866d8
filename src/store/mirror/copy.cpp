#include <cim/mirror.hpp>

#include "base/try.hpp"
#include "store/mirror/transfer.hpp"
#include "store/read_ahead.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cim {

namespace {

Result<> check(std::size_t batch_events) {
    if (batch_events >= 1 && batch_events <= ReadQuery::max_page) return {};
    return fail(Errc::invalid_argument,
                fmt::format("a batch of {} events: it must have 1 to {}", batch_events, ReadQuery::max_page), {},
                {{"name", "batch_events"}});
}

} // namespace

Result<CopyProgress> copy(EventStore& source, EventStore& target, const CopyOptions& options) {
    CIM_TRY(check(options.batch_events));
    CIM_TRY_ASSIGN(const auto info, source.summary());
    const auto batch_events = std::min(options.batch_events, target.limits().append_events);
    mirror::Transfer transfer(target, batch_events, {options.after, std::nullopt});
    auto& progress = transfer.progress();
    progress.last = info.last;
    if (info.last <= options.after) return progress;

    auto query = ReadQuery::all(options.after);
    query.upto = info.last.value();
    ReadAhead pages(source, query);
    auto told = progress.position;
    while (!options.stop.stop_requested()) {
        CIM_TRY_ASSIGN(const auto events, pages.next());
        if (events.empty()) {
            CIM_TRY(transfer.finish());
            if (options.on_progress) options.on_progress(progress);
            return progress;
        }
        CIM_TRY(transfer.add(events));
        if (options.on_progress && progress.position != told) {
            told = progress.position;
            options.on_progress(progress);
        }
    }
    CIM_TRY(transfer.flush());
    return progress;
}

} // namespace cim
