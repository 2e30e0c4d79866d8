// Aim: the snapshot format is what docs/formats/snapshot.md says, down to the byte; equal graphs have equal state CIDs
// by whatever way they came about; a reader refuses everything else. Method: golden bytes taken apart by hand, a round
// trip, a table of refused snapshots, and every one-bit change of a valid one. (The random tests compare snapshots with
// those of the general encoder.)
#include <cim/graph_model.hpp>

#include "graph/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace cim::test {
namespace {

using mutation::Reparent;
using mutation::Translate;

std::string hex(ByteView bytes) {
    std::string text;
    for (const auto byte : bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        text += digits[std::to_integer<unsigned>(byte) >> 4];
        text += digits[std::to_integer<unsigned>(byte) & 15];
    }
    return text;
}

Bytes block_of(std::string_view json) { return *ipld::encode(from_json(json)); }

GraphModel example() {
    return model_of({add_node("a", "Doc", R"({"title":"A"})"), add_node("bb", "Doc"),
                     add_edge("e1", "a", "bb", "links"), add_edge("w", "a", "zz", "links", R"({"n":1})"),
                     transform("bb", Reparent{"a"}), transform("bb", Translate{{1, 2, 0.5}}),
                     create_subgraph("s", {"bb", "a"}, "Pair"), collapse("s")});
}

constexpr std::string_view example_json =
    R"({"edges":{"e1":{"source":"a","target":"bb","type":"links"}},)"
    R"("nodes":{"a":{"properties":{"title":"A"},"type":"Doc"},)"
    R"("bb":{"parent":"a","transform":{"rotation":[0.0,0.0,0.0,1.0],"scale":[1.0,1.0,1.0],)"
    R"("translation":[1.0,2.0,0.5]},"type":"Doc"}},)"
    R"("subgraphs":{"s":{"collapsed":true,"label":"Pair","nodes":["a","bb"]}},)"
    R"("waiting":{"w":{"properties":{"n":1},"source":"a","target":"zz","type":"links"}}})";

TEST(Snapshot, OfTheEmptyGraph) {
    // A4, a map of four; 65 "edges" A0, 65 "nodes" A0, 67 "waiting" A0, 69 "subgraphs" A0.
    EXPECT_EQ(hex(snapshot(GraphModel())), "a4"
                                           "656564676573a0"
                                           "656e6f646573a0"
                                           "6777616974696e67a0"
                                           "69737562677261706873a0");
    EXPECT_EQ(state_cid(GraphModel()).to_string(), "bafyreiawcwz6od42hdze5es2k5pigsp4devkvevqhz4xwhzab4hwhv4c5e");
}

TEST(Snapshot, OfAnExample) {
    EXPECT_EQ(to_json(ipld::View::trusted(snapshot(example()))), example_json);
    EXPECT_EQ(snapshot(example()), block_of(example_json));
    EXPECT_EQ(state_cid(example()), Cid::of_dag_cbor(block_of(example_json)));
    // "bb" of the nodes: 62 "bb"; A3; "type" "Doc"; "parent" "a"; "transform" A3 with lists of 64-bit floats.
    EXPECT_NE(hex(snapshot(example()))
                  .find("626262"
                        "a3"
                        "6474797065"
                        "63446f63"
                        "66706172656e74"
                        "6161"
                        "697472616e73666f726d"
                        "a3"
                        "657363616c65"
                        "83"
                        "fb3ff0000000000000"
                        "fb3ff0000000000000"
                        "fb3ff0000000000000"
                        "68726f746174696f6e"
                        "84"
                        "fb0000000000000000"),
              std::string::npos);
}

TEST(Snapshot, IsTheSameWhateverTheWayToTheGraph) {
    const auto other_way =
        model_of({add_edge("w", "a", "zz", "links"), add_edge("e1", "a", "bb", "links"), add_node("gone"),
                  add_node("bb", "Doc"), transform("bb", Translate{{-1, 2, 0.5}}), add_edge("x", "gone", "bb"),
                  add_node("a", "Doc", R"({"title":"B","x":1})"), update_edge("w", R"({"n":1})"),
                  create_subgraph("s", {"gone", "bb"}, "Pair"), transform("gone", Reparent{"bb"}),
                  transform("bb", Reparent{"a"}), collapse("s"), remove_node("gone"), add_to_subgraph("s", {"a"}),
                  update_node("a", R"({"title":"A","x":null})"), transform("bb", Translate{{2, 0, 0}})});
    EXPECT_EQ(to_json(ipld::View::trusted(snapshot(other_way))), example_json);
}

TEST(Snapshot, LeavesOutTheIdentity) {
    const auto model =
        model_of({add_node("a"), transform("a", Translate{{1, 0, 0}}), transform("a", Translate{{-1, 0, 0}})});
    EXPECT_EQ(snapshot(model), snapshot(model_of({add_node("a")})));
}

TEST(Snapshot, IsReadBack) {
    auto loaded = load_snapshot(snapshot(example()));
    ASSERT_TRUE(loaded) << loaded.error().text();
    EXPECT_EQ(state_cid(*loaded), state_cid(example()));
    EXPECT_EQ(loaded->waiting_edge_count(), 1u);
    EXPECT_TRUE(std::ranges::all_of(loaded->outcomes(), [](auto count) { return count == 0; }));
    // It goes on like the original.
    auto original = example();
    for (const auto& mutation : {add_node("zz"), remove_node("a"), add_edge("e2", "zz", "bb")}) {
        EXPECT_EQ(loaded->apply(mutation), original.apply(mutation));
        EXPECT_EQ(state_cid(*loaded), state_cid(original));
    }
}

TEST(Snapshot, OfThousandsIsReadBack) {
    GraphModel model;
    for (int i = 0; i < 3000; ++i) {
        const auto id = std::to_string(i * 7919 % 3000);
        model.apply(mutation::AddNode{id, "Node", std::nullopt});
        model.apply(mutation::AddEdge{"e" + id, id, std::to_string(i / 2), "edge", std::nullopt});
        if (i % 3 == 0) model.apply(transform(id, Reparent{"0"}));
    }
    const auto loaded = load_snapshot(snapshot(model));
    ASSERT_TRUE(loaded) << loaded.error().text();
    EXPECT_EQ(snapshot(*loaded), snapshot(model));
}

TEST(Snapshot, RefusesWhatIsNoGraph) {
    struct Case {
        std::string_view json;
        std::string_view reason;
    };
    const auto whole = [](std::string_view nodes, std::string_view edges = "{}", std::string_view waiting = "{}",
                          std::string_view subgraphs = "{}") {
        return std::string(R"({"nodes":)")
            .append(nodes)
            .append(R"(,"edges":)")
            .append(edges)
            .append(R"(,"waiting":)")
            .append(waiting)
            .append(R"(,"subgraphs":)")
            .append(subgraphs)
            .append("}");
    };
    const std::string two = R"({"a":{"type":"T"},"b":{"type":"T"}})";
    const auto moved = [](std::string_view transform) {
        return std::string(R"({"a":{"type":"T","transform":)").append(transform).append("}}");
    };
    const std::string rest = R"("rotation":[0.0,0.0,0.0,1.0],"translation":[0.0,0.0,0.0])";
    const std::vector<std::pair<std::string, std::string_view>> cases{
        {"[]", "a map with a map 'nodes'"},
        {"{}", "a map with a map 'nodes'"},
        {R"({"nodes":{}})", "a map with a map 'edges'"},
        {R"({"nodes":{},"edges":{},"waiting":{},"subgraphs":[]})", "a map with a map 'subgraphs'"},
        {R"({"nodes":{},"edges":{},"waiting":{},"subgraphs":{},"more":{}})", "not the canonical one"},
        {whole(R"({"a":1})"), "'type' is missing"},
        {whole(R"({"a":{}})"), "'type' is missing"},
        {whole(R"({"a":{"type":1}})"), "'type' is missing or no string"},
        {whole(R"({"":{"type":"T"}})"), "invalid_value"},
        {whole(R"({"a":{"type":"T","properties":[]}})"), "invalid_value"},
        {whole(R"({"a":{"type":"T","properties":{}}})"), "not the canonical one"},
        {whole(R"({"a":{"type":"T","colour":"red"}})"), "not the canonical one"},
        {whole(R"({"a":{"type":"T","parent":"x"}})"), "no parent 'x'"},
        {whole(R"({"a":{"type":"T","parent":7}})"), "'parent' is missing or no string"},
        {whole(R"({"a":{"type":"T","parent":"a"}})"), "is its own ancestor"},
        {whole(R"({"a":{"type":"T","parent":"b"},"b":{"type":"T","parent":"a"}})"), "is its own ancestor"},
        {whole(moved("1")), "'transform' is not one"},
        {whole(moved("{" + rest + "}")), "'transform' is not one"},
        {whole(moved(R"({"scale":[1.0,1.0],)" + rest + "}")), "'transform' is not one"},
        {whole(moved(R"({"scale":[1,1,1],)" + rest + "}")), "'transform' is not one"},
        {whole(moved(R"({"scale":[1.0,1.0,1e39],)" + rest + "}")), "'transform' is not one"},
        {whole(moved(R"({"scale":[1.0,1.0,0.1],)" + rest + "}")), "not the canonical one"}, // no 32-bit float
        {whole(moved(R"({"scale":[1.0,1.0,1.0],)" + rest + "}")), "not the canonical one"}, // the identity
        {whole(moved(R"({"scale":[1.0,1.0,2.0],"rotation":[0.0,0.0,0.0,2.0],"translation":[0.0,0.0,0.0]})")),
         "'transform' is not one"},
        {whole(moved(R"({"scale":[1.0,1.0,2.0],"rotation":[0.0,0.0,0.0,0.0],"translation":[0.0,0.0,0.0]})")),
         "'transform' is not one"},
        {whole(two, R"({"e":{"type":"t","source":"a"}})"), "'target' is missing"},
        {whole(two, R"({"e":{"type":"t","source":"a","target":"x"}})"), "an end of it is missing"},
        {whole(two, R"({"e":{"type":"t","source":"a","target":""}})"), "invalid_value"},
        {whole(two, "{}", R"({"e":{"type":"t","source":"a","target":"b"}})"), "waits for nothing"},
        {whole(two, R"({"e":{"type":"t","source":"a","target":"b"}})",
               R"({"e":{"type":"t","source":"a","target":"x"}})"),
         "id_in_use"},
        {whole(two, "{}", "{}", R"({"s":{"label":"","collapsed":false}})"), "'nodes' is missing"},
        {whole(two, "{}", "{}", R"({"s":{"label":"","collapsed":false,"nodes":[1]}})"), "no string"},
        {whole(two, "{}", "{}", R"({"s":{"label":"","collapsed":false,"nodes":["x"]}})"), "unknown_node"},
        {whole(two, "{}", "{}", R"({"s":{"label":"","nodes":[]}})"), "'collapsed' is no boolean"},
        {whole(two, "{}", "{}", R"({"s":{"label":"","collapsed":false,"nodes":["b","a"]}})"), "not the canonical one"},
        {whole(two, "{}", "{}", R"({"s":{"label":"","collapsed":false,"nodes":["a","a"]}})"), "not the canonical one"},
    };
    for (const auto& [json, reason] : cases) {
        SCOPED_TRACE(json);
        const auto loaded = load_snapshot(block_of(json));
        ASSERT_FALSE(loaded);
        EXPECT_EQ(loaded.error().code, Errc::invalid_input);
        EXPECT_NE(loaded.error().message.find(reason), std::string::npos) << loaded.error().message;
    }
}

TEST(Snapshot, RefusesMoreWaitingEdgesThanAllowed) {
    const auto loaded = load_snapshot(snapshot(example()), {.max_waiting_edges = 0});
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, Errc::limit_exceeded);
    EXPECT_EQ(loaded.error().field("needed"), "1");
}

TEST(Snapshot, IsAnotherGraphOrRefusedAfterAnyChangedBit) {
    const auto block = snapshot(example());
    for (std::size_t bit = 0; bit < block.size() * 8; ++bit) {
        auto changed = block;
        changed[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
        const auto loaded = load_snapshot(changed);
        if (!loaded) continue;
        ASSERT_EQ(snapshot(*loaded), changed);
    }
    for (std::size_t size = 0; size < block.size(); ++size) ASSERT_FALSE(load_snapshot(ByteView(block).first(size)));
}

} // namespace
} // namespace cim::test
