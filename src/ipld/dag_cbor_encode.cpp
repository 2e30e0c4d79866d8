// Canonical dag-cbor in two passes: the first checks and measures, the second writes into memory of exactly that size.

#include <cim/ipld.hpp>

#include "ipld/dag_cbor_parser.hpp"
#include "ipld/dag_cbor_error.hpp"
#include "base/utf8.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>

namespace cim::ipld {
namespace {

constexpr std::size_t head_size(std::uint64_t argument) noexcept {
    if (argument < 24) return 1;
    if (argument <= 0xff) return 2;
    if (argument <= 0xffff) return 3;
    return argument <= 0xffffffff ? 5 : 9;
}

// Adds up the encoded size. On a value that cannot be encoded it stops, and the path to it is put together on the way
// out, so that the good case pays nothing for it.
class Measure {
  public:
    [[nodiscard]] bool item(const Value& value, unsigned depth) {
        switch (value.kind()) {
        case Kind::null:
        case Kind::boolean: size_ += 1; return true;
        case Kind::integer: size_ += head_size(value.if_integer()->argument()); return true;
        case Kind::floating: size_ += 9; return std::isfinite(*value.if_floating()) || broken(Rule::non_finite_float);
        case Kind::string: return text(*value.if_string());
        case Kind::bytes: payload(value.if_bytes()->size()); return true;
        case Kind::list: return list(*value.if_list(), depth + 1);
        case Kind::map: return map(*value.if_map(), depth + 1);
        case Kind::link: size_ += 2; payload(1 + value.if_link()->bytes().size()); return true;
        }
        return false;
    }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] Error error() const { return encode_error(rule_, path_.empty() ? "/" : path_); }

  private:
    bool broken(Rule rule) {
        rule_ = rule;
        return false;
    }
    void payload(std::size_t size) { size_ += head_size(size) + size; }
    bool text(std::string_view text) {
        payload(text.size());
        return is_valid_utf8(text) || broken(Rule::invalid_utf8);
    }
    bool list(const List& list, unsigned depth) {
        if (depth > depth_ceiling) return broken(Rule::depth_limit);
        size_ += head_size(list.size());
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (!item(list[i], depth)) return inside(std::to_string(i));
        }
        return true;
    }
    bool map(const Map& map, unsigned depth) {
        if (depth > depth_ceiling) return broken(Rule::depth_limit);
        size_ += head_size(map.size());
        for (const auto& [key, value] : map) {
            if (!text(key) || !item(value, depth)) return inside(key);
        }
        return true;
    }
    [[gnu::cold]] bool inside(const std::string& segment) {
        path_.insert(0, "/" + segment);
        return false;
    }

    std::size_t size_ = 0;
    Rule rule_{};
    std::string path_;
};

// Writes what was measured; there is room for all of it.
class Writer {
  public:
    explicit Writer(std::byte* at) noexcept : at_(at) {}

    void item(const Value& value) noexcept {
        switch (value.kind()) {
        case Kind::null: put(0xf6); break;
        case Kind::boolean: put(*value.if_boolean() ? 0xf5 : 0xf4); break;
        case Kind::integer: head(value.if_integer()->is_negative() ? 1 : 0, value.if_integer()->argument()); break;
        case Kind::floating: floating(*value.if_floating()); break;
        case Kind::string: text(*value.if_string()); break;
        case Kind::bytes: head(2, value.if_bytes()->size()), raw(*value.if_bytes()); break;
        case Kind::list:
            head(4, value.if_list()->size());
            for (const auto& each : *value.if_list()) item(each);
            break;
        case Kind::map:
            head(5, value.if_map()->size());
            for (const auto& [key, each] : *value.if_map()) text(key), item(each);
            break;
        case Kind::link: link(value.if_link()->bytes()); break;
        }
    }

  private:
    void put(unsigned byte) noexcept { *at_++ = static_cast<std::byte>(byte); }
    void big_endian(std::uint64_t value, unsigned width) noexcept {
        for (unsigned i = width; i-- > 0;) put(static_cast<unsigned>(value >> (8 * i)) & 0xff);
    }
    void head(unsigned major, std::uint64_t argument) noexcept {
        const auto size = head_size(argument);
        if (size == 1) return put((major << 5) | static_cast<unsigned>(argument));
        const auto width = static_cast<unsigned>(size - 1);
        put((major << 5) | (24u + static_cast<unsigned>(std::countr_zero(width))));
        big_endian(argument, width);
    }
    void raw(ByteView bytes) noexcept {
        if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
        at_ += bytes.size();
    }
    void text(std::string_view text) noexcept { head(3, text.size()), raw(as_bytes(text)); }
    void floating(double value) noexcept {
        put(0xfb);
        big_endian(std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value), 8);
    }
    void link(ByteView cid) noexcept {
        head(6, 42), head(2, cid.size() + 1), put(0);
        raw(cid);
    }

    std::byte* at_;
};

} // namespace

Result<> encode_to(const Value& value, Bytes& out) {
    Measure measure;
    if (!measure.item(value, 0)) return fail(measure.error());
    const auto start = out.size();
    out.resize(start + measure.size());
    Writer(out.data() + start).item(value);
    return {};
}

Result<Bytes> encode(const Value& value) {
    Result<Bytes> out;
    if (auto done = encode_to(value, *out); !done) return fail(std::move(done).error());
    return out;
}

} // namespace cim::ipld
