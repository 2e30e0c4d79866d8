// Aim: whatever happens to the server, the network or the acknowledgement, an event that was acknowledged is there
// once, in order and verified, and no call outlasts its time limit. Method: real servers that are killed, proxies that
// lose replies, and messages that the store would never send.
#include "nats/tcp_proxy.hpp"
#include "store/jetstream/support.hpp"

#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <random>
#include <thread>

namespace cim::test {
namespace {

using namespace std::chrono_literals;

std::uint64_t seed() {
    const char* given = std::getenv("CIM_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : 20251121;
}

// Appends until told to stop; keeps what was acknowledged.
class Writer {
  public:
    Writer(EventStore& store, std::string aggregate, std::uint64_t salt)
        : thread_([this, &store, name = std::move(aggregate), salt] {
              std::mt19937_64 random(salt);
              for (std::uint64_t mark = salt * 100'000; !stop_; ++mark) {
                  const auto transaction = numbered(name, 1 + random() % 4, mark);
                  const auto begun = std::chrono::steady_clock::now();
                  const auto receipt = store.append(transaction, ExpectedHead::any());
                  longest_ = std::max(longest_, std::chrono::steady_clock::now() - begun);
                  if (receipt)
                      acknowledged_.push_back(*receipt->head.cid);
                  else
                      ++failed_;
              }
          }) {}
    std::vector<Cid> finish() {
        stop_ = true;
        thread_.join();
        return acknowledged_;
    }
    [[nodiscard]] std::chrono::steady_clock::duration longest() const { return longest_; }

  private:
    std::atomic<bool> stop_{false};
    std::vector<Cid> acknowledged_;
    int failed_ = 0;
    std::chrono::steady_clock::duration longest_{};
    std::thread thread_;
};

TEST(JetStreamFaultTest, KeepsEverythingWhileTheServerIsKilled20Times) {
    SCOPED_TRACE("CIM_SEED=" + std::to_string(seed()));
    std::mt19937_64 random(seed());
    NatsServer server;
    const auto store = open_nats(server.url("killed"));
    Writer one(*store, "one", seed());
    Writer two(*store, "two", seed() + 1);
    for (int kill = 0; kill < 20; ++kill) {
        std::this_thread::sleep_for(std::chrono::milliseconds(40 + random() % 100));
        server.node().kill();
        server.node().start();
    }
    std::this_thread::sleep_for(100ms);
    auto acknowledged = one.finish();
    const auto others = two.finish();
    acknowledged.insert(acknowledged.end(), others.begin(), others.end());
    EXPECT_GT(acknowledged.size(), 20u);
    EXPECT_LT(one.longest(), 30s) << "nothing hangs";
    expect_holds(*store, acknowledged);
}

TEST(JetStreamFaultTest, FindsAnAppendWhoseAcknowledgementWasLost) {
    NatsServer server;
    TcpProxy proxy(server.node().port());
    const auto direct = open_nats(server.url("lost"));
    const auto store = open_nats("nats://127.0.0.1:" + std::to_string(proxy.port()) + "/lost?timeout=30s");
    std::vector<Cid> acknowledged;
    // What the acknowledgement of one event says, and only that of a whole batch.
    const std::pair<std::size_t, const char*> appends[] = {{1, "\"seq\":"}, {3, "\"batch\":"}};
    for (const auto& [events, answer] : appends) {
        const auto transaction = numbered("a", events, events);
        const auto head = *store->head(AggregateId{"a"});
        const auto built = ChainBuilder(transaction.aggregate_id, head).build(transaction);
        proxy.drop_replies_from(answer);
        std::thread helper([&] {
            while (*direct->head(AggregateId{"a"}) == head) std::this_thread::sleep_for(5ms);
            proxy.drop_replies(false);
            proxy.break_connections();
        });
        const auto receipt = store->append_chained({&*built, 1});
        helper.join();
        ASSERT_TRUE(receipt) << receipt.error().text();
        EXPECT_EQ(receipt->front().head, built->head());
        acknowledged.push_back(*built->head().cid);
    }
    EXPECT_EQ(direct->head(AggregateId{"a"})->sequence.value(), 4u);
    expect_holds(*direct, acknowledged);
}

TEST(JetStreamFaultTest, SaysThatTheOutcomeIsUnknownWhereNobodyAnswers) {
    NatsServer server;
    TcpProxy proxy(server.node().port());
    const auto direct = open_nats(server.url("unknown"));
    const auto store = open_nats("nats://127.0.0.1:" + std::to_string(proxy.port()) + "/unknown?timeout=700ms",
                                 {.busy_timeout = 700ms});
    append(*store, numbered("a", 1, 1));
    const auto head = *direct->head(AggregateId{"a"});
    const auto next = numbered("a", 1, 2);
    const auto built = ChainBuilder(next.aggregate_id, head).build(next);
    proxy.drop_replies(true);
    const auto begun = std::chrono::steady_clock::now();
    const auto refused = store->append_chained({&*built, 1});
    EXPECT_EQ(code_of(refused), Errc::outcome_unknown) << refused.error().text();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
    EXPECT_EQ(direct->head(AggregateId{"a"})->sequence.value(), 2u) << "it had landed all the same";

    // And a repeated append finds it.
    proxy.drop_replies(false);
    proxy.break_connections();
    const auto again = store->append_chained({&*built, 1});
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_TRUE(again->front().already_present);
    expect_holds(*direct, {*built->head().cid});
}

TEST(JetStreamFaultTest, AddsNothingTwiceAfterTheServersMemoryOfIdsIsGone) {
    NatsServer server;
    auto store = open_nats(server.url("again"));
    const auto transaction = numbered("a", 3, 1);
    const auto built = ChainBuilder(transaction.aggregate_id, {}).build(transaction);
    ASSERT_TRUE(store->append_chained({&*built, 1}));
    append(*store, numbered("a", 2, 2));

    // A window of two minutes is made to end soon: what tells a repeated append is the chain and not the server's
    // memory.
    PlainClient plain("nats://" + server.node().address());
    const auto changed = plain.request(
        "$JS.API.STREAM.UPDATE.again",
        R"({"name":"again","subjects":["event.store.>"],"retention":"limits","storage":"file","discard":"new",)"
        R"("max_msgs":-1,"max_bytes":-1,"max_age":0,"max_msgs_per_subject":-1,"max_msg_size":-1,"max_consumers":-1,)"
        R"("num_replicas":1,"deny_delete":true,"deny_purge":true,"allow_direct":true,"allow_atomic":true,)"
        R"("duplicate_window":100000000})");
    ASSERT_EQ(changed.find("\"error\""), std::string::npos) << changed;
    std::this_thread::sleep_for(300ms);
    const auto after_window = store->append_chained({&*built, 1});
    ASSERT_TRUE(after_window) << after_window.error().text();
    EXPECT_TRUE(after_window->front().already_present);

    server.node().kill();
    server.node().start();
    const auto after_restart = store->append_chained({&*built, 1});
    ASSERT_TRUE(after_restart) << after_restart.error().text();
    EXPECT_TRUE(after_restart->front().already_present);
    const auto other = open_nats(server.url("again"), {.mode = OpenOptions::Mode::read_only});
    EXPECT_EQ(code_of(other->append_chained({&*built, 1})), Errc::store_read_only);
    const auto again = store->append_chained({&*built, 1});
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_TRUE(again->front().already_present);
    EXPECT_EQ(store->head(AggregateId{"a"})->sequence.value(), 5u);
    expect_holds(*store, {*built->head().cid});
}

TEST(JetStreamFaultTest, LetsOneOfTwoWritersWinAndTellsTheOtherTheRealHead) {
    NatsServer server;
    const auto one = open_nats(server.url("race"));
    const auto two = open_nats(server.url("race"));
    ChainHead head;
    for (std::uint64_t round = 0; round < 25; ++round) {
        std::atomic<int> ready{0};
        Result<AppendReceipt> results[2] = {fail(Errc::closed, ""), fail(Errc::closed, "")};
        const auto write = [&](EventStore& store, int i) {
            ++ready;
            while (ready < 2) std::this_thread::yield();
            results[i] = store.append(numbered("a", 1 + round % 2, 2 * round + static_cast<std::uint64_t>(i)),
                                      ExpectedHead::at(head));
        };
        std::thread first([&] { write(*one, 0); });
        write(*two, 1);
        first.join();
        const int winner = results[0] ? 0 : 1;
        ASSERT_TRUE(results[winner]) << results[winner].error().text();
        ASSERT_EQ(code_of(results[1 - winner]), Errc::conflict);
        EXPECT_EQ(Conflict::from(results[1 - winner].error())->actual, results[winner]->head);
        head = results[winner]->head;
    }
    expect_holds(*one, {*head.cid});
}

TEST(JetStreamFaultTest, SaysSoWhenTheStreamIsDeletedUnderIt) {
    NatsServer server;
    const auto store = open_nats(server.url("gone"), {.busy_timeout = 2s});
    append(*store, numbered("a", 2, 1));
    auto feed = store->follow({});
    ASSERT_EQ((*feed)->next(10, 5s)->size(), 2u);
    PlainClient plain("nats://" + server.node().address());
    EXPECT_NE(plain.request("$JS.API.STREAM.DELETE.gone").find("\"success\":true"), std::string::npos);

    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(code_of(store->append(numbered("a", 1, 2), ExpectedHead::any())), Errc::not_found);
    EXPECT_EQ(code_of(store->append(numbered("b", 2, 2), ExpectedHead::any())), Errc::not_found);
    EXPECT_EQ(code_of(store->read(ReadQuery::all())), Errc::not_found);
    EXPECT_EQ(code_of(store->info()), Errc::not_found);
    auto ended = (*feed)->next(10, 20s);
    EXPECT_EQ(code_of(ended), Errc::not_found);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 20s);
}

TEST(JetStreamFaultTest, SaysSoWhereAnotherStreamHasItsSubjects) {
    NatsServer server;
    const auto first = open_nats(server.url("one"));
    const auto second = open_store(server.url("two"));
    ASSERT_EQ(code_of(second), Errc::store_unavailable);
    EXPECT_NE(second.error().message.find("event.store.>"), std::string::npos) << second.error().text();
    EXPECT_NE(second.error().advice.find("?prefix="), std::string::npos) << second.error().text();
    const auto other = open_store("nats://" + server.node().address() + "/two?prefix=other.store");
    EXPECT_TRUE(other) << other.error().text();
}

TEST(JetStreamFaultTest, KeepsNothingOfAnAppendThatTheDiskHasNoRoomFor) {
    if (::geteuid() != 0) GTEST_SKIP() << "a small file system can be mounted by root only";
    TemporaryFolder folder;
    const auto small = folder.path() / "small";
    std::filesystem::create_directories(small);
    if (::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=24m") != 0) GTEST_SKIP() << "this machine lets nobody mount";
    struct Unmount {
        std::filesystem::path path;
        ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
    } unmount{small};
    std::vector<Cid> acknowledged;
    {
        NatsNode node({.folder = folder.path() / "node", .data = small / "data"});
        const auto store = open_nats("nats://" + node.address() + "/full?timeout=2s", {.busy_timeout = 2s});
        Result<AppendReceipt> last = fail(Errc::closed, "");
        for (int i = 0; i < 200; ++i) {
            Transaction transaction{AggregateId{"a"}};
            for (int n = 0; n < 3; ++n)
                transaction.add("Large", {{"i", i}, {"n", n}, {"data", Bytes(100'000, std::byte{7})}});
            last = store->append(transaction, ExpectedHead::any());
            if (!last) break;
            acknowledged.push_back(*last->head.cid);
        }
        ASSERT_FALSE(last) << "the disk never was full";
        EXPECT_TRUE(last.error().code == Errc::store_full || last.error().code == Errc::outcome_unknown ||
                    last.error().code == Errc::store_unavailable || last.error().code == Errc::incomplete_transaction)
            << last.error().text();
    }
    // What was acknowledged is read on a disk with room.
    std::filesystem::copy(small, folder.path() / "roomy", std::filesystem::copy_options::recursive);
    NatsNode node({.folder = folder.path() / "again", .data = folder.path() / "roomy" / "data"});
    const auto store =
        open_nats("nats://" + node.address() + "/full?timeout=5s", {.mode = OpenOptions::Mode::read_only});
    const auto events = read_all(*store);
    ChainVerifier verifier;
    EXPECT_TRUE(verifier.add(events));
    std::size_t found = 0;
    for (const auto& event : events) found += static_cast<std::size_t>(std::ranges::count(acknowledged, event.cid()));
    EXPECT_EQ(found, acknowledged.size());
}

} // namespace
} // namespace cim::test
