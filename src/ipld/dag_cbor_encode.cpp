// Canonical dag-cbor in one pass. Heads and short payloads are gathered in a buffer on the stack and appended to the
// output together; long payloads are appended as they are, so that no byte of the output is written twice.

#include <cim/ipld.hpp>

#include "base/utf8.hpp"
#include "ipld/dag_cbor_error.hpp"
#include "ipld/dag_cbor_parser.hpp"
#include "ipld/short_copy.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace cim::ipld {
namespace {

class Encoder {
  public:
    explicit Encoder(Bytes& out) noexcept : out_(out) {}

    // False: the value cannot be encoded. The path to what is wrong is put together on the way out, so that the good
    // case pays nothing for it.
    [[nodiscard]] bool item(const Value& value, unsigned depth) {
        switch (value.kind()) {
        case Kind::null: put(0xf6); return true;
        case Kind::boolean: put(*value.if_boolean() ? 0xf5 : 0xf4); return true;
        case Kind::integer: integer(*value.if_integer()); return true;
        case Kind::floating: return floating(*value.if_floating());
        case Kind::string: return text(*value.if_string());
        case Kind::bytes: bytes(*value.if_bytes()); return true;
        case Kind::list: return list(*value.if_list(), depth + 1);
        case Kind::map: return map(*value.if_map(), depth + 1);
        case Kind::link: link(value.if_link()->bytes()); return true;
        }
        return false;
    }

    void finish() { flush(); }
    [[nodiscard]] Error error() const { return encode_error(rule_, path_.empty() ? "/" : path_); }

  private:
    static constexpr std::size_t capacity = 1024;
    static constexpr std::size_t longest_gathered = 256;
    static constexpr std::size_t longest_head = 9;

    [[gnu::cold]] bool broken(Rule rule) noexcept {
        rule_ = rule;
        return false;
    }
    [[gnu::cold]] bool inside(std::string_view segment) {
        path_.insert(0, segment).insert(0, 1, '/');
        return false;
    }

    void flush() {
        out_.insert(out_.end(), gathered_, at_);
        at_ = gathered_;
    }
    void make_room(std::size_t size) {
        if (static_cast<std::size_t>(gathered_ + capacity - at_) < size) [[unlikely]]
            flush();
    }

    // The following two need room.
    void put_unchecked(unsigned byte) noexcept { *at_++ = static_cast<std::byte>(byte); }
    void head_unchecked(unsigned major, std::uint64_t argument) noexcept {
        major <<= 5;
        if (argument < 24) return put_unchecked(major | static_cast<unsigned>(argument));
        if (argument <= 0xff) return long_head<std::uint8_t>(major | 24, argument);
        if (argument <= 0xffff) return long_head<std::uint16_t>(major | 25, argument);
        if (argument <= 0xffffffff) return long_head<std::uint32_t>(major | 26, argument);
        long_head<std::uint64_t>(major | 27, argument);
    }
    template <class Word> void long_head(unsigned initial, std::uint64_t argument) noexcept {
        put_unchecked(initial);
        auto word = static_cast<Word>(argument);
        if constexpr (std::endian::native == std::endian::little) word = std::byteswap(word);
        std::memcpy(at_, &word, sizeof word);
        at_ += sizeof word;
    }

    void put(unsigned byte) {
        make_room(1);
        put_unchecked(byte);
    }
    void head(unsigned major, std::uint64_t argument) {
        make_room(longest_head);
        head_unchecked(major, argument);
    }
    void integer(Integer value) { head(value.is_negative() ? 1 : 0, value.argument()); }
    bool floating(double value) {
        if (!std::isfinite(value)) return broken(Rule::non_finite_float);
        make_room(longest_head);
        long_head<std::uint64_t>(0xfb, std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value));
        return true;
    }

    // A head and what it announces.
    void payload(unsigned major, ByteView bytes) {
        make_room(longest_head + std::min(bytes.size(), longest_gathered));
        head_unchecked(major, bytes.size());
        if (bytes.size() <= 32) {
            short_copy(at_, bytes.data(), bytes.size());
            at_ += bytes.size();
        } else if (bytes.size() <= longest_gathered) {
            std::memcpy(at_, bytes.data(), bytes.size());
            at_ += bytes.size();
        } else {
            flush();
            out_.insert(out_.end(), bytes.begin(), bytes.end());
        }
    }
    bool text(std::string_view text) {
        payload(3, as_bytes(text));
        return is_valid_utf8(text) || broken(Rule::invalid_utf8);
    }
    void bytes(ByteView bytes) { payload(2, bytes); }
    void link(ByteView cid) {
        make_room(4 + 1 + Cid::max_size);
        head_unchecked(6, 42);
        head_unchecked(2, cid.size() + 1);
        put_unchecked(0);
        std::memcpy(at_, cid.data(), cid.size());
        at_ += cid.size();
    }

    bool list(const List& list, unsigned depth) {
        if (depth > depth_ceiling) return broken(Rule::depth_limit);
        head(4, list.size());
        for (const auto& each : list) {
            if (!item(each, depth)) return inside(std::to_string(&each - list.data()));
        }
        return true;
    }
    bool map(const Map& map, unsigned depth) {
        if (depth > depth_ceiling) return broken(Rule::depth_limit);
        head(5, map.size());
        for (const auto& [key, value] : map) {
            if (!text(key) || !item(value, depth)) return inside(key);
        }
        return true;
    }

    Bytes& out_;
    std::byte* at_ = gathered_;
    Rule rule_{};
    std::string path_;
    std::byte gathered_[capacity]; // deliberately not initialised
};

} // namespace

Result<> encode_to(const Value& value, Bytes& out) {
    const auto before = out.size();
    Encoder encoder(out);
    if (!encoder.item(value, 0)) {
        out.resize(before);
        return fail(encoder.error());
    }
    encoder.finish();
    return {};
}

Result<Bytes> encode(const Value& value) {
    Result<Bytes> out;
    if (auto done = encode_to(value, *out); !done) out = fail(std::move(done).error());
    return out;
}

} // namespace cim::ipld
