// Edges that wait because a node at one end, or at both, does not exist yet. They form a graph of their own whose nodes
// are mere ids, so what waits for a node, or hangs on one, is found without a search.
#pragma once

#include "graph/edge_table.hpp"
#include "graph/text_table.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace cim::graph {

class WaitingEdges {
  public:
    [[nodiscard]] std::size_t size() const noexcept { return edges_.size(); }
    [[nodiscard]] const TextTable& ids() const noexcept { return edges_.ids(); }
    [[nodiscard]] std::string_view source(std::uint32_t edge) const noexcept {
        return ends_.text(edges_.ends(edge).source);
    }
    [[nodiscard]] std::string_view target(std::uint32_t edge) const noexcept {
        return ends_.text(edges_.ends(edge).target);
    }
    [[nodiscard]] std::uint32_t type(std::uint32_t edge) const noexcept { return edges_.type(edge); }
    [[nodiscard]] const PropertyColumn& properties() const noexcept { return edges_.properties(); }
    [[nodiscard]] PropertyColumn& properties() noexcept { return edges_.properties(); }

    void add(const TextKey& id, std::uint32_t type, const TextKey& source, const TextKey& target, ByteView properties);
    void remove(std::uint32_t edge);

    /// All that have this node at an end. The function may remove the edge that it is called with.
    template <class F> void for_each_at(const TextKey& node, F function) const {
        const auto end = ends_.find(node);
        if (end != none) edges_.for_each_at(at_[end], function);
    }

    [[nodiscard]] std::size_t memory_bytes() const noexcept {
        return edges_.memory_bytes() + ends_.memory_bytes() + at_.capacity() * sizeof(Adjacency);
    }

  private:
    std::uint32_t end(const TextKey& node);
    void release(std::uint32_t end);

    EdgeTable edges_;
    TextTable ends_;
    std::vector<Adjacency> at_; // by the number of the end
};

} // namespace cim::graph
