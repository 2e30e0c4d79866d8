// Aim: a ChainedTransaction that exists is right: built ones link and verify, foreign ones were checked, and whatever
// is wrong is refused with its values. Method: refusals one by one, golden blocks as foreign blocks, and chains over
// several transactions through the verifier.
#include <cim/transaction.hpp>

#include "event/golden.hpp"
#include "event/support.hpp"
#include "ipld/support.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim {
namespace {

using ForeignBlock = ChainedTransaction::ForeignBlock;
using test::from_hex;

const AggregateId graph("graph-1");

void expect_error(const auto& result, Errc code, std::string_view field, std::string_view value) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, code) << result.error().text();
    EXPECT_EQ(result.error().field(field), value) << result.error().text();
}

TEST(ChainBuilder, LinksOneTransactionToTheNext) {
    ManualClock clock(from_micros(77));
    ChainBuilder builder(graph, {}, clock);
    std::vector<test::Row> log;
    for (int round = 0; round < 3; ++round) {
        Transaction transaction(graph);
        transaction.add("Set", round).add("Set", nullptr, from_micros(5)).add("Unset", {{"n", round}});
        const auto start = builder.head();
        const auto built = builder.build(transaction);
        ASSERT_TRUE(built) << built.error().text();
        EXPECT_EQ(built->aggregate_id(), graph);
        EXPECT_EQ(built->start(), start);
        EXPECT_EQ(built->head(), builder.head());
        EXPECT_EQ(built->id().str(), built->events()[0].cid.to_string());
        EXPECT_EQ(built->head().sequence, AggregateSequence(3 * (static_cast<std::uint64_t>(round) + 1)));
        EXPECT_EQ(built->events()[0].timestamp, from_micros(77));
        EXPECT_EQ(built->events()[1].timestamp, from_micros(5));
        EXPECT_EQ(built->events()[1].event_type, "Set");
        EXPECT_EQ(built->events()[2].event_type, "Unset");
        const auto parsed = EventBlock::parse(built->events()[2].block);
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->timestamp, from_micros(77));
        EXPECT_EQ(parsed->payload.find("n")->as_int64(), round);
        test::append(log, *built);
    }
    ChainVerifier verifier;
    ASSERT_TRUE(verifier.add(test::events_of(log)));
    EXPECT_EQ(verifier.head(graph), builder.head());
}

TEST(ChainBuilder, KeepsIdAndTrace) {
    Transaction transaction(graph, TransactionId("tx-1"));
    transaction.trace = {"correlation", "causation", "00-11-22-33"};
    transaction.add("Set", 1);
    auto built = ChainBuilder(graph, {}).build(transaction);
    ASSERT_TRUE(built);
    EXPECT_EQ(built->id(), TransactionId("tx-1"));
    EXPECT_EQ(built->trace(), transaction.trace);
    // Views stay good when it is moved.
    const auto moved = std::move(*built);
    EXPECT_EQ(Cid::of_dag_cbor(moved.events()[0].block), moved.events()[0].cid);
    EXPECT_EQ(moved.events()[0].event_type, "Set");
}

TEST(ChainBuilder, RefusesAndStaysWhereItWas) {
    ChainBuilder builder(graph, {});
    Transaction first(graph);
    first.add("Set", 1);
    ASSERT_TRUE(builder.build(first));
    const auto head = builder.head();

    expect_error(builder.build(Transaction(graph)), Errc::invalid_argument, "name", "events");
    expect_error(builder.build(Transaction(AggregateId("other")).add("Set", 1)), Errc::invalid_argument, "name",
                 "aggregate_id");
    expect_error(builder.build(Transaction(graph).add("Set", 1).add("No.Token", 1)), Errc::invalid_token, "index", "1");
    expect_error(builder.build(Transaction(graph).add("Set", std::numeric_limits<double>::quiet_NaN())),
                 Errc::invalid_dag_cbor, "rule", "non_finite_float");
    expect_error(builder.build(Transaction(graph).add("Set", "\xff")), Errc::invalid_dag_cbor, "rule", "invalid_utf8");
    expect_error(builder.build(Transaction(graph).add("Set", Bytes(EventBlock::max_size))), Errc::limit_exceeded,
                 "limit", "4194304");
    EXPECT_EQ(builder.head(), head);
}

TEST(ChainBuilder, RefusesWhatParseWouldNotTakeBack) {
    ipld::Value nested = 1;
    for (int i = 0; i < 127; ++i) nested = ipld::List{std::move(nested)};
    const auto built = ChainBuilder(graph, {}).build(Transaction(graph).add("Set", nested));
    ASSERT_TRUE(built) << built.error().text();
    EXPECT_TRUE(EventBlock::parse(built->events()[0].block));
    expect_error(ChainBuilder(graph, {}).build(Transaction(graph).add("Set", ipld::List{std::move(nested)})),
                 Errc::invalid_dag_cbor, "rule", "depth_limit");
}

TEST(ChainBuilder, RefusesBadLabels) {
    const auto build = [](TransactionId id, TraceContext trace) {
        Transaction transaction(graph, std::move(id));
        transaction.trace = std::move(trace);
        transaction.add("Set", 1);
        return ChainBuilder(graph, {}).build(transaction);
    };
    const std::string longest(255, 'x');
    EXPECT_TRUE(build(TransactionId("spaces and ümlauts are fine"), {longest, longest, longest}));
    const auto too_long = longest + 'x';
    expect_error(build(TransactionId(too_long), {}), Errc::invalid_argument, "name", "transaction_id");
    expect_error(build({}, {too_long, "", ""}), Errc::invalid_argument, "name", "correlation_id");
    expect_error(build({}, {"", too_long, ""}), Errc::invalid_argument, "name", "causation_id");
    expect_error(build({}, {"", "", too_long}), Errc::invalid_argument, "reason", "is longer than 255 bytes");
    expect_error(build(TransactionId("a\r\nb"), {}), Errc::invalid_argument, "reason", "holds a control character");
    expect_error(build(TransactionId("a\xff"), {}), Errc::invalid_argument, "reason", "is not UTF-8");
}

TEST(ChainBuilder, RefusesAHeadOrAnAggregateThatCannotBe) {
    const auto build = [](std::string_view aggregate, ChainHead start) {
        return ChainBuilder(AggregateId(aggregate), std::move(start))
            .build(Transaction(AggregateId(aggregate)).add("Set", 1));
    };
    const auto cid = Cid::of_dag_cbor(as_bytes("x"));
    EXPECT_TRUE(build("a", {AggregateSequence(3), cid}));
    expect_error(build("a", {AggregateSequence(3), std::nullopt}), Errc::invalid_argument, "name", "start");
    expect_error(build("a", {AggregateSequence(0), cid}), Errc::invalid_argument, "name", "start");
    expect_error(build("a", {AggregateSequence(3), Cid::of(multicodec::raw, as_bytes("x"))}), Errc::invalid_argument,
                 "name", "start");
    expect_error(build("", {}), Errc::invalid_token, "name", "aggregate id");
    expect_error(build("a b", {}), Errc::invalid_token, "value", "a b");
}

std::vector<Bytes> golden_blocks() {
    return {from_hex(test::golden_events[1].block), from_hex(test::golden_events[2].block)};
}

std::vector<ForeignBlock> foreign(const std::vector<Bytes>& blocks) {
    std::vector<ForeignBlock> result;
    for (const auto& block : blocks) result.push_back({block, Cid::of_dag_cbor(block)});
    return result;
}

TEST(FromBlocks, TakesWhatContinuesTheChain) {
    auto blocks = golden_blocks();
    auto given = foreign(blocks);
    const auto whole = ChainedTransaction::from_blocks({}, TransactionId("tx"), {"c", "", ""}, given);
    ASSERT_TRUE(whole) << whole.error().text();
    blocks.clear(); // It holds copies.
    EXPECT_EQ(whole->aggregate_id(), AggregateId("graph-123"));
    EXPECT_EQ(whole->id(), TransactionId("tx"));
    EXPECT_EQ(whole->trace().correlation_id, "c");
    EXPECT_EQ(whole->head(), (ChainHead{AggregateSequence(2), *Cid::parse(test::golden_events[2].cid)}));
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& golden = test::golden_events[i + 1];
        EXPECT_EQ(test::to_hex(whole->events()[i].block), golden.block);
        EXPECT_EQ(whole->events()[i].cid.to_string(), golden.cid);
        EXPECT_EQ(whole->events()[i].timestamp, from_micros(golden.timestamp));
        EXPECT_EQ(whole->events()[i].event_type, golden.event_type);
    }

    blocks = golden_blocks();
    given = foreign(blocks);
    const auto second =
        ChainedTransaction::from_blocks({AggregateSequence(1), given[0].cid}, {}, {}, std::span(given).subspan(1));
    ASSERT_TRUE(second) << second.error().text();
    EXPECT_EQ(second->id().str(), test::golden_events[2].cid);
    EXPECT_EQ(second->head().sequence, AggregateSequence(2));
}

TEST(FromBlocks, RefusesWhatIsBrokenAndSaysWhere) {
    const auto blocks = golden_blocks();
    const auto from = [](const std::vector<ForeignBlock>& given, ChainHead start = {}) {
        return ChainedTransaction::from_blocks(start, {}, {}, given);
    };
    expect_error(from({}), Errc::invalid_argument, "name", "events");
    expect_error(from(foreign(blocks), {AggregateSequence(1), std::nullopt}), Errc::invalid_argument, "name", "start");
    expect_error(ChainedTransaction::from_blocks({}, TransactionId("\n"), {}, foreign(blocks)), Errc::invalid_argument,
                 "name", "transaction_id");

    auto given = foreign(blocks);
    given[1].cid = given[0].cid;
    expect_error(from(given), Errc::cid_mismatch, "index", "1");
    auto invalid = InvalidCid::from(from(given).error());
    ASSERT_TRUE(invalid);
    EXPECT_EQ(invalid->aggregate, AggregateId("graph-123"));
    EXPECT_EQ(invalid->sequence, AggregateSequence(2));
    EXPECT_EQ(invalid->actual, Cid::of_dag_cbor(blocks[1]));

    given = foreign(blocks);
    given[0].cid = Cid::of(multicodec::raw, blocks[0]);
    expect_error(from(given), Errc::cid_mismatch, "index", "0");
    invalid = InvalidCid::from(from(given).error());
    ASSERT_TRUE(invalid);
    EXPECT_EQ(invalid->aggregate, AggregateId("graph-123"));

    given = foreign(blocks);
    std::swap(given[0], given[1]);
    expect_error(from(given), Errc::chain_broken, "index", "0");
    const auto broken = ChainBroken::from(from(given).error());
    ASSERT_TRUE(broken);
    EXPECT_EQ(broken->sequence, AggregateSequence(1));
    EXPECT_EQ(broken->expected, std::nullopt);
    EXPECT_EQ(broken->actual, Cid::of_dag_cbor(blocks[0]));

    expect_error(from(foreign({*ipld::encode(7)})), Errc::invalid_event_block, "rule", "not_a_map");
    expect_error(from(foreign({blocks[0], Bytes{std::byte{0xff}}})), Errc::invalid_dag_cbor, "index", "1");
    expect_error(from(foreign({blocks[0], from_hex(test::golden_events[0].block)})), Errc::invalid_argument, "name",
                 "aggregate_id");
}

} // namespace
} // namespace cim
