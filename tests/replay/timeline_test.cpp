// Aim: positions and times of a history are what a plain walk over its events gives. Method: random histories, every
// position and time of which is compared with the walk; the timeline is built in one go and in pieces.
#include "replay/history.hpp"
#include "replay/timeline.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace cim::test {
namespace {

struct End {
    std::size_t position;
    Timestamp time;
};

std::vector<End> walk(const std::vector<DomainEvent>& events) {
    std::vector<End> ends;
    auto latest = Timestamp::min();
    for (std::size_t i = 0; i < events.size(); ++i) {
        latest = std::max(latest, events[i].timestamp());
        if (events[i].ends_transaction()) ends.push_back({i + 1, latest});
    }
    return ends;
}

TEST(Timeline, is_what_a_walk_over_the_events_gives) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const auto events = RandomHistory(seed).take(300);
        const auto ends = walk(events);
        replay::Timeline timeline;
        for (std::size_t n = 0; n < events.size(); n += seed)
            timeline.extend(std::span(events).first(n)); // Pieces may end inside a transaction.
        timeline.extend(events);

        ASSERT_EQ(timeline.begin(), ends.front().time);
        ASSERT_EQ(timeline.end(), ends.back().time);
        for (const auto& end : ends) {
            for (const auto time : {end.time, end.time - Duration(1), end.time + Duration(1)}) {
                std::size_t expected = 0;
                for (const auto& other : ends)
                    if (other.time <= time) expected = other.position;
                ASSERT_EQ(timeline.position_at(time), expected);
            }
        }
        for (std::size_t position = 0; position <= events.size(); ++position) {
            const auto next = std::ranges::find_if(ends, [&](const End& end) { return end.position > position; });
            const auto here = std::ranges::find_if(ends, [&](const End& end) { return end.position >= position; });
            const auto before = here - ends.begin();
            const auto ahead = ends.end() - next;
            ASSERT_EQ(timeline.time_at(position), position == 0 ? ends.front().time : here->time);
            if (position < events.size()) {
                ASSERT_EQ(timeline.end_of_transaction(position), next->position);
            }
            for (const std::int64_t count : {std::int64_t{0}, std::int64_t{1}, std::int64_t{5}, INT64_MAX}) {
                const auto forward =
                    count == 0 || ahead == 0 ? position : next[std::min<std::int64_t>(count, ahead) - 1].position;
                const auto back = count == 0 ? position : (before >= count ? here[-count].position : 0);
                ASSERT_EQ(timeline.step(position, count), forward) << position << " + " << count;
                ASSERT_EQ(timeline.step(position, -count), back) << position << " - " << count;
            }
            ASSERT_EQ(timeline.step(position, INT64_MIN), 0u);
            for (const std::size_t most : {std::size_t{0}, std::size_t{1}, std::size_t{10}, SIZE_MAX}) {
                auto expected = next == ends.end() ? position : next->position;
                for (const auto& end : ends)
                    if (end.position > position && end.position - position <= most) expected = end.position;
                ASSERT_EQ(timeline.at_most(position, most), expected) << position << ", " << most;
            }
        }
    }
}

TEST(Timeline, a_transaction_of_which_a_filter_left_parts_is_one_still) {
    HistoryBuilder builder;
    builder.append(nodes_at("a", {1, 2, 3, 4}));
    builder.append(nodes_at("a", {5, 6}));
    auto events = builder.take();
    events.erase(events.begin() + 3);
    events.erase(events.begin() + 1);
    replay::Timeline timeline;
    timeline.extend(events);
    EXPECT_EQ(timeline.end_of_transaction(0), 2u);
    EXPECT_EQ(timeline.position_at(second(2)), 0u);
    EXPECT_EQ(timeline.position_at(second(3)), 2u);
    EXPECT_EQ(timeline.position_at(second(6)), 4u);
}

TEST(Timeline, of_nothing_has_one_position) {
    const replay::Timeline timeline;
    EXPECT_TRUE(timeline.empty());
    EXPECT_EQ(timeline.position_at(second(1)), 0u);
    EXPECT_EQ(timeline.step(0, 1), 0u);
    EXPECT_EQ(timeline.step(0, -1), 0u);
    EXPECT_EQ(timeline.at_most(0, 10), 0u);
}

} // namespace
} // namespace cim::test
