// Graph mutations: what events mean for a graph.
//
// A GraphMutation is a view: its texts and properties live in the event it came from and in the MutationList that holds
// it, and are valid as long as both. Properties are canonical dag-cbor maps, so that nothing is converted on the way
// from the log into the graph. A MutationList owns what templates and programs make up; clear() it and use it again.
#pragma once

#include <cim/event.hpp>
#include <cim/ids.hpp>
#include <cim/ipld.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace cim {

using Vec3 = std::array<float, 3>; ///< x, y, z
using Quat = std::array<float, 4>; ///< x, y, z, w; a unit quaternion

/// Where a node is. The default is the identity.
struct Transform {
    Vec3 translation{0, 0, 0};
    Quat rotation{0, 0, 0, 1};
    Vec3 scale{1, 1, 1};
    friend bool operator==(const Transform&, const Transform&) = default;
};

namespace mutation {

struct AddNode {
    std::string_view id;
    std::string_view type;
    std::optional<ipld::View> properties; ///< A map.
};
/// Merges into the node's properties; a null removes the property (as in JSON Merge Patch, RFC 7396, top level only).
struct UpdateNode {
    std::string_view id;
    ipld::View updates; ///< A map.
};
/// Removes the node and every edge at it.
struct RemoveNode {
    std::string_view id;
};
struct AddEdge {
    std::string_view id;
    std::string_view source;
    std::string_view target;
    std::string_view type;
    std::optional<ipld::View> properties; ///< A map.
};
/// Merges as UpdateNode does.
struct UpdateEdge {
    std::string_view id;
    ipld::View updates; ///< A map.
};
struct RemoveEdge {
    std::string_view id;
};

struct Translate {
    Vec3 delta;
};
struct Scale {
    Vec3 factor;
};
/// Applied after the rotation that is there: rotation * by.
struct Rotate {
    Quat by;
};
/// Gives the node another parent in the hierarchy; empty makes it a root. A cycle is refused.
struct Reparent {
    std::string_view new_parent;
};
struct UpdateProperties {
    ipld::View updates; ///< A map; merges as UpdateNode does.
};
/// To one node, to the nodes listed, or to the members of a subgraph. Several nodes are scaled and rotated about their
/// common centre.
struct ApplyTransform {
    struct Node {
        std::string_view id;
    };
    struct Nodes {
        std::span<const std::string_view> ids;
    };
    struct Subgraph {
        std::string_view id;
    };
    std::variant<Node, Nodes, Subgraph> target;
    std::variant<Translate, Scale, Rotate, Reparent, UpdateProperties> operation;
};

struct CreateSubgraph {
    std::string_view id;
    std::string_view label; ///< May be empty.
    std::span<const std::string_view> nodes;
};
struct AddToSubgraph {
    std::string_view id;
    std::span<const std::string_view> nodes;
};
struct RemoveFromSubgraph {
    std::string_view id;
    std::span<const std::string_view> nodes;
};
/// Shows the subgraph as one thing, or as its members again. State of the graph, not of a viewer.
struct CollapseSubgraph {
    std::string_view id;
};
struct ExpandSubgraph {
    std::string_view id;
};

} // namespace mutation

using GraphMutation =
    std::variant<mutation::AddNode, mutation::UpdateNode, mutation::RemoveNode, mutation::AddEdge, mutation::UpdateEdge,
                 mutation::RemoveEdge, mutation::ApplyTransform, mutation::CreateSubgraph, mutation::AddToSubgraph,
                 mutation::RemoveFromSubgraph, mutation::CollapseSubgraph, mutation::ExpandSubgraph>;

namespace graph {
class Arena;
struct ListArena; // the mapping, which writes texts where they stay
} // namespace graph

/// Mutations in order, with the memory behind those of their texts that are in no event.
class MutationList {
  public:
    MutationList();
    MutationList(MutationList&&) noexcept;
    MutationList& operator=(MutationList&&) noexcept;
    ~MutationList();

    void push(GraphMutation mutation) { mutations_.push_back(std::move(mutation)); }
    [[nodiscard]] std::span<const GraphMutation> mutations() const noexcept { return mutations_; }
    [[nodiscard]] bool empty() const noexcept { return mutations_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return mutations_.size(); }
    /// Forgets mutations and texts, keeps the memory.
    void clear() noexcept;
    /// Forgets the mutations after the first `size`, keeps all texts.
    void truncate(std::size_t size) noexcept;

    // Copies that live as long as the list, for mutations pushed here.
    [[nodiscard]] std::string_view keep(std::string_view text);
    [[nodiscard]] std::span<const std::string_view> keep(std::span<const std::string_view> texts);
    /// Errors: what encode() reports.
    [[nodiscard]] Result<ipld::View> keep_value(const ipld::Value& value);
    /// Canonical dag-cbor bytes that were made by encode().
    [[nodiscard]] ipld::View keep_encoded(ByteView canonical);

  private:
    friend struct graph::ListArena;
    [[nodiscard]] ByteView keep_bytes(ByteView bytes);

    std::unique_ptr<graph::Arena> arena_; // nullptr until something is kept
    std::vector<GraphMutation> mutations_;
};

} // namespace cim
