#include "base/retry.hpp"

#include <algorithm>

namespace cim {

bool worth_retrying(Errc code) noexcept {
    switch (code) {
    case Errc::store_unavailable:
    case Errc::store_full:
    case Errc::store_read_only:
    case Errc::store_busy:
    case Errc::io_error:
    case Errc::timeout:
    case Errc::outcome_unknown:
    case Errc::closed: return true;
    default: return false;
    }
}

Backoff::Backoff(Duration first, Duration longest, std::uint64_t seed) noexcept
    : first_(std::max(first, Duration(1))), longest_(std::max(longest, first_)), pause_(first_), state_(seed) {}

Duration Backoff::next() noexcept {
    const auto whole = pause_;
    pause_ = pause_ > longest_ / 2 ? longest_ : 2 * pause_;
    // SplitMix64: small, and good enough for any seed.
    auto bits = state_ += 0x9e3779b97f4a7c15U;
    bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
    bits ^= bits >> 31U;
    const auto half = whole / 2;
    return half + Duration(static_cast<Duration::rep>(bits % static_cast<std::uint64_t>((whole - half).count() + 1)));
}

} // namespace cim
