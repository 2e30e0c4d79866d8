// Histories to replay: chained, with all that real ones have.
#pragma once

#include <cim/event.hpp>
#include <cim/transaction.hpp>

#include "event/event_page_builder.hpp"

#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cim::test {

inline Timestamp second(std::int64_t n) { return from_micros(n * 1'000'000); }

/// Builds a log of several chains, transaction by transaction.
class HistoryBuilder {
  public:
    void append(const Transaction& transaction) {
        auto& head = heads_[transaction.aggregate_id.str()];
        ChainBuilder builder(transaction.aggregate_id, head);
        const auto chained = builder.build(transaction);
        if (!chained) std::abort(); // The test asks for something that cannot be.
        std::uint32_t index = 0;
        for (const auto& event : chained->events()) {
            const auto added = page_.add({.block = event.block,
                                          .cid = event.cid,
                                          .sequence = GlobalSequence(++last_),
                                          .aggregate_sequence = AggregateSequence(head.sequence.value() + index + 1),
                                          .aggregate_id = transaction.aggregate_id.str(),
                                          .transaction_id = chained->id().str(),
                                          .transaction_index = index,
                                          .transaction_size = static_cast<std::uint32_t>(transaction.events.size())});
            if (!added) std::abort();
            ++index;
        }
        head = builder.head();
        // Pages as a store makes them.
        if (page_.size() >= 1000) flush();
    }

    [[nodiscard]] std::uint64_t size() const noexcept { return last_; }

    std::vector<DomainEvent> take() {
        flush();
        return std::exchange(events_, {});
    }

  private:
    void flush() {
        auto page = page_.finish();
        events_.insert(events_.end(), std::make_move_iterator(page.begin()), std::make_move_iterator(page.end()));
    }

    std::map<std::string, ChainHead> heads_;
    detail::EventPageBuilder page_;
    std::vector<DomainEvent> events_;
    std::uint64_t last_ = 0;
};

/// Adds a node at each of these seconds, all in one transaction.
inline Transaction nodes_at(const std::string& aggregate, const std::vector<std::int64_t>& seconds,
                            std::string id = {}) {
    Transaction transaction{AggregateId(aggregate), TransactionId(std::move(id))};
    for (const auto at : seconds)
        transaction.add("NodeCreated",
                        {{"node_id", aggregate + std::to_string(at) + '.' + std::to_string(transaction.events.size())},
                         {"node_type", "Test"}},
                        second(at));
    return transaction;
}

/// Nodes and edges that come, change, move, are grouped and go, in transactions of one to six events of several chains,
/// at times that mostly grow.
class RandomHistory {
  public:
    explicit RandomHistory(std::uint64_t seed) : random_(seed) {}

    /// One more transaction, `aggregates` chains taking turns.
    void append(int aggregates = 3) {
        clock_ += static_cast<std::int64_t>(below(3'000'000));
        Transaction transaction{AggregateId("graph-" + std::to_string(below(static_cast<std::uint64_t>(aggregates))))};
        for (auto left = 1 + below(below(4) == 0 ? 6 : 2); left > 0; --left) add_event(transaction);
        builder_.append(transaction);
    }

    std::vector<DomainEvent> take(std::size_t events) {
        while (builder_.size() < events) append();
        return builder_.take();
    }

  private:
    std::uint64_t below(std::uint64_t n) { return random_() % n; }
    std::string node() { return "n" + std::to_string(below(nodes_ + 1)); } // May be one that does not exist.
    std::string edge() { return "e" + std::to_string(below(edges_ + 1)); }
    // Late by up to 20 seconds now and then: writers' clocks differ.
    Timestamp time() {
        return from_micros(clock_ - (below(8) == 0 ? static_cast<std::int64_t>(below(20'000'000)) : 0));
    }

    void add_event(Transaction& transaction) {
        using ipld::List;
        using ipld::Value;
        const auto text = [&] { return "value " + std::to_string(below(1000)); };
        const auto number = [&] { return static_cast<double>(below(2000)) / 16.0 - 60.0; };
        switch (below(12)) {
        case 0:
        case 1:
        case 2:
        case 3:
            transaction.add("NodeCreated",
                            {{"node_id", "n" + std::to_string(++nodes_)},
                             {"node_type", "T" + std::to_string(below(5))},
                             {"properties", {{"title", text()}}}},
                            time());
            return;
        case 4:
        case 5:
        case 6:
            transaction.add("EdgeConnected",
                            {{"edge_id", "e" + std::to_string(++edges_)},
                             {"source", node()},
                             {"target", node()},
                             {"edge_type", "DependsOn"}},
                            time());
            return;
        case 7:
            transaction.add("NodeUpdated",
                            {{"node_id", node()}, {"updates", {{"title", text()}, {"size", below(100)}}}}, time());
            return;
        case 8:
            transaction.add(
                "NodeTransformed",
                {{"node_id", node()}, {"operation", {{"Translate", {{"delta", List{number(), number(), number()}}}}}}},
                time());
            return;
        case 9:
            transaction.add("SubgraphCreated",
                            {{"subgraph_id", "s" + std::to_string(below(9))}, {"nodes", List{node(), node()}}}, time());
            return;
        case 10:
            transaction.add(below(2) == 0 ? "NodeRemoved" : "NotInTheMapping", {{"node_id", node()}}, time());
            return;
        default: transaction.add("EdgeRemoved", {{"edge_id", edge()}}, time()); return;
        }
    }

    std::mt19937_64 random_;
    HistoryBuilder builder_;
    std::int64_t clock_ = 1'700'000'000'000'000;
    std::uint64_t nodes_ = 0;
    std::uint64_t edges_ = 0;
};

} // namespace cim::test
