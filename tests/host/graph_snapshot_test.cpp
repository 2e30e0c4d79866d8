// Aim: a start from a snapshot gives exactly the graph of the whole log, and one that does not fit is told of and not
// used. Method: snapshots saved, damaged and moved between logs.
#include <cim/graph_snapshot.hpp>

#include "host/support.hpp"

namespace cim::test {
namespace {

constexpr auto from_snapshot = History::snapshot;

std::string save(MemoryStore& store, std::size_t nodes) {
    auto bridge = opened(store);
    EXPECT_TRUE(pump_until_nodes(bridge, nodes));
    const auto id = bridge.save_snapshot();
    EXPECT_TRUE(id) << id.error().text();
    EXPECT_EQ(bridge.save_snapshot().error().code, Errc::limit_exceeded) << "one at a time";
    const auto outcome = outcome_of(bridge, *id);
    EXPECT_FALSE(outcome.error) << outcome.error->text();
    return outcome.state->to_string();
}

TEST(GraphSnapshot, StartsWithItAndReadsWhatCameAfter) {
    MemoryStore store;
    add_many(store, 10, 3);
    const auto state = save(store, 30);
    EXPECT_EQ(state, state_of(store));
    add_nodes(store, {"x", "y"});
    auto bridge = opened(store, {.graph = graph_id, .history = from_snapshot});
    const auto first = bridge.pump({.max_events = 1});
    EXPECT_TRUE(first->rebuilt);
    EXPECT_GE(first->model->node_count(), 30u);
    EXPECT_EQ(bridge.status().started_after, GlobalSequence{30});
    EXPECT_FALSE(bridge.status().snapshot_error);
    ASSERT_TRUE(pump_until_nodes(bridge, 32));
    EXPECT_EQ(bridge.statistics().graph.events, 2u) << "what is in the snapshot was not read";
    EXPECT_EQ(state_cid(bridge.model()).to_string(), state_of(store));
}

TEST(GraphSnapshot, ReadsTheLogWhereThereIsNone) {
    MemoryStore store;
    add_nodes(store, {"a"});
    auto bridge = opened(store, {.graph = graph_id, .history = from_snapshot});
    ASSERT_TRUE(pump_until_nodes(bridge, 1));
    EXPECT_FALSE(bridge.status().snapshot_error);
}

TEST(GraphSnapshot, ReadsTheLogWhereItDoesNotFit) {
    MemoryStore store;
    add_many(store, 4, 1);
    save(store, 4);
    const auto good = *load_graph_snapshot(store.documents(), "graph-1");
    ASSERT_TRUE(good);
    const auto opens_with = [&](Errc code) {
        auto bridge = opened(store, {.graph = graph_id, .history = from_snapshot});
        EXPECT_TRUE(pump_until_nodes(bridge, 4));
        const auto status = bridge.status();
        ASSERT_TRUE(status.snapshot_error);
        EXPECT_EQ(status.snapshot_error->code, code) << status.snapshot_error->text();
        EXPECT_EQ(status.started_after, GlobalSequence{});
        EXPECT_EQ(state_cid(bridge.model()).to_string(), state_of(store));
    };
    const auto put = [&](GraphSnapshot snapshot) {
        ASSERT_TRUE(save_graph_snapshot(store.documents(), "graph-1", std::move(snapshot)));
    };
    auto other = *good;
    other.subject = "event.store.graph-2.>";
    put(other);
    opens_with(Errc::conflict);

    other = *good;
    other.position.cid = Cid::of_dag_cbor(as_bytes("another event"));
    put(other);
    opens_with(Errc::history_rewritten);

    other = *good;
    other.block.pop_back();
    put(other);
    opens_with(Errc::invalid_dag_cbor);

    // Each byte of the document changed: never another graph. (A changed type of a node is only the state CID's to
    // find.)
    put(*good);
    const auto document = *store.documents().get(graph_snapshot_collection, "graph-1");
    for (std::size_t at = 0; at < document->value.size(); at += 7) {
        auto changed = document->value;
        changed[at] ^= std::byte{0x20};
        ASSERT_TRUE(store.documents().put(graph_snapshot_collection, "graph-1", changed));
        auto bridge = opened(store, {.graph = graph_id, .history = from_snapshot});
        EXPECT_TRUE(pump_until_nodes(bridge, 4)) << "byte " << at;
        EXPECT_EQ(state_cid(bridge.model()).to_string(), state_of(store)) << "byte " << at;
    }
}

TEST(GraphSnapshot, FailsWhereWhatComesDoesNotLinkToIt) {
    MemoryStore store;
    add_many(store, 3, 1);
    save(store, 3);
    auto snapshot = *load_graph_snapshot(store.documents(), "graph-1");
    snapshot->heads[0].head.cid = Cid::of_dag_cbor(as_bytes("another event"));
    ASSERT_TRUE(save_graph_snapshot(store.documents(), "graph-1", *snapshot));
    add_nodes(store, {"d"});
    auto bridge = opened(store, {.graph = graph_id, .history = from_snapshot});
    ASSERT_TRUE(pump_until(bridge, [&] { return bridge.status().state == ConnectionState::failed; }));
    EXPECT_EQ(bridge.status().error->code, Errc::chain_broken);
}

TEST(GraphSnapshot, RefusesDocumentsThatAreNone) {
    MemoryStore store;
    auto& documents = store.documents();
    EXPECT_FALSE(*load_graph_snapshot(documents, "nothing"));
    const auto code = [&](const ipld::Value& value) {
        EXPECT_TRUE(documents.put(graph_snapshot_collection, "x", *ipld::encode(value)));
        const auto loaded = load_graph_snapshot(documents, "x");
        return loaded ? Errc{} : loaded.error().code;
    };
    EXPECT_EQ(code(ipld::Value()), Errc::store_corrupt);
    EXPECT_EQ(code({{"version", 2}}), Errc::store_corrupt);
    EXPECT_EQ(code({{"version", 1}}), Errc::store_corrupt);
    EXPECT_EQ(load_graph_snapshot(documents, "a b").error().code, Errc::invalid_argument);
}

TEST(GraphSnapshot, NamesDocumentsOfGraphsThatNoneMayHave) {
    MemoryStore store;
    const AggregateId odd{"gräph/1"};
    add_nodes(store, {"a"}, odd);
    auto bridge = opened(store, {.graph = odd});
    ASSERT_TRUE(pump_until_nodes(bridge, 1));
    const auto outcome = outcome_of(bridge, *bridge.save_snapshot());
    EXPECT_FALSE(outcome.error) << outcome.error->text();
    auto again = opened(store, {.graph = odd, .history = from_snapshot});
    EXPECT_EQ(again.pump()->model->node_count(), 1u);
}

} // namespace
} // namespace cim::test
