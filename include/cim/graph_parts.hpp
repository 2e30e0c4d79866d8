// A graph out of its pieces: for a host that keeps nodes and edges in a form of its own (components of an ECS, rows of
// a table) and wants the canonical snapshot and the state CID of what it has.
//
// That is how a host proves that it shows what the log says: the state CID of its own pieces equals state_cid() of the
// model. Ordinary values, in any order.
#pragma once

#include <cim/bytes.hpp>
#include <cim/cid.hpp>
#include <cim/error.hpp>
#include <cim/graph_mutation.hpp>

#include <string>
#include <vector>

namespace cim {

struct GraphParts {
    struct Node {
        std::string id;
        std::string type;
        std::string parent; ///< Empty: none.
        Transform transform;
        Bytes properties; ///< A canonical dag-cbor map, as View::encoded() gives it; empty: none.
    };
    struct Edge {
        std::string id;
        std::string type;
        std::string source;
        std::string target;
        Bytes properties; ///< As a node's.
    };
    struct Subgraph {
        std::string id;
        std::string label;
        bool collapsed = false;
        std::vector<std::string> nodes;
    };

    std::vector<Node> nodes;
    std::vector<Edge> edges;
    std::vector<Edge> waiting; ///< Edges with an end that is not there yet.
    std::vector<Subgraph> subgraphs;
};

/// The canonical snapshot of these pieces. Errors: invalid_input for pieces that are no graph (an id twice, an edge
/// without its nodes, ...), invalid_dag_cbor for properties that are none.
[[nodiscard]] Result<Bytes> snapshot(GraphParts parts);
/// The CID of snapshot(parts).
[[nodiscard]] Result<Cid> state_cid(GraphParts parts);

} // namespace cim
