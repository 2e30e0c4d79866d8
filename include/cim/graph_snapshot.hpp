// A graph as it was after some event, kept in a store's documents, so that a start-up reads the snapshot and what came
// after it instead of the whole log.
//
// A snapshot proves itself: it carries the state CID, which is the hash of the graph's canonical block, the position in
// the log with the CID of the event there, and the heads of the chains that are in it, to which what comes next must
// link. It is a cache: without it, or where it does not fit, the log alone gives the same graph. Format:
// docs/formats/graph-snapshot.md. Values; the functions may be called from any thread.
#pragma once

#include <cim/bytes.hpp>
#include <cim/cid.hpp>
#include <cim/document_store.hpp>
#include <cim/graph_model.hpp>
#include <cim/ids.hpp>
#include <cim/log_position.hpp>
#include <cim/transaction.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cim {

/// The collection of a store's documents in which snapshots are kept.
inline constexpr std::string_view graph_snapshot_collection = "graph-snapshots";

struct GraphSnapshot {
    struct Head {
        AggregateId aggregate;
        ChainHead head;
        friend bool operator==(const Head&, const Head&) = default;
    };

    /// Of the last event that is in the graph or was not wanted; sequence 0 for the graph before the first event.
    LogPosition position;
    /// Which events: the subject pattern under which they were read.
    std::string subject;
    /// Of every chain with an event in the graph, by aggregate.
    std::vector<Head> heads;
    /// snapshot() of the graph.
    Bytes block;
    /// The CID of `block`; save_graph_snapshot() sets it.
    std::optional<Cid> state;
};

/// Puts it under that name in place of what was there; the name must be a document's, see DocumentStore. Gives the
/// state CID. Errors: limit_exceeded for a graph whose document would be larger than DocumentStore::max_size, and what
/// DocumentStore::put reports.
[[nodiscard]] Result<Cid> save_graph_snapshot(DocumentStore& documents, std::string_view name, GraphSnapshot snapshot);

/// What was saved under that name, its block checked against its state CID; nullopt if there is none. Errors:
/// store_corrupt for a document that is no snapshot, cid_mismatch with fields `expected` and `actual`, and what
/// DocumentStore::get reports.
[[nodiscard]] Result<std::optional<GraphSnapshot>> load_graph_snapshot(DocumentStore& documents, std::string_view name);

} // namespace cim
