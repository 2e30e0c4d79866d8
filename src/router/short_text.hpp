// A text that stands in its owner if it is short, so that looking at it costs no further cache line.
#pragma once

#include "base/text_hash.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace cim::detail {

template <std::size_t inline_size> class ShortText {
  public:
    ShortText() = default;
    ShortText(const ShortText&) = delete;
    ShortText& operator=(const ShortText&) = delete;
    ~ShortText() { clear(); }

    /// At most 65535 bytes.
    void set(std::string_view text) {
        clear();
        char* to = bytes_;
        if (text.size() > inline_size) {
            to = new char[text.size()];
            std::memcpy(bytes_, &to, sizeof to);
        }
        std::memcpy(to, text.data(), text.size());
        size_ = static_cast<std::uint16_t>(text.size());
    }
    void clear() noexcept {
        if (size_ > inline_size) delete[] data();
        size_ = 0;
    }
    [[nodiscard]] std::string_view view() const noexcept { return {data(), size_}; }
    [[nodiscard]] bool operator==(std::string_view text) const noexcept { return same_text(view(), text); }
    [[nodiscard]] std::size_t heap_bytes() const noexcept { return size_ > inline_size ? size_ : 0; }

  private:
    static_assert(inline_size >= sizeof(char*));
    [[nodiscard]] char* data() const noexcept {
        if (size_ <= inline_size) return const_cast<char*>(bytes_);
        char* pointer;
        std::memcpy(&pointer, bytes_, sizeof pointer);
        return pointer;
    }

    std::uint16_t size_ = 0;
    char bytes_[inline_size] = {}; // the text, or the pointer to it
};

} // namespace cim::detail
