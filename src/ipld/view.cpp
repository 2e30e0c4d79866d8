// Views look into bytes that a parser has accepted, so nothing here checks a length, a rule or an end.

#include <cim/ipld.hpp>

#include "ipld/cid_format.hpp"
#include "ipld/dag_cbor_parser.hpp"
#include "ipld/value_access.hpp"

#include <bit>

namespace cim::ipld {
namespace {

struct Head {
    unsigned major;
    unsigned info;
    std::uint64_t argument;
    const std::byte* content; // what follows the head
};

Head read_head(const std::byte* at) noexcept {
    const auto initial = std::to_integer<unsigned>(*at++);
    Head head{initial >> 5, initial & 31, initial & 31, at};
    if (head.info >= 24 && head.info <= 27) {
        const auto width = std::size_t{1} << (head.info - 24);
        head.argument = load_big_endian(at, width);
        head.content = at + width;
    }
    return head;
}

std::string_view text_of(const Head& head) noexcept {
    return {reinterpret_cast<const char*>(head.content), head.argument};
}

// The end of the item at `at`. Containers are not entered one by one: `left` counts all items still to pass.
const std::byte* skip(const std::byte* at) noexcept {
    for (std::uint64_t left = 1; left > 0; --left) {
        const auto head = read_head(at);
        at = head.content;
        switch (head.major) {
        case 2:
        case 3: at += head.argument; break;
        case 4: left += head.argument; break;
        case 5: left += head.argument * 2; break;
        case 6: left += 1; break;
        default: break;
        }
    }
    return at;
}

const std::byte* skip_key(const std::byte* at) noexcept {
    const auto head = read_head(at);
    return head.content + head.argument;
}

} // namespace

Result<View> View::parse(ByteView block, const DecodeOptions& options) {
    if (auto valid = validate(block, options); !valid) return fail(std::move(valid).error());
    return View(block.data());
}

Kind View::kind() const noexcept {
    const auto initial = std::to_integer<unsigned>(*at_);
    switch (initial >> 5) {
    case 0:
    case 1: return Kind::integer;
    case 2: return Kind::bytes;
    case 3: return Kind::string;
    case 4: return Kind::list;
    case 5: return Kind::map;
    case 6: return Kind::link;
    default: break;
    }
    if (initial == 0xfb) return Kind::floating;
    return initial == 0xf6 ? Kind::null : Kind::boolean;
}

std::optional<bool> View::as_boolean() const noexcept {
    if (!is(Kind::boolean)) return std::nullopt;
    return *at_ == std::byte{0xf5};
}

std::optional<Integer> View::as_integer() const noexcept {
    const auto head = read_head(at_);
    if (head.major > 1) return std::nullopt;
    return head.major == 0 ? Integer(head.argument) : Integer::negative(head.argument);
}

std::optional<std::int64_t> View::as_int64() const noexcept {
    const auto value = as_integer();
    return value ? value->to_int64() : std::nullopt;
}

std::optional<double> View::as_floating() const noexcept {
    if (!is(Kind::floating)) return std::nullopt;
    return std::bit_cast<double>(read_head(at_).argument);
}

std::optional<double> View::as_number() const noexcept {
    if (const auto value = as_integer()) {
        // In extended precision -1 - argument is exact, so that there is one rounding only.
        const auto argument = static_cast<long double>(value->argument());
        return static_cast<double>(value->is_negative() ? -1.0L - argument : argument);
    }
    return as_floating();
}

std::optional<std::string_view> View::as_string() const noexcept {
    const auto head = read_head(at_);
    if (head.major != 3) return std::nullopt;
    return text_of(head);
}

std::optional<ByteView> View::as_bytes() const noexcept {
    const auto head = read_head(at_);
    if (head.major != 2) return std::nullopt;
    return ByteView(head.content, head.argument);
}

std::optional<Cid> View::as_link() const {
    const auto tag = read_head(at_);
    if (tag.major != 6) return std::nullopt;
    const auto content = read_head(tag.content);
    return CidAccess::make(ByteView(content.content + 1, content.argument - 1));
}

std::size_t View::size() const noexcept {
    const auto head = read_head(at_);
    return head.major == 4 || head.major == 5 ? head.argument : 0;
}

std::optional<View> View::find(std::string_view key) const noexcept {
    const auto map = read_head(at_);
    if (map.major != 5) return std::nullopt;
    const auto* at = map.content;
    for (auto left = map.argument; left > 0; --left) {
        const auto head = read_head(at);
        const auto order = compare_keys(text_of(head), key);
        const auto* value = head.content + head.argument;
        if (order == 0) return View(value);
        if (order > 0) return std::nullopt; // keys are sorted
        at = skip(value);
    }
    return std::nullopt;
}

View::Range<View::MapIterator> View::entries() const noexcept {
    const auto head = read_head(at_);
    if (head.major != 5) return {};
    return {MapIterator(head.content, head.argument), MapIterator()};
}

View::Range<View::ListIterator> View::items() const noexcept {
    const auto head = read_head(at_);
    if (head.major != 4) return {};
    return {ListIterator(head.content, head.argument), ListIterator()};
}

ByteView View::encoded() const noexcept { return {at_, skip(at_)}; }

Value View::to_value() const { return *decode(encoded(), {.max_depth = depth_ceiling, .links = CidProfile::any}); }

View::ListIterator& View::ListIterator::operator++() noexcept {
    // After the last item there may be no byte to look at, and nothing will look.
    at_ = skip(at_);
    --left_;
    return *this;
}

View::MapIterator::value_type View::MapIterator::operator*() const noexcept {
    const auto head = read_head(at_);
    return {text_of(head), View(head.content + head.argument)};
}

View::MapIterator& View::MapIterator::operator++() noexcept {
    at_ = skip(skip_key(at_));
    --left_;
    return *this;
}

} // namespace cim::ipld
