// A place in a log that is recognised when one comes back to it: a sequence, and the CID of the event there.
//
// Whoever reads a log and goes on later (a subscriber, a mirror) keeps one. A sequence alone would be believed of a log
// that was lost, restored or replaced in between, and what came instead would be taken for what follows.
#pragma once

#include <cim/cid.hpp>
#include <cim/error.hpp>
#include <cim/ids.hpp>

#include <optional>

namespace cim {

class EventStore;

struct LogPosition {
    GlobalSequence sequence{}; ///< 0: before the first event.
    std::optional<Cid> cid;    ///< nullopt: nothing is known of the event there, and every log that is so long agrees.
    friend bool operator==(const LogPosition&, const LogPosition&) = default;
};

/// Succeeds if the event at that sequence still has that CID. Errors: history_rewritten with fields `sequence`,
/// `expected` and `actual` (the CIDs; `actual` is "none" where the log ends before it, then with the field `last`),
/// store_unavailable where the log goes on and does not give that event, and what the store reports.
[[nodiscard]] Result<> confirm_position(EventStore& store, const LogPosition& position);

} // namespace cim
