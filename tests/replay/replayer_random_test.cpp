// Aim: replay is deterministic: after any presses of any controls the graph is what a straight replay to the same
// position makes, and memory stays within its bound. Method: thousands of random presses over random histories, with
// copies so dense or memory so short that every path of keeping, thinning and restoring is taken; state CIDs are
// compared after each.
#include <cim/replayer.hpp>

#include "replay/history.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace cim::test {
namespace {

// The state CID after each number of events.
std::vector<Cid> straight_replay(std::span<const DomainEvent> events) {
    GraphProjection projection;
    std::vector<Cid> states{state_cid(projection.model())};
    for (const auto& event : events) {
        projection.apply({&event, 1});
        states.push_back(state_cid(projection.model()));
    }
    return states;
}

class Presser {
  public:
    Presser(std::uint64_t seed, ReplayOptions options)
        : random_(seed),
          history_(RandomHistory(seed).take(1200)),
          states_(straight_replay(history_)),
          given_(history_.size() / 2),
          replay_({history_.begin(), history_.begin() + static_cast<std::ptrdiff_t>(given_)}, GraphMapping::builtin(),
                  wall_, options) {}

    void press(int times) {
        for (int i = 0; i < times; ++i) {
            const auto what = one();
            ASSERT_LE(replay_.position(), given_);
            ASSERT_EQ(replay_.projection().stats().events, replay_.position());
            ASSERT_EQ(state_cid(replay_.model()), states_[replay_.position()])
                << "press " << i << ": " << what << ", at event " << replay_.position();
        }
    }

    [[nodiscard]] const Replayer& replay() const { return replay_; }

  private:
    std::uint64_t below(std::uint64_t n) { return random_() % n; }
    Timestamp time() {
        const auto length = static_cast<std::uint64_t>((replay_.clock().end() - replay_.clock().begin()).count());
        return replay_.clock().begin() + Duration(static_cast<std::int64_t>(below(length + 2'000'000))) -
               Duration(1'000'000);
    }

    std::string one() {
        constexpr std::array speeds{1.0, 0.5, 50.0, -1.0, -7.0, 1000.0, -1e6, 0.001};
        switch (below(18)) {
        case 0: return replay_.play(), "play";
        case 1: return replay_.pause(), "pause";
        case 2: return (void)replay_.set_speed(speeds[below(speeds.size())]), "speed";
        case 3: return replay_.seek(time()), "seek to a time";
        case 4: return (void)replay_.seek(GlobalSequence(1 + below(given_))), "seek to an event";
        case 5:
            return (void)replay_.seek(TransactionId(history_[below(given_)].transaction_id())), "seek to a transaction";
        case 6: return replay_.step(static_cast<std::int64_t>(below(9)) - 4), "step";
        case 7: return replay_.step(static_cast<std::int64_t>(below(99)) - 49, StepUnit::event), "step by events";
        case 8: return below(9) == 0 ? replay_.seek_begin() : replay_.seek_end(), "seek to an end";
        case 9: return (void)replay_.loop(time(), time()), "loop";
        case 10: return replay_.clear_loop(), "clear the loop";
        case 11: return append(), "append";
        case 12: return replay_.follow_live(below(4) != 0), "follow";
        default: return frames();
        }
    }

    void append() {
        const auto more = std::min<std::size_t>(below(20), history_.size() - given_);
        const auto again = std::min<std::size_t>(below(5), given_);
        given_ += more;
        replay_.append(std::span(history_).subspan(given_ - more - again, more + again));
    }

    std::string frames() {
        for (auto left = 1 + below(5); left > 0; --left) {
            wall_.advance(Duration(static_cast<std::int64_t>(below(below(3) == 0 ? 30'000'000 : 20'000))));
            replay_.tick(below(3) == 0 ? below(40) : SIZE_MAX);
        }
        return "frames";
    }

    std::mt19937_64 random_;
    ManualClock wall_;
    std::vector<DomainEvent> history_;
    std::vector<Cid> states_;
    std::size_t given_; // to the replayer so far
    Replayer replay_;
};

struct Case {
    const char* name;
    ReplayOptions options;
};

const std::vector<Case> cases{
    {"the defaults", {}},
    {"a copy of every state", {.snapshot_interval = 1}},
    {"dense copies", {.snapshot_interval = 7}},
    {"little memory", {.snapshot_bytes = 300'000, .snapshot_interval = 5}},
    {"no memory", {.snapshot_bytes = 0, .snapshot_interval = 3}},
    {"changes tracked", {.snapshot_interval = 50, .track_changes = true}},
};

TEST(ReplayerRandom, every_way_to_a_position_gives_the_state_of_a_straight_replay) {
    std::uint64_t seed = 20'251'105;
    for (const auto& c : cases) {
        SCOPED_TRACE(std::string(c.name) + ", seed " + std::to_string(seed));
        Presser presser(seed++, c.options);
        presser.press(1500);
        const auto& replay = presser.replay();
        EXPECT_TRUE(replay.snapshot_memory() <= c.options.snapshot_bytes || replay.snapshot_count() == 1)
            << replay.snapshot_memory() << " bytes in " << replay.snapshot_count() << " copies";
    }
}

} // namespace
} // namespace cim::test
