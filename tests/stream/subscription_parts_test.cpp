// Aim: the pauses between attempts, and the window that subscriptions read from, each on its own.
#include "stream/backoff.hpp"
#include "stream/event_window.hpp"
#include "stream/support.hpp"

#include <chrono>

namespace cim::test {
namespace {

using namespace std::chrono_literals;
using stream::Backoff;
using stream::EventWindow;

TEST(BackoffTest, DoublesUpToTheLongest) {
    Backoff backoff(100ms, 1000ms, 7);
    for (const Duration whole : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms, 1000ms}) {
        const auto pause = backoff.next();
        EXPECT_GE(pause, whole / 2);
        EXPECT_LE(pause, whole);
    }
    backoff.reset();
    EXPECT_LE(backoff.next(), 100ms);
}

TEST(BackoffTest, IsTheSameForTheSameSeedAndAnotherForAnother) {
    Backoff one(1s, 60s, 1);
    Backoff same(1s, 60s, 1);
    Backoff other(1s, 60s, 2);
    int different = 0;
    for (int i = 0; i < 8; ++i) {
        const auto pause = one.next();
        EXPECT_EQ(pause, same.next());
        different += pause != other.next() ? 1 : 0;
    }
    EXPECT_GE(different, 7);
}

TEST(BackoffTest, TakesOddSettings) {
    for (auto [first, longest] : {std::pair<Duration, Duration>{0ms, 0ms}, {5ms, 1ms}, {-1ms, -1ms}}) {
        Backoff backoff(first, longest, 1);
        for (int i = 0; i < 100; ++i) EXPECT_GE(backoff.next(), 0ms);
    }
}

class EventWindowTest : public testing::Test {
  protected:
    // Transactions of one event, at the sequences 1 to `count`.
    void fill(int count) { append_sizes(store, "a", std::vector<int>(static_cast<std::size_t>(count), 1)); }
    [[nodiscard]] std::vector<DomainEvent> events(std::uint64_t after, std::uint64_t upto) {
        auto query = ReadQuery::all(GlobalSequence{after});
        query.upto = upto;
        return store.read(query)->events;
    }
    MemoryStore store;
};

TEST_F(EventWindowTest, HasNothingUntilItIsOpen) {
    EventWindow window(100, 1 << 20);
    EXPECT_TRUE(window.after(GlobalSequence{0}).gone);
    window.open(GlobalSequence{5});
    EXPECT_TRUE(window.after(GlobalSequence{4}).gone);
    EXPECT_FALSE(window.after(GlobalSequence{5}).gone);
    EXPECT_EQ(window.after(GlobalSequence{5}).page, nullptr);
    EXPECT_EQ(window.end().sequence, GlobalSequence{5});
    EXPECT_EQ(window.end().cid, std::nullopt);
}

TEST_F(EventWindowTest, GoesOnBehindEveryPosition) {
    fill(9);
    EventWindow window(100, 1 << 20);
    window.open(GlobalSequence{2});
    window.push(events(2, 4));
    window.push(events(4, 5));
    window.push(events(5, 9));
    for (std::uint64_t position = 2; position < 9; ++position) {
        const auto look = window.after(GlobalSequence{position});
        ASSERT_NE(look.page, nullptr) << position;
        EXPECT_EQ((*look.page)[look.first].sequence().value(), position + 1);
    }
    EXPECT_EQ(window.after(GlobalSequence{9}).page, nullptr);
    EXPECT_EQ(window.end().cid, events(8, 9).front().cid());
}

TEST_F(EventWindowTest, DropsTheOldestAndKeepsTheNewestPage) {
    fill(30);
    EventWindow by_events(10, 1 << 20);
    EventWindow by_bytes(1000, 10 * events(0, 1).front().block().size());
    for (auto* window : {&by_events, &by_bytes}) {
        window->open({});
        for (std::uint64_t at = 0; at < 30; at += 5) {
            window->push(events(at, at + 5));
            EXPECT_LE(window->end().sequence.value() - window->start().value(), 10u);
            EXPECT_FALSE(window->after(window->start()).gone);
        }
        EXPECT_TRUE(window->after(GlobalSequence{19}).gone);
        window->push({});
        EXPECT_EQ(window->end().sequence.value(), 30u);
    }
    EventWindow tiny(1, 1);
    tiny.open({});
    tiny.push(events(0, 20));
    EXPECT_EQ(tiny.after(GlobalSequence{0}).page->size(), 20u) << "the newest page stays, however large";
}

TEST_F(EventWindowTest, SaysAtItsEndWhyNothingFollows) {
    fill(2);
    EventWindow window(100, 1 << 20);
    window.open({});
    window.push(events(0, 2));
    window.fail(Error(Errc::chain_broken, "no"));
    EXPECT_EQ(window.after(GlobalSequence{1}).failure, nullptr);
    ASSERT_NE(window.after(GlobalSequence{2}).failure, nullptr);
    EXPECT_EQ(window.after(GlobalSequence{2}).failure->code, Errc::chain_broken);
}

} // namespace
} // namespace cim::test
