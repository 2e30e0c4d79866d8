// Aim: what comes out is in order at both levels, and of everything that comes in it is told what became of it.
// Method: short stories with a clock that is moved by hand; random_sequencer_test.cpp has the long ones.
#include <cim/sequencer.hpp>

#include "router/support.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cim {
namespace {

using namespace std::chrono_literals;
using test::event;
using Texts = std::vector<std::string>;
using enum Disposition;

constexpr auto timeout = Duration(30s);

// A sequencer with its clock, and answers as texts: "a2" is number 2 of aggregate a.
struct Story {
    explicit Story(SequencerConfig config = {}) : sequencer(adapted(config), clock) {}

    // Most stories are about aggregates alone, and begin with number 1.
    static SequencerConfig adapted(SequencerConfig config) {
        config.sequence_timeout = timeout;
        return config;
    }
    static SequencerConfig one_level(SequencerConfig config = {}) {
        config.global_order = false;
        config.aggregate_start = SequenceStart::at(1);
        return config;
    }
    static SequencerConfig two_levels(SequencerConfig config = {}) {
        config.global_start = config.aggregate_start = SequenceStart::at(1);
        return config;
    }

    Disposition take(std::string_view aggregate, std::uint64_t number, std::uint64_t global = 1,
                     std::uint64_t epoch = 0) {
        auto& one = events[std::string(aggregate)];
        if (!one) one = event(aggregate);
        return note(sequencer.process_event(one, GlobalSequence(global), AggregateSequence(number), epoch).value());
    }
    Disposition note(const Sequenced& out) {
        ready.clear(), late.clear(), gaps.clear();
        for (const auto& e : out.ready) ready.push_back(text(e));
        for (const auto& e : out.late) late.push_back(text(e));
        for (const auto& gap : out.gaps)
            gaps.push_back(gap.aggregate.str() + std::to_string(gap.from) + "-" + std::to_string(gap.to));
        return out.disposition;
    }
    void wait(Duration time) {
        clock.advance(time);
        note(sequencer.check_timeouts());
    }
    static std::string text(const SequencedEvent& e) {
        return std::string(e.event.aggregate_id()) + std::to_string(e.aggregate_sequence.value());
    }

    ManualClock clock;
    EventSequencer sequencer;
    std::map<std::string, DomainEvent> events;
    Texts ready, late, gaps; // of the last call
};

// -- What is refused -------------------------------------------------------------------------------------------------

TEST(EventSequencer, RefusesAConfigurationOutOfRange) {
    struct Row {
        std::string_view name;
        void (*spoil)(SequencerConfig&);
    };
    const Row rows[] = {
        {"max_buffer_size", [](SequencerConfig& c) { c.max_buffer_size = 0; }},
        {"max_buffer_size", [](SequencerConfig& c) { c.max_buffer_size = 1'000'001; }},
        {"max_sequence_gap", [](SequencerConfig& c) { c.max_sequence_gap = 0; }},
        {"max_sequence_gap", [](SequencerConfig& c) { c.max_sequence_gap = UINT64_MAX; }},
        {"sequence_timeout", [](SequencerConfig& c) { c.sequence_timeout = Duration(0); }},
        {"sequence_timeout", [](SequencerConfig& c) { c.sequence_timeout = Duration(-1); }},
        {"max_total_buffered", [](SequencerConfig& c) { c.max_total_buffered = 0; }},
        {"max_aggregates", [](SequencerConfig& c) { c.max_aggregates = 0; }},
        {"max_active_aggregates", [](SequencerConfig& c) { c.max_active_aggregates = 0; }},
        {"max_active_aggregates", [](SequencerConfig& c) { c.max_aggregates = 5, c.max_active_aggregates = 6; }},
    };
    for (const auto& [name, spoil] : rows) {
        SequencerConfig config;
        spoil(config);
        EventSequencer sequencer(config);
        const auto refused = sequencer.process_event(event("a"), GlobalSequence(1), AggregateSequence(1));
        ASSERT_FALSE(refused) << name;
        EXPECT_EQ(refused.error().field("name"), name);
        EXPECT_FALSE(sequencer.start_epoch(1));
        EXPECT_TRUE(sequencer.check_timeouts().ready.empty());
    }
}

TEST(EventSequencer, RefusesNumbersThatAreNone) {
    EventSequencer sequencer;
    const auto process = [&](const DomainEvent& e, std::uint64_t global, std::uint64_t aggregate) {
        return sequencer.process_event(e, GlobalSequence(global), AggregateSequence(aggregate));
    };
    EXPECT_EQ(process(DomainEvent(), 1, 1).error().field("name"), "event");
    EXPECT_EQ(process(event("a"), 0, 1).error().field("name"), "global");
    EXPECT_EQ(process(event("a"), 1, 0).error().field("name"), "aggregate");
    EXPECT_EQ(process(event("a"), UINT64_MAX, 1).error().field("name"), "global");
    EXPECT_EQ(process(event("a"), 1, UINT64_MAX).error().field("name"), "aggregate");
    EXPECT_EQ(sequencer.get_stats().processed, 0u);
}

TEST(EventSequencer, NumbersAtTheEndOfTheirRangeDoNotWrap) {
    Story s({.global_order = false, .aggregate_start = SequenceStart::at(UINT64_MAX - 3)});
    EXPECT_EQ(s.take("a", UINT64_MAX - 1), buffered);
    EXPECT_EQ(s.take("a", 1), late);
    EXPECT_EQ(s.take("a", UINT64_MAX - 3), delivered);
    EXPECT_EQ(s.take("a", UINT64_MAX - 2), delivered);
    EXPECT_EQ(s.ready.size(), 2u);
    EXPECT_EQ(s.take("a", UINT64_MAX - 1), duplicate);
    EXPECT_EQ(s.sequencer.get_stats(AggregateId("a"))->next_sequence, UINT64_MAX);
}

// -- One level -------------------------------------------------------------------------------------------------------

TEST(EventSequencer, DeliversWhatIsInOrder) {
    Story s(Story::one_level());
    EXPECT_EQ(s.take("a", 1), delivered);
    EXPECT_EQ(s.ready, Texts{"a1"});
    EXPECT_EQ(s.take("a", 2), delivered);
    EXPECT_EQ(s.take("b", 1), delivered);
    EXPECT_EQ(s.sequencer.get_stats().delivered, 3u);
}

TEST(EventSequencer, AFilledGapDrainsAllThatBecameContiguous) {
    Story s(Story::one_level());
    EXPECT_EQ(s.take("a", 3), buffered);
    EXPECT_EQ(s.take("a", 2), buffered);
    EXPECT_EQ(s.take("a", 5), buffered);
    EXPECT_TRUE(s.ready.empty());
    EXPECT_EQ(s.take("a", 1), delivered);
    EXPECT_EQ(s.ready, (Texts{"a1", "a2", "a3"}));
    EXPECT_EQ(s.take("a", 4), delivered);
    EXPECT_EQ(s.ready, (Texts{"a4", "a5"}));
    EXPECT_EQ(s.sequencer.get_stats().pending, 0u);
}

TEST(EventSequencer, OneAggregatesGapNeverHoldsUpAnother) {
    Story s(Story::one_level());
    EXPECT_EQ(s.take("a", 2), buffered);
    EXPECT_EQ(s.take("b", 1), delivered);
    EXPECT_EQ(s.ready, Texts{"b1"});
}

TEST(EventSequencer, DuplicatesAreDropped) {
    Story s(Story::one_level());
    (void)s.take("a", 1);
    EXPECT_EQ(s.take("a", 1), duplicate);
    (void)s.take("a", 3);
    EXPECT_EQ(s.take("a", 3), duplicate) << "it still waits";
    EXPECT_TRUE(s.ready.empty() && s.late.empty());
    EXPECT_EQ(s.take("a", 2), delivered);
    EXPECT_EQ(s.ready, (Texts{"a2", "a3"}));
    EXPECT_EQ(s.sequencer.get_stats(AggregateId("a"))->duplicates, 2u);
}

TEST(EventSequencer, TooFarIsDroppedAndJustAheadIsNot) {
    Story s(Story::one_level({.max_sequence_gap = 3}));
    EXPECT_EQ(s.take("a", 4), buffered) << "3 ahead of 1";
    EXPECT_EQ(s.take("a", 5), too_far);
    EXPECT_EQ(s.take("a", UINT64_MAX - 1), too_far);
    EXPECT_EQ(s.sequencer.get_stats().too_far, 2u);
}

TEST(EventSequencer, AStreamThatJumpedGoesOnBehindTheJump) {
    Story s(Story::one_level({.max_sequence_gap = 3}));
    (void)s.take("a", 1);
    EXPECT_EQ(s.take("a", 50), too_far);
    s.clock.advance(timeout / 2);
    EXPECT_EQ(s.take("a", 51), too_far);
    s.wait(timeout / 2);
    EXPECT_EQ(s.gaps, Texts{"a2-51"}) << "counted from the first that was too far";
    EXPECT_EQ(s.take("a", 52), delivered);
    EXPECT_EQ(s.take("a", 2), late);
    // A stray number harms nothing as long as the stream goes on.
    EXPECT_EQ(s.take("a", 1'000'000), too_far);
    s.clock.advance(timeout / 2);
    EXPECT_EQ(s.take("a", 53), delivered);
    s.wait(timeout);
    EXPECT_TRUE(s.gaps.empty());
    EXPECT_EQ(s.take("a", 54), delivered);
}

TEST(EventSequencer, OverflowByOneAggregateAndByAll) {
    Story s(Story::one_level({.max_buffer_size = 2, .max_total_buffered = 3}));
    EXPECT_EQ(s.take("a", 2), buffered);
    EXPECT_EQ(s.take("a", 3), buffered);
    EXPECT_EQ(s.take("a", 4), overflow);
    EXPECT_EQ(s.take("b", 2), buffered);
    EXPECT_EQ(s.take("c", 2), overflow);
    EXPECT_EQ(s.take("c", 1), delivered) << "what need not wait needs no room";
    EXPECT_EQ(s.take("a", 1), delivered);
    EXPECT_EQ(s.ready, (Texts{"a1", "a2", "a3"}));
    EXPECT_EQ(s.sequencer.get_stats().overflowed, 2u);
}

TEST(EventSequencer, OneAggregateTooManyOverflows) {
    Story s(Story::one_level({.max_aggregates = 2, .max_active_aggregates = 2}));
    EXPECT_EQ(s.take("a", 1), delivered);
    EXPECT_EQ(s.take("b", 1), delivered);
    EXPECT_EQ(s.take("c", 1), overflow);
    EXPECT_EQ(s.take("a", 2), delivered);
}

// -- Time ------------------------------------------------------------------------------------------------------------

TEST(EventSequencer, TheTimeoutRunsFromWhenTheGapWasSeen) {
    Story s(Story::one_level());
    EXPECT_FALSE(s.sequencer.next_timeout());
    s.clock.advance(1h);
    (void)s.take("a", 1);
    s.clock.advance(10s);
    (void)s.take("a", 3);
    EXPECT_EQ(s.sequencer.next_timeout(), s.clock.elapsed() + timeout);
    s.clock.advance(timeout - 1us);
    EXPECT_EQ(s.take("a", 3), duplicate) << "does not reset it";
    EXPECT_EQ(s.take("a", 5), buffered) << "nor does what waits longer";
    s.note(s.sequencer.check_timeouts());
    EXPECT_TRUE(s.gaps.empty());
    s.wait(1us);
    EXPECT_EQ(s.gaps, Texts{"a2-2"});
    EXPECT_EQ(s.ready, Texts{"a3"}) << "what follows contiguously; 5 waits for 4";
    // The gap before 5 was seen when 5 came.
    s.wait(timeout - 2us);
    EXPECT_TRUE(s.gaps.empty());
    s.wait(1us);
    EXPECT_EQ(s.gaps, Texts{"a4-4"});
    EXPECT_EQ(s.ready, Texts{"a5"});
    EXPECT_EQ(s.take("a", 6), delivered);
    const auto stats = *s.sequencer.get_stats(AggregateId("a"));
    EXPECT_EQ(stats.skipped, 2u);
    EXPECT_EQ(stats.next_sequence, 7u);
    EXPECT_FALSE(s.sequencer.next_timeout());
}

TEST(EventSequencer, SeveralGapsMayBeDueAtOnce) {
    Story s(Story::one_level());
    (void)s.take("a", 2);
    (void)s.take("a", 4);
    (void)s.take("b", 9);
    s.wait(timeout);
    EXPECT_EQ(s.gaps, (Texts{"a1-1", "a3-3", "b1-8"}));
    EXPECT_EQ(s.ready, (Texts{"a2", "a4", "b9"}));
}

TEST(EventSequencer, WhatComesForASkippedRangeIsLateOnce) {
    Story s(Story::one_level());
    (void)s.take("a", 5);
    s.wait(timeout);
    EXPECT_EQ(s.gaps, Texts{"a1-4"});
    EXPECT_EQ(s.take("a", 2), late);
    EXPECT_EQ(s.late, Texts{"a2"});
    EXPECT_TRUE(s.ready.empty());
    EXPECT_EQ(s.take("a", 2), duplicate) << "it has been here now";
    EXPECT_EQ(s.take("a", 5), duplicate);
    EXPECT_EQ(s.take("a", 1), late);
    EXPECT_EQ(s.take("a", 4), late);
    EXPECT_EQ(s.take("a", 3), late);
    EXPECT_EQ(s.take("a", 3), duplicate);
    EXPECT_EQ(s.sequencer.get_stats().late, 4u);
}

TEST(EventSequencer, MoreSkippedRangesThanAreRememberedMakeOldNumbersLate) {
    Story s(Story::one_level());
    for (std::uint64_t n = 2; n <= 2 * 70; n += 2) {
        (void)s.take("a", n);
        s.wait(timeout);
        EXPECT_EQ(s.gaps.size(), 1u);
    }
    EXPECT_EQ(s.take("a", 139), late);
    EXPECT_EQ(s.take("a", 140), duplicate);
    EXPECT_EQ(s.take("a", 2), late) << "it cannot be told any more, and is not dropped";
}

// -- Beginning -------------------------------------------------------------------------------------------------------

TEST(EventSequencer, StartsWithWhatIsSeenFirst) {
    Story s({.global_order = false});
    EXPECT_EQ(s.take("a", 100), delivered);
    EXPECT_EQ(s.take("a", 99), late) << "it lies before the start, and was never delivered";
    EXPECT_EQ(s.take("a", 101), delivered);
}

TEST(EventSequencer, AnEpochBeginsAnew) {
    Story s(Story::two_levels());
    EXPECT_EQ(s.take("a", 1, 1), delivered);
    EXPECT_EQ(s.take("a", 3, 3), buffered);
    EXPECT_EQ(s.take("b", 1, 4), buffered);
    EXPECT_EQ(s.take("a", 1, 1, 7), delivered) << "the source counts anew";
    EXPECT_EQ(s.gaps, (Texts{"a2-2", "2-2"}));
    EXPECT_EQ(s.ready, (Texts{"a3", "b1", "a1"})) << "what waited, and then the new one";
    EXPECT_EQ(s.take("a", 2, 2, 6), late) << "of an earlier epoch";
    EXPECT_EQ(s.take("a", 2, 2, 7), delivered);
    EXPECT_EQ(s.sequencer.start_epoch(7).error().field("name"), "epoch");
    s.note(*s.sequencer.start_epoch(8));
    EXPECT_TRUE(s.gaps.empty());
    EXPECT_EQ(s.take("a", 1, 1, 8), delivered);
    EXPECT_EQ(s.sequencer.get_stats().epoch, 8u);
}

// -- Two levels ------------------------------------------------------------------------------------------------------

TEST(EventSequencer, TheGlobalOrderHoldsBackWhatItsAggregateLetsThrough) {
    Story s(Story::two_levels());
    EXPECT_EQ(s.take("b", 1, 2), buffered);
    EXPECT_EQ(s.take("a", 1, 1), delivered);
    EXPECT_EQ(s.ready, (Texts{"a1", "b1"}));
    // Both levels drain, in order.
    EXPECT_EQ(s.take("a", 3, 5), buffered);
    EXPECT_EQ(s.take("b", 2, 4), buffered);
    EXPECT_EQ(s.take("b", 3, 6), buffered);
    EXPECT_EQ(s.take("a", 2, 3), delivered);
    EXPECT_EQ(s.ready, (Texts{"a2", "b2", "a3", "b3"}));
    EXPECT_EQ(s.sequencer.get_stats().pending, 0u);
    EXPECT_EQ(s.sequencer.get_stats().global_stats.next_sequence, 7u);
}

TEST(EventSequencer, AGlobalGapIsSkippedInItsTime) {
    Story s(Story::two_levels());
    EXPECT_EQ(s.take("a", 1, 3), buffered);
    EXPECT_EQ(s.sequencer.get_stats().global_stats.pending_count, 1u);
    s.wait(timeout);
    EXPECT_EQ(s.gaps, Texts{"1-2"});
    EXPECT_EQ(s.ready, Texts{"a1"});
    EXPECT_EQ(s.take("b", 1, 2), late) << "its place was skipped";
    EXPECT_EQ(s.late, Texts{"b1"});
    EXPECT_EQ(s.take("b", 2, 4), delivered);
}

TEST(EventSequencer, WhatAnAggregateHoldsBackIsNotMissingGlobally) {
    Story s(Story::two_levels());
    EXPECT_EQ(s.take("b", 1, 3), buffered);
    s.clock.advance(10s);
    EXPECT_EQ(s.take("a", 2, 2), buffered) << "a1 is missing";
    s.wait(timeout - 10s);
    EXPECT_EQ(s.gaps, Texts{"1-1"}) << "2 is here, and waits for its aggregate";
    EXPECT_TRUE(s.ready.empty());
    s.wait(10s);
    EXPECT_EQ(s.gaps, Texts{"a1-1"});
    EXPECT_EQ(s.ready, (Texts{"a2", "b1"}));
}

TEST(EventSequencer, WhatIsDroppedBelowLeavesNoGapAbove) {
    Story s(Story::two_levels());
    EXPECT_EQ(s.take("a", 1, 1), delivered);
    EXPECT_EQ(s.take("a", 1, 2), duplicate) << "sent twice, under the next number of the subscription";
    EXPECT_EQ(s.take("a", 2, 3), delivered);
    EXPECT_EQ(s.take("a", 4, 5), buffered);
    EXPECT_EQ(s.take("a", 4, 6), duplicate);
    EXPECT_EQ(s.take("b", 1, 7), buffered);
    EXPECT_EQ(s.take("a", 3, 4), delivered);
    EXPECT_EQ(s.ready, (Texts{"a3", "a4", "b1"}));
}

TEST(EventSequencer, AGlobalNumberUsedTwiceLosesNothing) {
    Story s(Story::two_levels());
    EXPECT_EQ(s.take("a", 1, 1), delivered);
    EXPECT_EQ(s.take("b", 1, 1), late);
    EXPECT_EQ(s.late, Texts{"b1"});
    EXPECT_EQ(s.take("c", 1, 3), buffered);
    EXPECT_EQ(s.take("d", 1, 3), late);
    EXPECT_EQ(s.take("e", 2, 3), buffered) << "it waits for its aggregate";
    EXPECT_EQ(s.take("e", 1, 2), delivered);
    EXPECT_EQ(s.ready, (Texts{"e1", "c1"}));
    EXPECT_EQ(s.late, Texts{"e2"});
    EXPECT_EQ(s.take("a", 2, 500), too_far);
    EXPECT_EQ(s.take("a", 2, 4), delivered);
}

TEST(EventSequencer, WithoutGlobalOrderTheGlobalNumberIsOnlyCarriedAlong) {
    Story s(Story::one_level());
    EXPECT_EQ(s.take("a", 1, 77), delivered);
    EXPECT_EQ(s.take("a", 2, 5), delivered);
    EXPECT_EQ(s.take("b", 1, 0), delivered);
}

// -- Bounds ----------------------------------------------------------------------------------------------------------

TEST(EventSequencer, IdleAggregatesAreReducedToTheirNextNumber) {
    Story s(Story::one_level({.max_active_aggregates = 2}));
    for (const auto name : {"a", "b", "c", "d"}) {
        EXPECT_EQ(s.take(name, 2), buffered);
        EXPECT_EQ(s.take(name, 1), delivered);
        s.wait(timeout);
    }
    const auto stats = s.sequencer.get_stats();
    EXPECT_EQ(stats.aggregates.size(), 2u);
    EXPECT_EQ(stats.evicted, 2u);
    EXPECT_EQ(stats.known_aggregates, 4u);
    for (const auto name : {"a", "b", "c", "d"}) {
        EXPECT_EQ(s.sequencer.get_stats(AggregateId(name))->next_sequence, 3u) << name;
        EXPECT_EQ(s.take(name, 2), duplicate);
        EXPECT_EQ(s.take(name, 3), delivered);
    }
}

// -- Positions -------------------------------------------------------------------------------------------------------

TEST(EventSequencer, GoesOnWhereItStood) {
    Story s(Story::two_levels());
    (void)s.take("a", 1, 1);
    (void)s.take("a", 3, 3);
    s.wait(timeout); // skips 2 at both levels
    (void)s.take("a", 4, 4);
    (void)s.take("b", 1, 6); // through its aggregate, not yet through the global order
    const auto saved = s.sequencer.positions();
    EXPECT_EQ(saved.global.next, 5u);

    Story after(Story::two_levels());
    ASSERT_TRUE(after.sequencer.restore(saved));
    EXPECT_EQ(after.sequencer.positions().global, saved.global);
    EXPECT_EQ(after.take("a", 4, 4), duplicate);
    EXPECT_EQ(after.take("a", 2, 2), late) << "it was skipped, not delivered";
    EXPECT_EQ(after.take("b", 1, 6), buffered) << "what waited comes again";
    EXPECT_EQ(after.take("a", 5, 5), delivered);
    EXPECT_EQ(after.ready, (Texts{"a5", "b1"}));
}

TEST(EventSequencer, RefusesPositionsThatMakeNoSense) {
    const SequencerPositions::Stream fine{.next = 5, .first = 1};
    const SequencerPositions bad[] = {
        {.global = {.next = 1, .first = 2}},
        {.global = {.next = 0, .first = 2}},
        {.global = {.next = 5, .first = 1, .skipped = {{4, 5}}}},
        {.global = {.next = 5, .first = 1, .skipped = {{3, 2}}}},
        {.global = {.next = 5, .first = 1, .skipped = {{3, 3}, {2, 2}}}},
        {.aggregates = {{AggregateId("a.b"), fine}}},
        {.aggregates = {{AggregateId("a"), fine}, {AggregateId("a"), fine}}},
        {.aggregates = {{AggregateId("a"), {}}}},
    };
    for (const auto& positions : bad) {
        EventSequencer sequencer;
        EXPECT_EQ(sequencer.restore(positions).error().code, Errc::invalid_argument);
        EXPECT_EQ(sequencer.positions(), SequencerPositions());
    }
    Story s;
    (void)s.take("a", 1);
    EXPECT_EQ(s.sequencer.restore({}).error().field("name"), "positions");
    EventSequencer small({.max_aggregates = 1, .max_active_aggregates = 1});
    EXPECT_EQ(small.restore({.aggregates = {{AggregateId("a"), fine}, {AggregateId("b"), fine}}}).error().code,
              Errc::limit_exceeded);
}

TEST(EventSequencer, StatisticsTellWhatWaits) {
    Story s(Story::two_levels());
    (void)s.take("a", 1, 1);
    (void)s.take("a", 3, 3);
    s.clock.advance(7s);
    (void)s.take("a", 4, 4);
    const auto stats = s.sequencer.get_stats();
    ASSERT_EQ(stats.aggregates.size(), 1u);
    const auto& [id, a] = stats.aggregates[0];
    EXPECT_EQ(id.str(), "a");
    EXPECT_EQ(a.next_sequence, 2u);
    EXPECT_EQ(a.pending_count, 2u);
    EXPECT_EQ(a.oldest_pending, Duration(7s));
    EXPECT_EQ(stats.pending, 2u);
    EXPECT_EQ(stats.processed, 3u);
    EXPECT_FALSE(s.sequencer.get_stats(AggregateId("none")));
}

} // namespace
} // namespace cim
