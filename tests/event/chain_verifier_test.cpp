// Aim: whatever was changed inside a chain is found, the first bad event is the one that is named, and slices say what
// they are worth. Method: every kind of damage on a good chain, each with 1, 2 and 8 threads on pages on both sides of
// the size from which threads are used; bits flipped at random, with the seed printed.
#include <cim/chain.hpp>

#include "event/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace cim {
namespace {

using test::Row;
using Gaps = VerifyOptions::Gaps;

AggregateSequence at(std::uint64_t sequence) { return AggregateSequence(sequence); }

Result<> verify(const std::vector<DomainEvent>& events, VerifyOptions options = {}) {
    return ChainVerifier(options).add(events);
}

// The chain_broken that all numbers of threads agree on.
std::optional<ChainBroken> broken_chain(const std::vector<DomainEvent>& events, Gaps gaps = Gaps::refuse) {
    const auto alone = verify(events, {.threads = 1, .gaps = gaps});
    for (const unsigned threads : {0u, 2u, 8u}) {
        const auto together = verify(events, {.threads = threads, .gaps = gaps});
        EXPECT_EQ(alone.has_value(), together.has_value());
        if (!alone && !together) {
            EXPECT_EQ(alone.error().text(), together.error().text());
        }
    }
    return alone ? std::nullopt : ChainBroken::from(alone.error());
}

class ChainVerifierTest : public testing::TestWithParam<std::size_t> {
  protected:
    // A good chain, long enough for the threads or not, and the place at which it is broken.
    const std::vector<Row> log_ = test::make_log("graph-1", GetParam());
    const std::vector<DomainEvent> events_ = test::events_of(log_);
    const std::size_t middle_ = GetParam() / 2;
};

INSTANTIATE_TEST_SUITE_P(Sizes, ChainVerifierTest, testing::Values(20, 1500));

TEST_P(ChainVerifierTest, AGoodChainIsOneAnchoredSlice) {
    for (const unsigned threads : {1u, 2u, 8u}) {
        ChainVerifier verifier({.threads = threads});
        EXPECT_EQ(verifier.head(AggregateId("graph-1")), std::nullopt);
        const auto verified = verifier.add(events_);
        ASSERT_TRUE(verified) << verified.error().text();
        EXPECT_EQ(verifier.events(), events_.size());
        const auto slices = verifier.slices();
        ASSERT_EQ(slices.size(), 1u);
        EXPECT_EQ(slices[0].aggregate, AggregateId("graph-1"));
        EXPECT_EQ(slices[0].first, at(1));
        EXPECT_EQ(slices[0].last, at(events_.size()));
        EXPECT_EQ(slices[0].head, log_.back().cid);
        EXPECT_TRUE(slices[0].anchored);
        EXPECT_EQ(verifier.head(AggregateId("graph-1")), (ChainHead{at(events_.size()), log_.back().cid}));
        EXPECT_EQ(verifier.head(AggregateId("other")), std::nullopt);
    }
}

TEST_P(ChainVerifierTest, AMissingEventIsFound) {
    auto events = events_;
    events.erase(events.begin() + static_cast<std::ptrdiff_t>(middle_));
    const auto broken = broken_chain(events);
    ASSERT_TRUE(broken);
    EXPECT_EQ(broken->aggregate, AggregateId("graph-1"));
    EXPECT_EQ(broken->sequence, at(middle_ + 2));
    EXPECT_EQ(broken->previous, at(middle_));
    EXPECT_EQ(broken->expected, log_[middle_ - 1].cid);
    EXPECT_EQ(broken->actual, log_[middle_].cid);
}

TEST_P(ChainVerifierTest, AMissingEventIsFoundThoughTheOthersWereRenumbered) {
    auto log = log_;
    log.erase(log.begin() + static_cast<std::ptrdiff_t>(middle_));
    for (std::size_t i = 0; i < log.size(); ++i) log[i].aggregate_sequence = i + 1;
    const auto broken = broken_chain(test::events_of(log));
    ASSERT_TRUE(broken);
    EXPECT_EQ(broken->sequence, at(middle_ + 1));
    EXPECT_EQ(broken->expected, log_[middle_ - 1].cid);
    EXPECT_EQ(broken->actual, log_[middle_].cid);
}

TEST_P(ChainVerifierTest, SwappedEventsAreFound) {
    auto events = events_;
    std::swap(events[middle_], events[middle_ + 1]);
    auto broken = broken_chain(events);
    ASSERT_TRUE(broken);
    EXPECT_EQ(broken->sequence, at(middle_ + 2));

    auto log = log_; // Their blocks alone, so that the numbers look fine.
    std::swap(log[middle_].block, log[middle_ + 1].block);
    std::swap(log[middle_].cid, log[middle_ + 1].cid);
    broken = broken_chain(test::events_of(log));
    ASSERT_TRUE(broken);
    EXPECT_EQ(broken->sequence, at(middle_ + 1));
    EXPECT_EQ(broken->expected, log_[middle_ - 1].cid);
    EXPECT_EQ(broken->actual, log_[middle_].cid);
}

TEST_P(ChainVerifierTest, RepeatedEventsAreFound) {
    for (const auto gaps : {Gaps::refuse, Gaps::new_slice}) {
        auto events = events_;
        events.insert(events.begin() + static_cast<std::ptrdiff_t>(middle_), events[middle_ - 1]);
        const auto broken = broken_chain(events, gaps);
        ASSERT_TRUE(broken);
        EXPECT_EQ(broken->sequence, at(middle_));
        EXPECT_EQ(broken->previous, at(middle_));
        EXPECT_EQ(broken->expected, log_[middle_ - 1].cid);
    }
}

TEST_P(ChainVerifierTest, AForkIsFound) {
    // Somebody replaced an event in the middle by one that links and hashes well; what follows gives it away.
    auto log = log_;
    const auto forged = test::make_chain("graph-1", 1, {at(middle_), log_[middle_ - 1].cid}, "another");
    log[middle_].block = Bytes(forged.events()[0].block.begin(), forged.events()[0].block.end());
    log[middle_].cid = forged.events()[0].cid;
    const auto broken = broken_chain(test::events_of(log));
    ASSERT_TRUE(broken);
    EXPECT_EQ(broken->sequence, at(middle_ + 2));
    EXPECT_EQ(broken->expected, forged.events()[0].cid);
    EXPECT_EQ(broken->actual, log_[middle_].cid);
}

TEST_P(ChainVerifierTest, ALostTailIsFoundAgainstAHeadKeptElsewhere) {
    auto events = events_;
    events.pop_back();
    ChainVerifier verifier;
    ASSERT_TRUE(verifier.add(events));
    EXPECT_NE(verifier.head(AggregateId("graph-1")), (ChainHead{at(events_.size()), log_.back().cid}));
}

TEST_P(ChainVerifierTest, OfSeveralBadEventsTheFirstIsNamed) {
    auto log = log_;
    log[middle_ + 3].block.back() ^= std::byte{1}; // A damaged link further on, which no longer hashes.
    log[middle_ + 1].cid = log[0].cid;             // A wrong CID before it.
    log.erase(log.begin() + static_cast<std::ptrdiff_t>(middle_ - 2)); // And a gap before both.
    const auto broken = broken_chain(test::events_of(log));
    ASSERT_TRUE(broken);
    EXPECT_EQ(broken->sequence, at(middle_));

    log = log_;
    log[middle_ + 1].cid = log[0].cid;
    log.erase(log.begin() + static_cast<std::ptrdiff_t>(middle_ + 3));
    const auto events = test::events_of(log);
    for (const unsigned threads : {1u, 2u, 8u}) {
        const auto verified = verify(events, {.threads = threads});
        ASSERT_FALSE(verified);
        const auto invalid = InvalidCid::from(verified.error());
        ASSERT_TRUE(invalid) << verified.error().text();
        EXPECT_EQ(invalid->sequence, at(middle_ + 2));
        EXPECT_EQ(invalid->expected, log_[0].cid);
        EXPECT_EQ(invalid->actual, log_[middle_ + 1].cid);
    }
}

TEST_P(ChainVerifierTest, PagesOfAnySizeGiveTheSame) {
    for (const std::size_t page : {1u, 7u, 256u, 600u}) {
        ChainVerifier verifier({.threads = 2});
        for (std::size_t i = 0; i < events_.size(); i += page)
            ASSERT_TRUE(verifier.add(std::span(events_).subspan(i, std::min(page, events_.size() - i))));
        ASSERT_TRUE(verifier.add({}));
        ASSERT_EQ(verifier.slices().size(), 1u);
        EXPECT_EQ(verifier.slices()[0].last, at(events_.size()));
        EXPECT_EQ(verifier.events(), events_.size());
    }
}

TEST_P(ChainVerifierTest, EveryFlippedBitIsFound) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int round = 0; round < 200; ++round) {
        auto log = log_;
        const auto index = random() % log.size();
        const auto byte = random() % log[index].block.size();
        log[index].block[byte] ^= static_cast<std::byte>(1 << random() % 8);
        const auto events = test::read(log);
        const auto verified = events ? verify(*events, {.threads = 2}) : Result<>(fail(events.error()));
        ASSERT_FALSE(verified) << "event " << index << ", byte " << byte;
        const auto invalid = InvalidCid::from(verified.error());
        ASSERT_TRUE(invalid) << verified.error().text();
        EXPECT_EQ(invalid->sequence, at(index + 1));
        EXPECT_EQ(invalid->aggregate, AggregateId("graph-1"));
        EXPECT_EQ(invalid->expected, log_[index].cid);
        EXPECT_EQ(invalid->actual, Cid::of_dag_cbor(log[index].block));
    }
}

TEST_P(ChainVerifierTest, ASliceFromTheMiddleIsNotAnchored) {
    const auto tail = std::vector(events_.begin() + static_cast<std::ptrdiff_t>(middle_), events_.end());
    ChainVerifier verifier;
    ASSERT_TRUE(verifier.add(tail));
    ASSERT_EQ(verifier.slices().size(), 1u);
    EXPECT_EQ(verifier.slices()[0].first, at(middle_ + 1));
    EXPECT_FALSE(verifier.slices()[0].anchored);
}

TEST_P(ChainVerifierTest, AKnownHeadAnchors) {
    const auto tail = std::vector(events_.begin() + static_cast<std::ptrdiff_t>(middle_), events_.end());
    const ChainHead known{at(middle_), log_[middle_ - 1].cid};
    ChainVerifier verifier;
    verifier.anchor(AggregateId("graph-1"), known);
    EXPECT_EQ(verifier.head(AggregateId("graph-1")), known);
    EXPECT_TRUE(verifier.slices().empty());
    ASSERT_TRUE(verifier.add(tail));
    ASSERT_EQ(verifier.slices().size(), 1u);
    EXPECT_EQ(verifier.slices()[0].first, at(middle_ + 1));
    EXPECT_TRUE(verifier.slices()[0].anchored);
}

TEST_P(ChainVerifierTest, WhatDoesNotContinueAKnownHeadIsBroken) {
    const ChainHead other{at(middle_), log_[0].cid};
    ChainVerifier verifier;
    verifier.anchor(AggregateId("graph-1"), other);
    const auto tail = std::vector(events_.begin() + static_cast<std::ptrdiff_t>(middle_), events_.end());
    auto verified = verifier.add(tail);
    ASSERT_FALSE(verified);
    auto broken = ChainBroken::from(verified.error());
    ASSERT_TRUE(broken);
    EXPECT_EQ(broken->sequence, at(middle_ + 1));
    EXPECT_EQ(broken->expected, log_[0].cid);
    EXPECT_EQ(broken->actual, log_[middle_ - 1].cid);

    for (const auto gaps : {Gaps::refuse, Gaps::new_slice}) { // What was before it is not asked for again.
        ChainVerifier again({.threads = 1, .gaps = gaps});
        again.anchor(AggregateId("graph-1"), {at(middle_), log_[middle_ - 1].cid});
        verified = again.add(events_);
        ASSERT_FALSE(verified);
        broken = ChainBroken::from(verified.error());
        ASSERT_TRUE(broken);
        EXPECT_EQ(broken->sequence, at(1));
        EXPECT_EQ(broken->previous, at(middle_));
    }
}

TEST_P(ChainVerifierTest, AHeadMayBecomeKnownOnTheWay) {
    ChainVerifier verifier;
    ASSERT_TRUE(verifier.add(std::span(events_).first(2)));
    verifier.anchor(AggregateId("graph-1"), {at(middle_), log_[middle_ - 1].cid});
    ASSERT_TRUE(verifier.add(std::span(events_).subspan(middle_)));
    const auto slices = verifier.slices();
    ASSERT_EQ(slices.size(), 2u);
    EXPECT_EQ(slices[0].last, at(2));
    EXPECT_EQ(slices[0].head, log_[1].cid);
    EXPECT_EQ(slices[1].first, at(middle_ + 1));
    EXPECT_EQ(slices[1].head, log_.back().cid);
    EXPECT_TRUE(slices[1].anchored);
}

TEST_P(ChainVerifierTest, AnEmptyChainIsKnownToo) {
    ChainVerifier verifier;
    verifier.anchor(AggregateId("graph-1"), {});
    ASSERT_TRUE(verifier.add(events_));
    EXPECT_TRUE(verifier.slices()[0].anchored);

    ChainVerifier strict;
    strict.anchor(AggregateId("graph-1"), {});
    const auto verified = strict.add(std::span(events_).subspan(2));
    ASSERT_FALSE(verified);
    const auto broken = ChainBroken::from(verified.error());
    ASSERT_TRUE(broken);
    EXPECT_EQ(broken->sequence, at(3));
    EXPECT_EQ(broken->expected, std::nullopt);
}

TEST_P(ChainVerifierTest, GapsStartSlicesWhereThatIsAllowed) {
    std::vector<DomainEvent> events;
    for (std::size_t i = 0; i < events_.size(); ++i)
        if (i != 3 && i != 4 && i != middle_) events.push_back(events_[i]);
    for (const unsigned threads : {1u, 8u}) {
        ChainVerifier verifier({.threads = threads, .gaps = Gaps::new_slice});
        ASSERT_TRUE(verifier.add(events));
        const auto slices = verifier.slices();
        ASSERT_EQ(slices.size(), 3u);
        EXPECT_EQ(slices[0].first, at(1));
        EXPECT_EQ(slices[0].last, at(3));
        EXPECT_EQ(slices[0].head, log_[2].cid);
        EXPECT_TRUE(slices[0].anchored);
        EXPECT_EQ(slices[1].first, at(6));
        EXPECT_EQ(slices[1].last, at(middle_));
        EXPECT_EQ(slices[1].head, log_[middle_ - 1].cid);
        EXPECT_FALSE(slices[1].anchored);
        EXPECT_EQ(slices[2].first, at(middle_ + 2));
        EXPECT_EQ(slices[2].last, at(events_.size()));
        EXPECT_FALSE(slices[2].anchored);
    }
    // Inside of a slice links are as strict as ever.
    auto log = log_;
    log.erase(log.begin() + 3);
    std::swap(log[6].block, log[7].block);
    std::swap(log[6].cid, log[7].cid);
    EXPECT_EQ(broken_chain(test::events_of(log), Gaps::new_slice)->sequence, at(8));
}

TEST(ChainVerifier, PlaceAndLinkMustAgree) {
    auto log = test::make_log("a", 3);
    const auto expect = [](const std::vector<Row>& rows, std::uint64_t sequence, std::string_view end) {
        const auto verified = verify(test::events_of(rows));
        ASSERT_FALSE(verified);
        const auto broken = ChainBroken::from(verified.error());
        ASSERT_TRUE(broken);
        EXPECT_EQ(broken->sequence, at(sequence));
        EXPECT_EQ(broken->expected, std::nullopt);
        EXPECT_TRUE(verified.error().message.ends_with(end)) << verified.error().message;
    };
    std::vector<Row> rows{log[1]};
    rows[0].aggregate_sequence = 1; // Links to another although it is the first.
    expect(rows, 1, "event 1 links to " + log[0].cid.to_string() + " although it is the first");
    rows = {log[0]};
    rows[0].aggregate_sequence = 5; // Links to nothing although it is not the first.
    expect(rows, 5, "event 5 links to nothing, which only the first event of a chain may");
    rows[0].aggregate_sequence = 0;
    expect(rows, 0, "event 0 has no place in a chain: sequences count from 1");
}

TEST(ChainVerifier, ASliceAfterAGapMustLinkToSomething) {
    auto log = test::make_log("a", 2);
    log[1] = log[0];
    log[1].aggregate_sequence = 9;
    const auto verified = verify(test::events_of(log), {.threads = 1, .gaps = Gaps::new_slice});
    ASSERT_FALSE(verified);
    EXPECT_EQ(ChainBroken::from(verified.error())->sequence, at(9));
}

TEST(ChainVerifier, OnlyEventCidsNameEvents) {
    auto log = test::make_log("a", 1);
    log[0].cid = Cid::of(multicodec::raw, log[0].block); // The right digest under another codec.
    const auto verified = verify(test::events_of(log));
    ASSERT_FALSE(verified);
    EXPECT_EQ(InvalidCid::from(verified.error())->expected, log[0].cid);
}

TEST(ChainVerifier, ChainsMayInterleave) {
    std::vector<Row> log;
    std::vector<ChainBuilder> builders;
    for (int i = 0; i < 40; ++i) builders.emplace_back(AggregateId("graph-" + std::to_string(i)), ChainHead());
    std::mt19937 random(7);
    std::vector<std::uint64_t> sizes(builders.size());
    for (int i = 0; i < 3000; ++i) {
        const auto chosen = random() % builders.size();
        Transaction transaction(AggregateId("graph-" + std::to_string(chosen)));
        transaction.add("Set", i, from_micros(i));
        test::append(log, *builders[chosen].build(transaction));
        ++sizes[chosen];
    }
    const auto events = test::events_of(log);
    for (const unsigned threads : {1u, 8u}) {
        ChainVerifier verifier({.threads = threads});
        ASSERT_TRUE(verifier.add(std::span(events).first(1000)));
        ASSERT_TRUE(verifier.add(std::span(events).subspan(1000)));
        const auto slices = verifier.slices();
        ASSERT_EQ(slices.size(), builders.size());
        EXPECT_TRUE(std::ranges::is_sorted(slices, {}, &VerifiedSlice::aggregate));
        for (std::size_t i = 0; i < builders.size(); ++i)
            EXPECT_EQ(verifier.head(AggregateId("graph-" + std::to_string(i))), builders[i].head());
        EXPECT_EQ(verifier.head(AggregateId("graph-0"))->sequence, at(sizes[0]));
    }
    std::swap(log[2000].cid, log[2999].cid);
    for (const unsigned threads : {1u, 8u}) {
        const auto verified = verify(test::events_of(log), {.threads = threads});
        ASSERT_FALSE(verified);
        EXPECT_EQ(InvalidCid::from(verified.error())->aggregate.str(), log[2000].aggregate_id);
    }
}

TEST(ChainVerifier, CanBeMoved) {
    const auto events = test::make_events("a", 1200);
    ChainVerifier first({.threads = 2});
    ASSERT_TRUE(first.add(std::span(events).first(600)));
    auto second = std::move(first);
    ASSERT_TRUE(second.add(std::span(events).subspan(600)));
    EXPECT_EQ(second.events(), 1200u);
}

} // namespace
} // namespace cim
