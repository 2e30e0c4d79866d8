// Aim: a window holds exactly the events of its time, in log order, of all chains, and each chain's part is verified:
// what a window leaves out because of its time is told from what is lost. Method: chains whose times jump back and
// forth, a table of windows against a plain filter over the whole log, and faults inside, between and behind the parts.
#include "stream/support.hpp"

#include <algorithm>
#include <random>

namespace cim::test {
namespace {

std::vector<std::uint64_t> positions(const EventStreamTransaction& slice) {
    std::vector<std::uint64_t> numbers;
    for (const auto& event : slice.events) numbers.push_back(event.sequence().value());
    return numbers;
}

//           sequence:  1   2   3   4   5   6   7   8   9
// a, in seconds:      10  20  90  30  40  95  96  50  60     transactions 1 2 | 3 | 4 5 | 6 7 | 8 9
// b:                  15  25  35                             one each
struct Log {
    Log() {
        append(store, "a", {10, 20});
        append(store, "b", {15});
        append(store, "a", {90});
        append(store, "b", {25});
        append(store, "a", {30, 40});
        append(store, "a", {95, 96}, "Late");
        append(store, "b", {35});
        append(store, "a", {50, 60});
    }
    Result<EventStreamTransaction> fetch(std::int64_t from, std::int64_t until, const EventFilter& filter = {}) {
        return service.fetch_time_window(second(from), second(until), filter);
    }
    MemoryStore store;
    ManualClock clock{second(1000)};
    EventStreamService service{store, {}, clock};
};

struct Case {
    std::int64_t from, until;
    std::vector<std::uint64_t> positions; // in the log: a 1 2, b 3, a 4, b 5, a 6 7, a 8 9, b 10, a 11 12
    std::vector<std::string> slices;
};

const std::vector<Case> cases{
    {0, 1000, range(1, 12), {"a:1-9", "b:1-3"}},
    {0, 90, {1, 2, 3, 5, 6, 7, 10, 11, 12}, {"a:1-2", "a:4-5", "a:8-9", "b:1-3"}},
    {10, 20, {1, 3}, {"a:1-1", "b:1-1"}},
    {20, 36, {2, 5, 6, 10}, {"a:2-2!", "a:4-4!", "b:2-3!"}},
    {90, 96, {4, 8}, {"a:3-3!", "a:6-6!"}},
    {15, 16, {3}, {"b:1-1"}},
    {97, 1000, {}, {}},
    {50, 50, {}, {}},
};

TEST(TimeWindow, holds_the_events_of_its_time_in_log_order) {
    for (const auto& c : cases) {
        for (const std::size_t page : {100, 1, 2, 5}) {
            SCOPED_TRACE(std::to_string(c.from) + " to " + std::to_string(c.until) + ", pages of " +
                         std::to_string(page));
            Log log;
            log.store.most_in_page = page;
            const auto slice = log.fetch(c.from, c.until);
            ASSERT_TRUE(slice) << slice.error().text();
            EXPECT_EQ(positions(*slice), c.positions);
            EXPECT_EQ(described(slice->slices), c.slices);
            EXPECT_TRUE(slice->complete);
            EXPECT_TRUE(slice->aggregate_id.empty());
            EXPECT_EQ(slice->last_sequence, c.positions.empty() ? 0 : c.positions.back());
            EXPECT_EQ(slice->sequence_range.start.value(), c.positions.empty() ? 0 : c.positions.front());
            EXPECT_EQ(slice->sequence_range.end.value(), c.positions.empty() ? 0 : c.positions.back());
            EXPECT_EQ(slice->metadata.replay_policy, ReplayPolicy::by_start_time(second(c.from)));
            EXPECT_TRUE(log.service.cached(slice->transaction_id));
        }
    }
}

TEST(TimeWindow, a_known_head_anchors_all_parts_of_its_chain) {
    Log log;
    ASSERT_TRUE(log.service.fetch_transaction(AggregateId("a"), {.max_events = 3}));
    const auto slice = log.fetch(20, 36);
    ASSERT_TRUE(slice) << slice.error().text();
    EXPECT_EQ(described(slice->slices), (std::vector<std::string>{"a:2-2", "a:4-4", "b:2-3!"})) << "event 3 was seen";
}

TEST(TimeWindow, filters_after_it_has_verified) {
    Log log;
    const auto late = log.fetch(0, 1000, EventFilter::by_type("Late"));
    ASSERT_TRUE(late) << late.error().text();
    EXPECT_EQ(positions(*late), range(8, 9));
    EXPECT_EQ(described(late->slices), (std::vector<std::string>{"a:1-9", "b:1-3"}));
    log.store.change("b", 2, [](auto& row) { row.block.back() ^= std::byte{1}; });
    const auto damaged = log.fetch(0, 1000, EventFilter::by_type("Late"));
    ASSERT_FAILS(damaged, Errc::cid_mismatch);
}

TEST(TimeWindow, one_aggregate_is_read_alone) {
    Log log;
    log.store.change("a", 2, [](auto& row) { row.block.back() ^= std::byte{1}; });
    const auto slice = log.fetch(0, 1000, EventFilter::by_aggregate(AggregateId("b")));
    ASSERT_TRUE(slice) << slice.error().text();
    EXPECT_EQ(positions(*slice), (std::vector<std::uint64_t>{3, 5, 10}));
    EXPECT_EQ(slice->last_sequence, 10u) << "a position in the log";
    const auto both = log.fetch(0, 1000, EventFilter::by_aggregate(AggregateId("b")).and_aggregate(AggregateId("a")));
    ASSERT_FAILS(both, Errc::cid_mismatch);
    const auto nobody = log.fetch(0, 1000, EventFilter::by_aggregate(AggregateId("nobody")));
    ASSERT_TRUE(nobody) << "no events, and no error";
    EXPECT_TRUE(nobody->events.empty());
}

struct Fault {
    std::string name;
    std::function<void(MemoryStore&)> doing;
    Errc error;
};

TEST(TimeWindow, tells_what_is_lost_from_what_was_not_asked_for) {
    const std::vector<Fault> faults{
        {"an event of the window, between transactions", [](auto& s) { s.lose("b", 2); }, Errc::chain_broken},
        {"an event of the window, inside a transaction", [](auto& s) { s.lose("a", 4); }, Errc::incomplete_transaction},
        {"an event between two parts", [](auto& s) { s.lose("a", 3); }, Errc::chain_broken},
        {"a damaged event between two parts",
         [](auto& s) { s.change("a", 6, [](auto& row) { row.block.back() ^= std::byte{1}; }); }, Errc::cid_mismatch},
        {"a damaged event", [](auto& s) { s.change("a", 5, [](auto& row) { row.block[9] ^= std::byte{1}; }); },
         Errc::cid_mismatch},
        {"an event that the index of times has in a wrong place",
         [](auto& s) { s.change("a", 5, [](auto& row) { row.timestamp = second(99); }); }, Errc::store_corrupt},
    };
    for (const auto& fault : faults) {
        for (const std::size_t page : {100, 1}) {
            SCOPED_TRACE(fault.name);
            Log log;
            fault.doing(log.store);
            log.store.most_in_page = page;
            const auto slice = log.fetch(0, 90);
            ASSERT_FAILS(slice, fault.error);
            EXPECT_EQ(log.service.cache_stats().entries, 0u);
            EXPECT_FALSE(log.service.latest_head(AggregateId("a")));
            EXPECT_FALSE(log.service.latest_head(AggregateId("b")));
        }
    }
}

TEST(TimeWindow, faults_outside_are_none_of_its_business) {
    Log log;
    log.store.change("a", 9, [](auto& row) { row.block.back() ^= std::byte{1}; });
    EXPECT_TRUE(log.fetch(0, 55)) << "up to event 8";
    EXPECT_FALSE(log.fetch(0, 61));
}

TEST(TimeWindow, holds_chains_against_what_is_known) {
    Log known;
    ASSERT_TRUE(known.fetch(0, 1000));
    const auto head = *known.service.latest_head(AggregateId("a"));
    EXPECT_EQ(head.sequence.value(), 9u);
    {
        Log log;
        log.service.trust_head(AggregateId("a"), head);
        log.store.cut_off_after("a", 7);
        const auto shorter = log.fetch(0, 90);
        ASSERT_FAILS(shorter, Errc::head_mismatch);
    }
    {
        Log log;
        log.service.trust_head(AggregateId("a"), {AggregateSequence(4), head.cid});
        const auto other = log.fetch(0, 90);
        ASSERT_FAILS(other, Errc::chain_broken);
    }
}

TEST(TimeWindow, refuses_what_cannot_be_answered) {
    Log log;
    const auto backwards = log.fetch(90, 0);
    ASSERT_FAILS(backwards, Errc::invalid_argument);
    EXPECT_EQ(backwards.error().field("name"), "end");
    const auto negative = log.service.fetch_time_window(second(0), second(1), {}, std::chrono::milliseconds(-1));
    ASSERT_FAILS(negative, Errc::invalid_argument);

    EventStreamService small(log.store, {.max_transaction_events = 11}, log.clock);
    const auto large = small.fetch_time_window(second(0), second(1000));
    ASSERT_FAILS(large, Errc::limit_exceeded);
    EXPECT_EQ(large.error().field("limit"), "11");
    EXPECT_EQ(large.error().field("needed"), "12");
    EXPECT_TRUE(small.fetch_time_window(second(0), second(96)));

    log.store.most_in_page = 2;
    log.store.on_read = [&] { log.clock.advance(std::chrono::milliseconds(10)); };
    const auto slow = log.service.fetch_time_window(second(0), second(90), {}, std::chrono::milliseconds(60));
    ASSERT_FAILS(slow, Errc::timeout);
    EXPECT_TRUE(log.service.fetch_time_window(second(0), second(90), {}, std::chrono::milliseconds(200)));
}

// Any log, any window: the slice is what a plain filter over the log gives.
TEST(TimeWindow, gives_what_a_plain_filter_gives) {
    const std::uint64_t seed = 20'251'101;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t n) { return random() % n; };
    for (int round = 0; round < 60; ++round) {
        MemoryStore store;
        std::vector<std::pair<std::int64_t, std::uint64_t>> log; // second and position of each event
        for (std::uint64_t i = 0, count = below(40); i < count; ++i) {
            std::vector<std::int64_t> seconds;
            for (std::uint64_t n = 1 + below(4); n > 0; --n)
                seconds.push_back(static_cast<std::int64_t>(i + below(12)));
            append(store, std::string(1, static_cast<char>('a' + below(4))), seconds);
            for (const auto at : seconds) log.emplace_back(at, log.size() + 1);
        }
        store.most_in_page = 1 + below(20);
        EventStreamService service(store);
        for (int i = 0; i < 10; ++i) {
            const auto from = static_cast<std::int64_t>(below(45));
            const auto until = from + static_cast<std::int64_t>(below(20));
            std::vector<std::uint64_t> expected;
            for (const auto& [at, position] : log)
                if (from <= at && at < until) expected.push_back(position);
            const auto slice = service.fetch_time_window(second(from), second(until));
            ASSERT_TRUE(slice) << "round " << round << ": " << slice.error().text();
            ASSERT_EQ(positions(*slice), expected) << "round " << round;
        }
    }
}

} // namespace
} // namespace cim::test
