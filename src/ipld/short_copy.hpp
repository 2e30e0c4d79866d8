// Copying a few bytes without a call: keys and most values are shorter than what memcpy takes to find out how to copy
// them.
#pragma once

#include <cstddef>
#include <cstring>

namespace cim::ipld {

/// memcpy for `size` up to 32.
inline void short_copy(void* to, const void* from, std::size_t size) noexcept {
    auto* out = static_cast<unsigned char*>(to);
    const auto* in = static_cast<const unsigned char*>(from);
    // Two copies of a fixed size that overlap in the middle.
    const auto ends = [&]<std::size_t half>() {
        unsigned char front[half], back[half];
        std::memcpy(front, in, half);
        std::memcpy(back, in + size - half, half);
        std::memcpy(out, front, half);
        std::memcpy(out + size - half, back, half);
    };
    if (size >= 16) {
        ends.template operator()<16>();
    } else if (size >= 8) {
        ends.template operator()<8>();
    } else if (size >= 4) {
        ends.template operator()<4>();
    } else if (size > 0) {
        const auto first = in[0], middle = in[size / 2], last = in[size - 1];
        out[0] = first;
        out[size / 2] = middle;
        out[size - 1] = last;
    }
}

} // namespace cim::ipld
