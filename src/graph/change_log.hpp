// What changed since somebody last asked, coalesced: one mark for each element, and lists of the marked ones.
//
// Lists may hold numbers whose mark is gone or other by now (the element was removed, the number given to another);
// take() leaves those out, and the lists are swept when they have grown to twice the number of elements.
#pragma once

#include <cim/graph_model.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cim::graph {

/// The changes of nodes, or of edges.
class ElementChanges {
  public:
    void added(std::uint32_t element);
    void updated(std::uint32_t element);
    void removed(std::uint32_t element, std::string_view id);

    /// Hands over what `removed` collected and the elements with either mark, in the order of their changes.
    template <class Index>
    void take(std::vector<Index>& added, std::vector<Index>& updated, std::vector<std::string>& removed,
              std::vector<Index>& removed_indexes) {
        take(added_, Mark::added, added);
        take(updated_, Mark::updated, updated);
        removed = std::exchange(removed_, {});
        removed_indexes.reserve(removed.size());
        for (const auto element : removed_elements_) removed_indexes.push_back(Index{element});
        removed_elements_.clear();
    }
    [[nodiscard]] std::size_t memory_bytes() const noexcept;

  private:
    enum class Mark : std::uint8_t { none, added, updated, seen };

    [[nodiscard]] Mark& mark(std::uint32_t element);
    void push(std::vector<std::uint32_t>& list, std::uint32_t element, Mark kind);
    void sweep(std::vector<std::uint32_t>& list, Mark kind);
    template <class Index> void take(std::vector<std::uint32_t>& list, Mark kind, std::vector<Index>& out) {
        for (const auto element : list) {
            if (marks_[element] != kind) continue;
            marks_[element] = Mark::none;
            out.push_back(Index{element});
        }
        list.clear();
    }

    std::vector<Mark> marks_;
    std::vector<std::uint32_t> added_;
    std::vector<std::uint32_t> updated_;
    std::vector<std::string> removed_;
    std::vector<std::uint32_t> removed_elements_; // their numbers, in the same order
};

class ChangeLog {
  public:
    void track(bool on);
    [[nodiscard]] GraphChanges take();

    void node_added(std::uint32_t node) {
        if (on_) nodes_.added(node);
    }
    void node_updated(std::uint32_t node) {
        if (on_) nodes_.updated(node);
    }
    void node_removed(std::uint32_t node, std::string_view id) {
        if (on_) nodes_.removed(node, id);
    }
    void edge_added(std::uint32_t edge) {
        if (on_) edges_.added(edge);
    }
    void edge_updated(std::uint32_t edge) {
        if (on_) edges_.updated(edge);
    }
    void edge_removed(std::uint32_t edge, std::string_view id) {
        if (on_) edges_.removed(edge, id);
    }
    void subgraphs_changed() noexcept { subgraphs_changed_ = on_; }

    [[nodiscard]] std::size_t memory_bytes() const noexcept { return nodes_.memory_bytes() + edges_.memory_bytes(); }

  private:
    bool on_ = false;
    bool subgraphs_changed_ = false;
    ElementChanges nodes_;
    ElementChanges edges_;
};

} // namespace cim::graph
