// Aim: every consumer gets every event that it subscribed to, once and in one order, or it is counted with the reason.
// Method: one thread and exact expectations; concurrency_test.cpp has the threads.
#include <cim/router.hpp>
#include <cim/subject_consumer.hpp>

#include "router/support.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cim {
namespace {

using namespace std::chrono_literals;
using test::event;
using test::numbers;
using test::subjects;
using Numbers = std::vector<std::uint64_t>;

SubjectConsumer subscribe(SubjectRouter& router, std::initializer_list<std::string_view> patterns,
                          ConsumerOptions options = {}) {
    return SubjectConsumer::subscribe(router, patterns, std::move(options)).value();
}

std::uint64_t dropped(const PatternStats& stats, DropReason reason) {
    return stats.dropped[static_cast<std::size_t>(reason)];
}

// -- What is refused -------------------------------------------------------------------------------------------------

TEST(SubjectRouter, RefusesAConfigurationOutOfRange) {
    struct Row {
        std::string_view name;
        void (*spoil)(RouterConfig&);
    };
    const Row rows[] = {
        {"channel_capacity", [](RouterConfig& c) { c.channel_capacity = 0; }},
        {"channel_capacity", [](RouterConfig& c) { c.channel_capacity = SIZE_MAX; }},
        {"max_retries", [](RouterConfig& c) { c.max_retries = 1001; }},
        {"max_aggregates", [](RouterConfig& c) { c.max_aggregates = 0; }},
        {"overflow", [](RouterConfig& c) { c.overflow = OverflowPolicy::block(-1ms); }},
        {"overflow", [](RouterConfig& c) { c.overflow = OverflowPolicy::block(61min); }},
        {"overflow", [](RouterConfig& c) { c.overflow = OverflowPolicy::dead_letter(), c.enable_dlq = false; }},
        {"capacity", [](RouterConfig& c) { c.dead_letters.capacity = 0; }},
        {"ttl", [](RouterConfig& c) { c.dead_letters.ttl = Duration(0); }},
        {"max_hops", [](RouterConfig& c) { c.dead_letters.max_hops = 0; }},
        {"replays_per_second", [](RouterConfig& c) { c.dead_letters.replays_per_second = -1; }},
    };
    for (const auto& [name, spoil] : rows) {
        RouterConfig config;
        spoil(config);
        ASSERT_FALSE(config.check()) << name;
        EXPECT_EQ(config.check().error().field("name"), name);
        SubjectRouter router(config);
        EXPECT_EQ(router.route_event(event("a")).error().code, Errc::invalid_argument) << name;
        EXPECT_EQ(SubjectConsumer::subscribe(router, {">"}).error().code, Errc::invalid_argument) << name;
        EXPECT_EQ(router.replay_dead_letters().error().code, Errc::invalid_argument) << name;
    }
    EXPECT_TRUE(RouterConfig().check());
}

TEST(SubjectRouter, RefusedPatternsLeaveNothingBehind) {
    SubjectRouter router;
    const std::string huge(1 << 20, 'a');
    for (const std::string_view bad :
         std::vector<std::string_view>{"", ".", "a..b", ".a", "a.", "a b", "a.>.b", ">.a", "a*", "a.b>", "**", huge}) {
        const auto refused = SubjectConsumer::subscribe(router, {"fine.>", bad, "also.fine"});
        ASSERT_FALSE(refused) << bad;
        EXPECT_EQ(refused.error().code, Errc::invalid_pattern) << bad;
        EXPECT_TRUE(refused.error().field("reason")) << bad;
    }
    EXPECT_EQ(SubjectConsumer::subscribe(router, std::span<const std::string_view>()).error().code,
              Errc::invalid_argument);
    EXPECT_EQ(SubjectConsumer::subscribe(router, {"a"}, {.capacity = 0}).error().field("name"), "capacity");
    EXPECT_EQ(SubjectConsumer::subscribe(router, {"a"}, {.capacity = 1u << 30}).error().field("name"), "capacity");
    EXPECT_EQ(
        SubjectConsumer::subscribe(router, {"a"}, {.overflow = OverflowPolicy::block(-1ms)}).error().field("name"),
        "overflow");
    EXPECT_EQ(router.get_stats().subscriptions, 0u);
    EXPECT_TRUE(router.get_stats().channels.empty());
}

TEST(SubjectRouter, RefusedEventsGetNoNumberAndAreCounted) {
    SubjectRouter router;
    auto all = subscribe(router, {">"});
    EXPECT_EQ(router.route_event(DomainEvent()).error().code, Errc::invalid_argument);
    for (const std::string_view bad : {"", "a..b", "a.*", "a.>", "a b"})
        EXPECT_EQ(router.route_event(event("a"), bad).error().code, Errc::invalid_subject) << bad;
    EXPECT_EQ(router.route_event(event("a", "SubgraphCreated")).error().field("field"), "subgraph_id");
    EXPECT_EQ(router.get_stats().failed, 7u);
    EXPECT_EQ(router.get_stats().routed, 0u);
    EXPECT_EQ(router.route_event(event("a"))->global_sequence.value(), 1u);
    EXPECT_EQ(numbers(all.poll_events()), Numbers{1});
}

TEST(SubjectRouter, AnAggregateTooManyIsRefused) {
    SubjectRouter router({.max_aggregates = 2});
    EXPECT_TRUE(router.route_event(event("a")));
    EXPECT_TRUE(router.route_event(event("b")));
    const auto refused = router.route_event(event("c"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::limit_exceeded);
    EXPECT_EQ(refused.error().field("limit"), "2");
    EXPECT_TRUE(router.route_event(event("a"))) << "those that are numbered go on";
    SubjectRouter without({.track_sequences = false, .max_aggregates = 2});
    for (const auto name : {"a", "b", "c"}) EXPECT_TRUE(without.route_event(event(name)));
}

// -- Who gets what ---------------------------------------------------------------------------------------------------

TEST(SubjectRouter, EverySubscriberGetsEveryMatchingEventOnce) {
    SubjectRouter router;
    auto nodes = subscribe(router, {"event.graph.*.node.>"});
    auto one_graph = subscribe(router, {"event.graph.1.>"});
    auto overlapping = subscribe(router, {"event.graph.1.node.added", "event.graph.*.node.>", ">"});
    auto nothing = subscribe(router, {"somewhere.else"});

    const auto first = *router.route_event(event("1", "NodeAdded"));
    EXPECT_EQ(first.taken, 3u);
    EXPECT_EQ(first.refused, 0u);
    EXPECT_EQ(first.global_sequence.value(), 1u);
    EXPECT_EQ(first.aggregate_sequence.value(), 1u);
    EXPECT_EQ(router.route_event(event("2", "NodeAdded"))->aggregate_sequence.value(), 1u);
    EXPECT_EQ(router.route_event(event("1", "EdgeConnected"))->aggregate_sequence.value(), 2u);

    EXPECT_EQ(numbers(nodes.poll_events()), (Numbers{1, 2}));
    EXPECT_EQ(numbers(one_graph.poll_events()), (Numbers{1, 3}));
    const auto all = overlapping.poll_events();
    EXPECT_EQ(numbers(all), (Numbers{1, 2, 3})) << "once each, in global order over all patterns";
    EXPECT_EQ(all[0].pattern_index(), 0u);
    EXPECT_EQ(all[1].pattern_index(), 1u);
    EXPECT_EQ(all[2].pattern_index(), 2u);
    EXPECT_EQ(subjects(all), (std::vector<std::string>{"event.graph.1.node.added", "event.graph.2.node.added",
                                                       "event.graph.1.edge.connected"}));
    EXPECT_TRUE(nothing.poll_events().empty());
    EXPECT_TRUE(nodes.poll_events().empty()) << "never twice";
}

TEST(SubjectRouter, NoSubscriberAndAllFullAreDifferent) {
    SubjectRouter router;
    auto tiny = subscribe(router, {"a"}, {.capacity = 1});
    EXPECT_TRUE(router.route_event(event("x"), "b")->no_subscriber());
    EXPECT_FALSE(router.route_event(event("x"), "a")->all_full());
    const auto full = *router.route_event(event("x"), "a");
    EXPECT_TRUE(full.all_full());
    EXPECT_FALSE(full.no_subscriber());
    EXPECT_EQ(full.refused, 1u);
    EXPECT_EQ(router.get_stats().no_subscriber, 1u);
    EXPECT_EQ(numbers(tiny.poll_events()), Numbers{2});
}

TEST(SubjectRouter, CopiesAHandleNeverTheEvent) {
    SubjectRouter router;
    auto a = subscribe(router, {">"}), b = subscribe(router, {">"});
    const auto sent = event("1");
    ASSERT_TRUE(router.route_event(sent));
    const auto at_a = a.poll_events(), at_b = b.poll_events();
    EXPECT_EQ(&at_a[0].event(), &at_b[0].event());
    EXPECT_EQ(at_a[0].event().block().data(), sent.block().data());
}

TEST(SubjectRouter, PollsNoMoreThanIsAskedFor) {
    SubjectRouter router;
    auto consumer = subscribe(router, {">"});
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(router.route_event(event("1")));
    EXPECT_TRUE(consumer.poll_events(0).empty());
    EXPECT_EQ(numbers(consumer.poll_events(2)), (Numbers{1, 2}));
    std::vector<RoutedEvent> more;
    EXPECT_EQ(consumer.poll_events(more, 2), 2u);
    EXPECT_EQ(consumer.poll_events(more), 1u);
    EXPECT_EQ(numbers(more), (Numbers{3, 4, 5})) << "appended";
    EXPECT_EQ(more.back().delivery_number(), 5u);
}

TEST(SubjectRouter, ABatchIsRoutedLikeItsEvents) {
    SubjectRouter router;
    auto nodes = subscribe(router, {"event.graph.*.node.*"}, {.capacity = 2});
    const std::vector events{event("1", "NodeAdded"), event("2", "NodeAdded"), event("1", "GraphCreated"),
                             event("1", "NodeAdded")};
    const auto report = *router.route_events(events);
    EXPECT_EQ(report.routed, 4u);
    EXPECT_EQ(report.no_subscriber, 1u);
    EXPECT_EQ(report.taken, 2u);
    EXPECT_EQ(report.refused, 1u);
    EXPECT_EQ(numbers(nodes.poll_events()), (Numbers{1, 2}));
    const std::vector with_bad{event("1"), DomainEvent(), event("1")};
    const auto stopped = router.route_events(with_bad);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().field("routed"), "1");
}

// -- Numbers ---------------------------------------------------------------------------------------------------------

TEST(SubjectRouter, NumbersGoOnWhereTheyStood) {
    RouterPositions positions;
    {
        SubjectRouter router;
        for (const auto name : {"a", "b", "a"}) ASSERT_TRUE(router.route_event(event(name)));
        positions = router.positions();
    }
    EXPECT_EQ(positions.global.value(), 3u);
    ASSERT_EQ(positions.aggregates.size(), 2u);
    EXPECT_EQ(positions.aggregates[0], std::pair(AggregateId("a"), AggregateSequence(2)));
    SubjectRouter router({.start = positions});
    const auto next = *router.route_event(event("a"));
    EXPECT_EQ(next.global_sequence.value(), 4u);
    EXPECT_EQ(next.aggregate_sequence.value(), 3u);
    EXPECT_EQ(router.route_event(event("c"))->aggregate_sequence.value(), 1u);
}

TEST(SubjectRouter, NumberingCanBeOff) {
    SubjectRouter router({.track_sequences = false});
    auto consumer = subscribe(router, {">"});
    for (int i = 0; i < 2; ++i) {
        const auto report = *router.route_event(event("a"));
        EXPECT_EQ(report.global_sequence.value(), 0u);
        EXPECT_EQ(report.aggregate_sequence.value(), 0u);
    }
    const auto events = consumer.poll_events();
    EXPECT_EQ(numbers(events), (Numbers{0, 0}));
    EXPECT_EQ(events[1].delivery_number(), 2u) << "the channel's own order is still there";
    EXPECT_EQ(router.get_stats().aggregates, 0u);
}

// -- Full channels ---------------------------------------------------------------------------------------------------

TEST(SubjectRouter, DropNewest) {
    SubjectRouter router;
    auto consumer = subscribe(router, {"a", "b"}, {.capacity = 2, .overflow = OverflowPolicy::drop_newest()});
    for (const auto subject : {"a", "b", "b", "a"}) ASSERT_TRUE(router.route_event(event("x"), subject));
    const auto stats = consumer.stats();
    EXPECT_EQ(stats.patterns[0].sent, 1u);
    EXPECT_EQ(dropped(stats.patterns[0], DropReason::channel_full), 1u);
    EXPECT_EQ(stats.patterns[1].sent, 1u);
    EXPECT_EQ(dropped(stats.patterns[1], DropReason::channel_full), 1u);
    EXPECT_EQ(numbers(consumer.poll_events()), (Numbers{1, 2}));
}

TEST(SubjectRouter, DropOldest) {
    SubjectRouter router;
    auto consumer = subscribe(router, {"a", "b"}, {.capacity = 2, .overflow = OverflowPolicy::drop_oldest()});
    for (const auto subject : {"a", "b", "b", "b", "b"}) {
        const auto report = *router.route_event(event("x"), subject);
        EXPECT_EQ(report.taken, 1u);
        EXPECT_EQ(report.refused, 0u);
    }
    const auto stats = consumer.stats();
    EXPECT_EQ(dropped(stats.patterns[0], DropReason::displaced), 1u);
    EXPECT_EQ(dropped(stats.patterns[1], DropReason::displaced), 2u);
    EXPECT_EQ(stats.patterns[0].depth, 0u);
    EXPECT_EQ(stats.patterns[1].depth, 2u);
    const auto events = consumer.poll_events();
    EXPECT_EQ(numbers(events), (Numbers{4, 5}));
    EXPECT_EQ(events[0].delivery_number(), 4u) << "what was displaced leaves a gap";
}

TEST(SubjectRouter, FailLeavesEverybodyWithoutIt) {
    SubjectRouter router;
    auto other = subscribe(router, {">"});
    auto strict = subscribe(router, {">"}, {.name = "strict", .capacity = 1, .overflow = OverflowPolicy::fail()});
    ASSERT_TRUE(router.route_event(event("x")));
    const auto refused = router.route_event(event("x"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::limit_exceeded);
    EXPECT_EQ(refused.error().field("consumer"), "strict");
    EXPECT_EQ(numbers(strict.poll_events()), Numbers{1});
    EXPECT_EQ(router.route_event(event("x"))->global_sequence.value(), 2u) << "no number was used up";
    EXPECT_EQ(numbers(other.poll_events()), (Numbers{1, 2}));
}

TEST(SubjectRouter, BlockWaitsAndThenRefuses) {
    SubjectRouter router;
    auto consumer = subscribe(router, {">"}, {.capacity = 1, .overflow = OverflowPolicy::block(5ms)});
    ASSERT_EQ(router.route_event(event("x"))->taken, 1u);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_TRUE(router.route_event(event("x"))->all_full());
    EXPECT_GE(std::chrono::steady_clock::now() - began, 5ms);
    EXPECT_EQ(dropped(consumer.stats().patterns[0], DropReason::timed_out), 1u);
    auto impatient = subscribe(router, {"now"}, {.capacity = 1, .overflow = OverflowPolicy::block(0ms)});
    ASSERT_EQ(numbers(consumer.poll_events()), Numbers{1});
    ASSERT_EQ(router.route_event(event("x"), "now")->taken, 2u);
    EXPECT_EQ(router.route_event(event("x"), "now")->refused, 2u);
}

TEST(SubjectRouter, DeadLettersKeepWhatAFullChannelRefuses) {
    ManualClock clock(from_micros(77));
    SubjectRouter router({}, clock);
    {
        auto consumer =
            subscribe(router, {"a.>"}, {.name = "slow", .capacity = 1, .overflow = OverflowPolicy::dead_letter()});
        ASSERT_EQ(router.route_event(event("x"), "a.b")->taken, 1u);
        EXPECT_TRUE(router.route_event(event("y"), "a.c")->all_full());
        EXPECT_EQ(dropped(consumer.stats().patterns[0], DropReason::dead_lettered), 1u);

        const auto letter = *router.dead_letters()->peek();
        EXPECT_EQ(letter.subject, "a.c");
        EXPECT_EQ(letter.pattern, "a.>");
        EXPECT_EQ(letter.consumer, "slow");
        EXPECT_EQ(letter.reason, DeadLetterReason::channel_full);
        EXPECT_EQ(letter.event.aggregate_id(), "y");
        EXPECT_EQ(letter.global_sequence.value(), 2u);
        EXPECT_EQ(letter.aggregate_sequence.value(), 1u);
        EXPECT_EQ(to_micros(letter.last_failure), 77);
        EXPECT_EQ(letter.hops, 0u);

        ASSERT_EQ(consumer.poll_events().size(), 1u);
        EXPECT_EQ(router.replay_dead_letters()->replayed, 1u);
        const auto replayed = consumer.poll_events();
        ASSERT_EQ(replayed.size(), 1u);
        EXPECT_EQ(replayed[0].hops(), 1u);
        EXPECT_EQ(replayed[0].subject(), "a.c");

        // A letter that dies over and over is stopped.
        for (int i = 0; i < 2; ++i) ASSERT_TRUE(router.route_event(event("y"), "a.c"));
        for (int round = 0; round < 3; ++round) {
            EXPECT_EQ(router.replay_dead_letters()->replayed, 1u) << "and is refused again";
            EXPECT_EQ(router.dead_letters()->stats().size, 1u);
        }
        EXPECT_EQ(router.replay_dead_letters()->exhausted, 1u);
        EXPECT_EQ(router.dead_letters()->peek()->hops, 3u);
    }
    SubjectRouter fresh({}, clock);
    ASSERT_TRUE(fresh.dead_letters()->add({.event = event("z"), .subject = "a.b"}));
    EXPECT_EQ(fresh.replay_dead_letters()->failed, 1u) << "nobody subscribes";
    EXPECT_EQ(fresh.dead_letters()->stats().size, 1u);
    SubjectRouter without({.enable_dlq = false});
    EXPECT_EQ(without.dead_letters(), nullptr);
    EXPECT_EQ(without.replay_dead_letters().error().code, Errc::not_found);
}

// -- Groups, coming and going ----------------------------------------------------------------------------------------

TEST(SubjectRouter, AGroupSharesItsEvents) {
    SubjectRouter router;
    std::optional first = subscribe(router, {"a.>"}, {.queue_group = "workers"});
    auto second = subscribe(router, {"a.>"}, {.queue_group = "workers"});
    auto alone = subscribe(router, {"a.>"});
    for (int i = 0; i < 4; ++i) EXPECT_EQ(router.route_event(event("x"), "a.b")->taken, 2u);
    EXPECT_EQ(numbers(first->poll_events(1)), Numbers{1});
    EXPECT_EQ(numbers(second.poll_events(2)), (Numbers{2, 3}));
    first.reset();
    EXPECT_EQ(numbers(second.poll_events()), Numbers{4}) << "nothing is lost with a member";
    EXPECT_EQ(numbers(alone.poll_events()), (Numbers{1, 2, 3, 4}));
    EXPECT_EQ(router.get_stats().channels.size(), 2u);
    EXPECT_EQ(router.get_stats().channels[0].consumers, 1u);
    const auto other = SubjectConsumer::subscribe(router, {"b.>"}, {.queue_group = "workers"});
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().field("name"), "queue_group");
    EXPECT_FALSE(SubjectConsumer::subscribe(router, {"a.>"}, {.capacity = 5, .queue_group = "workers"}));
}

TEST(SubjectRouter, DestroyingAConsumerUnregistersIt) {
    SubjectRouter router;
    {
        auto gone = subscribe(router, {"a", "b"});
        ASSERT_EQ(router.route_event(event("x"), "a")->taken, 1u);
        ASSERT_EQ(router.route_event(event("x"), "b")->taken, 1u);
        ASSERT_EQ(gone.poll_events(1).size(), 1u);
    }
    EXPECT_TRUE(router.route_event(event("x"), "a")->no_subscriber());
    const auto stats = router.get_stats();
    EXPECT_TRUE(stats.channels.empty());
    EXPECT_EQ(stats.subscriptions, 0u);
    EXPECT_EQ(stats.dropped[static_cast<std::size_t>(DropReason::consumer_gone)], 1u) << "what it had not polled";
    EXPECT_EQ(stats.sent, 2u);
}

TEST(SubjectRouter, AMovedConsumerGoesOn) {
    SubjectRouter router;
    auto a = subscribe(router, {"a"});
    auto b = subscribe(router, {"b"});
    a = std::move(b);
    EXPECT_EQ(router.get_stats().channels.size(), 1u);
    ASSERT_TRUE(router.route_event(event("x"), "b"));
    EXPECT_EQ(a.poll_events().size(), 1u);
}

TEST(SubjectRouter, EventsAndConsumersOutliveTheRouter) {
    std::optional<SubjectRouter> router(std::in_place);
    std::optional consumer = subscribe(*router, {">"});
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(router->route_event(event("x")));
    auto some = consumer->poll_events(100);
    router.reset();
    EXPECT_EQ(consumer->poll_events(50).size(), 50u);
    EXPECT_TRUE(consumer->wait(0ms)) << "there are still some";
    (void)consumer->poll_events();
    EXPECT_FALSE(consumer->wait(1h)) << "nothing comes any more";
    consumer.reset();
    EXPECT_EQ(some[99].global_sequence().value(), 100u);
    EXPECT_EQ(some[99].event().aggregate_id(), "x");
}

TEST(SubjectRouter, WaitsOnlyAsLongAsItMust) {
    SubjectRouter router;
    auto consumer = subscribe(router, {">"});
    EXPECT_FALSE(consumer.wait(0ms));
    EXPECT_FALSE(consumer.wait(-5ms));
    EXPECT_FALSE(consumer.wait(2ms));
    ASSERT_TRUE(router.route_event(event("x")));
    EXPECT_TRUE(consumer.wait(1h));
    EXPECT_TRUE(consumer.wait(std::chrono::milliseconds::max()));
}

// -- Statistics ------------------------------------------------------------------------------------------------------

TEST(SubjectRouter, StatisticsMove) {
    ManualClock clock;
    SubjectRouter router({}, clock);
    auto consumer = subscribe(router, {"a.*", "b"}, {.name = "c", .capacity = 3});
    const auto before = router.get_stats();
    for (const auto subject : {"a.x", "a.y", "b", "b", "c"}) ASSERT_TRUE(router.route_event(event("x"), subject));
    (void)consumer.poll_events(2);
    consumer.report_error(0, "went wrong");
    consumer.report_error(99, "of no pattern");
    clock.advance(std::chrono::seconds(2));
    const auto after = router.get_stats();
    EXPECT_EQ(after.routed, 5u);
    EXPECT_EQ(after.no_subscriber, 1u);
    EXPECT_EQ(after.sent, 3u);
    EXPECT_EQ(total(after.dropped), 1u);
    EXPECT_EQ(after.subscriptions, 2u);
    EXPECT_EQ(after.aggregates, 1u);
    const auto& channel = after.channels.at(0);
    EXPECT_EQ(channel.name, "c");
    EXPECT_EQ(channel.capacity, 3u);
    const auto& a = channel.patterns[0];
    EXPECT_EQ(a.pattern, "a.*");
    EXPECT_EQ(a.sent, 2u);
    EXPECT_EQ(a.received, 2u);
    EXPECT_EQ(a.depth, 0u);
    EXPECT_EQ(a.high_water, 2u);
    EXPECT_EQ(a.last_error, "went wrong");
    EXPECT_EQ(channel.patterns[1].depth, 1u);
    EXPECT_EQ(dropped(channel.patterns[1], DropReason::channel_full), 1u);
    const auto speed = rates(before, after);
    EXPECT_DOUBLE_EQ(speed.routed, 2.5);
    EXPECT_DOUBLE_EQ(speed.sent, 1.5);
    EXPECT_DOUBLE_EQ(speed.dropped, 0.5);
    EXPECT_DOUBLE_EQ(rates(after, after).routed, 0);
}

// -- Graph consumers -------------------------------------------------------------------------------------------------

TEST(GraphEventConsumer, GetsAGraphOrAllNodes) {
    SubjectRouter router;
    auto graph = GraphEventConsumer::for_graph(router, "1").value();
    auto nodes = GraphEventConsumer::for_nodes(router).value();
    ASSERT_TRUE(router.route_event(event("1", "NodeAdded")));
    ASSERT_TRUE(router.route_event(event("2", "NodeRemoved")));
    ASSERT_TRUE(router.route_event(event("1", "EdgeConnected")));
    EXPECT_EQ(numbers(graph.poll_events()), (Numbers{1, 3}));
    EXPECT_EQ(graph.last_global_sequence.value(), 3u);
    EXPECT_EQ(graph.events_processed, 2u);
    EXPECT_EQ(numbers(nodes.poll_events(1)), Numbers{1});
    EXPECT_EQ(nodes.last_global_sequence.value(), 1u);
    EXPECT_EQ(GraphEventConsumer::for_graph(router, "a.b").error().code, Errc::invalid_token);
    EXPECT_EQ(GraphEventConsumer::for_graph(router, "*").error().code, Errc::invalid_token);
}

} // namespace
} // namespace cim
