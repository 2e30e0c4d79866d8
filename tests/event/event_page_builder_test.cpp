// Aim: events come out of a page as their rows went in, outlive it, and damaged rows are told from wrong ones.
// Method: rows changed in one place each; handles that outlive the builder and each other, which AddressSanitizer
// watches.
#include "event/event_page_builder.hpp"
#include "event/support.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cim {
namespace {

using detail::EventPageBuilder;
using test::Row;

std::vector<Row> traced_log() {
    std::vector<Row> log;
    Transaction transaction(AggregateId("graph-1"), TransactionId("tx-1"));
    transaction.trace = {"correlation", "causation", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
    transaction.add("NodeCreated", {{"node_id", "n1"}}, from_micros(5)).add("NodeRemoved", nullptr, from_micros(-6));
    test::append(log, *ChainBuilder(AggregateId("graph-1"), {}).build(transaction));
    test::append(log, test::make_chain("other", 1));
    return log;
}

TEST(EventPageBuilder, GivesBackWhatWentIn) {
    const auto log = traced_log();
    const auto events = test::events_of(log);
    ASSERT_EQ(events.size(), 3u);
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto& event = events[i];
        EXPECT_TRUE(event);
        EXPECT_EQ(event.cid(), log[i].cid);
        EXPECT_EQ(as_text(event.block()), as_text(log[i].block));
        EXPECT_EQ(event.sequence(), GlobalSequence(i + 1));
        EXPECT_EQ(event.aggregate_id(), log[i].aggregate_id);
        EXPECT_EQ(event.transaction_id(), log[i].transaction_id);
    }
    EXPECT_EQ(events[0].previous_cid(), std::nullopt);
    EXPECT_EQ(events[1].previous_cid(), log[0].cid);
    EXPECT_EQ(events[0].event_type(), "NodeCreated");
    EXPECT_EQ(events[0].timestamp(), from_micros(5));
    EXPECT_EQ(events[1].timestamp(), from_micros(-6));
    EXPECT_EQ(events[0].payload().find("node_id")->as_string(), "n1");
    EXPECT_TRUE(events[1].payload().is(ipld::Kind::null));
    EXPECT_EQ(events[1].aggregate_sequence(), AggregateSequence(2));
    EXPECT_EQ(events[1].transaction_index(), 1u);
    EXPECT_EQ(events[1].transaction_size(), 2u);
    EXPECT_FALSE(events[0].ends_transaction());
    EXPECT_TRUE(events[1].ends_transaction());
    EXPECT_EQ(events[0].correlation_id(), "correlation");
    EXPECT_EQ(events[0].causation_id(), "causation");
    EXPECT_EQ(events[0].traceparent(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    EXPECT_EQ(events[2].correlation_id(), "");
    EXPECT_EQ(events[2].subject(), "event.store.other.NodeCreated");
    EXPECT_EQ(events[2].subject("a.b.c"), "a.b.c.other.NodeCreated");
}

TEST(EventPageBuilder, OneTextServesATransaction) {
    const auto events = test::events_of(traced_log());
    EXPECT_EQ(events[0].transaction_id().data(), events[1].transaction_id().data());
    EXPECT_NE(events[1].transaction_id().data(), events[2].transaction_id().data());
}

TEST(EventPageBuilder, CountsAndStartsAnew) {
    const auto log = test::make_log("a", 700);
    EventPageBuilder page;
    EXPECT_EQ(page.size(), 0u);
    EXPECT_TRUE(page.finish().empty());
    for (int round = 0; round < 2; ++round) {
        std::size_t bytes = 0;
        for (const auto& row : log) {
            ASSERT_TRUE(page.add(row.stored()));
            bytes += row.block.size();
        }
        EXPECT_EQ(page.size(), log.size());
        EXPECT_EQ(page.bytes(), bytes);
        const auto events = page.finish();
        EXPECT_EQ(page.size(), 0u);
        EXPECT_EQ(page.bytes(), 0u);
        ASSERT_EQ(events.size(), log.size());
        for (std::size_t i = 0; i < log.size(); ++i) ASSERT_EQ(events[i].cid(), log[i].cid);
    }
}

TEST(EventPageBuilder, OneEventKeepsWhatItShows) {
    DomainEvent kept;
    EXPECT_FALSE(kept);
    {
        auto log = test::make_log("a", 300);
        auto events = test::events_of(log);
        kept = events[150];
        log.clear();
        events.clear();
    }
    const auto cid = kept.cid();
    std::thread([event = std::move(kept), cid] {
        EXPECT_EQ(Cid::of_dag_cbor(event.block()), cid);
        EXPECT_EQ(event.payload().find("node_id")->as_string(), "n150");
    }).join();
}

TEST(EventPageBuilder, TakesBlocksLargerThanItsChunks) {
    std::vector<Row> log;
    Transaction transaction(AggregateId("a"));
    for (const std::size_t size : {10u, 20'000u, 100u, 1'000'000u, 3'000u, 70'000u})
        transaction.add("Set", std::string(size, 'x'), Timestamp());
    test::append(log, *ChainBuilder(AggregateId("a"), {}).build(transaction));
    const auto events = test::events_of(log);
    for (std::size_t i = 0; i < log.size(); ++i) EXPECT_EQ(as_text(events[i].block()), as_text(log[i].block));
    ChainVerifier verifier;
    EXPECT_TRUE(verifier.add(events));
}

void expect_error(const std::vector<Row>& log, Errc code, std::string_view aggregate, std::string_view sequence) {
    const auto events = test::read(log);
    ASSERT_FALSE(events);
    EXPECT_EQ(events.error().code, code) << events.error().text();
    EXPECT_EQ(events.error().field("aggregate"), aggregate);
    EXPECT_EQ(events.error().field("sequence"), sequence);
}

TEST(EventPageBuilder, DamagedRowsAreCidMismatches) {
    const auto good = test::make_log("graph-1", 3);
    auto log = good;
    log[1].block[0] = std::byte{0xa4};
    expect_error(log, Errc::cid_mismatch, "graph-1", "2");
    const auto broken = InvalidCid::from(test::read(log).error());
    ASSERT_TRUE(broken);
    EXPECT_EQ(broken->expected, good[1].cid);
    EXPECT_EQ(broken->actual, Cid::of_dag_cbor(log[1].block));

    log = good;
    log[2].block.pop_back();
    expect_error(log, Errc::cid_mismatch, "graph-1", "3");

    log = good;
    log[0].block.clear();
    expect_error(log, Errc::cid_mismatch, "graph-1", "1");

    log = good; // Still an event block, of aggregate "graph-3".
    const auto at = as_text(log[0].block).find("graph-1") + 6;
    log[0].block[at] = std::byte{'3'};
    expect_error(log, Errc::cid_mismatch, "graph-1", "1");
}

TEST(EventPageBuilder, WrongRowsAreInvalidEventBlocks) {
    auto log = test::make_log("graph-1", 3);
    log[1].block = *ipld::encode({{"payload", 1}});
    log[1].cid = Cid::of_dag_cbor(log[1].block);
    expect_error(log, Errc::invalid_event_block, "graph-1", "2");
    auto error = test::read(log).error();
    EXPECT_EQ(error.field("rule"), "missing_field");
    EXPECT_EQ(error.field("field"), "timestamp");

    log[1].block = {std::byte{0xff}};
    log[1].cid = Cid::of_dag_cbor(log[1].block);
    expect_error(log, Errc::invalid_event_block, "graph-1", "2");
    EXPECT_EQ(test::read(log).error().field("rule"), "reserved_info");

    log = test::make_log("graph-1", 3);
    log[2].aggregate_id = "graph-2";
    expect_error(log, Errc::invalid_event_block, "graph-2", "3");
    error = test::read(log).error();
    EXPECT_EQ(error.field("rule"), "wrong_aggregate");
    EXPECT_EQ(error.message, "event 3 of aggregate 'graph-2' is not an event block of it: its field 'aggregate_id' is "
                             "'graph-1'");
}

TEST(EventPageBuilder, AnErrorLeavesThePageAsItWas) {
    const auto log = test::make_log("a", 2);
    EventPageBuilder page;
    ASSERT_TRUE(page.add(log[0].stored()));
    auto broken = log[1];
    broken.block[5] ^= std::byte{1};
    ASSERT_FALSE(page.add(broken.stored()));
    EXPECT_EQ(page.size(), 1u);
    EXPECT_EQ(page.bytes(), log[0].block.size());
    ASSERT_TRUE(page.add(log[1].stored()));
    const auto events = page.finish();
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[1].cid(), log[1].cid);
}

} // namespace
} // namespace cim
