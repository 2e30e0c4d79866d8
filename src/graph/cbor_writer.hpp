// Writes canonical dag-cbor piece by piece; whoever calls it gives map keys in canonical order and counts what it
// writes.
#pragma once

#include <cim/bytes.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cim::graph {

/// Bytes that the head of this length or number takes.
[[nodiscard]] constexpr std::size_t cbor_head_size(std::uint64_t argument) noexcept {
    if (argument < 24) return 1;
    if (argument <= 0xff) return 2;
    if (argument <= 0xffff) return 3;
    return argument <= 0xffffffff ? 5 : 9;
}

/// Writes a head at `at` and returns what follows it.
inline std::byte* write_cbor_head(std::byte* at, unsigned major, std::uint64_t argument) noexcept {
    const auto width = cbor_head_size(argument) - 1;
    const auto info = width == 0 ? argument : 24u + static_cast<unsigned>(std::countr_zero(width));
    *at++ = static_cast<std::byte>((major << 5) | info);
    for (auto i = width; i-- > 0;) *at++ = static_cast<std::byte>(argument >> (8 * i));
    return at;
}

class CborWriter {
  public:
    explicit CborWriter(Bytes& out) noexcept : out_(out) {}

    void map(std::size_t entries) { head(5, entries); }
    void list(std::size_t items) { head(4, items); }
    void text(std::string_view text) {
        head(3, text.size());
        raw(as_bytes(text));
    }
    void boolean(bool value) { out_.push_back(static_cast<std::byte>(value ? 0xf5 : 0xf4)); }
    void integer(std::int64_t value) {
        const auto bits = static_cast<std::uint64_t>(value);
        value < 0 ? head(1, ~bits) : head(0, bits);
    }
    /// A finite number.
    void floating(double value) {
        const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value); // dag-cbor has no -0.0
        out_.push_back(std::byte{0xfb});
        for (int shift = 56; shift >= 0; shift -= 8) out_.push_back(static_cast<std::byte>(bits >> shift));
    }
    /// Items that are canonical already.
    void raw(ByteView encoded) { out_.insert(out_.end(), encoded.begin(), encoded.end()); }

  private:
    void head(unsigned major, std::uint64_t argument) {
        std::byte buffer[9];
        raw({buffer, write_cbor_head(buffer, major, argument)});
    }

    Bytes& out_;
};

} // namespace cim::graph
