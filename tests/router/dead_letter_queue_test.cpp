// Aim: a dead letter is kept with all that is known of it, within bounds, until somebody replays or purges it.
#include <cim/dead_letter_queue.hpp>

#include "router/support.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace cim {
namespace {

using namespace std::chrono_literals;
using Ids = std::vector<std::uint64_t>;

DeadLetter letter(std::string subject, DeadLetterReason reason = DeadLetterReason::rejected,
                  std::int64_t failed_at = 0) {
    return {.event = test::event("g"),
            .subject = std::move(subject),
            .reason = reason,
            .last_failure = from_micros(failed_at)};
}

Ids ids(const std::vector<DeadLetter>& letters) {
    Ids all;
    for (const auto& one : letters) all.push_back(one.id);
    return all;
}

Result<> taken(const DeadLetter&) { return {}; }
Result<> refused(const DeadLetter&) { return fail(Errc::timeout, "no answer"); }

TEST(DeadLetterQueue, RefusesALetterWithoutAnEvent) {
    DeadLetterQueue queue;
    EXPECT_EQ(queue.add({}).error().field("name"), "event");
    DeadLetterQueue broken({.capacity = 0});
    EXPECT_EQ(broken.add(letter("a")).error().field("name"), "capacity");
}

TEST(DeadLetterQueue, TheOldestMakesRoom) {
    DeadLetterQueue queue({.capacity = 2});
    for (const auto subject : {"a", "b", "c"}) ASSERT_TRUE(queue.add(letter(subject)));
    EXPECT_EQ(ids(queue.list()), (Ids{2, 3}));
    EXPECT_EQ(queue.stats().displaced, 1u);
    EXPECT_EQ(queue.stats().added, 3u);
    EXPECT_EQ(queue.stats().high_water, 2u);
}

TEST(DeadLetterQueue, IsLookedAtThroughAFilter) {
    DeadLetterQueue queue;
    ASSERT_TRUE(queue.add(letter("a.x", DeadLetterReason::handler_failed, 10)));
    ASSERT_TRUE(queue.add(letter("b.x", DeadLetterReason::channel_full, 20)));
    ASSERT_TRUE(queue.add(letter("a.y", DeadLetterReason::channel_full, 30)));
    EXPECT_EQ(ids(queue.list()), (Ids{1, 2, 3}));
    EXPECT_EQ(ids(queue.list({}, 1)), (Ids{2, 3}));
    EXPECT_EQ(ids(queue.list({}, 0, 2)), (Ids{1, 2}));
    EXPECT_EQ(ids(queue.list({.id = 2})), Ids{2});
    EXPECT_EQ(ids(queue.list({.reason = DeadLetterReason::channel_full})), (Ids{2, 3}));
    EXPECT_EQ(ids(queue.list({.subject = *SubjectPattern::parse("a.*")})), (Ids{1, 3}));
    EXPECT_EQ(ids(queue.list({.aggregate = AggregateId("other")})), Ids{});
    EXPECT_EQ(ids(queue.list({.failed_from = from_micros(20), .failed_until = from_micros(30)})), Ids{2});
    EXPECT_EQ(queue.peek({.reason = DeadLetterReason::channel_full})->id, 2u);
    EXPECT_FALSE(queue.peek({.id = 9}));
    EXPECT_EQ(queue.list({.id = 1})[0].event.cid(), test::event("g").cid());
}

TEST(DeadLetterQueue, ReplayTakesOutWhatIsTaken) {
    ManualClock clock(from_micros(50));
    DeadLetterQueue queue({}, clock);
    for (const auto subject : {"a", "b", "c"}) ASSERT_TRUE(queue.add(letter(subject)));
    EXPECT_EQ(queue.replay(taken, {.id = 2}).replayed, 1u);
    EXPECT_EQ(ids(queue.list()), (Ids{1, 3}));
    const auto report = queue.replay(refused);
    EXPECT_EQ(report.failed, 2u);
    const auto first = *queue.peek();
    EXPECT_EQ(first.attempts, 1u);
    EXPECT_EQ(first.error, "no answer");
    EXPECT_EQ(to_micros(first.last_failure), 50);
    EXPECT_EQ(queue.replay(taken, {}, 1).deferred, 1u);
    EXPECT_EQ(ids(queue.list()), Ids{3});
    EXPECT_EQ(queue.replay([](const DeadLetter&) -> Result<> { throw std::runtime_error("oh"); }).failed, 1u);
    EXPECT_EQ(queue.peek()->error, "the handler threw: oh");
    EXPECT_EQ(queue.replay([](const DeadLetter&) -> Result<> { throw 1; }).failed, 1u);
    EXPECT_EQ(queue.stats().replayed, 2u);
    EXPECT_EQ(queue.stats().replay_failed, 4u);
}

TEST(DeadLetterQueue, ReplayMayUseTheQueue) {
    DeadLetterQueue queue;
    ASSERT_TRUE(queue.add(letter("a")));
    const auto report = queue.replay([&](const DeadLetter& one) {
        EXPECT_TRUE(queue.list().empty()) << "nobody else replays it meanwhile";
        EXPECT_TRUE(queue.add(one));
        return Result<>();
    });
    EXPECT_EQ(report.replayed, 1u) << "what comes back waits for the next time";
    EXPECT_EQ(ids(queue.list()), Ids{2});
}

TEST(DeadLetterQueue, ALetterThatDiedTooOftenStays) {
    DeadLetterQueue queue({.max_hops = 2});
    auto tired = letter("a");
    tired.hops = 2;
    ASSERT_TRUE(queue.add(tired));
    const auto report = queue.replay(taken);
    EXPECT_EQ(report.exhausted, 1u);
    EXPECT_EQ(report.replayed, 0u);
    EXPECT_EQ(queue.purge(), 1u);
    EXPECT_EQ(queue.stats().purged, 1u);
}

TEST(DeadLetterQueue, ReplaysNoFasterThanItMay) {
    ManualClock clock;
    DeadLetterQueue queue({.replays_per_second = 2}, clock);
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(queue.add(letter("a")));
    EXPECT_EQ(queue.replay(taken).replayed, 1u);
    EXPECT_EQ(queue.replay(taken).deferred, 5u);
    clock.advance(500ms);
    EXPECT_EQ(queue.replay(taken).replayed, 1u);
    clock.advance(1h);
    EXPECT_EQ(queue.replay(taken).replayed, 2u) << "a second's worth is saved up";
}

TEST(DeadLetterQueue, LettersGrowOld) {
    ManualClock clock;
    DeadLetterQueue queue({.ttl = Duration(10s)}, clock);
    ASSERT_TRUE(queue.add(letter("a", DeadLetterReason::rejected, 0)));
    ASSERT_TRUE(queue.add(letter("b", DeadLetterReason::rejected, 5'000'000)));
    clock.advance(10s - 1us);
    EXPECT_EQ(queue.list().size(), 2u);
    clock.advance(1us);
    EXPECT_EQ(ids(queue.list()), Ids{2});
    clock.advance(5s);
    EXPECT_EQ(queue.stats().size, 0u);
    EXPECT_EQ(queue.stats().expired, 2u);
}

TEST(DeadLetterQueue, LongErrorsAreCut) {
    DeadLetterQueue queue;
    auto wordy = letter("a");
    wordy.error.assign(1 << 20, 'x');
    ASSERT_TRUE(queue.add(wordy));
    EXPECT_EQ(queue.peek()->error.size(), DeadLetter::max_error_size);
}

} // namespace
} // namespace cim
