// Aim: every piece of work is done exactly once, whatever the numbers of threads and pieces.
// Method: counting, over many short runs, which ThreadSanitizer watches.
#include "event/hash_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <vector>

namespace cim::detail {
namespace {

TEST(HashPool, DoesEveryPieceOnce) {
    for (const unsigned threads : {0u, 1u, 2u, 8u}) {
        HashPool pool(threads);
        for (const std::size_t pieces : {0u, 1u, 3u, 100u, 1u, 1000u}) {
            std::vector<std::atomic<int>> done(pieces);
            pool.run(pieces, [&](std::size_t index) { ++done[index]; });
            ASSERT_TRUE(std::ranges::all_of(done, [](const auto& count) { return count == 1; }));
        }
    }
}

TEST(HashPool, ManyShortRuns) {
    HashPool pool(4);
    std::atomic<std::size_t> total = 0;
    for (std::size_t run = 0; run < 2000; ++run) pool.run(run % 5, [&](std::size_t) { ++total; });
    EXPECT_EQ(total, 2000u / 5 * (0 + 1 + 2 + 3 + 4));
}

TEST(HashPool, IsFreeToGoUnused) { HashPool pool(3); }

} // namespace
} // namespace cim::detail
