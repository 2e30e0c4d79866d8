// Aim: a copy is the same log, or says at which event it is not; repeating it adds nothing. Method: random logs between
// two files, damaged and forked ones too.
#include "store/mirror/support.hpp"
#include "store/mirror/transfer.hpp"

namespace cim::test {
namespace {

using CopyTest = TwoStoresTest;

// ---- What is refused ----

TEST_F(CopyTest, RefusesABatchOfNothing) {
    EXPECT_EQ(copy(*source, *local, {.batch_events = 0}).error().code, Errc::invalid_argument);
    EXPECT_EQ(copy(*source, *local, {.batch_events = 100'001}).error().code, Errc::invalid_argument);
}

TEST_F(CopyTest, RefusesAnEventThatWasChanged) {
    append(*source, "a", 2);
    append(*source, "a", 1, 5);
    append(*source, "a", 1, 6);
    sql("source", "UPDATE events SET block = (SELECT block FROM events WHERE sequence = 4) WHERE sequence = 3");
    const auto copied = copy(*source, *local, {.batch_events = 1});
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code, Errc::cid_mismatch) << copied.error().text();
    EXPECT_EQ(read_all(*local).size(), 2u) << "what came before it was copied";
}

TEST_F(CopyTest, RefusesALogThatLacksAnEvent) {
    append(*source, "a", 3);
    append(*source, "a", 1, 5);
    sql("source", "PRAGMA foreign_keys = OFF; DELETE FROM events WHERE sequence = 2");
    const auto copied = copy(*source, *local);
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code, Errc::store_corrupt) << copied.error().text();
    EXPECT_TRUE(read_all(*local).empty());
}

// Not every store notices on its own.
TEST_F(CopyTest, RefusesATransactionThatLacksAnEvent) {
    append(*source, "b", 2);
    append(*source, "a", 3);
    append(*source, "a", 2, 5);
    const auto all = read_all(*source);
    for (const std::size_t lost : {2U, 3U, 4U, 5U, 6U}) {
        const auto target = open("target-" + std::to_string(lost));
        auto events = all;
        events.erase(events.begin() + static_cast<std::ptrdiff_t>(lost));
        mirror::Transfer transfer(*target, 100, {});
        auto done = transfer.add(events);
        if (done) done = transfer.finish();
        ASSERT_FALSE(done) << lost;
        EXPECT_EQ(done.error().code, Errc::incomplete_transaction) << done.error().text();
        EXPECT_EQ(done.error().field("aggregate"), "a");
        for (const auto& event : read_all(*target))
            EXPECT_LT(event.sequence().value(), 6u) << "whole transactions only";
    }
}

TEST_F(CopyTest, NamesTheFirstEventThatDiffers) {
    append(*source, "b", 4);
    append(*source, "a", 2, 1);
    append(*source, "a", 2, 2);
    append(*local, "a", 2, 1);
    append(*local, "a", 1, 7); // goes its own way from event 3 on
    const auto copied = copy(*source, *local);
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code, Errc::history_rewritten) << copied.error().text();
    EXPECT_EQ(copied.error().field("aggregate"), "a");
    EXPECT_EQ(copied.error().field("sequence"), "3");
    EXPECT_EQ(copied.error().field("expected"),
              source->read(ReadQuery::of(AggregateId{"a"}))->events[2].cid().to_string());
    EXPECT_EQ(copied.error().field("actual"),
              local->read(ReadQuery::of(AggregateId{"a"}))->events[2].cid().to_string());
}

TEST_F(CopyTest, RefusesToBeginWhereTheTargetLacksWhatComesBefore) {
    const auto first = append(*source, "a", 2, 1);
    append(*source, "a", 1, 2);
    const auto copied = copy(*source, *local, {.after = first.last});
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code, Errc::history_rewritten);
    EXPECT_EQ(copied.error().field("actual"), "none");
}

// ---- What is copied ----

TEST_F(CopyTest, CopiesNothingOfNothing) {
    const auto copied = copy(*source, *local);
    ASSERT_TRUE(copied) << copied.error().text();
    EXPECT_EQ(copied->events, 0u);
    EXPECT_EQ(copied->last, GlobalSequence{});
}

TEST_F(CopyTest, CopiesARandomLogWholeInBatchesOfAnySize) {
    append_random(*source, 7, 300);
    for (const std::size_t batch : {1U, 3U, 100U, 100'000U}) {
        const auto target = open("target-" + std::to_string(batch));
        std::uint64_t told = 0;
        const auto copied =
            copy(*source, *target, {.batch_events = batch, .on_progress = [&](const CopyProgress& progress) {
                                        EXPECT_GE(progress.events, told);
                                        told = progress.events;
                                    }});
        ASSERT_TRUE(copied) << copied.error().text();
        EXPECT_EQ(copied->events, source->info()->events);
        EXPECT_EQ(copied->transactions, 300u);
        EXPECT_EQ(copied->already_present, 0u);
        EXPECT_EQ(copied->position.sequence, source->info()->last);
        EXPECT_EQ(told, copied->events);
        expect_same(*source, *target);
    }
}

TEST_F(CopyTest, AddsOnlyWhatIsNew) {
    append_random(*source, 1, 50);
    ASSERT_TRUE(copy(*source, *local));
    const auto before = source->info()->events;
    append_random(*source, 2, 50);
    const auto again = copy(*source, *local);
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->already_present, before);
    const auto from_there = copy(*source, *local, {.after = again->position.sequence});
    ASSERT_TRUE(from_there);
    EXPECT_EQ(from_there->events, 0u);
    expect_same(*source, *local);
}

TEST_F(CopyTest, StopsWhereItIsToldToAndGoesOn) {
    append_random(*source, 3, 400);
    std::stop_source stop;
    const auto part = copy(*source, *local,
                           {.batch_events = 10,
                            .on_progress =
                                [&](const CopyProgress& progress) {
                                    if (progress.events > 100) stop.request_stop();
                                },
                            .stop = stop.get_token()});
    ASSERT_TRUE(part) << part.error().text();
    EXPECT_LT(part->position.sequence, part->last);
    EXPECT_EQ(local->info()->events, part->events);
    ASSERT_TRUE(copy(*source, *local, {.after = part->position.sequence}));
    expect_same(*source, *local);
}

} // namespace
} // namespace cim::test
