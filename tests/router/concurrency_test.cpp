// Aim: with many threads routing, polling, subscribing and going, there is one order that explains what everybody saw.
// Method: threads do, and afterwards what each saw is held against the router's numbers, which are that order: a
// consumer that was there from before until after must have every number, and any other a run of them without holes.
#include <cim/router.hpp>
#include <cim/subject_consumer.hpp>
#include <cim/subject_worker.hpp>

#include "router/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace cim {
namespace {

using namespace std::chrono_literals;
using test::event;

constexpr int producers = 3;
constexpr int events_each = 1500;
constexpr std::size_t all = producers * events_each;

// Each producer has an aggregate of its own and one that all share.
// With `visits` they keep step with somebody else, so that there is something to see for everybody.
void produce(SubjectRouter& router, int producer, std::atomic<std::uint64_t>& routed,
             const std::atomic<int>* visits = nullptr) {
    const auto own = event("own" + std::to_string(producer)), shared = event("shared");
    for (int i = 0; i < events_each; ++i) {
        while (visits != nullptr && *visits < i / 50) std::this_thread::yield();
        const auto report = router.route_event(i % 2 == 0 ? own : shared, i % 3 == 0 ? "x.a" : "x.b");
        ASSERT_TRUE(report);
        ++routed;
    }
}

struct Seen {
    std::vector<std::uint64_t> numbers;
    std::map<std::string, std::uint64_t> last_of;
    bool in_order = true;

    void note(const std::vector<RoutedEvent>& events) {
        for (const auto& routed : events) {
            const auto number = routed.global_sequence().value();
            if (!numbers.empty() && number <= numbers.back()) in_order = false;
            numbers.push_back(number);
            auto& last = last_of[std::string(routed.event().aggregate_id())];
            if (routed.aggregate_sequence().value() <= last) in_order = false;
            last = routed.aggregate_sequence().value();
        }
    }
};

TEST(RouterThreads, OneOrderForAll) {
    SubjectRouter router({.channel_capacity = all});
    auto always = SubjectConsumer::subscribe(router, {"x.*"}).value();
    auto half = SubjectConsumer::subscribe(router, {"x.a", "x.a.b"}).value();
    std::atomic<std::uint64_t> routed{0};
    std::atomic<bool> done{false};
    Seen by_always, by_half;
    std::atomic<int> comings{0};
    std::atomic<bool> holes{false}, missed{false};

    std::vector<std::thread> threads;
    for (int i = 0; i < producers; ++i) threads.emplace_back([&, i] { produce(router, i, routed, &comings); });
    std::thread poller([&] {
        std::vector<RoutedEvent> events;
        while (by_always.numbers.size() < all) {
            events.clear();
            if (always.wait(10s)) always.poll_events(events, 100);
            by_always.note(events);
        }
    });
    std::thread other([&] {
        while (!done) by_half.note(half.poll_events(7));
        for (auto events = half.poll_events(); !events.empty(); events = half.poll_events()) by_half.note(events);
    });
    // Comes and goes: it must see everything that was routed from after its coming on, and nothing twice.
    std::thread visitor([&] {
        while (!done) {
            auto here = SubjectConsumer::subscribe(router, {"x.>", "*.b"}).value();
            const auto before = router.get_stats().global_sequence.value();
            std::this_thread::yield();
            const auto after = router.get_stats().global_sequence.value();
            const auto events = here.poll_events(all);
            for (std::size_t i = 1; i < events.size(); ++i)
                if (events[i].global_sequence().value() != events[i - 1].global_sequence().value() + 1) holes = true;
            if (after > before && (events.empty() || events.front().global_sequence().value() > before + 1 ||
                                   events.back().global_sequence().value() < after))
                missed = true;
            ++comings;
        }
    });
    for (auto& thread : threads) thread.join();
    poller.join();
    done = true;
    other.join();
    visitor.join();

    EXPECT_TRUE(by_always.in_order);
    EXPECT_EQ(by_always.numbers.size(), all);
    EXPECT_EQ(by_always.numbers.front(), 1u);
    EXPECT_EQ(by_always.numbers.back(), all) << "all of them, so in order means without holes";
    EXPECT_TRUE(by_half.in_order);
    EXPECT_EQ(by_half.numbers.size(), producers * (events_each / 3));
    EXPECT_FALSE(holes);
    EXPECT_FALSE(missed);
    EXPECT_GE(comings, (events_each - 1) / 50);
    const auto stats = router.get_stats();
    EXPECT_EQ(stats.routed, all);
    EXPECT_EQ(stats.channels.size(), 2u);
}

TEST(RouterThreads, AGroupSharesOutEachEventOnce) {
    SubjectRouter router({.channel_capacity = all});
    std::atomic<std::uint64_t> routed{0};
    std::atomic<bool> done{false};
    std::vector<std::optional<SubjectConsumer>> members(3);
    for (auto& member : members) member = SubjectConsumer::subscribe(router, {"x.*"}, {.queue_group = "g"}).value();
    std::vector<Seen> seen(members.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < members.size(); ++i)
        threads.emplace_back([&, i] {
            // The last of them leaves early, and what it had not polled goes to the others.
            while (!done && !(i == 2 && seen[i].numbers.size() > 100)) {
                seen[i].note(members[i]->poll_events(10));
                std::this_thread::yield();
            }
            if (i == 2) members[i].reset();
        });
    std::vector<std::thread> sources;
    for (int i = 0; i < producers; ++i) sources.emplace_back([&, i] { produce(router, i, routed); });
    for (auto& source : sources) source.join();
    done = true;
    for (auto& thread : threads) thread.join();
    seen[0].note(members[0]->poll_events(all));
    std::vector<std::uint64_t> together;
    for (const auto& one : seen) {
        EXPECT_TRUE(one.in_order);
        together.insert(together.end(), one.numbers.begin(), one.numbers.end());
    }
    std::ranges::sort(together);
    ASSERT_EQ(together.size(), all);
    for (std::size_t i = 0; i < all; ++i) ASSERT_EQ(together[i], i + 1);
}

TEST(RouterThreads, ABlockedRouteHoldsUpNobodyElse) {
    SubjectRouter router;
    auto slow =
        SubjectConsumer::subscribe(router, {"slow"}, {.capacity = 1, .overflow = OverflowPolicy::block(1min)}).value();
    auto quick = SubjectConsumer::subscribe(router, {"quick"}).value();
    ASSERT_TRUE(router.route_event(event("a"), "slow"));
    std::thread blocked([&] { EXPECT_EQ(router.route_event(event("a"), "slow")->taken, 1u); });
    for (int i = 0; i < 100; ++i) ASSERT_EQ(router.route_event(event("b"), "quick")->taken, 1u);
    EXPECT_EQ(quick.poll_events().size(), 100u);
    while (slow.poll_events().empty()) std::this_thread::yield();
    blocked.join();
    EXPECT_EQ(slow.poll_events().size(), 1u);
}

TEST(RouterThreads, AConsumerMayGoWhileARouteWaitsForIt) {
    SubjectRouter router;
    std::optional slow =
        SubjectConsumer::subscribe(router, {"slow"}, {.capacity = 1, .overflow = OverflowPolicy::block(1min)}).value();
    ASSERT_TRUE(router.route_event(event("a"), "slow"));
    std::thread blocked([&] { EXPECT_TRUE(router.route_event(event("a"), "slow")->no_subscriber()); });
    std::this_thread::yield();
    slow.reset();
    blocked.join();
    EXPECT_EQ(router.get_stats().dropped[static_cast<std::size_t>(DropReason::consumer_gone)], 1u);
}

TEST(RouterThreads, BlockedProducersLoseNothing) {
    SubjectRouter router;
    auto consumer =
        SubjectConsumer::subscribe(router, {"x.*"}, {.capacity = 8, .overflow = OverflowPolicy::block(1min)}).value();
    std::atomic<std::uint64_t> routed{0};
    std::vector<std::thread> sources;
    for (int i = 0; i < producers; ++i) sources.emplace_back([&, i] { produce(router, i, routed); });
    Seen seen;
    while (seen.numbers.size() < all) seen.note(consumer.poll_events(5));
    for (auto& source : sources) source.join();
    EXPECT_TRUE(seen.in_order);
    EXPECT_EQ(seen.numbers.back(), all);
    EXPECT_EQ(total(router.get_stats().dropped), 0u);
}

TEST(RouterThreads, DropOldestWhileItIsPolled) {
    SubjectRouter router;
    auto consumer =
        SubjectConsumer::subscribe(router, {"x.*"}, {.capacity = 4, .overflow = OverflowPolicy::drop_oldest()}).value();
    std::atomic<std::uint64_t> routed{0};
    std::vector<std::thread> sources;
    for (int i = 0; i < producers; ++i) sources.emplace_back([&, i] { produce(router, i, routed); });
    Seen seen;
    while (routed < all) seen.note(consumer.poll_events(3));
    for (auto& source : sources) source.join();
    seen.note(consumer.poll_events());
    EXPECT_TRUE(seen.in_order);
    EXPECT_EQ(seen.numbers.size() + total(router.get_stats().dropped), all) << "each was polled, or counted";
}

} // namespace
} // namespace cim
