// The one strict dag-cbor parser, behind decode() and validate().
//
// It walks the input once, without recursion, and tells a Builder what it meets; a Builder that does nothing makes it a
// validator, so that the two cannot disagree. Besides the rules it keeps two bounds. Depth: at most max_depth open
// containers, kept in a fixed array. Size: `owed_` counts the bytes that the open containers need at the very least for
// what they have declared and not yet shown (an item takes one byte, a map entry two). A count is refused unless the
// rest of the input can hold it on top of what is owed, so that all counts accepted over a whole parse together stay
// below the size of the input, and a Builder may allocate exactly what is declared.
//
// A Builder has a copyable type Slot, a place that one item goes to, and the members
//     void null(Slot); void boolean(Slot, bool); void integer(Slot, Integer); void floating(Slot, double);
//     void string(Slot, std::string_view); void bytes(Slot, ByteView); void link(Slot, ByteView checked_cid);
//     Cursor list(Slot, std::size_t size); Cursor map(Slot, std::size_t size);
//     Slot next_item(Cursor&); Slot next_entry(Cursor&, std::string_view key);
// in which Cursor is a trivial type that stands before the next item of a container.
#pragma once

#include <cim/ipld.hpp>

#include "ipld/cid_format.hpp"
#include "ipld/map_access.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

namespace cim::ipld {

/// The deepest nesting that any option allows.
inline constexpr std::uint16_t depth_ceiling = 1024;

[[nodiscard]] inline std::uint64_t load_big_endian(const std::byte* at, std::size_t size) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = (value << 8) | std::to_integer<std::uint64_t>(at[i]);
    return value;
}

template <class Builder> class CborParser {
  public:
    using Slot = typename Builder::Slot;

    CborParser(Builder& builder, ByteView input, const DecodeOptions& options) noexcept
        : builder_(builder), begin_(input.data()), at_(begin_), end_(begin_ + input.size()), links_(options.links),
          max_depth_(std::clamp<std::uint16_t>(options.max_depth, 1, depth_ceiling)) {}

    /// Reads one item that fills the input. False: rule(), offset() and link_fault() say why.
    [[nodiscard]] bool run(Slot slot) {
        do {
            if (!item(slot)) return false;
            while (depth_ > 0 && frame().left == 0) --depth_;
            if (depth_ == 0) return at_ == end_ || broken(Rule::trailing_bytes, at_);
        } while (next(slot));
        return false;
    }

    [[nodiscard]] Rule rule() const noexcept { return rule_; }
    [[nodiscard]] std::size_t offset() const noexcept { return static_cast<std::size_t>(broken_at_ - begin_); }
    [[nodiscard]] const std::optional<CidFault>& link_fault() const noexcept { return link_fault_; }

  private:
    struct Frame {
        std::size_t left;     // items or entries not yet begun
        const char* last_key; // nullptr in a list, and in a map before its first key
        std::size_t last_key_size;
        bool is_map;
        typename Builder::Cursor cursor;
    };

    [[nodiscard]] Frame& frame() noexcept { return frames_[depth_ - 1]; }
    [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

    [[gnu::cold]] bool broken(Rule rule, const std::byte* where) noexcept {
        rule_ = rule;
        broken_at_ = where;
        return false;
    }

    // The argument of the head at at_, which is not at the end, and moves past it.
    [[nodiscard]] bool head(std::uint64_t& argument) noexcept {
        argument = std::to_integer<std::uint64_t>(*at_) & 31;
        ++at_;
        return argument < 24 || long_head(argument);
    }

    [[nodiscard]] bool long_head(std::uint64_t& argument) noexcept {
        const auto* start = at_ - 1;
        if (argument > 27) {
            const auto major = std::to_integer<unsigned>(*start) >> 5;
            const bool streams = argument == 31 && major >= 2 && major <= 5;
            return broken(streams ? Rule::indefinite_length : Rule::reserved_info, start);
        }
        const auto width = std::size_t{1} << (argument - 24);
        if (left() < width) return broken(Rule::truncated, start);
        argument = load_big_endian(at_, width);
        at_ += width;
        const auto shorter = width == 1 ? 24 : std::uint64_t{1} << (width * 4);
        return argument >= shorter || broken(Rule::non_minimal_head, start);
    }

    [[nodiscard]] bool item(Slot slot) {
        const auto* start = at_;
        if (at_ == end_) return broken(Rule::truncated, start);
        const auto major = std::to_integer<unsigned>(*at_) >> 5;
        if (major == 7) return simple(slot);
        std::uint64_t argument;
        if (!head(argument)) return false;
        switch (major) {
        case 0: builder_.integer(slot, Integer(argument)); return true;
        case 1: builder_.integer(slot, Integer::negative(argument)); return true;
        case 2: return byte_string(slot, argument, start);
        case 3: return text_string(slot, argument, start);
        case 4: return container(slot, argument, start, false);
        case 5: return container(slot, argument, start, true);
        default: return link(slot, argument, start);
        }
    }

    [[nodiscard]] bool simple(Slot slot) {
        const auto* start = at_++;
        switch (std::to_integer<unsigned>(*start)) {
        case 0xf4: builder_.boolean(slot, false); return true;
        case 0xf5: builder_.boolean(slot, true); return true;
        case 0xf6: builder_.null(slot); return true;
        case 0xf9:
        case 0xfa: return broken(Rule::float_width, start);
        case 0xfb: return floating(slot, start);
        case 0xfc:
        case 0xfd:
        case 0xfe:
        case 0xff: return broken(Rule::reserved_info, start);
        default: return broken(Rule::unsupported_simple, start);
        }
    }

    [[nodiscard]] bool floating(Slot slot, const std::byte* start) {
        if (left() < 8) return broken(Rule::truncated, start);
        const auto bits = load_big_endian(at_, 8);
        at_ += 8;
        constexpr std::uint64_t exponent = 0x7ff0000000000000;
        if ((bits & exponent) == exponent) return broken(Rule::non_finite_float, start);
        const auto value = std::bit_cast<double>(bits);
        if (bits == std::bit_cast<std::uint64_t>(-0.0)) return broken(Rule::negative_zero, start);
        builder_.floating(slot, value);
        return true;
    }

    [[nodiscard]] bool byte_string(Slot slot, std::uint64_t size, const std::byte* start) {
        if (size > left()) return broken(Rule::length_over_input, start);
        builder_.bytes(slot, ByteView(at_, size));
        at_ += size;
        return true;
    }

    // The text that a head at `start` has announced; moves past it.
    [[nodiscard]] bool text(std::string_view& out, std::uint64_t size, const std::byte* start) noexcept {
        if (size > left()) return broken(Rule::length_over_input, start);
        out = {reinterpret_cast<const char*>(at_), size};
        at_ += size;
        return is_valid_utf8(out) || broken(Rule::invalid_utf8, start);
    }

    [[nodiscard]] bool text_string(Slot slot, std::uint64_t size, const std::byte* start) {
        std::string_view value;
        if (!text(value, size, start)) return false;
        builder_.string(slot, value);
        return true;
    }

    // Tag 42 around bytes that are 00 and a CID.
    [[nodiscard]] bool link(Slot slot, std::uint64_t tag, const std::byte* start) {
        if (tag != 42) return broken(Rule::unsupported_tag, start);
        const auto* content = at_;
        if (at_ == end_) return broken(Rule::truncated, content);
        if (std::to_integer<unsigned>(*at_) >> 5 != 2) return broken(Rule::invalid_link, start);
        std::uint64_t size;
        if (!head(size)) return false;
        if (size > left()) return broken(Rule::length_over_input, content);
        if (size == 0 || *at_ != std::byte{0}) return broken(Rule::invalid_link, start);
        const ByteView cid(at_ + 1, size - 1);
        at_ += size;
        if (auto fault = check_cid(cid, links_)) {
            link_fault_ = fault;
            return broken(Rule::invalid_link, start);
        }
        builder_.link(slot, cid);
        return true;
    }

    [[nodiscard]] bool container(Slot slot, std::uint64_t size, const std::byte* start, bool is_map) {
        if (depth_ == max_depth_) return broken(Rule::depth_limit, start);
        // What is owed never passes what is left, except where an item has just turned out longer than one byte.
        const auto room = left() > owed_ ? left() - owed_ : 0;
        if (size > (is_map ? room / 2 : room)) return broken(Rule::length_over_input, start);
        owed_ += is_map ? size * 2 : size;
        frames_[depth_++] = {size, nullptr, 0, is_map, is_map ? builder_.map(slot, size) : builder_.list(slot, size)};
        return true;
    }

    // Begins the next item of the innermost container, which has one left.
    [[nodiscard]] bool next(Slot& slot) {
        auto& open = frame();
        --open.left;
        if (!open.is_map) {
            --owed_;
            slot = builder_.next_item(open.cursor);
            return true;
        }
        owed_ -= 2;
        std::string_view key;
        if (!next_key(open, key)) return false;
        slot = builder_.next_entry(open.cursor, key);
        return true;
    }

    [[nodiscard]] bool next_key(Frame& open, std::string_view& key) noexcept {
        const auto* start = at_;
        if (at_ == end_) return broken(Rule::truncated, start);
        if (std::to_integer<unsigned>(*at_) >> 5 != 3) return broken(Rule::non_string_key, start);
        std::uint64_t size;
        if (!head(size) || !text(key, size, start)) return false;
        if (open.last_key != nullptr) {
            const auto order = compare_keys({open.last_key, open.last_key_size}, key);
            if (order == 0) return broken(Rule::duplicate_key, start);
            if (order > 0) return broken(Rule::unsorted_keys, start);
        }
        open.last_key = key.data();
        open.last_key_size = key.size();
        return true;
    }

    Builder& builder_;
    const std::byte* begin_;
    const std::byte* at_;
    const std::byte* end_;
    std::size_t owed_ = 0;
    std::uint16_t depth_ = 0;
    CidProfile links_;
    std::uint16_t max_depth_;
    Rule rule_{};
    const std::byte* broken_at_ = nullptr;
    std::optional<CidFault> link_fault_;
    Frame frames_[depth_ceiling]; // deliberately not initialised
};

} // namespace cim::ipld
