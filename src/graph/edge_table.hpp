// Edges in columns, and who is connected to whom: each node is the head of two doubly linked lists, of the edges that
// leave it and of those that arrive, whose links are the edges' numbers. So removing an edge takes the same time
// whether its ends have two edges or a hundred thousand.
//
// The table does not know what its ends are: they are the numbers of an adjacency column that its owner keeps.
#pragma once

#include "graph/property_column.hpp"
#include "graph/text_table.hpp"

#include <cstdint>
#include <vector>

namespace cim::graph {

/// Where the lists of one node begin.
struct Adjacency {
    std::uint32_t first_out = none;
    std::uint32_t first_in = none;
    [[nodiscard]] bool empty() const noexcept { return first_out == none && first_in == none; }
};

class EdgeTable {
  public:
    struct Ends {
        std::uint32_t source;
        std::uint32_t target;
    };

    [[nodiscard]] const TextTable& ids() const noexcept { return ids_; }
    [[nodiscard]] Ends ends(std::uint32_t edge) const noexcept { return ends_[edge]; }
    [[nodiscard]] std::uint32_t type(std::uint32_t edge) const noexcept { return types_[edge]; }
    [[nodiscard]] const PropertyColumn& properties() const noexcept { return properties_; }
    [[nodiscard]] PropertyColumn& properties() noexcept { return properties_; }
    [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }

    /// The id must not be in the table; `at` has an entry for both ends. Gives the edge's number.
    std::uint32_t add(const TextKey& id, std::uint32_t type, Ends ends, ByteView properties,
                      std::vector<Adjacency>& at);
    void remove(std::uint32_t edge, std::vector<Adjacency>& at);

    /// All edges at a node: those that leave it, then those that arrive; one from the node to itself comes once. The
    /// function may remove the edge that it is called with.
    template <class F> void for_each_at(const Adjacency& at, F function) const {
        for (auto edge = at.first_out; edge != none;) {
            const auto next = links_[edge].next_out;
            function(edge);
            edge = next;
        }
        for (auto edge = at.first_in; edge != none;) {
            const auto next = links_[edge].next_in;
            if (ends_[edge].source != ends_[edge].target) function(edge);
            edge = next;
        }
    }

    [[nodiscard]] std::size_t memory_bytes() const noexcept;

  private:
    struct Links {
        std::uint32_t next_out, previous_out;
        std::uint32_t next_in, previous_in;
    };

    TextTable ids_;
    std::vector<std::uint32_t> types_;
    std::vector<Ends> ends_;
    std::vector<Links> links_;
    PropertyColumn properties_;
};

} // namespace cim::graph
