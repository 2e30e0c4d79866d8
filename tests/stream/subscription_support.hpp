// What the tests of subscriptions share: a log, a manager, and waiting for what happens on other threads, with an end.
#pragma once

#include <cim/subscription.hpp>

#include "stream/memory_store.hpp"
#include "stream/support.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace cim::test {

using namespace std::chrono_literals;

/// Waits until it is so. Nothing here takes long: who waits that long waits in vain.
inline bool eventually(const std::function<bool()>& it_is_so) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!it_is_so()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

/// A store with names of chains and events as "a/1".
class SubscriptionTest : public testing::Test {
  protected:
    MemoryStore store;

    void append_all(const std::string& aggregate, const std::vector<int>& sizes) {
        append_sizes(store, aggregate, sizes);
    }

    static std::string place(const DomainEvent& event) {
        return std::string(event.aggregate_id()) + "/" + std::to_string(event.aggregate_sequence().value());
    }
    static std::vector<std::string> places(const std::vector<DomainEvent>& events) {
        std::vector<std::string> texts;
        for (const auto& event : events) texts.push_back(place(event));
        return texts;
    }
    /// Polls and acknowledges until there are so many events.
    static std::vector<std::string> take(SubscriptionManager& manager, SubscriptionId id, std::size_t events) {
        std::vector<std::string> taken;
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (taken.size() < events && std::chrono::steady_clock::now() < deadline) {
            const auto batch = manager.poll(id, 1s);
            EXPECT_TRUE(batch) << batch.error().text();
            if (!batch) break;
            for (const auto& event : batch->events) taken.push_back(place(event));
            if (!batch->events.empty()) {
                const auto acknowledged = manager.acknowledge(id, batch->position);
                EXPECT_TRUE(acknowledged) << acknowledged.error().text();
            }
        }
        return taken;
    }
    static bool reaches(SubscriptionManager& manager, SubscriptionId id, SubscriptionState state) {
        const bool reached = eventually([&] { return manager.info(id)->state == state; });
        EXPECT_TRUE(reached) << "it is " << to_string(manager.info(id)->state) << " and should be " << to_string(state);
        return reached;
    }
    static SubscriptionId subscribed(const Result<SubscriptionId>& id) {
        EXPECT_TRUE(id) << id.error().text();
        return id.value_or(SubscriptionId{});
    }
};

} // namespace cim::test
