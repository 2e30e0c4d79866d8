// What every importer is given to report and to stop, and what it answers.
#pragma once

#include <cim/cid.hpp>
#include <cim/ids.hpp>
#include <cim/time.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cim::importer {

/// How far an import has come. Only what the store has acknowledged is counted.
struct ImportProgress {
    std::uint64_t events = 0;
    std::uint64_t transactions = 0;
    std::optional<std::uint64_t> total_transactions; ///< Where it is known beforehand.
};

/// The caller's side of a running import. Both functions are called from the thread that imports.
struct ImportControl {
    /// After each batch that the store has acknowledged. May be empty.
    std::function<void(const ImportProgress&)> progress;
    /// Asked between transactions; true ends the import cleanly after the transactions read so far. May be empty.
    std::function<bool()> stop;
    /// Worth a little time to find out ImportProgress::total_transactions.
    bool wants_total = false;
    const Clock* clock = &system_clock();
};

struct ImportReport {
    std::uint64_t events = 0;
    std::uint64_t transactions = 0;
    std::uint64_t skipped = 0;           ///< Records left out: already there, or invalid and asked to be skipped.
    std::vector<AggregateId> aggregates; ///< Those that were written to, by name; at most max_named_aggregates.
    std::uint64_t aggregate_count = 0;
    std::optional<Cid> head;        ///< Of the aggregate, if it is one only.
    bool stopped = false;           ///< ImportControl::stop ended it before the input did.
    std::vector<std::string> notes; ///< What the user should know, one sentence each.

    static constexpr std::size_t max_named_aggregates = 100;
};

} // namespace cim::importer
