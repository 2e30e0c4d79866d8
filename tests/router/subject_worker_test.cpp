// Aim: a handler's failures are retried in order and in their time, end as dead letters, and open the breaker.
#include <cim/subject_worker.hpp>

#include "router/support.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cim {
namespace {

using namespace std::chrono_literals;
using test::event;
using Numbers = std::vector<std::uint64_t>;

struct Story {
    explicit Story(WorkerConfig config = {}, DeadLetterQueue* letters = nullptr)
        : worker(
              SubjectConsumer::subscribe(router, {">"}, {.name = "w", .capacity = 50}).value(),
              [this](const RoutedEvent& routed) { return handle(routed); },
              letters != nullptr ? letters : router.dead_letters(), still(std::move(config)), clock) {}
    static WorkerConfig still(WorkerConfig config) {
        config.random = [] { return 0.0; };
        return config;
    }
    Result<> handle(const RoutedEvent& routed) {
        tried.push_back(routed.global_sequence().value());
        if (failing) return fail(Errc::timeout, "no answer");
        handled.push_back(routed.global_sequence().value());
        return {};
    }
    void route(int count) {
        for (int i = 0; i < count; ++i) ASSERT_TRUE(router.route_event(event("g"), "a.b"));
    }
    ManualClock clock;
    SubjectRouter router{{}, clock};
    bool failing = false;
    Numbers tried, handled;
    SubjectWorker worker;
};

TEST(RetryPolicy, RefusesWhatIsOutOfRange) {
    struct Row {
        std::string_view name;
        void (*spoil)(RetryPolicy&);
    };
    const Row rows[] = {
        {"max_retries", [](RetryPolicy& p) { p.max_retries = 1001; }},
        {"first_pause", [](RetryPolicy& p) { p.first_pause = -1us; }},
        {"growth", [](RetryPolicy& p) { p.growth = 0.5; }},
        {"longest_pause", [](RetryPolicy& p) { p.longest_pause = 1us; }},
        {"jitter", [](RetryPolicy& p) { p.jitter = 1.5; }},
    };
    for (const auto& [name, spoil] : rows) {
        WorkerConfig config;
        spoil(config.retries);
        EXPECT_EQ(config.retries.check().error().field("name"), name);
        Story s(config);
        s.route(1);
        EXPECT_EQ(s.worker.work().handled, 0u);
        EXPECT_EQ(s.worker.config_error()->field("name"), name);
    }
    WorkerConfig config;
    config.breaker.probes = 0;
    EXPECT_EQ(Story(config).worker.config_error()->field("name"), "probes");
}

TEST(RetryPolicy, PausesGrowAndJitterShortensThem) {
    const RetryPolicy policy{.first_pause = 100ms, .growth = 3, .longest_pause = 1s, .jitter = 0.5};
    EXPECT_EQ(policy.pause(1, 0), Duration(100ms));
    EXPECT_EQ(policy.pause(2, 0), Duration(300ms));
    EXPECT_EQ(policy.pause(3, 0), Duration(900ms));
    EXPECT_EQ(policy.pause(4, 0), Duration(1s));
    EXPECT_EQ(policy.pause(1000, 0), Duration(1s));
    EXPECT_EQ(policy.pause(1, 0.5), Duration(75ms));
}

TEST(SubjectWorker, HandlesInOrder) {
    Story s;
    EXPECT_EQ(s.worker.work().handled, 0u);
    s.route(5);
    EXPECT_EQ(s.worker.work(2).handled, 2u);
    EXPECT_EQ(s.worker.work().handled, 3u);
    EXPECT_EQ(s.handled, (Numbers{1, 2, 3, 4, 5}));
    EXPECT_EQ(s.worker.stats().handled, 5u);
}

TEST(SubjectWorker, RetriesBeforeItGoesOn) {
    Story s;
    s.route(2);
    s.failing = true;
    auto report = s.worker.work();
    EXPECT_EQ(report.failures, 1u);
    EXPECT_EQ(report.again_after, Duration(100ms));
    s.clock.advance(99ms);
    EXPECT_EQ(s.worker.work().again_after, Duration(1ms));
    EXPECT_EQ(s.tried, Numbers{1}) << "the second keeps its place behind the first";
    s.clock.advance(1ms);
    EXPECT_EQ(s.worker.work().again_after, Duration(200ms));
    s.failing = false;
    s.clock.advance(200ms);
    EXPECT_EQ(s.worker.work().handled, 2u);
    EXPECT_EQ(s.handled, (Numbers{1, 2}));
    EXPECT_EQ(s.worker.stats().retries, 2u);
    EXPECT_EQ(s.router.dead_letters()->stats().size, 0u);
    EXPECT_EQ(s.worker.consumer().stats().patterns[0].last_error, "no answer");
}

TEST(SubjectWorker, BuriesWhatFailsForGood) {
    Story s;
    s.clock.advance(7us);
    s.route(1);
    s.failing = true;
    for (int i = 0; i < 4; ++i) {
        (void)s.worker.work();
        if (i < 3) s.clock.advance(1s);
    }
    EXPECT_EQ(s.tried.size(), 4u) << "once, and three retries";
    const auto letter = *s.router.dead_letters()->peek();
    EXPECT_EQ(letter.reason, DeadLetterReason::handler_failed);
    EXPECT_EQ(letter.error, "no answer");
    EXPECT_EQ(letter.attempts, 4u);
    EXPECT_EQ(letter.subject, "a.b");
    EXPECT_EQ(letter.pattern, ">");
    EXPECT_EQ(letter.consumer, "w");
    EXPECT_EQ(letter.global_sequence.value(), 1u);
    EXPECT_EQ(letter.aggregate_sequence.value(), 1u);
    EXPECT_EQ(to_micros(letter.first_failure), 7);
    EXPECT_EQ(to_micros(letter.last_failure), 7 + 3'000'000);
    // Replayed, it is handled, and knows what it has been through.
    s.failing = false;
    EXPECT_EQ(s.router.replay_dead_letters()->replayed, 1u);
    EXPECT_EQ(s.worker.work().handled, 1u);
}

TEST(SubjectWorker, TheRouterSaysHowOftenUnlessTheWorkerDoes) {
    for (const bool asked : {false, true}) {
        ManualClock clock;
        SubjectRouter router({.max_retries = 1}, clock);
        WorkerConfig config;
        if (asked) config.retries.max_retries = 2;
        int calls = 0;
        SubjectWorker worker(
            SubjectConsumer::subscribe(router, {">"}).value(),
            [&](const RoutedEvent&) { return ++calls, Result<>(fail(Errc::timeout, "no")); }, router.dead_letters(),
            config, clock);
        ASSERT_TRUE(router.route_event(event("g")));
        for (int i = 0; i < 10; ++i) {
            (void)worker.work();
            clock.advance(1min);
        }
        EXPECT_EQ(calls, asked ? 3 : 2);
        EXPECT_EQ(router.dead_letters()->stats().size, 1u);
    }
}

TEST(SubjectWorker, AHandlerThatThrowsHasFailed) {
    ManualClock clock;
    SubjectRouter router({}, clock);
    WorkerConfig config;
    config.retries.max_retries = 0;
    int calls = 0;
    SubjectWorker worker(
        SubjectConsumer::subscribe(router, {">"}).value(),
        [&](const RoutedEvent&) -> Result<> {
            if (++calls == 1) throw std::runtime_error("broken");
            throw calls;
        },
        nullptr, config, clock);
    ASSERT_TRUE(router.route_event(event("g")));
    ASSERT_TRUE(router.route_event(event("g")));
    const auto report = worker.work();
    EXPECT_EQ(report.failures, 2u);
    EXPECT_EQ(report.given_up, 2u) << "without a queue it is counted all the same";
}

TEST(SubjectWorker, AHandlerMaySubscribeAndRoute) {
    SubjectRouter router;
    std::vector<SubjectConsumer> more;
    SubjectWorker worker(
        SubjectConsumer::subscribe(router, {"a.>"}).value(),
        [&](const RoutedEvent& routed) -> Result<> {
            more.push_back(SubjectConsumer::subscribe(router, {"b"}).value());
            auto sent = router.route_event(routed.event(), "b");
            if (!sent) return fail(std::move(sent).error());
            return {};
        },
        router.dead_letters());
    ASSERT_TRUE(router.route_event(event("g"), "a.x"));
    EXPECT_EQ(worker.work().handled, 1u);
    EXPECT_EQ(more.at(0).poll_events().size(), 1u);
}

TEST(SubjectWorker, AnOpenBreakerLeavesEventsInTheChannel) {
    Story s(WorkerConfig{.retries = {.max_retries = 0}});
    s.failing = true;
    s.route(50);
    const auto report = s.worker.work();
    EXPECT_EQ(report.failures, 20u);
    EXPECT_EQ(report.dead_lettered, 20u);
    EXPECT_EQ(report.again_after, Duration(30s));
    EXPECT_EQ(s.worker.breaker().state(), BreakerState::open);
    EXPECT_EQ(s.worker.consumer().depth(), 30u) << "nothing is taken out";
    s.route(21);
    const auto stats = s.worker.consumer().stats().patterns[0];
    EXPECT_EQ(stats.depth, 50u);
    EXPECT_EQ(total(stats.dropped), 1u) << "the channel's policy decides, and counts";
    s.failing = false;
    s.clock.advance(30s);
    EXPECT_EQ(s.worker.work().handled, 50u);
    EXPECT_EQ(s.worker.breaker().state(), BreakerState::closed);
}

} // namespace
} // namespace cim
