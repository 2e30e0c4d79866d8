// Aim: the window that subscriptions read from has everything between its ends, and is bounded. Method: a page after
// the other.
#include "stream/event_window.hpp"
#include "stream/support.hpp"

namespace cim::test {
namespace {

using stream::EventWindow;

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
