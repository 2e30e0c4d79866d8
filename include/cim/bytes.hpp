// Bytes: how octets are passed around. A ByteView does not own and is valid as long as what it looks at.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace cim {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

/// The octets of a text, unchanged; valid as long as the text.
[[nodiscard]] inline ByteView as_bytes(std::string_view text) noexcept {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// The octets as text, unchanged and unchecked; valid as long as the octets.
[[nodiscard]] inline std::string_view as_text(ByteView bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace cim
