// Everything a GraphModel holds, and what each mutation does to it.
//
// Nodes are a table of ids with columns beside it, all indexed by the node's number, which is its NodeIndex; edges are
// an EdgeTable. Nothing here points: copying the state copies flat arrays. Every function that changes something first
// finds out whether it may, so that what is refused leaves no trace.
#pragma once

#include <cim/graph_model.hpp>
#include <cim/graph_mutation.hpp>

#include "graph/change_log.hpp"
#include "graph/edge_table.hpp"
#include "graph/node_extras.hpp"
#include "graph/property_column.hpp"
#include "graph/subgraph_table.hpp"
#include "graph/text_table.hpp"
#include "graph/transform.hpp"
#include "graph/waiting_edges.hpp"

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <vector>

namespace cim::graph {

struct NodeTable {
    TextTable ids;
    std::vector<std::uint32_t> types; ///< Into State::types.
    std::vector<Adjacency> adjacency;
    PropertyColumn properties;
    NodeExtras extras;

    [[nodiscard]] std::size_t memory_bytes() const noexcept {
        return ids.memory_bytes() + types.capacity() * sizeof(std::uint32_t) +
               adjacency.capacity() * sizeof(Adjacency) + properties.memory_bytes() + extras.memory_bytes();
    }
};

class State {
  public:
    explicit State(GraphModelOptions model_options) : options(model_options) {}

    Outcome apply(const GraphMutation& mutation);
    [[nodiscard]] std::size_t memory_bytes() const noexcept;

    GraphModelOptions options;
    NodeTable nodes;
    EdgeTable edges;
    WaitingEdges waiting;
    SubgraphTable subgraphs;
    TextTable types; ///< Of nodes and edges; a type stays when the last element of it is gone.
    ChangeLog changes;
    std::array<std::uint64_t, outcome_count> outcomes{};

  private:
    // Numbers of nodes, in the order of their ids and without repeats, or why there are none.
    using Nodes = std::expected<std::vector<std::uint32_t>, Outcome>;

    Outcome apply(const mutation::AddNode& mutation);
    Outcome apply(const mutation::UpdateNode& mutation);
    Outcome apply(const mutation::RemoveNode& mutation);
    Outcome apply(const mutation::AddEdge& mutation);
    Outcome apply(const mutation::UpdateEdge& mutation);
    Outcome apply(const mutation::RemoveEdge& mutation);
    Outcome apply(const mutation::ApplyTransform& mutation);
    Outcome apply(const mutation::CreateSubgraph& mutation);
    Outcome apply(const mutation::AddToSubgraph& mutation);
    Outcome apply(const mutation::RemoveFromSubgraph& mutation);
    Outcome apply(const mutation::CollapseSubgraph& mutation);
    Outcome apply(const mutation::ExpandSubgraph& mutation);

    Outcome add_waiting(const mutation::AddEdge& mutation, const TextKey& id);
    void connect_waiting(const TextKey& node);
    bool merge_into(PropertyColumn& column, std::uint32_t number, ipld::View updates);
    void remove_edge(std::uint32_t edge);

    [[nodiscard]] Nodes resolve(std::span<const std::string_view> ids) const;
    [[nodiscard]] Nodes targets(const mutation::ApplyTransform& mutation) const;
    Outcome transform(std::span<const std::uint32_t> targets, const Motion& motion);
    Outcome transform(std::span<const std::uint32_t> targets, const mutation::Reparent& reparent);
    Outcome transform(std::span<const std::uint32_t> targets, const mutation::UpdateProperties& update);

    void join(std::uint32_t subgraph, std::span<const std::uint32_t> nodes);
    void leave_subgraphs(std::uint32_t node);
    Outcome set_collapsed(std::string_view subgraph, bool collapsed);

    // The number of a type, made if it is new. One kind of element tends to have the type that the one before it had,
    // which `last` remembers.
    std::uint32_t type_number(std::string_view type, std::uint32_t& last);

    Bytes scratch_; // of merge_into()
    std::uint32_t last_node_type_ = 0;
    std::uint32_t last_edge_type_ = 0;
};

} // namespace cim::graph
