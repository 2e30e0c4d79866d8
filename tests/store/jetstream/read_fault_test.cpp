// Aim: a reader gives what is in the stream, once and in order, however its consumers are lost; and what is not as cim
// writes it is an error that names the place. Method: consumers deleted, servers restarted, messages published by hand.
#include <cim/event_stream.hpp>

#include "nats/tcp_proxy.hpp"
#include "store/jetstream/support.hpp"

#include <fstream>
#include <thread>

namespace cim::test {
namespace {

using namespace std::chrono_literals;

// Ends every consumer of the stream, as an operator could.
void delete_consumers(PlainClient& plain, const std::string& stream) {
    const auto listed = plain.request("$JS.API.CONSUMER.NAMES." + stream);
    for (std::size_t at = listed.find("\"cim-"); at != std::string::npos; at = listed.find("\"cim-", at + 1)) {
        const auto name = listed.substr(at + 1, listed.find('"', at + 1) - at - 1);
        EXPECT_NE(plain.request("$JS.API.CONSUMER.DELETE." + stream + "." + name).find("true"), std::string::npos);
    }
}

TEST(JetStreamReadFaultTest, GoesOnWhereItsConsumerIsDeleted) {
    NatsServer server;
    const auto store = open_nats(server.url("deleted"));
    append(*store, numbered("a", 3, 1));
    auto feed = store->follow({});
    ASSERT_EQ((*feed)->next(10, 5s)->size(), 3u);
    PlainClient plain("nats://" + server.node().address());
    delete_consumers(plain, "deleted");
    append(*store, numbered("a", 2, 2));
    const auto more = (*feed)->next(10, 10s);
    ASSERT_TRUE(more) << more.error().text();
    ASSERT_EQ(more->size(), 2u);
    EXPECT_EQ(more->front().aggregate_sequence().value(), 4u);

    // The same in the middle of reading page by page.
    append(*store, numbered("b", 900, 3));
    auto query = ReadQuery::all();
    query.limit = 100;
    std::vector<DomainEvent> read;
    for (std::optional<ReadQuery> next = query; next;) {
        auto page = store->read(*next);
        ASSERT_TRUE(page) << page.error().text();
        read.insert(read.end(), page->events.begin(), page->events.end());
        if (read.size() == 300) delete_consumers(plain, "deleted");
        next = std::move(page->next);
    }
    EXPECT_EQ(read.size(), 905u);
    ChainVerifier verifier;
    EXPECT_TRUE(verifier.add(read));
}

TEST(JetStreamReadFaultTest, GoesOnWhereTheConnectionBreaksAndTheServerRestarts) {
    NatsServer server;
    TcpProxy proxy(server.node().port());
    const auto direct = open_nats(server.url("broken"));
    const auto store = open_nats("nats://127.0.0.1:" + std::to_string(proxy.port()) + "/broken?timeout=10s");
    auto feed = store->follow({});
    std::vector<DomainEvent> seen;
    for (std::uint64_t round = 0; round < 6; ++round) {
        append(*direct, numbered("a", 3, round));
        const auto got = (*feed)->next(100, 15s);
        ASSERT_TRUE(got) << got.error().text();
        seen.insert(seen.end(), got->begin(), got->end());
        if (round % 2 == 0)
            proxy.break_connections();
        else {
            server.node().kill();
            server.node().start();
        }
    }
    ASSERT_EQ(seen.size(), 18u);
    for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i].aggregate_sequence().value(), i + 1);
}

struct Foreign {
    const char* what;
    const char* subject;
    std::vector<std::pair<std::string, std::string>> headers;
    Errc read; // what reading it gives
};

TEST(JetStreamReadFaultTest, NamesAMessageThatIsNotItsOwn) {
    constexpr auto cid = "bafyreifyqu5yftkpqhp2ougpo32xcqz3c6mri5sd2aeuiu4t752tb2yc7a";
    const Foreign cases[] = {
        {"no headers", "event.store.a.Made", {}, Errc::store_foreign},
        {"a subject with too many tokens", "event.store.a.Made.Really", {{"Cid", cid}}, Errc::store_foreign},
        {"a subject with too few", "event.store.a", {{"Cid", cid}}, Errc::store_foreign},
        {"a CID that is none",
         "event.store.a.Made",
         {{"Cid", "bafy"}, {"Aggregate-Sequence", "1"}, {"Transaction-Id", "t"}},
         Errc::store_foreign},
        {"no place in the chain", "event.store.a.Made", {{"Cid", cid}, {"Transaction-Id", "t"}}, Errc::store_foreign},
        {"an impossible place in its transaction",
         "event.store.a.Made",
         {{"Cid", cid}, {"Aggregate-Sequence", "1"}, {"Transaction-Id", "t"}, {"Transaction-Index", "1"}},
         Errc::store_foreign},
        {"a number that is none",
         "event.store.a.Made",
         {{"Cid", cid}, {"Aggregate-Sequence", "-1"}, {"Transaction-Id", "t"}},
         Errc::store_foreign},
        {"data that do not hash to the CID",
         "event.store.a.Made",
         {{"Cid", cid}, {"Aggregate-Sequence", "1"}, {"Transaction-Id", "t"}},
         Errc::cid_mismatch},
    };
    NatsServer server;
    PlainClient plain("nats://" + server.node().address());
    int number = 0;
    for (const auto& [what, subject, headers, code] : cases) {
        const auto stream = "foreign" + std::to_string(++number);
        const auto prefix = "p" + std::to_string(number);
        const auto store = open_nats(server.url(stream) + "&prefix=" + prefix);
        append(*store, numbered("good", 2, 1));
        auto feed = store->follow({});
        const auto there = prefix + std::string(subject).substr(std::string_view("event.store").size());
        ASSERT_NE(plain.request(there, "hello", headers).find("\"seq\":3"), std::string::npos) << what;

        // What came before is given; then the error names the message, again and again.
        const auto before = (*feed)->next(100, 5s);
        ASSERT_TRUE(before) << what;
        EXPECT_EQ(before->size(), 2u) << what;
        for (int again = 0; again < 2; ++again) {
            const auto refused = (*feed)->next(100, 5s);
            ASSERT_EQ(code_of(refused), code) << what << ": " << refused.error().text();
            if (code != Errc::store_foreign) continue;
            EXPECT_EQ(refused.error().field("subject"), there) << what;
            EXPECT_EQ(refused.error().field("global_sequence"), "3") << what;
        }
        EXPECT_EQ(code_of(store->read(ReadQuery::all())), code) << what;
        EXPECT_EQ(read_all(*store, ReadQuery::of(AggregateId{"good"})).size(), 2u)
            << "the good chain can still be read";
    }
}

TEST(JetStreamReadFaultTest, FindsAFlippedByte) {
    // The server would notice a byte changed on its disk, so one that passes its checks is published as such.
    NatsServer server;
    const auto good = open_nats(server.url("good") + "&prefix=good");
    append(*good, numbered("a", 3, 1));
    const auto events = read_all(*good);
    PlainClient plain("nats://" + server.node().address());
    const auto bad = open_nats(server.url("bad") + "&prefix=bad");
    for (const auto& event : events) {
        std::string block(as_text(event.block()));
        if (event.aggregate_sequence().value() == 2) block[block.find("mark") + 4] ^= 1; // another mark
        ASSERT_NE(plain
                      .request(event.subject("bad"), block,
                               {{"Cid", event.cid().to_string()},
                                {"Aggregate-Sequence", std::to_string(event.aggregate_sequence().value())},
                                {"Transaction-Id", std::string(event.transaction_id())},
                                {"Transaction-Index", std::to_string(event.transaction_index())},
                                {"Transaction-Size", std::to_string(event.transaction_size())}})
                      .find("\"seq\""),
                  std::string::npos);
    }
    EventStreamService verified(*bad);
    const auto fetched = verified.fetch_transaction(AggregateId{"a"});
    ASSERT_EQ(code_of(fetched), Errc::cid_mismatch) << fetched.error().text();
    EXPECT_EQ(InvalidCid::from(fetched.error())->sequence.value(), 2u);
}

TEST(JetStreamReadFaultTest, WaitsForTheRestOfATransactionAndThenSaysThatItIsMissing) {
    NatsServer server;
    const auto good = open_nats(server.url("whole") + "&prefix=whole");
    append(*good, numbered("a", 2, 1));
    const auto events = read_all(*good);
    const auto url = "nats://" + server.node().address() + "/part?prefix=part&timeout=1s";
    const auto store = open_nats(url);
    PlainClient plain("nats://" + server.node().address());
    const auto publish = [&](const DomainEvent& event) {
        return plain.request(event.subject("part"), std::string(as_text(event.block())),
                             {{"Cid", event.cid().to_string()},
                              {"Aggregate-Sequence", std::to_string(event.aggregate_sequence().value())},
                              {"Transaction-Id", std::string(event.transaction_id())},
                              {"Transaction-Index", std::to_string(event.transaction_index())},
                              {"Transaction-Size", "2"}});
    };
    publish(events[0]);
    auto feed = store->follow({});
    EXPECT_TRUE((*feed)->next(10, 200ms)->empty()) << "half of it is nothing yet";
    const auto begun = std::chrono::steady_clock::now();
    const auto refused = store->read(ReadQuery::all());
    ASSERT_EQ(code_of(refused), Errc::incomplete_transaction) << refused.error().text();
    EXPECT_EQ(code_of(store->head(AggregateId{"a"})), Errc::incomplete_transaction);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
    EXPECT_EQ(code_of((*feed)->next(10, 5s)), Errc::incomplete_transaction);
    publish(events[1]);
    EXPECT_EQ(read_all(*store).size(), 2u) << "the rest came";
    EXPECT_EQ((*(*store->follow({}))).next(10, 5s)->size(), 2u);
}

} // namespace
} // namespace cim::test
