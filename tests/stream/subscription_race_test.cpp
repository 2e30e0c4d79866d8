// Aim: between history and live nothing is lost, repeated or reordered, whoever does what at the same time. Method:
// writers that never stop, subscriptions that come and go at times drawn by chance, small windows and buffers; the seed
// brings a run back.
#include "stream/flaky_store.hpp"
#include "stream/subscription_support.hpp"

#include <atomic>
#include <map>
#include <random>
#include <thread>

namespace cim::test {
namespace {

constexpr auto everything = "event.store.>";
constexpr std::uint64_t wanted_events = 1500;

// What one subscription must see: one sequence after the other, and each chain without a gap.
class Seen {
  public:
    explicit Seen(std::uint64_t after) : last_(after) {}
    void take(const SubscriptionBatch& batch) {
        for (const auto& event : batch.events) {
            EXPECT_EQ(event.sequence().value(), last_ + 1);
            last_ = event.sequence().value();
            auto& chain = chains_[std::string(event.aggregate_id())];
            if (chain != 0) {
                EXPECT_EQ(event.aggregate_sequence().value(), chain + 1);
            }
            chain = event.aggregate_sequence().value();
        }
        if (!batch.events.empty()) {
            EXPECT_TRUE(batch.events.back().ends_transaction());
        }
    }
    [[nodiscard]] std::uint64_t last() const { return last_; }

  private:
    std::uint64_t last_;
    std::map<std::string, std::uint64_t> chains_;
};

void write(EventStore& store, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    while (store.info()->last.value() < wanted_events) {
        append_sizes(store, "agg-" + std::to_string(random() % 5), {static_cast<int>(1 + random() % 6)});
        if (random() % 4 == 0) std::this_thread::yield();
    }
}

class SubscriptionRaceTest : public SubscriptionTest, public testing::WithParamInterface<std::uint64_t> {};

TEST_P(SubscriptionRaceTest, JoinsWithoutAGap) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    std::mt19937_64 random(GetParam());
    store.most_in_page = 1 + random() % 40;
    FlakyStore flaky(store);
    SubscriptionManager manager(flaky, {.window_events = 1 + random() % 100, .first_pause = 1ms, .longest_pause = 3ms});
    std::jthread writer([&] { write(store, GetParam()); });
    std::jthread breaker([&] {
        for (int i = 0; i < 5; ++i) {
            std::this_thread::sleep_for(2ms);
            flaky.go_down();
            std::this_thread::sleep_for(1ms);
            flaky.come_back();
        }
    });
    std::vector<std::jthread> readers;
    for (int reader = 0; reader < 4; ++reader)
        readers.emplace_back([&, draws = random()] {
            std::mt19937_64 mine(draws);
            std::this_thread::sleep_for(std::chrono::microseconds(mine() % 8000));
            Result<SubscriptionId> id = fail(Errc::timeout, "not yet");
            while (!id) // the store may just be down
                id = manager.subscribe(everything, {}, GraphUpdate{},
                                       {.buffer_events = 1 + mine() % 50, .batch_events = 1 + mine() % 20});
            Seen seen(0);
            const auto deadline = std::chrono::steady_clock::now() + 30s;
            while (seen.last() < wanted_events && std::chrono::steady_clock::now() < deadline) {
                const auto batch = manager.poll(*id, 100ms);
                ASSERT_TRUE(batch) << batch.error().text();
                seen.take(*batch);
                if (mine() % 8 == 0) std::this_thread::sleep_for(std::chrono::microseconds(mine() % 300));
            }
            EXPECT_GE(seen.last(), wanted_events);
            EXPECT_TRUE(manager.unsubscribe(*id));
        });
}

TEST_P(SubscriptionRaceTest, ResumesWithoutLossOrRepetition) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    std::mt19937_64 random(GetParam() + 1000);
    std::jthread writer([&] { write(store, GetParam()); });
    Seen seen(0);
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (seen.last() < wanted_events && std::chrono::steady_clock::now() < deadline) {
        // One life of a subscriber: some batches, then the end.
        SubscriptionManager manager(store, {.window_events = 1 + random() % 100});
        const auto id = subscribed(
            manager.subscribe(everything, {}, GraphUpdate{}, {.name = "n", .batch_events = 1 + random() % 50}));
        for (auto batches = random() % 10; batches > 0; --batches) {
            const auto batch = manager.poll(id, 50ms);
            ASSERT_TRUE(batch) << batch.error().text();
            seen.take(*batch);
            if (!batch->events.empty()) {
                EXPECT_TRUE(manager.acknowledge(id, batch->position));
            }
        }
    }
    EXPECT_GE(seen.last(), wanted_events);
}

TEST_P(SubscriptionRaceTest, HandsEachEventToOneOfTheCompeting) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    std::atomic<std::uint64_t> handled{0};
    std::mutex mutex;
    std::map<std::string, std::uint64_t> chains; // guarded by mutex
    const auto handler = [&](const SubscriptionBatch& batch) -> Result<> {
        const std::scoped_lock lock(mutex);
        for (const auto& event : batch.events) {
            auto& chain = chains[std::string(event.aggregate_id())];
            EXPECT_EQ(event.aggregate_sequence().value(), chain + 1) << "the order of a chain holds";
            chain = event.aggregate_sequence().value();
        }
        handled += batch.events.size();
        return {};
    };
    SubscriptionManager manager(store, {.window_events = 20});
    std::jthread writer([&] { write(store, GetParam()); });
    for (std::uint32_t index = 0; index < 3; ++index)
        EXPECT_TRUE(manager.subscribe(everything, {}, Custom{handler},
                                      {.name = "n", .partition = {index, 3}, .batch_events = 7}));
    writer.join();
    EXPECT_TRUE(eventually([&] { return handled == store.info()->events; }))
        << handled << " of " << store.info()->events;
}

INSTANTIATE_TEST_SUITE_P(Seeds, SubscriptionRaceTest, testing::Range<std::uint64_t>(1, 9));

} // namespace
} // namespace cim::test
