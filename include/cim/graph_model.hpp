// The graph as it is after some events: nodes, edges, transforms, hierarchy, subgraphs.
//
// A typed read model in flat arrays; an ECS, a viewer or a program mirrors it through its change set. The same
// mutations in the same order give the same graph and so the same state CID, in every store, host and language.
//  - An edge whose end is missing waits, bounded and counted, until the node comes; removing a node removes its edges.
//  - A mutation that says what already is changes nothing.
//  - What cannot be applied is answered with the reason, and counted; the graph stays as it was.
// Not for use by several threads at once, except that const methods may run concurrently. Copying copies everything.
#pragma once

#include <cim/graph_mutation.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cim {

namespace graph {
class State;
struct Access; // the snapshot, which sees all
} // namespace graph

/// Position of a node or edge in the model's arrays: stable while it exists, reused after it is gone.
enum class NodeIndex : std::uint32_t {};
enum class EdgeIndex : std::uint32_t {};

/// What became of a mutation.
enum class Outcome : std::uint8_t {
    applied,          ///< The graph changed.
    unchanged,        ///< It was so already.
    waiting,          ///< An edge that waits for a node.
    unknown_node,     ///< Refused: no such node.
    unknown_edge,     ///< Refused: no such edge.
    unknown_subgraph, ///< Refused: no such subgraph.
    id_in_use,        ///< Refused: a node, edge or subgraph of that id exists with another type, ends or label.
    cycle,            ///< Refused: the new parent is below the node.
    invalid_number,   ///< Refused: NaN, an infinity, a zero quaternion, or a result out of range.
    too_many_waiting, ///< Refused: the bound on waiting edges is reached.
    invalid_value,    ///< Refused: an empty id, text that is not UTF-8, or properties that are no map.
};
inline constexpr std::size_t outcome_count = 11;
[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;
[[nodiscard]] constexpr bool refused(Outcome outcome) noexcept { return outcome >= Outcome::unknown_node; }

struct GraphModelOptions {
    std::size_t max_waiting_edges = 100'000;
};

/// One node, looked at; valid until the model changes.
struct NodeView {
    NodeIndex index;
    std::string_view id;
    std::string_view type;
    ipld::View properties; ///< A map, possibly empty.
    Transform transform;
    std::optional<NodeIndex> parent;
};

/// One edge, looked at; valid until the model changes.
struct EdgeView {
    EdgeIndex index;
    std::string_view id;
    std::string_view type;
    NodeIndex source;
    NodeIndex target;
    ipld::View properties; ///< A map, possibly empty.
};

/// One subgraph, looked at; valid until the model changes.
struct SubgraphView {
    std::string_view id;
    std::string_view label;
    bool collapsed;
    std::span<const NodeIndex> nodes; ///< In the order of their ids.
};

/// What changed since take_changes() was last called. An element added and removed in between appears in neither list;
/// one removed and added again appears in both removed and added. Ids of removed elements are given as text because
/// their indexes may be in use again; the indexes they had stand beside them for a reader that keeps elements by index
/// and takes the removed ones first.
struct GraphChanges {
    std::vector<NodeIndex> added_nodes;
    std::vector<NodeIndex> updated_nodes;
    std::vector<std::string> removed_nodes;
    std::vector<NodeIndex> removed_node_indexes;
    std::vector<EdgeIndex> added_edges;
    std::vector<EdgeIndex> updated_edges;
    std::vector<std::string> removed_edges;
    std::vector<EdgeIndex> removed_edge_indexes;
    bool subgraphs_changed = false;
    [[nodiscard]] bool empty() const noexcept;
};

class GraphModel {
  public:
    explicit GraphModel(GraphModelOptions options = {});
    GraphModel(const GraphModel&);
    GraphModel(GraphModel&&) noexcept;
    GraphModel& operator=(const GraphModel&);
    GraphModel& operator=(GraphModel&&) noexcept;
    ~GraphModel();

    Outcome apply(const GraphMutation& mutation);

    [[nodiscard]] std::size_t node_count() const noexcept;
    [[nodiscard]] std::size_t edge_count() const noexcept;
    [[nodiscard]] std::size_t subgraph_count() const noexcept;
    [[nodiscard]] std::size_t waiting_edge_count() const noexcept;

    [[nodiscard]] std::optional<NodeIndex> find_node(std::string_view id) const noexcept; ///< O(1).
    [[nodiscard]] std::optional<EdgeIndex> find_edge(std::string_view id) const noexcept; ///< O(1).
    [[nodiscard]] bool contains(NodeIndex index) const noexcept;
    [[nodiscard]] bool contains(EdgeIndex index) const noexcept;
    /// The index must be of an element that exists.
    [[nodiscard]] NodeView node(NodeIndex index) const noexcept;
    [[nodiscard]] EdgeView edge(EdgeIndex index) const noexcept;
    [[nodiscard]] std::optional<SubgraphView> subgraph(std::string_view id) const;

    // All elements, in index order (no meaning) or by id.
    [[nodiscard]] std::vector<NodeIndex> nodes() const;
    [[nodiscard]] std::vector<EdgeIndex> edges() const;
    [[nodiscard]] std::vector<SubgraphView> subgraphs() const;            ///< By id.
    [[nodiscard]] std::vector<EdgeIndex> edges_at(NodeIndex index) const; ///< Both directions.

    /// Mutations so far, by what became of them.
    [[nodiscard]] const std::array<std::uint64_t, outcome_count>& outcomes() const noexcept;
    /// Hands over the change set and starts a new one. Without tracking (the default) it is always empty.
    [[nodiscard]] GraphChanges take_changes();
    void track_changes(bool on);

    /// Bytes held, roughly: capacity of everything inside.
    [[nodiscard]] std::size_t memory_bytes() const noexcept;

  private:
    friend struct graph::Access;
    std::unique_ptr<graph::State> state_;
};

/// The canonical snapshot: one dag-cbor block that holds the graph and nothing else (docs/formats/snapshot.md).
[[nodiscard]] Bytes snapshot(const GraphModel& model);
/// The CID of snapshot(model), and so of the state: equal exactly if the graphs are equal.
[[nodiscard]] Cid state_cid(const GraphModel& model);
/// The graph of a snapshot, which must be the canonical one. Untrusted bytes. Errors: invalid_dag_cbor, invalid_input,
/// and limit_exceeded for more waiting edges than `options` allow.
[[nodiscard]] Result<GraphModel> load_snapshot(ByteView block, GraphModelOptions options = {});

} // namespace cim
