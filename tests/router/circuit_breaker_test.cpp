// Aim: calls stop when too many of the latest failed, begin again carefully, and every change is told of.
#include <cim/circuit_breaker.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace cim {
namespace {

using namespace std::chrono_literals;

struct Story {
    explicit Story(CircuitBreakerConfig config = {})
        : breaker(
              config,
              [this](BreakerState from, BreakerState to) {
                  changes.push_back(std::string(to_string(from)) + ">" + std::string(to_string(to)));
              },
              clock) {}
    // As many calls with that outcome as get leave.
    int calls(int count, bool succeed) {
        int made = 0;
        for (int i = 0; i < count; ++i)
            if (const auto permit = breaker.acquire()) breaker.record(*permit, succeed), ++made;
        return made;
    }
    ManualClock clock;
    std::vector<std::string> changes;
    CircuitBreaker breaker;
};

TEST(CircuitBreaker, RefusesAConfigurationOutOfRange) {
    struct Row {
        std::string_view name;
        void (*spoil)(CircuitBreakerConfig&);
    };
    const Row rows[] = {
        {"failure_rate", [](CircuitBreakerConfig& c) { c.failure_rate = 0; }},
        {"failure_rate", [](CircuitBreakerConfig& c) { c.failure_rate = 1.1; }},
        {"failure_rate", [](CircuitBreakerConfig& c) { c.failure_rate = 0.0 / 0.0; }},
        {"window_calls", [](CircuitBreakerConfig& c) { c.window_calls = 0; }},
        {"window_time", [](CircuitBreakerConfig& c) { c.window_time = Duration(0); }},
        {"minimum_calls", [](CircuitBreakerConfig& c) { c.minimum_calls = 0; }},
        {"minimum_calls", [](CircuitBreakerConfig& c) { c.minimum_calls = 101; }},
        {"open_for", [](CircuitBreakerConfig& c) { c.open_for = Duration(0); }},
        {"probes", [](CircuitBreakerConfig& c) { c.probes = 0; }},
    };
    for (const auto& [name, spoil] : rows) {
        CircuitBreakerConfig config;
        spoil(config);
        ASSERT_FALSE(config.check()) << name;
        EXPECT_EQ(config.check().error().field("name"), name);
        CircuitBreaker breaker(config);
        EXPECT_FALSE(breaker.acquire());
        breaker.reset();
        EXPECT_EQ(breaker.state(), BreakerState::forced_open);
    }
    EXPECT_TRUE(CircuitBreakerConfig().check());
}

TEST(CircuitBreaker, OpensAtHalfOfAtLeastTwentyCalls) {
    Story s;
    s.calls(9, true);
    s.calls(10, false);
    EXPECT_EQ(s.breaker.state(), BreakerState::closed) << "19 calls say nothing";
    s.calls(1, true);
    EXPECT_EQ(s.breaker.state(), BreakerState::open) << "10 of 20";
    EXPECT_EQ(s.calls(5, true), 0);
    const auto stats = s.breaker.stats();
    EXPECT_EQ(stats.rejected, 5u);
    EXPECT_EQ(stats.succeeded, 10u);
    EXPECT_EQ(stats.failed, 10u);
    EXPECT_EQ(stats.opened, 1u);
    EXPECT_EQ(s.changes, std::vector<std::string>{"closed>open"});
    Story below;
    below.calls(51, true);
    below.calls(49, false);
    EXPECT_EQ(below.breaker.state(), BreakerState::closed) << "49 of 100";
    below.calls(1, false);
    EXPECT_EQ(below.breaker.state(), BreakerState::open) << "the oldest success made room: 50 of 100";
}

TEST(CircuitBreaker, ProbesDecide) {
    for (const bool good : {true, false}) {
        Story s;
        s.calls(20, false);
        EXPECT_EQ(s.breaker.retry_after(), Duration(30s));
        s.clock.advance(30s - 1us);
        EXPECT_FALSE(s.breaker.acquire());
        s.clock.advance(1us);
        EXPECT_EQ(s.breaker.state(), BreakerState::half_open);
        std::vector<CircuitBreaker::Permit> probes;
        for (int i = 0; i < 10; ++i)
            if (const auto permit = s.breaker.acquire()) probes.push_back(*permit);
        ASSERT_EQ(probes.size(), 5u);
        for (int i = 0; i < 5; ++i) s.breaker.record(probes[i], i < (good ? 3 : 2));
        EXPECT_EQ(s.breaker.state(), good ? BreakerState::closed : BreakerState::open) << "2 or 3 failures of 5";
        EXPECT_EQ(s.changes.size(), 3u);
    }
}

TEST(CircuitBreaker, ProbesThatNeverEndAreGivenUp) {
    Story s;
    s.calls(20, false);
    s.clock.advance(30s);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(s.breaker.acquire());
    EXPECT_FALSE(s.breaker.acquire());
    EXPECT_EQ(s.breaker.retry_after(), Duration(30s));
    s.clock.advance(30s);
    EXPECT_EQ(s.calls(5, true), 5);
    EXPECT_EQ(s.breaker.state(), BreakerState::closed);
}

TEST(CircuitBreaker, AProbeThatIsNotMadeIsGivenBack) {
    Story s;
    s.calls(20, false);
    s.clock.advance(30s);
    for (int i = 0; i < 20; ++i) s.breaker.give_back(*s.breaker.acquire());
    EXPECT_EQ(s.calls(5, true), 5);
}

TEST(CircuitBreaker, OutcomesOfAnEarlierStateDecideNothing) {
    Story s;
    const auto early = *s.breaker.acquire();
    s.calls(20, false);
    s.clock.advance(30s);
    ASSERT_EQ(s.breaker.state(), BreakerState::half_open);
    for (int i = 0; i < 10; ++i) s.breaker.record(early, false);
    EXPECT_EQ(s.breaker.state(), BreakerState::half_open);
    EXPECT_EQ(s.breaker.stats().late, 10u);
}

TEST(CircuitBreaker, OldCallsAreForgottenWhereTimeCounts) {
    Story s({.window_time = 10s});
    s.calls(19, false);
    s.clock.advance(10s);
    s.calls(19, false);
    EXPECT_EQ(s.breaker.state(), BreakerState::closed);
    EXPECT_EQ(s.breaker.stats().window_calls, 19u);
    s.calls(1, false);
    EXPECT_EQ(s.breaker.state(), BreakerState::open);
}

TEST(CircuitBreaker, ForcedOpenUntilReset) {
    Story s;
    s.breaker.force_open();
    s.clock.advance(1h);
    EXPECT_FALSE(s.breaker.acquire());
    EXPECT_FALSE(s.breaker.retry_after());
    s.breaker.reset();
    EXPECT_TRUE(s.breaker.acquire());
    EXPECT_EQ(s.breaker.retry_after(), Duration(0));
    EXPECT_EQ(s.changes, (std::vector<std::string>{"closed>forced_open", "forced_open>closed"}));
}

} // namespace
} // namespace cim
