// The playback clock: where in recorded time we are, and how fast we go.
//
// Position moves with an injected Clock, at a signed speed, between two ends, optionally round a loop. It never moves by
// itself: tick() asks the Clock how much time went by.
#pragma once

#include <cim/time.hpp>

#include <optional>

namespace cim {

/// Not for use by several threads at once.
class PlaybackClock {
  public:
    static constexpr double max_speed = 1'000'000.0;

    /// Paused at `begin`, speed 1. Requires begin <= end.
    PlaybackClock(Timestamp begin, Timestamp end, const Clock& clock);

    void play() noexcept;
    void pause() noexcept;
    [[nodiscard]] bool playing() const noexcept { return playing_; }
    /// Seconds of recorded time a second; negative plays backwards. Errors: invalid_argument for 0, NaN or more than
    /// max_speed either way.
    [[nodiscard]] Result<> set_speed(double speed);
    [[nodiscard]] double speed() const noexcept { return speed_; }
    /// Clamped to the ends.
    void seek(Timestamp position) noexcept;
    /// Plays between these two only, starting over at the other end. Errors: invalid_argument if from >= to.
    [[nodiscard]] Result<> loop(Timestamp from, Timestamp to);
    void clear_loop() noexcept;
    [[nodiscard]] std::optional<std::pair<Timestamp, Timestamp>> loop_range() const noexcept;
    /// Moves the end out as live events come.
    void extend(Timestamp end) noexcept;
    /// Stays at the end as it moves out, until seek(), pause() or a negative speed.
    void follow_live(bool on) noexcept;
    [[nodiscard]] bool following_live() const noexcept { return following_; }

    /// Lets time pass and returns the position. Pauses at an end when there is no loop and nothing is followed.
    Timestamp tick() noexcept;
    [[nodiscard]] Timestamp position() const noexcept { return position_; }
    [[nodiscard]] Timestamp begin() const noexcept { return begin_; }
    [[nodiscard]] Timestamp end() const noexcept { return end_; }

  private:
    const Clock* clock_;
    Timestamp begin_, end_, position_;
    Duration last_tick_{};
    double remainder_ = 0; // part of a microsecond not yet moved
    double speed_ = 1;
    bool playing_ = false;
    bool following_ = false;
    std::optional<std::pair<Timestamp, Timestamp>> loop_;
};

} // namespace cim
