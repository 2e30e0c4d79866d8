// Aim: the position of the playback clock is what the controls and the time between them say, exactly, however often it
// is asked. Method: a script of controls and waits with the position after each; then the same journey in many small
// ticks and in one large; then times at the ends of what 64 bits hold. The clock is moved by hand, nothing waits.
#include <cim/playback.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace cim::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Timestamp at(double second) { return from_micros(std::llround(second * 1e6)); }

// Ends at 100 s and 200 s.
struct Player {
    ManualClock wall{at(5000)};
    PlaybackClock clock{at(100), at(200), wall};
};

struct Press {
    std::string what;
    std::function<void(PlaybackClock&)> press;
    double wait;
    double position;
    bool playing;
};
using Script = std::vector<Press>;

const auto nothing = [](PlaybackClock&) {};
const auto play = [](PlaybackClock& c) { c.play(); };
const auto pause = [](PlaybackClock& c) { c.pause(); };
const auto follow = [](PlaybackClock& c) { c.follow_live(true); };
const auto unfollow = [](PlaybackClock& c) { c.follow_live(false); };
const auto clear_loop = [](PlaybackClock& c) { c.clear_loop(); };
std::function<void(PlaybackClock&)> speed(double s) {
    return [s](PlaybackClock& c) { EXPECT_TRUE(c.set_speed(s)); };
}
std::function<void(PlaybackClock&)> seek(double s) {
    return [s](PlaybackClock& c) { c.seek(at(s)); };
}
std::function<void(PlaybackClock&)> loop(double from, double to) {
    return [=](PlaybackClock& c) { EXPECT_TRUE(c.loop(at(from), at(to))); };
}
std::function<void(PlaybackClock&)> extend(double s) {
    return [s](PlaybackClock& c) { c.extend(at(s)); };
}

void run(const Script& script) {
    Player player;
    for (std::size_t i = 0; i < script.size(); ++i) {
        SCOPED_TRACE(std::to_string(i) + ": " + script[i].what);
        script[i].press(player.clock);
        player.wall.advance(Duration(std::llround(script[i].wait * 1e6)));
        EXPECT_EQ(player.clock.tick(), at(script[i].position));
        EXPECT_EQ(player.clock.position(), at(script[i].position));
        EXPECT_EQ(player.clock.playing(), script[i].playing);
    }
}

TEST(PlaybackClock, plays_pauses_and_stops_at_the_ends) {
    run({{"starts paused", nothing, 10, 100, false},
         {"play", play, 10, 110, true},
         {"play again", play, 5, 115, true},
         {"pause", pause, 50, 115, false},
         {"play", play, 84.5, 199.5, true},
         {"end", nothing, 10, 200, false},
         {"play at the end", play, 1, 200, false},
         {"backwards", speed(-1), 1, 200, false},
         {"play backwards", play, 60, 140, true},
         {"start", nothing, 41, 100, false},
         {"play backwards at the start", play, 1, 100, false}});
}

TEST(PlaybackClock, moves_at_its_speed) {
    run({{"half", [](auto& c) { c.play(), speed(0.5)(c); }, 10, 105, true},
         {"fifty", speed(50), 0.5, 130, true},
         {"a tenth", speed(0.1), 7, 130.7, true},
         {"back by a quarter", speed(-0.25), 10, 128.2, true},
         {"slowest that shows", speed(0.000001), 3, 128.200003, true},
         {"a million", speed(1e6), 0.00005, 178.200003, true},
         {"a million, past the end", nothing, 1000, 200, false}});
}

TEST(PlaybackClock, goes_on_from_where_it_was_put) {
    run({{"seek while paused", seek(150), 10, 150, false},
         {"play", play, 10, 160, true},
         {"seek while playing", seek(120), 10, 130, true},
         {"seek before the start", seek(-7), 10, 110, true},
         {"seek behind the end", seek(1e6), 0, 200, false}});
}

TEST(PlaybackClock, goes_round_its_loop) {
    run({{"outside the loop", [](auto& c) { loop(120, 130)(c), c.play(); }, 3, 120, true},
         {"inside", nothing, 4, 124, true},
         {"at its end", nothing, 6, 130, true},
         {"round", nothing, 1, 121, true},
         {"three times round and a bit", nothing, 34, 125, true},
         {"backwards", speed(-2), 2, 121, true},
         {"round at the start", nothing, 1, 129, true},
         {"many times round", nothing, 505, 129, true},
         {"seek out of it, before", seek(110), 1, 130, true},
         {"seek inside", seek(122), 0.5, 121, true},
         {"out into the open", clear_loop, 10, 101, true},
         {"a loop half outside the ends", [](auto& c) { speed(1)(c), loop(190, 300)(c); }, 3, 190, true},
         {"as long as what there is", nothing, 12, 192, true},
         {"which grows", extend(250), 50, 242, true},
         {"and turns there", nothing, 9, 191, true},
         {"paused", pause, 100, 191, false}});
    run({{"a loop behind the end", [](auto& c) { loop(300, 310)(c), c.play(); }, 1, 200, true},
         {"waits there", nothing, 1, 200, true},
         {"until something comes", [](auto& c) { extend(305)(c); }, 1, 300, true},
         {"and then goes round it", nothing, 7, 302, true}});
}

TEST(PlaybackClock, follows_the_end) {
    run({{"jumps to the end", follow, 10, 200, true},
         {"stays there", nothing, 10, 200, true},
         {"moves with it", extend(300), 10, 300, true},
         {"an earlier end changes nothing", extend(250), 10, 300, true},
         {"seek ends it", seek(250), 10, 260, true},
         {"and the end moves alone", extend(400), 10, 270, true},
         {"again", follow, 1, 400, true},
         {"a negative speed ends it", speed(-1), 10, 390, true},
         {"again, which gives up the speed", follow, 10, 400, true},
         {"pause ends it", pause, 10, 400, false},
         {"so the end moves alone", extend(500), 10, 400, false},
         {"playing goes towards it", play, 10, 410, true},
         {"follow", follow, 1, 500, true},
         {"a loop ends it", loop(450, 460), 1, 450, true},
         {"follow, which gives up the loop", follow, 1, 500, true},
         {"not following is playing at the end", unfollow, 1, 500, false}});
}

TEST(PlaybackClock, refuses_what_is_no_speed_and_no_loop) {
    Player player;
    for (const double s : {0.0, -0.0, 1e6 + 1, -1e6 - 1, std::nan(""), std::numeric_limits<double>::infinity()}) {
        const auto set = player.clock.set_speed(s);
        ASSERT_FALSE(set) << s;
        EXPECT_EQ(set.error().code, Errc::invalid_argument);
        EXPECT_EQ(player.clock.speed(), 1.0);
    }
    for (const double s : {1e6, -1e6, 1e-9}) EXPECT_TRUE(player.clock.set_speed(s)) << s;
    for (const double to : {120.0, 119.0}) {
        const auto set = player.clock.loop(at(120), at(to));
        ASSERT_FALSE(set);
        EXPECT_EQ(set.error().code, Errc::invalid_argument);
        EXPECT_FALSE(player.clock.loop_range());
    }
}

// What is asked often ends where what is asked once does, to the microsecond.
TEST(PlaybackClock, does_not_drift) {
    for (const double s : {1.0, 0.5, 50.0, 0.1, 1.0 / 3, -0.7, -3.3, 0.000'013, 999.999}) {
        SCOPED_TRACE(s);
        ManualClock wall;
        PlaybackClock often(at(0), at(1e9), wall);
        PlaybackClock once(at(0), at(1e9), wall);
        for (auto* clock : {&often, &once}) {
            clock->seek(at(5e8));
            ASSERT_TRUE(clock->set_speed(s));
            clock->play();
        }
        for (int frame = 0; frame < 1'000'000; ++frame) {
            wall.advance(Duration(frame % 7 == 0 ? 16'666 : 1));
            often.tick();
        }
        EXPECT_EQ(often.position(), once.tick());
        const double moved = static_cast<double>((once.position() - at(5e8)).count());
        const double exact = s * static_cast<double>(wall.elapsed().count());
        EXPECT_NEAR(moved, exact, 1.0 + std::abs(exact) * 1e-15);
    }
}

// Turns of a loop and presses of a key start a new reckoning; the part of a microsecond goes along.
TEST(PlaybackClock, does_not_drift_over_turns_and_presses) {
    ManualClock wall;
    PlaybackClock clock(at(0), at(10), wall);
    ASSERT_TRUE(clock.loop(at(0), at(10)));
    ASSERT_TRUE(clock.set_speed(0.3));
    clock.play();
    for (int i = 0; i < 1'000'000; ++i) {
        wall.advance(Duration(1));
        if (i % 3 == 0)
            ASSERT_TRUE(clock.set_speed(0.3));
        else
            clock.tick();
    }
    EXPECT_NEAR(static_cast<double>((clock.position() - at(0)).count()), 300'000.0, 1.0);
}

TEST(PlaybackClock, bears_times_at_the_ends_of_64_bits) {
    ManualClock wall;
    PlaybackClock clock(Timestamp::min(), Timestamp::max(), wall);
    clock.play();
    ASSERT_TRUE(clock.set_speed(1e6));
    wall.advance(Duration(std::int64_t{1} << 50));
    EXPECT_EQ(clock.tick(), Timestamp::max());
    EXPECT_FALSE(clock.playing());
    ASSERT_TRUE(clock.set_speed(-1e6));
    clock.play();
    wall.advance(Duration(std::int64_t{1} << 50));
    EXPECT_EQ(clock.tick(), Timestamp::min());
    ASSERT_TRUE(clock.loop(Timestamp::min(), Timestamp::max()));
    clock.play();
    for (int i = 0; i < 100; ++i) {
        wall.advance(Duration((std::int64_t{1} << 43) + i));
        clock.tick();
    }
    ASSERT_TRUE(clock.set_speed(0.5));
    wall.advance(Duration(std::int64_t{1} << 61));
    clock.tick();
    EXPECT_TRUE(clock.playing());
}

} // namespace
} // namespace cim::test
