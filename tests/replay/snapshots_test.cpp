// Aim: copies stay within their memory and evenly spread, whatever the graph does, and near copies push out what going
// back needs least. Method: graphs that grow, jump and shrink, kept under bounds from ample to none.
#include "replay/history.hpp"
#include "replay/snapshots.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace cim::test {
namespace {

using replay::Snapshots;

std::vector<std::size_t> positions(const Snapshots& snapshots, std::size_t upto) {
    std::vector<std::size_t> found;
    for (auto at = upto;;) {
        const auto copy = snapshots.at_or_before(at);
        if (copy == snapshots.end()) break;
        found.insert(found.begin(), copy->first);
        at = copy->first - 1;
    }
    return found;
}

// Applies all events and keeps regular copies where they are due, as the replayer does.
void play(Snapshots& snapshots, std::span<const DomainEvent> events, std::size_t limit) {
    GraphProjection projection;
    for (std::size_t position = 0; position < events.size();) {
        const auto stop = std::min(events.size(), snapshots.next_regular(position));
        projection.apply(events.subspan(position, stop - position));
        position = stop;
        if (position < events.size()) snapshots.keep_regular(position, projection, events.size());
        ASSERT_TRUE(snapshots.bytes() <= limit || snapshots.count() == 1) << snapshots.bytes() << " at " << position;
    }
}

std::vector<DomainEvent> growing(int count) {
    HistoryBuilder builder;
    for (int i = 0; i < count; ++i) builder.append(nodes_at("a", {i}));
    return builder.take();
}

// A thousand nodes that come first, and go again at the end.
std::vector<DomainEvent> jumping() {
    HistoryBuilder builder;
    std::vector<std::int64_t> seconds(1000, 1);
    builder.append(nodes_at("a", seconds));
    for (int i = 0; i < 1000; ++i) {
        Transaction update{AggregateId("a")};
        update.add("NodeUpdated", {{"node_id", "a1.0"}, {"updates", {{"i", i}}}}, second(i));
        builder.append(update);
    }
    for (int i = 0; i < 1000; ++i) {
        Transaction removal{AggregateId("a")};
        removal.add("NodeRemoved", {{"node_id", "a1." + std::to_string(i)}}, second(i));
        builder.append(removal);
    }
    return builder.take();
}

TEST(Snapshots, stay_within_their_memory_and_evenly_spread) {
    const std::vector<std::vector<DomainEvent>> histories{growing(3000), RandomHistory(7).take(3000), jumping()};
    for (std::size_t h = 0; h < histories.size(); ++h) {
        const auto& events = histories[h];
        GraphProjection whole;
        whole.apply(events);
        for (const std::size_t copies : {1000, 100, 30, 10, 5}) {
            SCOPED_TRACE("history " + std::to_string(h) + ", memory for " + std::to_string(copies) +
                         " copies of its end");
            const auto limit = copies * (whole.model().memory_bytes() + 2000);
            Snapshots snapshots(limit, 20);
            play(snapshots, events, limit);
            auto found = positions(snapshots, events.size());
            ASSERT_FALSE(found.empty());
            found.push_back(events.size());
            std::size_t widest = found.front();
            for (std::size_t i = 1; i < found.size(); ++i) widest = std::max(widest, found[i] - found[i - 1]);
            const auto fair = std::max<std::size_t>(20, events.size() / snapshots.count());
            EXPECT_LE(widest, 4 * fair) << "with " << snapshots.count() << " copies";
        }
    }
}

TEST(Snapshots, one_copy_is_kept_even_where_there_is_no_memory) {
    Snapshots snapshots(0, 100);
    play(snapshots, growing(1000), 0);
    EXPECT_EQ(snapshots.count(), 1u);
    snapshots.keep_near(77, GraphProjection());
    EXPECT_EQ(snapshots.count(), 1u);
}

TEST(Snapshots, near_copies_push_out_what_lies_ahead) {
    GraphProjection grown;
    grown.apply(growing(100));
    const GraphProjection projection(grown); // Without the room that it grew into.
    const auto one = projection.model().memory_bytes() + sizeof projection;
    Snapshots snapshots(4 * one, 100);
    for (const std::size_t position : {100, 200, 300, 400}) snapshots.keep_regular(position, projection, 450);
    const auto at_start = positions(snapshots, 1000);
    ASSERT_EQ(at_start, (std::vector<std::size_t>{100, 200, 300, 400}));
    snapshots.keep_near(250, projection);
    EXPECT_EQ(positions(snapshots, 1000), (std::vector<std::size_t>{100, 200, 250, 300}));
    snapshots.keep_near(275, projection);
    EXPECT_EQ(positions(snapshots, 1000), (std::vector<std::size_t>{100, 200, 250, 275}));
    snapshots.keep_near(280, projection);
    EXPECT_EQ(positions(snapshots, 1000), (std::vector<std::size_t>{100, 200, 275, 280})) << "the furthest goes";
    snapshots.keep_near(150, projection);
    EXPECT_EQ(positions(snapshots, 1000), (std::vector<std::size_t>{100, 150, 200, 275}));
    snapshots.keep_regular(300, projection, 450);
    EXPECT_EQ(positions(snapshots, 1000), (std::vector<std::size_t>{100, 200, 275, 300})) << "regular before near";
}

} // namespace
} // namespace cim::test
