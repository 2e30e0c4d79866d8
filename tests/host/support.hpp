// What the tests of hosts share: a log of graph events, and pumping until something is so, with an end.
#pragma once

#include <cim/event_bridge.hpp>
#include <cim/graph_projection.hpp>

#include "stream/memory_store.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace cim::test {

using namespace std::chrono_literals;

inline const AggregateId graph_id{"graph-1"};

/// Appends a transaction that adds these nodes.
inline AppendReceipt add_nodes(EventStore& store, const std::vector<std::string>& ids,
                               const AggregateId& graph = graph_id) {
    Transaction transaction{graph};
    for (const auto& id : ids) transaction.add("NodeCreated", {{"node_id", id}, {"node_type", "Document"}});
    auto receipt = store.append(transaction, ExpectedHead::any());
    EXPECT_TRUE(receipt) << receipt.error().text();
    return receipt.value_or(AppendReceipt{});
}

/// Appends `count` transactions of `size` nodes each, called "{prefix}{n}".
inline void add_many(EventStore& store, int count, int size, const std::string& prefix = "n") {
    for (int i = 0; i < count; ++i) {
        std::vector<std::string> ids;
        for (int j = 0; j < size; ++j) ids.push_back(prefix + std::to_string(i * size + j));
        add_nodes(store, ids);
    }
}

/// The state CID of everything in the log.
inline std::string state_of(EventStore& store) {
    GraphProjection projection;
    auto query = std::optional(ReadQuery::all());
    while (query) {
        auto page = store.read(*query);
        EXPECT_TRUE(page) << page.error().text();
        if (!page) break;
        projection.apply(page->events);
        query = page->next;
    }
    return state_cid(projection.model()).to_string();
}

inline EventBridge opened(EventStore& store, EventBridgeOptions options = {.graph = graph_id},
                          const Clock& clock = system_clock()) {
    auto bridge = EventBridge::open(store, std::move(options), clock);
    if (!bridge) throw std::runtime_error(bridge.error().text());
    return *std::move(bridge);
}

/// Waits, without pumping, until it is so.
inline bool eventually(const std::function<bool()>& it_is_so) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!it_is_so()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

/// Pumps until it is so, showing each frame. Nothing here takes long: who pumps that long pumps in vain.
inline bool pump_until(EventBridge& bridge, const std::function<bool()>& it_is_so, const FrameBudget& budget = {},
                       const std::function<void(const Frame&)>& look = {}) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    do {
        const auto frame = bridge.pump(budget);
        EXPECT_TRUE(frame) << frame.error().text();
        if (!frame) return false;
        if (look) look(*frame);
        if (it_is_so()) return true;
        if (frame->events == 0) std::this_thread::sleep_for(1ms);
    } while (std::chrono::steady_clock::now() < deadline);
    return false;
}

inline bool pump_until_nodes(EventBridge& bridge, std::size_t nodes, const FrameBudget& budget = {},
                             const std::function<void(const Frame&)>& look = {}) {
    return pump_until(
        bridge, [&] { return bridge.model().node_count() == nodes; }, budget, look);
}

/// Pumps until the outcome of that request is there.
inline RequestOutcome outcome_of(EventBridge& bridge, RequestId id) {
    RequestOutcome found;
    EXPECT_TRUE(pump_until(
        bridge, [&] { return found.id == id; }, {},
        [&](const Frame& frame) {
            for (const auto& outcome : frame.outcomes)
                if (outcome.id == id) found = outcome;
        }));
    return found;
}

} // namespace cim::test
