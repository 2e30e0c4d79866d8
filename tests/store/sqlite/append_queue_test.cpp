// Aim: appends that come during a commit share the next one, each with its own outcome, in the order in which they
// came. Method: a commit function that waits where the test wants it to.
#include "store/sqlite/append_queue.hpp"
#include "store/sqlite/support.hpp"

#include <algorithm>
#include <latch>
#include <thread>

namespace cim::test {
namespace {

using sqlite::AppendCall;
using sqlite::AppendQueue;

ChainedTransaction chained(std::uint64_t mark, std::size_t payload = 10) {
    return *ChainBuilder(AggregateId{"a"}, {}).build(make_transaction("a", 1, mark, payload));
}

AppendReceipt numbered(std::uint64_t number) { return {{}, GlobalSequence{number}, GlobalSequence{number}, false}; }

TEST(AppendQueueTest, CommitsALoneCallAtOnce) {
    int commits = 0;
    AppendQueue queue([&](std::span<AppendCall* const> calls) {
        ++commits;
        ASSERT_EQ(calls.size(), 1u);
        calls.front()->outcome = std::vector{numbered(7)};
    });
    const auto transaction = chained(1);
    const auto receipts = queue.append({&transaction, 1});
    ASSERT_TRUE(receipts);
    EXPECT_EQ(receipts->front().first, GlobalSequence{7});
    EXPECT_EQ(commits, 1);
}

TEST(AppendQueueTest, GathersWhatComesMeanwhile) {
    constexpr std::size_t followers = 8;
    std::latch first_is_committing(1);
    std::latch go_on(1);
    std::vector<std::size_t> sizes;
    std::atomic<std::size_t> asked{0};
    AppendQueue queue([&](std::span<AppendCall* const> calls) {
        sizes.push_back(calls.size());
        if (sizes.size() == 1) {
            first_is_committing.count_down();
            go_on.wait();
        }
        for (std::size_t i = 0; i < calls.size(); ++i) {
            if (i % 2 == 0)
                calls[i]->outcome = std::vector{numbered(calls[i]->transactions.front().events()[0].block.size())};
            else
                calls[i]->outcome = fail(Errc::conflict, "every second one");
        }
    });
    std::atomic<int> good{0};
    std::atomic<int> bad{0};
    const auto call = [&](std::uint64_t mark) {
        const auto transaction = chained(mark, mark * 3);
        ++asked;
        const auto receipts = queue.append({&transaction, 1});
        if (!receipts)
            ++bad;
        else if (receipts->front().first.value() == transaction.events()[0].block.size())
            ++good; // its own, nobody else's
    };
    {
        std::vector<std::jthread> threads;
        threads.emplace_back(call, 1);
        first_is_committing.wait();
        for (std::size_t i = 0; i < followers; ++i) threads.emplace_back(call, i + 2);
        while (asked < followers + 1) std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::milliseconds(50)); // until they stand in the queue
        go_on.count_down();
    }
    EXPECT_EQ(good, 5);
    EXPECT_EQ(bad, 4);
    ASSERT_GE(sizes.size(), 2u);
    EXPECT_EQ(sizes[0], 1u);
    EXPECT_EQ(sizes[1], followers) << "one commit for all who waited";
}

TEST(AppendQueueTest, TakesNoMoreAtOnceThanIsGoodForTheFirst) {
    constexpr std::size_t payload = std::size_t{3} << 20;
    std::latch first_is_committing(1);
    std::latch go_on(1);
    std::vector<std::size_t> sizes;
    std::atomic<int> asked{0};
    AppendQueue queue([&](std::span<AppendCall* const> calls) {
        sizes.push_back(calls.size());
        if (sizes.size() == 1) {
            first_is_committing.count_down();
            go_on.wait();
        }
        for (auto* call : calls) call->outcome = std::vector<AppendReceipt>{};
    });
    {
        std::vector<std::jthread> threads;
        const auto call = [&](std::uint64_t mark) {
            const auto transaction = chained(mark, payload);
            ++asked;
            EXPECT_TRUE(queue.append({&transaction, 1}));
        };
        threads.emplace_back(call, 1);
        first_is_committing.wait();
        for (std::uint64_t i = 0; i < 6; ++i) threads.emplace_back(call, i + 2);
        while (asked < 7) std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        go_on.count_down();
    }
    std::size_t total = 0;
    for (const auto size : sizes) {
        EXPECT_LE(size, 2u) << "8 MiB have room for two of 3 MiB";
        total += size;
    }
    EXPECT_EQ(total, 7u);
}

TEST(AppendQueueTest, LosesNobodyUnderLoad) {
    std::uint64_t number = 0; // only one commit runs at a time, so it needs no lock
    AppendQueue queue([&](std::span<AppendCall* const> calls) {
        for (auto* call : calls) call->outcome = std::vector{numbered(++number)};
    });
    std::atomic<std::uint64_t> sum{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                const auto transaction = chained(1);
                for (int n = 0; n < 500; ++n) sum += queue.append({&transaction, 1})->front().first.value();
            });
    }
    EXPECT_EQ(number, 4000u);
    EXPECT_EQ(sum, 4000u * 4001u / 2);
}

TEST(AppendQueueTest, RunsOtherWorkInItsTurnAndAlone) {
    std::latch first_is_committing(1);
    std::latch go_on(1);
    std::vector<std::string> done; // by the thread that leads
    AppendQueue queue([&](std::span<AppendCall* const> calls) {
        if (done.empty()) {
            first_is_committing.count_down();
            go_on.wait();
        }
        done.push_back(std::to_string(calls.size()) + " appends");
        for (auto* call : calls) call->outcome = std::vector{numbered(1)};
    });
    const auto append = [&] {
        const auto transaction = chained(1);
        (void)queue.append({&transaction, 1});
    };
    std::jthread first(append);
    first_is_committing.wait();
    // The order in which these line up is the order in which they start, and nothing tells when they have.
    std::atomic<int> worked{0};
    std::vector<std::jthread> others;
    for (int i = 0; i < 3; ++i)
        others.emplace_back([&] { queue.run_alone([&] { done.push_back("work"), ++worked; }); });
    for (int i = 0; i < 3; ++i) others.emplace_back(append);
    go_on.count_down();
    first.join();
    others.clear();
    EXPECT_EQ(worked, 3);
    EXPECT_EQ(std::ranges::count(done, "work"), 3) << "no work is done with an append or with other work";
}

} // namespace
} // namespace cim::test
