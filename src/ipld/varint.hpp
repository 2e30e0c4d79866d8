// Unsigned varints as multiformats uses them: little-endian groups of seven bits, at most nine bytes, shortest form
// only.
#pragma once

#include <cim/bytes.hpp>

#include <cstddef>
#include <cstdint>

namespace cim::ipld {

inline constexpr std::size_t max_varint_size = 9;

enum class VarintStatus : std::uint8_t { ok, truncated, non_minimal, overflow };

struct Varint {
    std::uint64_t value = 0;
    std::size_t size = 0; ///< Bytes that were read; of use only where the status is ok.
    VarintStatus status = VarintStatus::ok;
};

/// Reads the number at the front of `bytes`.
[[nodiscard]] constexpr Varint read_varint(ByteView bytes) noexcept {
    if (!bytes.empty() && bytes[0] < std::byte{0x80}) // most numbers
        return {std::to_integer<std::uint64_t>(bytes[0]), 1, VarintStatus::ok};
    Varint result;
    while (result.size < bytes.size()) {
        const auto byte = std::to_integer<std::uint64_t>(bytes[result.size]);
        result.value |= (byte & 0x7f) << (7 * result.size);
        ++result.size;
        if (byte < 0x80) {
            if (byte == 0 && result.size > 1) result.status = VarintStatus::non_minimal;
            return result;
        }
        if (result.size == max_varint_size) {
            result.status = VarintStatus::overflow;
            return result;
        }
    }
    result.status = VarintStatus::truncated;
    return result;
}

/// Writes `value`, which is below 2^63, to `out`, which has room for max_varint_size bytes. Returns the bytes written.
constexpr std::size_t write_varint(std::uint64_t value, std::byte* out) noexcept {
    std::size_t size = 0;
    for (; value >= 0x80; value >>= 7) out[size++] = static_cast<std::byte>(value | 0x80);
    out[size++] = static_cast<std::byte>(value);
    return size;
}

} // namespace cim::ipld
