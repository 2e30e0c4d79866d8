// Aim: append(Transaction) asks for the head only when it must, tries again only when the caller takes any head, and
// ends. Method: a store that has one scripted answer after another. What real stores do is in tests/conformance.
#include <cim/event_store.hpp>

#include "store/memory_documents.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

namespace cim {
namespace {

class ScriptedStore final : public EventStore {
  public:
    using Appended = Result<std::vector<AppendReceipt>>;

    Appended append_chained(std::span<const ChainedTransaction> transactions) override {
        ++appends;
        return on_append(transactions);
    }
    Result<ChainHead> head(const AggregateId&) override {
        ++heads_asked;
        if (head_error) return fail(*head_error);
        return actual;
    }
    Result<EventPage> read(const ReadQuery&) override {
        ++reads;
        return EventPage{};
    }
    Result<std::unique_ptr<EventFeed>> follow(GlobalSequence) override { return fail(Errc::unsupported, "scripted"); }
    Result<std::vector<AggregateInfo>> aggregates(const AggregateId&, std::size_t) override {
        return fail(Errc::unsupported, "scripted");
    }
    Result<StoreInfo> info() override { return fail(Errc::unsupported, "scripted"); }
    DocumentStore& documents() noexcept override { return none; }

    std::function<Appended(std::span<const ChainedTransaction>)> on_append = accept;
    test::MemoryDocuments none;
    ChainHead actual;
    std::optional<Error> head_error;
    int appends = 0;
    int heads_asked = 0;
    int reads = 0;

    static Appended accept(std::span<const ChainedTransaction> transactions) {
        std::vector<AppendReceipt> receipts;
        for (const auto& transaction : transactions) receipts.push_back({transaction.head(), {}, {}, false});
        return receipts;
    }
    static Appended conflict(std::string_view aggregate) {
        return fail(Conflict{AggregateId(aggregate), {}, {}}.to_error());
    }
};

Transaction transaction(std::string_view aggregate) {
    Transaction made{AggregateId(aggregate)};
    made.add("Happened", {}, from_micros(1));
    return made;
}

ChainHead some_head() { return {AggregateSequence{4}, Cid::of_dag_cbor(as_bytes("head"))}; }

TEST(AppendTest, ReportsWhatTheStoreReports) {
    ScriptedStore store;
    store.head_error = Error(Errc::store_unavailable, "gone");
    EXPECT_EQ(store.append(transaction("a"), ExpectedHead::any()).error().code, Errc::store_unavailable);
    EXPECT_EQ(store.appends, 0);
    store.head_error.reset();
    store.on_append = [](auto) -> ScriptedStore::Appended { return fail(Errc::outcome_unknown, "who knows"); };
    EXPECT_EQ(store.append(transaction("a"), ExpectedHead::any()).error().code, Errc::outcome_unknown);
    EXPECT_EQ(store.appends, 1) << "an unknown outcome is never tried again";
}

TEST(AppendTest, DoesNotAskForAHeadThatItWasTold) {
    ScriptedStore store;
    const auto receipt = store.append(transaction("a"), ExpectedHead::at(some_head()));
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->head.sequence, AggregateSequence{5});
    EXPECT_TRUE(store.append(transaction("a"), ExpectedHead::none()));
    EXPECT_EQ(store.heads_asked, 0);
}

TEST(AppendTest, TriesAgainOnlyWhereAnyHeadWillDo) {
    ScriptedStore store;
    int refusals = 3;
    store.on_append = [&](auto transactions) {
        return refusals-- > 0 ? ScriptedStore::conflict("a") : ScriptedStore::accept(transactions);
    };
    EXPECT_TRUE(store.append(transaction("a"), ExpectedHead::any()));
    EXPECT_EQ(store.appends, 4);
    EXPECT_EQ(store.heads_asked, 4) << "each round sees the head anew";

    refusals = 1;
    store.appends = 0;
    EXPECT_EQ(store.append(transaction("a"), ExpectedHead::none()).error().code, Errc::conflict);
    refusals = 1;
    EXPECT_EQ(store.append(transaction("a"), ExpectedHead::at(some_head())).error().code, Errc::conflict);
    EXPECT_EQ(store.appends, 2);
}

TEST(AppendTest, GivesUpInTheEnd) {
    ScriptedStore store;
    store.on_append = [](auto) { return ScriptedStore::conflict("a"); };
    EXPECT_EQ(store.append(transaction("a"), ExpectedHead::any()).error().code, Errc::conflict);
    EXPECT_LE(store.appends, 1000);
}

TEST(AppendTest, TakesTheConflictingAggregateIntoAccount) {
    ScriptedStore store;
    const AppendRequest requests[] = {{transaction("any"), ExpectedHead::any()},
                                      {transaction("exact"), ExpectedHead::none()}};
    int refusals = 1;
    store.on_append = [&](auto transactions) {
        return refusals-- > 0 ? ScriptedStore::conflict("any") : ScriptedStore::accept(transactions);
    };
    EXPECT_TRUE(store.append(requests));
    refusals = 1;
    store.on_append = [&](auto transactions) {
        return refusals-- > 0 ? ScriptedStore::conflict("exact") : ScriptedStore::accept(transactions);
    };
    EXPECT_EQ(store.append(requests).error().code, Errc::conflict);
}

TEST(AppendTest, BuildsTransactionsOfOneAggregateOnOneAnother) {
    ScriptedStore store;
    store.actual = some_head();
    std::vector<std::pair<std::uint64_t, std::uint64_t>> starts_and_ends;
    store.on_append = [&](auto transactions) {
        for (const auto& chained : transactions)
            starts_and_ends.emplace_back(chained.start().sequence.value(), chained.head().sequence.value());
        return ScriptedStore::accept(transactions);
    };
    const AppendRequest requests[] = {{transaction("a"), ExpectedHead::any()},
                                      {transaction("a"), ExpectedHead::any()},
                                      {transaction("a"), ExpectedHead::any()}};
    ASSERT_TRUE(store.append(requests));
    EXPECT_EQ(starts_and_ends, (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{4, 5}, {5, 6}, {6, 7}}));
    EXPECT_EQ(store.heads_asked, 1);
}

TEST(AppendTest, LooksForACidThatIsNotTheHead) {
    ScriptedStore store;
    store.actual = some_head();
    const auto refused = store.append(transaction("a"), ExpectedHead::at(Cid::of_dag_cbor(as_bytes("other"))));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
    EXPECT_EQ(store.reads, 1);
    EXPECT_TRUE(store.append(transaction("a"), ExpectedHead::at(*some_head().cid)));
    EXPECT_EQ(store.reads, 1);
}

} // namespace
} // namespace cim
