// The one strict dag-cbor parser, behind decode(), validate() and end_of_valid_item().
//
// It walks the input once and tells a Builder what it meets; a Builder that does nothing makes it a validator, so that
// the two cannot disagree. Positions are parameters and results, never members, so that they stay in registers; nullptr
// as a result means that a rule is broken, which was then noted. Bounds are compared as sizes left, because a declared
// size may be anything up to 2^64.
//
// Two bounds protect whoever calls. Depth: recursion goes as deep as containers may nest and no deeper. Size: `owed` is
// what the open containers need at the very least for what they have declared and not yet shown (an item takes one
// byte, a map entry two). A count is refused unless the rest of the input can hold it on top of what is owed, so that
// all counts accepted over a whole parse together stay below the size of the input, and a Builder may allocate exactly
// what is declared.
//
// A Builder has a copyable type Slot, a place that one item goes to, and the members
//     void null(Slot); void boolean(Slot, bool); void integer(Slot, Integer); void floating(Slot, double);
//     void string(Slot, std::string_view); void bytes(Slot, ByteView); void link(Slot, ByteView checked_cid);
//     Cursor list(Slot, std::size_t size); Cursor map(Slot, std::size_t size);
//     Slot next_item(Cursor&); Slot next_entry(Cursor&, std::string_view key);
// in which a Cursor stands before the next item of a container.
#pragma once

#include <cim/ipld.hpp>

#include "base/utf8.hpp"
#include "ipld/cid_format.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

namespace cim::ipld {

/// The deepest nesting that any option allows.
inline constexpr std::uint16_t depth_ceiling = 1024;

/// The number that the `width` bytes at `at` are; 1, 2, 4 or 8.
[[nodiscard]] inline std::uint64_t load_big_endian(const std::byte* at, std::size_t width) noexcept {
    const auto load = [at]<class Word>(Word word) -> std::uint64_t {
        std::memcpy(&word, at, sizeof word);
        return std::endian::native == std::endian::little ? std::byteswap(word) : word;
    };
    switch (width) {
    case 1: return std::to_integer<std::uint64_t>(*at);
    case 2: return load(std::uint16_t{});
    case 4: return load(std::uint32_t{});
    default: return load(std::uint64_t{});
    }
}

template <class Builder> class CborParser {
  public:
    using Slot = typename Builder::Slot;
    using At = const std::byte*;

    CborParser(Builder& builder, ByteView input, CidProfile links) noexcept
        : builder_(builder), end_(input.data() + input.size()), begin_(input.data()), links_(links) {}

    /// Reads the item at the front of the input and returns its end; nullptr if a rule is broken.
    [[nodiscard]] At run(Slot slot, unsigned max_depth) {
        return item(begin_, slot, std::min<unsigned>(max_depth, depth_ceiling), 0);
    }
    /// Reads one item that fills the input.
    [[nodiscard]] bool run_to_end(Slot slot, unsigned max_depth) {
        auto* past = run(slot, max_depth);
        if (past != nullptr && past != end_) past = broken(Rule::trailing_bytes, past);
        return past != nullptr;
    }

    // What was broken; of meaning only after a run failed.
    [[nodiscard]] Rule rule() const noexcept { return rule_; }
    [[nodiscard]] std::size_t offset() const noexcept { return static_cast<std::size_t>(broken_at_ - begin_); }
    [[nodiscard]] const std::optional<CidFault>& link_fault() const noexcept { return link_fault_; }

  private:
    static constexpr unsigned short_limit = 24; // arguments below it stand in the first byte of the head
    static constexpr unsigned text_start = 0x60;
    static constexpr unsigned false_byte = 0xf4; // then true
    static constexpr unsigned null_byte = 0xf6;
    static constexpr unsigned float_byte = 0xfb;

    static unsigned octet(At at) noexcept { return std::to_integer<unsigned>(*at); }
    static std::string_view between(At first, At last) noexcept {
        return {reinterpret_cast<const char*>(first), static_cast<std::size_t>(last - first)};
    }
    std::size_t left(At at) const noexcept { return static_cast<std::size_t>(end_ - at); }

    [[gnu::cold, gnu::noinline]] At broken(Rule rule, At where) noexcept {
        rule_ = rule;
        broken_at_ = where;
        return nullptr;
    }

    // Most items are decided by their first byte, here and without a call.
    [[gnu::always_inline]] At item(At at, Slot slot, unsigned depth_left, std::size_t owed) {
        if (at == end_) return broken(Rule::truncated, at);
        if (const auto* past = short_ascii(at)) {
            builder_.string(slot, between(at + 1, past));
            return past;
        }
        const auto initial = octet(at);
        if (initial < short_limit) {
            builder_.integer(slot, Integer(initial));
            return at + 1;
        }
        if (initial - false_byte < 2) {
            builder_.boolean(slot, initial != false_byte);
            return at + 1;
        }
        if (initial == null_byte) {
            builder_.null(slot);
            return at + 1;
        }
        return long_item(at, slot, depth_left, owed);
    }

    // Nothing but a choice, so that none of the cases pays for what another one keeps on the stack.
    [[gnu::noinline]] At long_item(At at, Slot slot, unsigned depth_left, std::size_t owed) {
        switch (octet(at) >> 5) {
        case 0:
        case 1: return integer(at, slot);
        case 2: return bytes(at, slot);
        case 3: return string(at, slot);
        case 4: return list(at, slot, depth_left, owed);
        case 5: return map(at, slot, depth_left, owed);
        case 6: return link(at, slot);
        default: return octet(at) == float_byte ? floating(at, slot) : unsupported(at);
        }
    }

    At integer(At at, Slot slot) {
        const bool negative = octet(at) >> 5 == 1;
        std::uint64_t argument;
        at = head(at, argument);
        if (at != nullptr) builder_.integer(slot, negative ? Integer::negative(argument) : Integer(argument));
        return at;
    }

    // Past the head at `at`, which is not the end.
    At head(At at, std::uint64_t& argument) noexcept {
        argument = octet(at) & 31;
        return argument < short_limit ? at + 1 : long_head(at, argument);
    }

    At long_head(At at, std::uint64_t& argument) noexcept {
        if (argument > 27) {
            const auto major = octet(at) >> 5;
            const bool streams = argument == 31 && major >= 2 && major <= 5;
            return broken(streams ? Rule::indefinite_length : Rule::reserved_info, at);
        }
        const auto width = std::size_t{1} << (argument - short_limit);
        if (left(at) - 1 < width) return broken(Rule::truncated, at);
        argument = load_big_endian(at + 1, width);
        const auto smallest = width == 1 ? short_limit : std::uint64_t{1} << (4 * width);
        return argument < smallest ? broken(Rule::non_minimal_head, at) : at + 1 + width;
    }

    // The bits that no ASCII character has, at the places of the first `size` bytes of three words.
    static constexpr auto beyond_ascii = [] {
        std::array<std::array<std::uint64_t, 3>, short_limit> masks{};
        for (std::size_t size = 0; size < short_limit; ++size) {
            std::array<std::array<unsigned char, 8>, 3> octets{};
            for (std::size_t i = 0; i < size; ++i) octets[i / 8][i % 8] = 0x80;
            for (std::size_t word = 0; word < 3; ++word) masks[size][word] = std::bit_cast<std::uint64_t>(octets[word]);
        }
        return masks;
    }();

    // Past the text at `at` if it is one of under 24 bytes, complete and all ASCII; else nullptr, which means nothing.
    // Nearly all keys and most values are such texts.
    At short_ascii(At at) const noexcept {
        const std::size_t size = octet(at) - text_start;
        if (size >= short_limit) return nullptr;
        if (left(at) <= short_limit) return short_ascii_near_end(at);
        const auto word = [at](std::size_t i) {
            std::uint64_t loaded;
            std::memcpy(&loaded, at + 1 + 8 * i, sizeof loaded);
            return loaded;
        };
        auto seen = word(0) & beyond_ascii[size][0];
        if (size > 8) seen |= (word(1) & beyond_ascii[size][1]) | (word(2) & beyond_ascii[size][2]);
        return seen == 0 ? at + 1 + size : nullptr;
    }

    // The same where 24 bytes cannot be read.
    [[gnu::noinline]] At short_ascii_near_end(At at) const noexcept {
        const std::size_t size = octet(at) - text_start;
        if (left(at) <= size) return nullptr;
        return is_ascii(reinterpret_cast<const char*>(at + 1), size) ? at + 1 + size : nullptr;
    }

    // Past the text at `at`, whose head says that it is one.
    At text(At at, std::string_view& out) noexcept {
        const auto* start = at;
        std::uint64_t size;
        at = head(at, size);
        if (at == nullptr) return nullptr;
        if (size > left(at)) return broken(Rule::length_over_input, start);
        out = {reinterpret_cast<const char*>(at), size};
        return is_valid_utf8(out) ? at + size : broken(Rule::invalid_utf8, start);
    }

    [[gnu::noinline]] At string(At at, Slot slot) {
        std::string_view value;
        at = text(at, value);
        if (at != nullptr) builder_.string(slot, value);
        return at;
    }

    [[gnu::noinline]] At bytes(At at, Slot slot) {
        const auto* start = at;
        std::uint64_t size;
        at = head(at, size);
        if (at == nullptr) return nullptr;
        if (size > left(at)) return broken(Rule::length_over_input, start);
        builder_.bytes(slot, ByteView(at, size));
        return at + size;
    }

    // The head of a container at `at`, each of whose items takes `least` bytes.
    At container(At at, std::uint64_t& count, std::size_t least, unsigned depth_left, std::size_t owed) noexcept {
        const auto* start = at;
        at = head(at, count);
        if (at == nullptr) return nullptr;
        if (depth_left == 0) return broken(Rule::depth_limit, start);
        const auto room = left(at) > owed ? left(at) - owed : 0;
        return count > room / least ? broken(Rule::length_over_input, start) : at;
    }

    [[gnu::noinline]] At list(At at, Slot slot, unsigned depth_left, std::size_t owed) {
        std::uint64_t count;
        at = container(at, count, 1, depth_left, owed);
        if (at == nullptr) return nullptr;
        auto cursor = builder_.list(slot, count);
        for (auto owed_here = owed + count; owed_here > owed;) {
            --owed_here;
            at = item(at, builder_.next_item(cursor), depth_left - 1, owed_here);
            if (at == nullptr) return nullptr;
        }
        return at;
    }

    [[gnu::noinline]] At map(At at, Slot slot, unsigned depth_left, std::size_t owed) {
        std::uint64_t count;
        at = container(at, count, 2, depth_left, owed);
        if (at == nullptr) return nullptr;
        auto cursor = builder_.map(slot, count);
        std::string_view last;
        for (auto owed_here = owed + 2 * count; owed_here > owed;) {
            const bool first = owed_here == owed + 2 * count;
            owed_here -= 2;
            std::string_view key;
            const auto* start = at;
            at = map_key(at, key);
            if (at == nullptr) return nullptr;
            if (!first && !before(last, key))
                return broken(last == key ? Rule::duplicate_key : Rule::unsorted_keys, start);
            last = key;
            at = item(at, builder_.next_entry(cursor, key), depth_left - 1, owed_here);
            if (at == nullptr) return nullptr;
        }
        return at;
    }

    [[gnu::always_inline]] At map_key(At at, std::string_view& key) noexcept {
        if (at == end_) return broken(Rule::truncated, at);
        if (const auto* past = short_ascii(at)) {
            key = between(at + 1, past);
            return past;
        }
        return octet(at) >> 5 == 3 ? text(at, key) : broken(Rule::non_string_key, at);
    }

    // Canonical order. Keys of the same length nearly always differ in one of their first bytes.
    static bool before(std::string_view a, std::string_view b) noexcept {
        if (a.size() != b.size()) return a.size() < b.size();
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (a[i] != b[i]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[i]);
        }
        return false;
    }

    // Tag 42 around bytes that are 00 and a CID.
    [[gnu::noinline]] At link(At at, Slot slot) {
        const auto* start = at;
        std::uint64_t tag;
        at = head(at, tag);
        if (at == nullptr) return nullptr;
        if (tag != 42) return broken(Rule::unsupported_tag, start);
        if (at == end_) return broken(Rule::truncated, at);
        if (octet(at) >> 5 != 2) return broken(Rule::invalid_link, start);
        const auto* content = at;
        std::uint64_t size;
        at = head(at, size);
        if (at == nullptr) return nullptr;
        if (size > left(at)) return broken(Rule::length_over_input, content);
        if (size == 0 || octet(at) != 0) return broken(Rule::invalid_link, start);
        const ByteView cid(at + 1, size - 1);
        if (const auto fault = check_cid(cid, links_)) {
            link_fault_ = fault;
            return broken(Rule::invalid_link, start);
        }
        builder_.link(slot, cid);
        return at + size;
    }

    // Major type 7 without false, true, null and 64-bit floats.
    [[gnu::cold]] At unsupported(At at) noexcept {
        const auto initial = octet(at);
        if (initial == float_byte - 1 || initial == float_byte - 2) return broken(Rule::float_width, at);
        return broken(initial > float_byte ? Rule::reserved_info : Rule::unsupported_simple, at);
    }

    At floating(At at, Slot slot) {
        if (left(at) < 9) return broken(Rule::truncated, at);
        const auto bits = load_big_endian(at + 1, 8);
        constexpr std::uint64_t exponent = 0x7ff0000000000000;
        if ((bits & exponent) == exponent) return broken(Rule::non_finite_float, at);
        if (bits == std::bit_cast<std::uint64_t>(-0.0)) return broken(Rule::negative_zero, at);
        builder_.floating(slot, std::bit_cast<double>(bits));
        return at + 9;
    }

    Builder& builder_;
    At end_;
    At begin_;
    CidProfile links_;
    Rule rule_{};
    At broken_at_ = nullptr;
    std::optional<CidFault> link_fault_;
};

} // namespace cim::ipld
