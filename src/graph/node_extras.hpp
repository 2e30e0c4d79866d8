// What few nodes have: a place other than the identity, a parent or children, membership in subgraphs. A node that has
// none of it takes no memory here.
//
// Invariants: parents form a forest; the children of a node form a doubly linked list from first_child; the memberships
// of a node form a list in a pool that all nodes share.
#pragma once

#include <cim/graph_mutation.hpp>

#include "graph/text_table.hpp"

#include <cstdint>
#include <vector>

namespace cim::graph {

class NodeExtras {
  public:
    [[nodiscard]] Transform transform(std::uint32_t node) const noexcept;
    void set_transform(std::uint32_t node, const Transform& transform);

    /// none for a root.
    [[nodiscard]] std::uint32_t parent(std::uint32_t node) const noexcept;
    /// Moves the node with everything below it; `parent` none makes it a root. Must not make a cycle.
    void set_parent(std::uint32_t node, std::uint32_t parent);
    /// True if `node` is `ancestor` or somewhere below it.
    [[nodiscard]] bool is_at_or_below(std::uint32_t node, std::uint32_t ancestor) const noexcept;
    template <class F> void for_each_child(std::uint32_t node, F function) const {
        const auto* extra = find(node);
        for (auto child = extra ? extra->first_child : none; child != none;) {
            const auto next = extras_[slot_[child]].next_sibling;
            function(child); // may give the child another parent
            child = next;
        }
    }

    void join(std::uint32_t node, std::uint32_t subgraph);
    void leave(std::uint32_t node, std::uint32_t subgraph);
    template <class F> void for_each_subgraph(std::uint32_t node, F function) const {
        const auto* extra = find(node);
        for (auto at = extra ? extra->memberships : none; at != none; at = pool_[at].next) function(pool_[at].subgraph);
    }

    /// Forgets all of it: the node must be a root without children by now.
    void remove(std::uint32_t node);

    [[nodiscard]] std::size_t memory_bytes() const noexcept;

  private:
    struct Extra {
        Transform transform;
        std::uint32_t parent = none;
        std::uint32_t first_child = none;
        std::uint32_t next_sibling = none;
        std::uint32_t previous_sibling = none;
        std::uint32_t memberships = none;
        friend bool operator==(const Extra&, const Extra&) = default;
    };
    struct Membership {
        std::uint32_t subgraph;
        std::uint32_t next;
    };

    [[nodiscard]] const Extra* find(std::uint32_t node) const noexcept {
        return node < slot_.size() && slot_[node] != none ? &extras_[slot_[node]] : nullptr;
    }
    Extra& make(std::uint32_t node);
    void release_if_plain(std::uint32_t node);
    void unlink(std::uint32_t node);

    std::vector<std::uint32_t> slot_; // by node, as far as any node ever had extras
    std::vector<Extra> extras_;
    std::vector<std::uint32_t> free_extras_;
    std::vector<Membership> pool_;
    std::vector<std::uint32_t> free_memberships_;
};

} // namespace cim::graph
