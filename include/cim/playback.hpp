// The playback clock: where in recorded time we are, and how fast we go.
//
// Position moves with an injected Clock, at a signed speed, between two ends, optionally round a loop. It never moves
// by itself: tick() asks the Clock how much time went by. Where it stands depends on the controls and the time between
// them only, not on how often it is asked, so nothing drifts.
#pragma once

#include <cim/error.hpp>
#include <cim/time.hpp>

#include <optional>
#include <utility>

namespace cim {

/// Not for use by several threads at once.
class PlaybackClock {
  public:
    static constexpr double max_speed = 1'000'000.0;

    /// Paused at `begin`, speed 1. Requires begin <= end. The Clock must outlive it.
    PlaybackClock(Timestamp begin, Timestamp end, const Clock& clock);

    /// At an end towards which it would play, the next tick pauses it again, unless there is a loop.
    void play() noexcept;
    void pause() noexcept;
    [[nodiscard]] bool playing() const noexcept { return playing_; }
    /// Seconds of recorded time a second; negative plays backwards. Errors: invalid_argument for 0, NaN or more than
    /// max_speed either way.
    [[nodiscard]] Result<> set_speed(double speed);
    [[nodiscard]] double speed() const noexcept { return speed_; }
    /// Clamped to the ends. Playing goes on from there.
    void seek(Timestamp position) noexcept;
    /// Plays between these two only, both included, starting over at the other end; from outside, the next tick goes to
    /// the start of the loop. Ends following. Errors: invalid_argument if from >= to.
    [[nodiscard]] Result<> loop(Timestamp from, Timestamp to);
    void clear_loop() noexcept;
    [[nodiscard]] std::optional<std::pair<Timestamp, Timestamp>> loop_range() const noexcept { return loop_; }
    /// Moves the end out as live events come. An earlier end changes nothing.
    void extend(Timestamp end) noexcept;
    /// Jumps to the end, plays, and stays at the end as it moves out, until seek(), pause(), loop() or a negative
    /// speed; a loop, and a negative speed that is set, are given up for it.
    void follow_live(bool on) noexcept;
    [[nodiscard]] bool following_live() const noexcept { return following_; }

    /// Lets time pass and returns the position. Pauses at an end when there is no loop and nothing is followed.
    Timestamp tick() noexcept;
    [[nodiscard]] Timestamp position() const noexcept { return position_; }
    [[nodiscard]] Timestamp begin() const noexcept { return begin_; }
    [[nodiscard]] Timestamp end() const noexcept { return end_; }

  private:
    void anchor(Duration now) noexcept;
    void settle() noexcept;
    void advance(Duration now) noexcept;

    const Clock* clock_;
    Timestamp begin_, end_, position_;
    double fraction_ = 0; // of a microsecond, on top of position_; 0 <= fraction < 1
    // Where it stood at the last control or turn of the loop, and when that was: always reckoned from there.
    Timestamp anchor_;
    double anchor_fraction_ = 0;
    Duration anchor_elapsed_{};
    double speed_ = 1;
    bool playing_ = false;
    bool following_ = false;
    std::optional<std::pair<Timestamp, Timestamp>> loop_;
};

} // namespace cim
