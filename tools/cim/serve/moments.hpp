// The graph as of any event of the log: from a snapshot that was kept on the way, and the events since, read and
// verified.
//
// Snapshots are bounded in bytes; when they are too many, every other one is given up and the next come at twice the
// distance. The graph that was asked for last is kept too, so that going on from there costs only the way.
#pragma once

#include <cim/event_store.hpp>
#include <cim/graph_mapping.hpp>
#include <cim/graph_projection.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

namespace cim::serve {

/// Safe to use from several threads at once. The store must outlive it.
class Moments {
  public:
    Moments(EventStore& store, GraphMapping mapping, std::optional<AggregateId> aggregate,
            std::size_t snapshot_bytes = 64u << 20)
        : store_(store), mapping_(std::move(mapping)), aggregate_(std::move(aggregate)), limit_(snapshot_bytes) {}

    /// Offers the graph as of that event, the `events`-th; it is kept if it is time for a snapshot.
    void offer(GlobalSequence sequence, std::uint64_t events, const GraphModel& model);
    /// Shows the graph as of that event, exactly: also inside a transaction. One caller at a time. Errors: what `use`
    /// returns, what the store reports, cid_mismatch and chain_broken.
    [[nodiscard]] Result<> at(GlobalSequence sequence, const std::function<Result<>(const GraphModel&)>& use);

  private:
    [[nodiscard]] Result<> go_back(GlobalSequence sequence);
    [[nodiscard]] Result<> go_on(GlobalSequence sequence);

    EventStore& store_;
    const GraphMapping mapping_;
    const std::optional<AggregateId> aggregate_;
    const std::size_t limit_;

    std::mutex snapshots_mutex_;               // never held while waiting for use_mutex_
    std::map<std::uint64_t, Bytes> snapshots_; // by sequence
    std::size_t bytes_ = 0;
    std::uint64_t due_ = 0; // number of the event at which the next is kept
    std::uint64_t distance_ = 16'384;

    std::mutex use_mutex_;
    std::optional<GraphProjection> current_;
    std::uint64_t position_ = 0;
};

} // namespace cim::serve
