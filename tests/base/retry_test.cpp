// Aim: pauses grow, end at the longest and are spread by chance that a seed brings back. Method: one pause after the
// other.
#include "base/retry.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace cim::test {
namespace {

using namespace std::chrono_literals;

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

TEST(RetryTest, KnowsWhatIsWorthIt) {
    for (const auto code :
         {Errc::store_unavailable, Errc::store_busy, Errc::timeout, Errc::io_error, Errc::outcome_unknown})
        EXPECT_TRUE(worth_retrying(code)) << to_string(code);
    for (const auto code : {Errc::invalid_argument, Errc::cid_mismatch, Errc::chain_broken, Errc::conflict,
                            Errc::store_corrupt, Errc::history_rewritten, Errc::incomplete_transaction})
        EXPECT_FALSE(worth_retrying(code)) << to_string(code);
}

} // namespace
} // namespace cim::test
