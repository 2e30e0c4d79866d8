// Aim: a mirror has what its source has, soon and verified, after a crash too, and says where the source is not what it
// was. Method: writers beside a running mirror; mirrors that are stopped, killed and cut off.
#include "store/mirror/support.hpp"
#include "stream/flaky_store.hpp"

#include <sys/wait.h>

#include <csignal>

namespace cim::test {
namespace {

class MirrorTest : public TwoStoresTest {
  protected:
    static bool reaches(const Mirror& mirror, MirrorState state) {
        const bool reached = eventually([&] { return mirror.status().state == state; });
        EXPECT_TRUE(reached) << "it is " << to_string(mirror.status().state) << " and should be " << to_string(state);
        return reached;
    }
    static void expect_started(Mirror& mirror) {
        const auto started = mirror.start();
        ASSERT_TRUE(started) << started.error().text();
    }
};

// ---- Read your own writes ----

TEST_F(MirrorTest, HasWhatItsSourceHasAndWhatComes) {
    append_random(*source, 1, 100);
    Mirror mirror(*source, *local);
    EXPECT_EQ(mirror.status().state, MirrorState::idle);
    expect_started(mirror);
    EXPECT_EQ(mirror.start().error().code, Errc::invalid_argument) << "once";
    for (std::uint64_t i = 0; i < 20; ++i) {
        const auto receipt = append(*source, "mine", 2, i);
        const auto mirrored = mirror.read_after(receipt.last, 10s);
        ASSERT_TRUE(mirrored) << mirrored.error().text();
        EXPECT_EQ(*local->head(AggregateId{"mine"}), receipt.head);
    }
    reaches(mirror, MirrorState::live);
    const auto status = mirror.status();
    EXPECT_EQ(status.lag_events, 0u);
    EXPECT_EQ(status.lag, 0ms);
    EXPECT_EQ(status.events, source->info()->events);
    EXPECT_EQ(status.transactions, 120u);
    EXPECT_TRUE(mirror.stop());
    EXPECT_EQ(mirror.status().state, MirrorState::stopped);
    expect_same(*source, *local);
}

TEST_F(MirrorTest, SaysWhenTheTimeWasNotEnough) {
    const auto receipt = append(*source, "a", 1);
    Mirror mirror(*source, *local);
    EXPECT_EQ(mirror.read_after(receipt.last, 1ms).error().code, Errc::closed) << "it does not run";
    expect_started(mirror);
    ASSERT_TRUE(mirror.read_after(receipt.last, 10s));
    const auto late = mirror.read_after(GlobalSequence{9}, 30ms);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::timeout);
    EXPECT_EQ(late.error().field("sequence"), "9");
    ASSERT_TRUE(mirror.stop());
    EXPECT_EQ(mirror.read_after(GlobalSequence{9}, 1s).error().code, Errc::closed);
    EXPECT_TRUE(mirror.read_after(receipt.last, 0ms)) << "it is there all the same";
}

TEST_F(MirrorTest, KeepsUpWithWriters) {
    Mirror mirror(*source, *local, {.batch_events = 50});
    expect_started(mirror);
    {
        std::vector<std::jthread> writers;
        for (std::uint64_t writer = 0; writer < 3; ++writer)
            writers.emplace_back([&, writer] { append_random(*source, writer, 100); });
    }
    ASSERT_TRUE(mirror.read_after(source->info()->last, 20s));
    expect_same(*source, *local);
}

// ---- Going on ----

TEST_F(MirrorTest, GoesOnWhereItStopped) {
    append_random(*source, 1, 50);
    {
        Mirror mirror(*source, *local);
        expect_started(mirror);
        ASSERT_TRUE(mirror.read_after(source->info()->last, 10s));
    }
    const auto saved = mirror_position(*local);
    ASSERT_TRUE(saved && *saved);
    EXPECT_EQ((*saved)->position.sequence, source->info()->last);
    EXPECT_EQ((*saved)->position.cid, read_all(*source).back().cid());
    EXPECT_EQ((*saved)->source, source->info()->url);

    append_random(*source, 2, 50);
    Mirror mirror(*source, *local);
    expect_started(mirror);
    ASSERT_TRUE(mirror.read_after(source->info()->last, 10s));
    EXPECT_EQ(mirror.status().already_present, 0u);
    EXPECT_EQ(mirror.status().transactions, 50u);
    expect_same(*source, *local);
}

TEST_F(MirrorTest, GoesOnWhereTheLocalStoreHasMoreThanItsPositionSays) {
    append_random(*source, 1, 50);
    ASSERT_TRUE(copy(*source, *local)) << "as after a crash before the position was saved";
    append_random(*source, 2, 10);
    Mirror mirror(*source, *local);
    expect_started(mirror);
    ASSERT_TRUE(mirror.read_after(source->info()->last, 10s));
    EXPECT_GT(mirror.status().already_present, 0u);
    expect_same(*source, *local);
}

TEST_F(MirrorTest, SurvivesBeingKilledAgainAndAgain) {
    append_random(*source, 9, 400);
    const auto last = source->info()->last;
    local.reset();
    for (int round = 0; round < 6; ++round) {
        const auto child = ::fork();
        if (child == 0) {
            const auto theirs = open("source");
            const auto ours = open("local");
            Mirror mirror(*theirs, *ours, {.batch_events = 5, .save_interval = 1ms});
            if (!mirror.start()) ::_exit(1);
            (void)mirror.read_after(GlobalSequence{1'000'000}, 60s);
            ::_exit(0);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(3 + 5 * round));
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status));
    }
    local = open("local");
    Mirror mirror(*source, *local);
    expect_started(mirror);
    ASSERT_TRUE(mirror.read_after(last, 20s));
    expect_same(*source, *local);
}

TEST_F(MirrorTest, FindsItsSourceAgain) {
    FlakyStore flaky(*source);
    Mirror mirror(flaky, *local, {.first_pause = 1ms, .longest_pause = 5ms});
    expect_started(mirror);
    for (std::uint64_t round = 0; round < 5; ++round) {
        flaky.go_down();
        reaches(mirror, MirrorState::reconnecting);
        append_random(*source, round, 10);
        flaky.come_back();
        ASSERT_TRUE(mirror.read_after(source->info()->last, 10s));
    }
    EXPECT_GE(mirror.status().failures, 5u);
    EXPECT_EQ(mirror.status().error->code, Errc::store_unavailable) << "the last that was waited out";
    expect_same(*source, *local);
}

TEST_F(MirrorTest, TellsForHowLongItHasBeenBehind) {
    ManualClock clock;
    FlakyStore flaky(*source);
    Mirror mirror(flaky, *local, {.first_pause = 100ms, .longest_pause = 100ms}, clock);
    expect_started(mirror);
    reaches(mirror, MirrorState::live);
    flaky.go_down();
    reaches(mirror, MirrorState::reconnecting);
    append(*source, "a", 3);
    EXPECT_EQ(mirror.status().lag, 0ms) << "nobody knows yet";
    flaky.come_back();
    clock.advance(70s); // which ends the pause
    ASSERT_TRUE(mirror.read_after(GlobalSequence{3}, 10s));
    EXPECT_EQ(mirror.status().lag_events, 0u);
}

// ---- A source that is not what it was ----

TEST_F(MirrorTest, RefusesASourceThatIsBehind) {
    append_random(*source, 1, 20);
    {
        Mirror mirror(*source, *local);
        expect_started(mirror);
        ASSERT_TRUE(mirror.read_after(source->info()->last, 10s));
    }
    const auto younger = open("younger");
    append(*younger, "a", 1);
    const auto refused = Mirror(*younger, *local).start();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::history_rewritten);
    EXPECT_EQ(refused.error().field("last"), "1");
}

TEST_F(MirrorTest, RefusesASourceWithAnotherHistory) {
    append(*source, "a", 3);
    {
        Mirror mirror(*source, *local);
        expect_started(mirror);
        ASSERT_TRUE(mirror.read_after(GlobalSequence{3}, 10s));
    }
    const auto other = open("other");
    append(*other, "b", 9);
    const auto refused = Mirror(*other, *local).start();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::history_rewritten);
    EXPECT_TRUE(Cid::parse(*refused.error().field("expected")));
    EXPECT_TRUE(Cid::parse(*refused.error().field("actual")));
}

TEST_F(MirrorTest, EndsWhereTheLocalStoreWentItsOwnWay) {
    append(*source, "a", 2);
    Mirror mirror(*source, *local);
    expect_started(mirror);
    ASSERT_TRUE(mirror.read_after(GlobalSequence{2}, 10s));
    append(*local, "a", 1, 99);
    append(*source, "a", 1, 5);
    const auto refused = mirror.read_after(GlobalSequence{3}, 10s);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::history_rewritten) << refused.error().text();
    EXPECT_EQ(refused.error().field("sequence"), "3");
    EXPECT_EQ(mirror.status().state, MirrorState::failed);
}

TEST_F(MirrorTest, RefusesWhatDoesNotVerify) {
    append(*source, "a", 2);
    append(*source, "a", 2, 5);
    sql("source", "UPDATE events SET cid = (SELECT cid FROM events WHERE sequence = 1) WHERE sequence = 3");
    Mirror mirror(*source, *local, {.batch_events = 2});
    expect_started(mirror);
    const auto refused = mirror.read_after(GlobalSequence{4}, 10s);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::cid_mismatch) << refused.error().text();
    EXPECT_LE(read_all(*local).size(), 2u);
}

} // namespace
} // namespace cim::test
