#include <cim/playback.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>

namespace cim {

namespace {

// Microseconds, wide enough for any move from any time: event times come from outside and can be any 64 bits.
__extension__ using Wide = __int128;

Wide wide(Timestamp time) noexcept { return to_micros(time); }
Timestamp narrow(Wide micros) noexcept { return from_micros(static_cast<std::int64_t>(micros)); }

struct Place {
    Wide micros;
    double fraction; // 0 <= fraction < 1, on top of micros
};

// Where `elapsed` leads at this speed. The whole part of the speed is reckoned in integers: the product with the rest
// stays so small that a double holds it to a small part of a microsecond.
Place move(Timestamp from, double fraction, double speed, Duration elapsed) noexcept {
    const double whole_speed = std::trunc(speed);
    const double rest = static_cast<double>(elapsed.count()) * (speed - whole_speed) + fraction;
    const double floor = std::floor(rest);
    return {wide(from) + Wide(elapsed.count()) * static_cast<std::int64_t>(whole_speed) + static_cast<Wide>(floor),
            rest - floor};
}

// Where a place outside a loop lies when it is gone round.
Timestamp turned(Wide target, Timestamp first, Timestamp last) noexcept {
    const Wide length = wide(last) - wide(first);
    if (target > wide(last)) return narrow(wide(first) + (target - wide(last)) % length);
    return narrow(wide(last) - (wide(first) - target) % length);
}

} // namespace

PlaybackClock::PlaybackClock(Timestamp begin, Timestamp end, const Clock& clock)
    : clock_(&clock), begin_(begin), end_(end), position_(begin) {
    assert(begin <= end);
    anchor(clock.elapsed());
}

// From here on position is reckoned from where it is now.
void PlaybackClock::anchor(Duration now) noexcept {
    anchor_ = position_;
    anchor_fraction_ = fraction_;
    anchor_elapsed_ = now;
}

// Before a control takes effect: what went by until now did so as it was set before.
void PlaybackClock::settle() noexcept {
    const auto now = clock_->elapsed();
    advance(now);
    anchor(now);
}

void PlaybackClock::play() noexcept {
    if (playing_) return;
    playing_ = true;
    anchor(clock_->elapsed()); // Time did not count while it was paused.
}

void PlaybackClock::pause() noexcept {
    settle();
    playing_ = false;
    following_ = false;
}

Result<> PlaybackClock::set_speed(double speed) {
    if (!(std::abs(speed) <= max_speed) || speed == 0) // NaN compares false.
        return fail(Errc::invalid_argument,
                    fmt::format("the speed is {}, and must be from {} to {} and not 0", speed, -max_speed, max_speed),
                    "to stand still, pause", {{"name", "speed"}, {"value", fmt::format("{}", speed)}});
    settle();
    speed_ = speed;
    if (speed < 0) following_ = false;
    return {};
}

void PlaybackClock::seek(Timestamp position) noexcept {
    position_ = std::clamp(position, begin_, end_);
    fraction_ = 0;
    following_ = false;
    anchor(clock_->elapsed());
}

Result<> PlaybackClock::loop(Timestamp from, Timestamp to) {
    if (from >= to)
        return fail(Errc::invalid_argument,
                    fmt::format("the loop from {} to {} has no length", to_rfc3339(from), to_rfc3339(to)), {},
                    {{"name", "to"}, {"value", to_rfc3339(to)}});
    settle();
    loop_.emplace(from, to);
    following_ = false;
    return {};
}

void PlaybackClock::clear_loop() noexcept {
    settle();
    loop_.reset();
}

void PlaybackClock::extend(Timestamp end) noexcept {
    end_ = std::max(end_, end);
    if (following_) position_ = end_;
}

void PlaybackClock::follow_live(bool on) noexcept {
    if (on) {
        loop_.reset();
        speed_ = std::abs(speed_);
        playing_ = true;
        position_ = end_;
        fraction_ = 0;
    }
    following_ = on;
    anchor(clock_->elapsed());
}

Timestamp PlaybackClock::tick() noexcept {
    advance(clock_->elapsed());
    return position_;
}

void PlaybackClock::advance(Duration now) noexcept {
    if (!playing_ || following_) return;
    const auto [target, fraction] = move(anchor_, anchor_fraction_, speed_, now - anchor_elapsed_);
    fraction_ = fraction;
    if (!loop_) {
        const bool at_end = speed_ > 0 ? target >= wide(end_) : target <= wide(begin_);
        position_ = !at_end ? narrow(target) : speed_ > 0 ? end_ : begin_;
        if (at_end) fraction_ = 0;
        playing_ = !at_end;
        return;
    }
    // What of the loop lies between the ends: live events may still come into the rest.
    const auto first = std::clamp(loop_->first, begin_, end_);
    const auto last = std::clamp(loop_->second, begin_, end_);
    if (first == last || position_ < first || position_ > last) {
        position_ = speed_ > 0 ? first : last;
        fraction_ = 0;
        anchor(now);
    } else if (target < wide(first) || target > wide(last)) {
        position_ = turned(target, first, last);
        anchor(now);
    } else {
        position_ = narrow(target);
    }
}

} // namespace cim
