// Aim: a stream of three replicas outlives the loss of any one server: killed, paused, cut off, or asked to step down.
// What was acknowledged is there once, on every server, and nothing hangs. Method: a real cluster, in which each of
// these befalls the stream's leader while one program writes and another follows.
#include "nats/tcp_proxy.hpp"
#include "store/jetstream/support.hpp"

#include <atomic>
#include <thread>

namespace cim::test {
namespace {

using namespace std::chrono_literals;

// Which node leads the stream now; 3 if nobody does.
std::size_t leader_of(NatsCluster& cluster, const std::string& stream) {
    for (std::size_t i = 0; i < 3; ++i) {
        PlainClient plain("nats://" + cluster.node(i).address());
        const auto info = plain.request("$JS.API.STREAM.INFO." + stream);
        const auto at = info.find("\"leader\":\"n");
        if (at != std::string::npos) return static_cast<std::size_t>(info[at + 11] - '0');
    }
    return 3;
}

// One writer and one follower, until finish().
class Traffic {
  public:
    Traffic(EventStore& writes, EventStore& reads)
        : feed_(*reads.follow({})), writer_([this, &writes] { write(writes); }), reader_([this] { follow(); }) {}

    // So many more were acknowledged.
    [[nodiscard]] bool goes_on(std::size_t more, std::chrono::seconds patience) {
        const auto wanted = acknowledged_ + more;
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (acknowledged_ < wanted && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(10ms);
        return acknowledged_ >= wanted;
    }

    std::vector<Cid> finish() {
        stop_ = true;
        writer_.join();
        const auto deadline = std::chrono::steady_clock::now() + 30s;
        while (seen_ < last_ && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(10ms);
        EXPECT_GE(seen_, last_) << "the follower saw all that was acknowledged";
        feed_->close();
        reader_.join();
        EXPECT_LT(longest_, 35s) << "nothing hangs";
        return cids_;
    }

  private:
    void write(EventStore& store) {
        for (std::uint64_t mark = 0; !stop_; ++mark) {
            const auto begun = std::chrono::steady_clock::now();
            const auto receipt = store.append(numbered("a", 1 + mark % 3, mark), ExpectedHead::any());
            longest_ = std::max(longest_, std::chrono::steady_clock::now() - begun);
            if (!receipt) continue;
            cids_.push_back(*receipt->head.cid);
            last_ = receipt->last.value();
            ++acknowledged_;
        }
    }
    void follow() {
        std::uint64_t position = 0;
        while (true) {
            const auto events = feed_->next(100, 1s);
            if (!events && events.error().code == Errc::store_unavailable) continue;
            if (!events) {
                EXPECT_EQ(events.error().code, Errc::closed) << events.error().text();
                return;
            }
            for (const auto& event : *events) EXPECT_EQ(event.aggregate_sequence().value(), ++position);
            if (!events->empty()) seen_ = events->back().sequence().value();
        }
    }

    std::atomic<bool> stop_{false};
    std::atomic<std::size_t> acknowledged_{0};
    std::atomic<std::uint64_t> last_{0};
    std::atomic<std::uint64_t> seen_{0};
    std::vector<Cid> cids_;
    std::chrono::steady_clock::duration longest_{};
    std::unique_ptr<EventFeed> feed_;
    std::thread writer_;
    std::thread reader_;
};

TEST(JetStreamClusterTest, OutlivesTheLossOfAnyOneServer) {
    NatsCluster cluster;
    const auto url = cluster.url("cluster");
    // The cluster takes a few seconds until it has chosen who leads it.
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    auto opened = open_store(url, {.busy_timeout = 30s});
    while (!opened && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(200ms);
        opened = open_store(url, {.busy_timeout = 30s});
    }
    ASSERT_TRUE(opened) << opened.error().text();
    const auto writing = *std::move(opened);
    const auto reading = open_nats(url);
    Traffic traffic(*writing, *reading);
    ASSERT_TRUE(traffic.goes_on(20, 30s));

    {
        SCOPED_TRACE("the leader is asked to step down");
        PlainClient plain("nats://" + cluster.node(0).address());
        plain.request("$JS.API.STREAM.LEADER.STEPDOWN.cluster");
        EXPECT_TRUE(traffic.goes_on(20, 30s));
    }
    {
        SCOPED_TRACE("the leader is killed");
        const auto leader = leader_of(cluster, "cluster");
        ASSERT_LT(leader, 3u);
        cluster.node(leader).kill();
        EXPECT_TRUE(traffic.goes_on(20, 40s));
        cluster.node(leader).start();
        EXPECT_TRUE(traffic.goes_on(20, 30s));
    }
    {
        SCOPED_TRACE("the leader is paused");
        const auto leader = leader_of(cluster, "cluster");
        ASSERT_LT(leader, 3u);
        cluster.node(leader).pause();
        EXPECT_TRUE(traffic.goes_on(20, 40s));
        cluster.node(leader).resume();
        EXPECT_TRUE(traffic.goes_on(20, 30s));
    }
    {
        SCOPED_TRACE("the leader is cut off from the others");
        const auto leader = leader_of(cluster, "cluster");
        ASSERT_LT(leader, 3u);
        cluster.cut_off(leader, true);
        EXPECT_TRUE(traffic.goes_on(20, 40s));
        cluster.cut_off(leader, false);
        EXPECT_TRUE(traffic.goes_on(20, 30s));
    }
    const auto acknowledged = traffic.finish();
    for (std::size_t i = 0; i < 3; ++i) {
        SCOPED_TRACE("read through node " + std::to_string(i));
        const auto store = open_nats(cluster.url_of(i, "cluster"));
        // A server that was cut off while it led answers for a moment as if it still did.
        const auto enough = std::chrono::steady_clock::now() + 60s;
        while (std::chrono::steady_clock::now() < enough) {
            if (const auto info = store->info(); info && info->events >= acknowledged.size()) break;
            std::this_thread::sleep_for(100ms);
        }
        expect_holds(*store, acknowledged);
    }
}

} // namespace
} // namespace cim::test
