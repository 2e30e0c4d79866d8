// Subgraphs: named sets of nodes. There is no mutation that removes one, so their numbers are never given out again.
#pragma once

#include <cim/graph_model.hpp>

#include "graph/text_table.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace cim::graph {

struct Subgraph {
    std::string label;
    bool collapsed = false;
    std::vector<NodeIndex> nodes; ///< In the order of their ids.
};

struct SubgraphTable {
    TextTable ids;
    std::vector<Subgraph> rows; ///< By the number of the id.

    [[nodiscard]] std::size_t memory_bytes() const noexcept {
        auto bytes = ids.memory_bytes() + rows.capacity() * sizeof(Subgraph);
        for (const auto& row : rows) bytes += row.label.capacity() + row.nodes.capacity() * sizeof(NodeIndex);
        return bytes;
    }
};

} // namespace cim::graph
