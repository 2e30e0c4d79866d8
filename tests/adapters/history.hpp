// A history with every kind of mutation in it, for the tests that all hosts must end with the same state.
#pragma once

#include <cim/dag_json.hpp>
#include <cim/event_bridge.hpp>
#include <cim/graph_parts.hpp>
#include <cim/graph_projection.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

namespace cim::test {

inline const AggregateId graph_id{"graph-1"};

inline ipld::Value operation(std::string_view name, ipld::Value with) {
    return ipld::Value(ipld::Map{{std::string(name), std::move(with)}});
}

/// One random event about some twenty nodes; many of them do not apply, as in life.
inline void add_random(Transaction& transaction, std::mt19937_64& random) {
    const auto below = [&](std::uint64_t n) { return random() % n; };
    const auto node = [&] { return "n" + std::to_string(below(20)); };
    const auto number = [&] { return static_cast<double>(below(200)) / 8 - 10; };
    const auto vector = [&] { return ipld::List{number(), number(), number()}; };
    switch (below(12)) {
    case 0:
    case 1:
    case 2:
        transaction.add("NodeCreated", {{"node_id", node()},
                                        {"node_type", below(2) ? "Document" : "Goal"},
                                        {"properties", {{"title", "T" + std::to_string(below(9))}}}});
        break;
    case 3:
    case 4: {
        const auto from = node();
        const auto to = node();
        transaction.add("EdgeConnected",
                        {{"edge_id", from + "-" + to}, {"source", from}, {"target", to}, {"edge_type", "refs"}});
        break;
    }
    case 5: transaction.add("NodeUpdated", {{"node_id", node()}, {"updates", {{"count", below(100)}}}}); break;
    case 6: transaction.add("NodeRemoved", {{"node_id", node()}}); break;
    case 7:
        transaction.add("NodeTransformed",
                        {{"node_id", node()}, {"operation", operation("Translate", {{"delta", vector()}})}});
        break;
    case 8:
        transaction.add("NodeTransformed",
                        {{"node_id", node()}, {"operation", operation("Scale", {{"factor", vector()}})}});
        break;
    case 9:
        transaction.add("NodeTransformed",
                        {{"node_id", node()}, {"operation", operation("Reparent", {{"new_parent", node()}})}});
        break;
    case 10: {
        const auto id = "s" + std::to_string(below(3));
        transaction.add("SubgraphCreated",
                        {{"subgraph_id", id}, {"label", "Part"}, {"nodes", ipld::List{node(), node()}}});
        break;
    }
    default: transaction.add("EdgeRemoved", {{"edge_id", node() + "-" + node()}}); break;
    }
}

inline void append_random(EventStore& store, int transactions, std::mt19937_64& random) {
    for (int i = 0; i < transactions; ++i) {
        Transaction transaction{graph_id};
        for (auto events = 1 + random() % 4; events > 0; --events) add_random(transaction, random);
        const auto receipt = store.append(transaction, ExpectedHead::any());
        ASSERT_TRUE(receipt) << receipt.error().text();
    }
}

/// All nodes there are, so that no edge waits: those are in no component.
inline void append_all_nodes(EventStore& store) {
    Transaction transaction{graph_id};
    for (int i = 0; i < 20; ++i)
        transaction.add("NodeCreated", {{"node_id", "n" + std::to_string(i)}, {"node_type", "Last"}});
    const auto receipt = store.append(transaction, ExpectedHead::any());
    ASSERT_TRUE(receipt) << receipt.error().text();
}

inline std::string state_of(EventStore& store) {
    GraphProjection projection;
    auto query = std::optional(ReadQuery::all());
    while (query) {
        auto page = store.read(*query);
        if (!page) throw std::runtime_error(page.error().text());
        projection.apply(page->events);
        query = page->next;
    }
    return state_cid(projection.model()).to_string();
}

/// The history that all hosts share (tests/one_truth), and the state that it ends with.
inline std::string append_one_truth(EventStore& store) {
    const std::string folder = CIM_ONE_TRUTH_DIR;
    std::ifstream history(folder + "/history.txt");
    for (std::string line; std::getline(history, line);) {
        const auto blank = line.find(' ');
        const auto payload = ipld::decode_dag_json(std::string_view(line).substr(blank + 1));
        if (!payload) throw std::runtime_error(payload.error().text());
        Transaction transaction{graph_id};
        transaction.add(line.substr(0, blank), *payload);
        const auto receipt = store.append(transaction, ExpectedHead::any());
        if (!receipt) throw std::runtime_error(receipt.error().text());
    }
    std::string state;
    std::ifstream(folder + "/state.txt") >> state;
    return state;
}

inline std::string text_of(const Result<Cid>& cid) { return cid ? cid->to_string() : cid.error().text(); }

} // namespace cim::test
