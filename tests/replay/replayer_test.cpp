// Aim: each control does what it says, and the graph is always what the events up to the position make. Method: a small
// history with a transaction that spans time, clocks that disagree and ties; every test names the position that it
// expects, and every state is compared with a straight replay.
#include <cim/replayer.hpp>

#include "replay/history.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

namespace cim::test {
namespace {

// position   1  2 | 3 | 4  5  6 | 7 | 8 | 9
// at second 10 20 | 15| 30 60 40| 50| 60| 90      chains a, b, a, b, b, a
// appears      20 | 20|       60| 60| 60| 90
std::vector<DomainEvent> small_history() {
    HistoryBuilder builder;
    builder.append(nodes_at("a", {10, 20}, "first"));
    builder.append(nodes_at("b", {15}));
    builder.append(nodes_at("a", {30, 60, 40}, "long"));
    builder.append(nodes_at("b", {50}));
    builder.append(nodes_at("b", {60}));
    builder.append(nodes_at("a", {90}, "last"));
    return builder.take();
}

Cid straight(std::span<const DomainEvent> events) {
    GraphProjection projection;
    projection.apply(events);
    return state_cid(projection.model());
}

class ReplayerTest : public testing::Test {
  protected:
    ManualClock wall{second(1'000'000)};
    std::vector<DomainEvent> events = small_history();
    Replayer replay{events, GraphMapping::builtin(), wall};

    void wait(double seconds) { wall.advance(Duration(static_cast<std::int64_t>(seconds * 1e6))); }
    ReplayUpdate tick_after(double seconds) { return wait(seconds), replay.tick(); }

    void expect(std::size_t position, const char* what) {
        SCOPED_TRACE(what);
        EXPECT_EQ(replay.position(), position);
        EXPECT_EQ(replay.projection().stats().events, position);
        EXPECT_EQ(state_cid(replay.model()), straight(std::span(events).first(replay.position())));
    }
};

TEST_F(ReplayerTest, starts_before_the_first_event_and_paused) {
    expect(0, "at the start");
    EXPECT_FALSE(replay.clock().playing());
    EXPECT_EQ(replay.clock().begin(), second(20));
    EXPECT_EQ(replay.clock().end(), second(90));
    tick_after(100);
    expect(0, "paused");
}

TEST_F(ReplayerTest, plays_whole_transactions_when_they_have_happened) {
    replay.play();
    tick_after(0);
    expect(0, "no time has passed");
    auto update = tick_after(0.5);
    expect(3, "what begins with the history");
    EXPECT_EQ(update.first, 0u);
    EXPECT_EQ(update.applied, 3u);
    EXPECT_FALSE(update.rebuilt);
    EXPECT_EQ(update.position, second(20) + Duration(500'000));
    tick_after(39);
    expect(3, "the transaction that began at 30 is not over");
    update = tick_after(0.5);
    expect(8, "at 60, and all that waited for it");
    EXPECT_EQ(update.first, 3u);
    EXPECT_EQ(update.applied, 5u);
    tick_after(29.999);
    expect(8, "shortly before the end");
    tick_after(100);
    expect(9, "the end");
    EXPECT_FALSE(replay.clock().playing());
    EXPECT_EQ(replay.clock().position(), second(90));
}

TEST_F(ReplayerTest, plays_backwards) {
    replay.seek_end();
    ASSERT_TRUE(replay.set_speed(-10));
    replay.play();
    auto update = tick_after(0.1);
    expect(8, "at 89");
    EXPECT_TRUE(update.rebuilt);
    EXPECT_EQ(update.applied, 0u);
    update = tick_after(1);
    expect(8, "at 79");
    EXPECT_FALSE(update.rebuilt) << "nothing changed";
    tick_after(1.9);
    expect(8, "at 60");
    tick_after(0.1);
    expect(3, "at 59");
    tick_after(100);
    expect(3, "at the start of the history, where the first transaction is");
    EXPECT_FALSE(replay.clock().playing());
}

TEST_F(ReplayerTest, seeks_to_times) {
    struct Case {
        std::int64_t time;
        std::size_t position;
        std::int64_t clock;
    };
    for (const auto& c : {Case{60, 8, 60}, Case{59, 3, 59}, Case{20, 3, 20}, Case{19, 0, 20}, Case{-5, 0, 20},
                          Case{90, 9, 90}, Case{9000, 9, 90}, Case{61, 8, 61}}) {
        const auto update = replay.seek(second(c.time));
        expect(c.position, std::to_string(c.time).c_str());
        EXPECT_EQ(update.position, second(c.clock));
        tick_after(1);
        expect(c.position, "and stays there");
    }
}

TEST_F(ReplayerTest, seeks_to_events_and_transactions) {
    const std::vector<std::pair<std::uint64_t, std::size_t>> cases{{1, 2}, {2, 2}, {3, 3}, {4, 6}, {6, 6},
                                                                   {7, 7}, {8, 8}, {9, 9}, {5, 6}};
    for (const auto& [sequence, position] : cases) {
        const auto update = replay.seek(GlobalSequence(sequence));
        ASSERT_TRUE(update) << update.error().text();
        expect(position, std::to_string(sequence).c_str());
        tick_after(1);
        expect(position, "where others of the same time follow, too");
    }
    ASSERT_TRUE(replay.seek(TransactionId("long")));
    expect(6, "transaction 'long'");
    EXPECT_EQ(replay.clock().position(), second(60));
    ASSERT_TRUE(replay.seek(TransactionId("first")));
    expect(2, "transaction 'first'");

    for (const std::uint64_t nowhere : {0, 10, 1000}) {
        const auto update = replay.seek(GlobalSequence(nowhere));
        ASSERT_FALSE(update);
        EXPECT_EQ(update.error().code, Errc::not_found);
        EXPECT_EQ(update.error().field("sequence"), std::to_string(nowhere));
    }
    const auto update = replay.seek(TransactionId("none of these"));
    ASSERT_FALSE(update);
    EXPECT_EQ(update.error().code, Errc::not_found);
    expect(2, "where it was");
}

TEST_F(ReplayerTest, goes_on_from_a_place_among_others_of_its_time) {
    ASSERT_TRUE(replay.seek(GlobalSequence(7)));
    replay.play();
    tick_after(0.001);
    expect(8, "what else there is at 60");
    ASSERT_TRUE(replay.seek(GlobalSequence(7)));
    ASSERT_TRUE(replay.set_speed(-1));
    tick_after(0.001);
    expect(3, "and back");
}

TEST_F(ReplayerTest, steps_by_transactions_and_by_events) {
    replay.play();
    replay.step(1);
    expect(2, "one forward");
    EXPECT_FALSE(replay.clock().playing()) << "a step pauses";
    replay.step(1);
    expect(3, "one more");
    EXPECT_EQ(replay.clock().position(), second(20));
    replay.step(2);
    expect(7, "two");
    replay.step(-1);
    expect(6, "back");
    replay.step(-2, StepUnit::event);
    expect(4, "into a transaction");
    tick_after(1);
    expect(4, "and it stays there");
    replay.step(-1);
    expect(3, "to its start");
    replay.step(1, StepUnit::event);
    expect(4, "into it again");
    replay.step(1);
    expect(6, "to its end");
    replay.step(100);
    expect(9, "the end");
    replay.step(1, StepUnit::event);
    expect(9, "is the end");
    replay.step(INT64_MIN, StepUnit::event);
    expect(0, "the start");
    replay.step(-1);
    expect(0, "is the start");
    replay.step(INT64_MAX, StepUnit::event);
    expect(9, "all");
    replay.step(INT64_MIN);
    expect(0, "nothing");
    replay.step(0);
    expect(0, "no step");
}

TEST_F(ReplayerTest, playing_goes_on_after_a_step) {
    replay.step(4, StepUnit::event);
    expect(4, "inside a transaction");
    replay.play();
    tick_after(0.001);
    expect(8, "which happened by then");
    replay.step(-4, StepUnit::event);
    expect(4, "inside again");
    ASSERT_TRUE(replay.set_speed(-1));
    replay.play();
    tick_after(0.001);
    expect(3, "and before");
}

TEST_F(ReplayerTest, loops) {
    ASSERT_TRUE(replay.loop(second(50), second(70)));
    replay.play();
    tick_after(1);
    expect(3, "at 50");
    tick_after(11);
    expect(8, "at 61");
    const auto update = tick_after(10);
    expect(3, "at 51");
    EXPECT_TRUE(update.rebuilt);
    replay.clear_loop();
    tick_after(1000);
    expect(9, "at the end");
}

TEST_F(ReplayerTest, takes_no_more_than_it_may_and_catches_up) {
    replay.play();
    wait(1000);
    auto update = replay.tick(1);
    expect(2, "never less than a transaction");
    EXPECT_EQ(update.position, second(90)) << "playback time does not wait";
    update = replay.tick(4);
    expect(6, "as many whole ones as fit");
    EXPECT_EQ(update.first, 2u);
    EXPECT_EQ(update.applied, 4u);
    replay.pause();
    update = replay.tick(2);
    expect(8, "also while it is paused");
    update = replay.tick(0);
    expect(9, "the rest");
    update = replay.tick(1);
    EXPECT_EQ(update.applied, 0u);
}

TEST_F(ReplayerTest, follows_what_is_appended) {
    HistoryBuilder builder;
    builder.append(nodes_at("a", {10, 20}, "first"));
    builder.append(nodes_at("b", {15}));
    const auto start = builder.take();
    builder.append(nodes_at("a", {30, 31}));
    const auto more = builder.take();
    builder.append(nodes_at("b", {25})); // Late: appears at 31, too.
    const auto late = builder.take();
    events = start;
    events.insert(events.end(), more.begin(), more.end());
    events.insert(events.end(), late.begin(), late.end());

    Replayer live(start, GraphMapping::builtin(), wall);
    replay = std::move(live);
    replay.follow_live(true);
    tick_after(1);
    expect(3, "at the end");
    replay.append(more);
    expect(3, "nothing moves between ticks");
    tick_after(0);
    expect(5, "the new end");
    replay.append(late);
    tick_after(0);
    expect(6, "also where time does not grow");
    replay.append(start);
    replay.append(events);
    tick_after(1);
    expect(6, "nothing twice");
    EXPECT_EQ(replay.events().size(), 6u);
}

TEST_F(ReplayerTest, what_is_appended_behind_its_back_waits_for_it) {
    HistoryBuilder builder;
    builder.append(nodes_at("a", {10}));
    builder.append(nodes_at("a", {20}));
    const auto start = builder.take();
    builder.append(nodes_at("a", {30}));
    const auto more = builder.take();
    events = start;
    events.insert(events.end(), more.begin(), more.end());
    replay = Replayer(start, GraphMapping::builtin(), wall);
    replay.play();
    tick_after(5);
    expect(1, "playing");
    replay.append(more);
    tick_after(10);
    expect(2, "past what was the end");
    EXPECT_TRUE(replay.clock().playing());
    tick_after(10);
    expect(3, "the new end");
}

TEST_F(ReplayerTest, a_transaction_may_arrive_in_pieces) {
    HistoryBuilder builder;
    builder.append(nodes_at("a", {10, 11, 12}));
    events = builder.take();
    replay = Replayer({events[0]}, GraphMapping::builtin(), wall);
    replay.seek_end();
    expect(1, "what there is");
    replay.follow_live(true);
    replay.append(std::span(events).subspan(1));
    tick_after(0);
    expect(3, "whole");
    replay.step(-1);
    expect(0, "and one");
}

TEST_F(ReplayerTest, of_nothing_can_be_played_too) {
    events.clear();
    replay = Replayer({}, GraphMapping::builtin(), wall);
    replay.play();
    tick_after(1);
    replay.seek(second(100));
    replay.seek_end();
    replay.seek_begin();
    replay.step(5);
    replay.step(-5, StepUnit::event);
    EXPECT_FALSE(replay.seek(GlobalSequence(1)));
    EXPECT_FALSE(replay.seek(TransactionId("x")));
    ASSERT_TRUE(replay.set_speed(2));
    replay.play();
    tick_after(1);
    expect(0, "nothing");
    replay.follow_live(true);
    tick_after(1);
    events = small_history();
    replay.append(events);
    tick_after(0);
    expect(9, "the first that come");
    EXPECT_EQ(replay.clock().begin(), second(20)) << "no years since 1970 to sit through";
    EXPECT_EQ(replay.clock().speed(), 2.0);
    EXPECT_TRUE(replay.clock().following_live());
}

TEST_F(ReplayerTest, tells_changes_going_forward_and_none_when_rebuilt) {
    replay = Replayer(events, GraphMapping::builtin(), wall, {.track_changes = true});
    auto& model = replay.model();
    replay.seek(second(20));
    EXPECT_EQ(model.take_changes().added_nodes.size(), 3u);
    replay.seek(second(60));
    EXPECT_EQ(model.take_changes().added_nodes.size(), 5u);
    replay.seek(second(90));
    const auto update = replay.seek(second(20));
    EXPECT_TRUE(update.rebuilt);
    EXPECT_EQ(&replay.model(), &model) << "the same object, also after going back";
    EXPECT_TRUE(model.take_changes().empty());
    replay.seek(second(60));
    EXPECT_EQ(model.take_changes().added_nodes.size(), 5u) << "tracking goes on";
}

} // namespace
} // namespace cim::test
