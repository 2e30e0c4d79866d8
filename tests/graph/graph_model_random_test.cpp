// Aim: the model does what a plain one does, mutation by mutation, and its change sets suffice to mirror it. Method:
// random mutations over few ids, so that they meet each other, on the model and on ReferenceModel; every outcome must
// be equal, and every few steps the whole graphs, compared as snapshots of two encoders. A failure prints the seed of
// its run; CIM_TEST_SEED repeats it alone.
#include "graph/reference_model.hpp"
#include "graph/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>

namespace cim::test {
namespace {

constexpr std::size_t max_waiting = 6;

class RandomMutations {
  public:
    explicit RandomMutations(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] std::size_t below(std::size_t bound) { return random_() % bound; }

    [[nodiscard]] GraphMutation next() {
        switch (below(20)) {
        case 0:
        case 1:
        case 2: return mutation::AddNode{node(), type(), maybe_properties()};
        case 3: return mutation::UpdateNode{node(), properties(true)};
        case 4: return mutation::RemoveNode{node()};
        case 5:
        case 6:
        case 7:
        case 8: return mutation::AddEdge{edge(), node(), node(), type(), maybe_properties()};
        case 9: return mutation::UpdateEdge{edge(), properties(true)};
        case 10: return mutation::RemoveEdge{edge()};
        case 11:
        case 12:
        case 13:
        case 14: return mutation::ApplyTransform{target(), operation()};
        case 15: return mutation::CreateSubgraph{subgraph(), type(), nodes()};
        case 16: return mutation::AddToSubgraph{subgraph(), nodes()};
        case 17: return mutation::RemoveFromSubgraph{subgraph(), nodes()};
        case 18: return mutation::CollapseSubgraph{subgraph()};
        default: return mutation::ExpandSubgraph{subgraph()};
        }
    }

  private:
    [[nodiscard]] std::string_view pick(std::string_view prefix, std::size_t count) {
        const auto number = below(count);
        // Ids of different lengths, some longer than what a string keeps in place.
        return keeper_.text(std::string(prefix) + std::string(number % 3 * 9, '-') + std::to_string(number));
    }
    [[nodiscard]] std::string_view node() { return pick("n", 12); }
    [[nodiscard]] std::string_view edge() { return pick("e", 16); }
    [[nodiscard]] std::string_view subgraph() { return pick("s", 3); }
    [[nodiscard]] std::string_view type() { return below(6) == 0 ? "Other" : "Usual"; }
    [[nodiscard]] std::span<const std::string_view> nodes() {
        std::vector<std::string_view> list;
        for (auto count = below(4); count > 0; --count) list.push_back(node());
        return keeper_.texts(std::move(list));
    }
    [[nodiscard]] ipld::View properties(bool with_nulls) {
        std::string json;
        for (auto count = below(4); count > 0; --count) {
            const auto key = std::string(1 + below(3), static_cast<char>('a' + below(3)));
            if (json.find('"' + key + '"') != std::string::npos) continue;
            const auto value = with_nulls && below(3) == 0 ? "null" : '"' + std::string(below(40), 'v') + '"';
            json += (json.empty() ? "\"" : ",\"") + key + "\":" + value;
        }
        return keeper_.json("{" + json + "}");
    }
    [[nodiscard]] std::optional<ipld::View> maybe_properties() {
        if (below(3) == 0) return std::nullopt;
        return properties(false);
    }
    [[nodiscard]] float number() { return static_cast<float>(below(9)) - 4.0f; }
    [[nodiscard]] decltype(mutation::ApplyTransform::target) target() {
        switch (below(4)) {
        case 0: return mutation::ApplyTransform::Nodes{nodes()};
        case 1: return mutation::ApplyTransform::Subgraph{subgraph()};
        default: return mutation::ApplyTransform::Node{node()};
        }
    }
    [[nodiscard]] Operation operation() {
        switch (below(6)) {
        case 0: return mutation::Translate{{number(), number(), number()}};
        case 1: return mutation::Scale{{below(2) ? 0.5f : 1.0f, 1.0f, below(2) ? 1.5f : 1.0f}};
        case 2: return mutation::Rotate{{number(), number(), number(), number() + 0.5f}}; // never zero
        case 3: return mutation::UpdateProperties{properties(true)};
        default: return mutation::Reparent{below(4) == 0 ? "" : node()};
        }
    }

    std::mt19937_64 random_;
    Keeper keeper_;
};

void expect_near(std::span<const float> actual, std::span<const float> expected) {
    for (std::size_t i = 0; i < actual.size(); ++i)
        ASSERT_NEAR(actual[i], expected[i], 1e-4 * (1 + std::abs(expected[i])));
}

// Floats that were computed another way differ in their last bits: they must be near, and then the reference goes on
// with those of the model.
void compare_transforms(const GraphModel& model, ReferenceModel& reference) {
    for (auto& [id, node] : reference.nodes) {
        const auto found = model.find_node(id);
        ASSERT_TRUE(found) << id;
        const auto actual = model.node(*found).transform;
        expect_near(actual.translation, node.transform.translation);
        expect_near(actual.rotation, node.transform.rotation);
        expect_near(actual.scale, node.transform.scale);
        node.transform = actual;
    }
}

// What a host has that knows the graph only by its change sets.
class Mirror {
  public:
    void follow(GraphModel& model) {
        const auto changes = model.take_changes();
        for (const auto& id : changes.removed_nodes) ASSERT_EQ(nodes_.erase(id), 1u) << "removed, and was not there";
        for (const auto& id : changes.removed_edges) ASSERT_EQ(edges_.erase(id), 1u) << "removed, and was not there";
        for (const auto node : changes.added_nodes)
            ASSERT_TRUE(nodes_.insert(show(model, node)).second) << "added twice";
        for (const auto edge : changes.added_edges)
            ASSERT_TRUE(edges_.insert(show(model, edge)).second) << "added twice";
        for (const auto node : changes.updated_nodes)
            ASSERT_FALSE(nodes_.insert_or_assign(id_of(model, node), show(model, node).second).second);
        for (const auto edge : changes.updated_edges)
            ASSERT_FALSE(edges_.insert_or_assign(id_of(model, edge), show(model, edge).second).second);
        if (changes.subgraphs_changed) subgraphs_ = show_subgraphs(model);
        compare(model);
    }

  private:
    using Elements = std::map<std::string, std::string>;

    static std::string id_of(const GraphModel& model, NodeIndex node) { return std::string(model.node(node).id); }
    static std::string id_of(const GraphModel& model, EdgeIndex edge) { return std::string(model.edge(edge).id); }
    static std::pair<std::string, std::string> show(const GraphModel& model, NodeIndex index) {
        const auto node = model.node(index);
        std::string text = std::string(node.type) + to_json(node.properties);
        for (const float number : node.transform.translation) text += ' ' + std::to_string(number);
        for (const float number : node.transform.rotation) text += ' ' + std::to_string(number);
        for (const float number : node.transform.scale) text += ' ' + std::to_string(number);
        if (node.parent) text += " below " + id_of(model, *node.parent);
        return {std::string(node.id), text};
    }
    static std::pair<std::string, std::string> show(const GraphModel& model, EdgeIndex index) {
        const auto edge = model.edge(index);
        return {std::string(edge.id), id_of(model, edge.source) + '>' + id_of(model, edge.target) +
                                          std::string(edge.type) + to_json(edge.properties)};
    }
    static Elements show_subgraphs(const GraphModel& model) {
        Elements shown;
        for (const auto& subgraph : model.subgraphs()) {
            auto& text = shown[std::string(subgraph.id)];
            text = std::string(subgraph.label) + (subgraph.collapsed ? " collapsed" : "");
            for (const auto node : subgraph.nodes) text += ' ' + id_of(model, node);
        }
        return shown;
    }
    void compare(const GraphModel& model) const {
        Elements nodes, edges;
        for (const auto node : model.nodes()) nodes.insert(show(model, node));
        for (const auto edge : model.edges()) edges.insert(show(model, edge));
        ASSERT_EQ(nodes_, nodes);
        ASSERT_EQ(edges_, edges);
        ASSERT_EQ(subgraphs_, show_subgraphs(model));
    }

    Elements nodes_, edges_, subgraphs_;
};

void compare_counts(const GraphModel& model, const ReferenceModel& reference) {
    ASSERT_EQ(model.node_count(), reference.nodes.size());
    ASSERT_EQ(model.edge_count(), reference.edges.size());
    ASSERT_EQ(model.waiting_edge_count(), reference.waiting.size());
    ASSERT_EQ(model.subgraph_count(), reference.subgraphs.size());
    std::size_t ends = 0;
    for (const auto node : model.nodes()) ends += model.edges_at(node).size();
    std::size_t expected = 0;
    for (const auto& [_, edge] : reference.edges) expected += edge.source == edge.target ? 1 : 2;
    ASSERT_EQ(ends, expected);
}

void run(std::uint64_t seed) {
    SCOPED_TRACE("CIM_TEST_SEED=" + std::to_string(seed));
    RandomMutations mutations(seed);
    GraphModel model({.max_waiting_edges = max_waiting});
    ReferenceModel reference(max_waiting);
    Mirror mirror;
    model.track_changes(true);
    for (int step = 0; step < 500; ++step) {
        const auto mutation = mutations.next();
        const auto expected = reference.apply(mutation);
        ASSERT_EQ(to_string(model.apply(mutation)), to_string(expected))
            << "step " << step << ", kind " << mutation.index();
        if (std::holds_alternative<mutation::ApplyTransform>(mutation)) compare_transforms(model, reference);
        if (mutations.below(8) == 0) mirror.follow(model);
        if (mutations.below(100) == 0) model = GraphModel(model);
        if (mutations.below(10) == 0) {
            compare_counts(model, reference);
            ASSERT_EQ(snapshot(model), reference.snapshot()) << "step " << step;
        }
        if (testing::Test::HasFatalFailure()) return;
    }
    const auto block = snapshot(model);
    const auto loaded = load_snapshot(block, {.max_waiting_edges = max_waiting});
    ASSERT_TRUE(loaded) << loaded.error().text();
    ASSERT_EQ(snapshot(*loaded), block);
    compare_counts(*loaded, reference);
}

TEST(GraphModelRandom, DoesWhatTheReferenceDoes) {
    if (const auto* const seed = std::getenv("CIM_TEST_SEED")) return run(std::strtoull(seed, nullptr, 10));
    for (std::uint64_t seed = 1; seed <= 150 && !HasFatalFailure(); ++seed) run(seed);
}

} // namespace
} // namespace cim::test
