// The IPLD data model and its canonical binary form, dag-cbor.
//
// Two ways to hold data. `Value` owns: a regular value type to build, change and compare. `View` looks into a block
// that was validated once: it copies nothing and allocates nothing, and is valid as long as the block's bytes are.
// Decoding is strict: every input that is not the one canonical encoding is refused with the rule it breaks and the
// byte at which it does; no input crashes, hangs, or allocates more than a small multiple of its size. Encoding always
// yields canonical bytes, so encode(decode(x)) == x for all accepted x. Source: the DAG-CBOR specification of ipld.io,
// RFC 8949.
//
//     cim::ipld::Value v{{"title", "Q1 Budget"}, {"tags", cim::ipld::List{"a", "b"}}, {"pages", 12}};
//     auto block = cim::ipld::encode(v);                          // Result<Bytes>
//     auto view = cim::ipld::View::parse(*block);                 // Result<View>, no copy
//     auto title = view->find("title")->as_string();              // "Q1 Budget", a view into *block
#pragma once

#include <cim/bytes.hpp>
#include <cim/cid.hpp>
#include <cim/error.hpp>

#include <compare>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim::ipld {

/// The kinds of the IPLD data model.
enum class Kind : std::uint8_t { null, boolean, integer, floating, string, bytes, list, map, link };

/// "null", "boolean", "integer", "float", "string", "bytes", "list", "map", "link".
[[nodiscard]] std::string_view to_string(Kind kind) noexcept;

/// An integer of the data model: -2^64 ... 2^64-1, which no C++ integer type covers.
class Integer {
  public:
    constexpr Integer() noexcept = default;
    template <std::integral I>
    constexpr Integer(I value) noexcept // NOLINT(google-explicit-constructor): integers convert, that is the point
        : negative_(value < 0),
          argument_(value < 0 ? ~static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value)) {}
    /// -1 - argument, the form in which CBOR keeps negative numbers (major type 1).
    [[nodiscard]] static constexpr Integer negative(std::uint64_t argument) noexcept {
        Integer result;
        result.negative_ = true;
        result.argument_ = argument;
        return result;
    }
    [[nodiscard]] constexpr bool is_negative() const noexcept { return negative_; }
    /// The value if not negative, else -1 - value.
    [[nodiscard]] constexpr std::uint64_t argument() const noexcept { return argument_; }
    [[nodiscard]] constexpr std::optional<std::int64_t> to_int64() const noexcept {
        if (argument_ > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
        const auto value = static_cast<std::int64_t>(argument_);
        return negative_ ? -1 - value : value;
    }
    [[nodiscard]] constexpr std::optional<std::uint64_t> to_uint64() const noexcept {
        if (negative_) return std::nullopt;
        return argument_;
    }
    [[nodiscard]] std::string to_string() const; ///< Decimal.

    friend constexpr bool operator==(Integer, Integer) noexcept = default;

  private:
    bool negative_ = false;
    std::uint64_t argument_ = 0;
};

struct MapAccess;

class Value;
using List = std::vector<Value>;

/// A map with string keys, kept in canonical order (shorter keys first, then bytewise). Look-up is a binary search.
class Map {
  public:
    using Entry = std::pair<std::string, Value>;

    Map() noexcept;
    /// A repeated key keeps its last value.
    Map(std::initializer_list<Entry> entries);
    Map(const Map&);
    Map(Map&&) noexcept;
    Map& operator=(const Map&);
    Map& operator=(Map&&) noexcept;
    ~Map();

    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] bool empty() const noexcept;
    [[nodiscard]] const Value* find(std::string_view key) const noexcept; ///< nullptr if absent.
    [[nodiscard]] Value* find(std::string_view key) noexcept;
    [[nodiscard]] bool contains(std::string_view key) const noexcept { return find(key) != nullptr; }
    Value& operator[](std::string_view key); ///< Makes a null where the key is absent.
    void insert_or_assign(std::string key, Value value);
    bool erase(std::string_view key); ///< False if absent.
    void clear() noexcept;

    [[nodiscard]] const Entry* begin() const noexcept;
    [[nodiscard]] const Entry* end() const noexcept;

    friend bool operator==(const Map& a, const Map& b) noexcept;

  private:
    friend struct MapAccess; // the decoder, which meets keys already in order
    std::vector<Entry> entries_;
};

/// Any data. Default is null. Comparison is by content; floats compare by value. A Value that was moved from may only
/// be assigned to or destroyed.
class Value {
  public:
    Value() noexcept : kind_(Kind::null) {}
    // NOLINTBEGIN(google-explicit-constructor): data converts, so that literals read as data
    Value(std::nullptr_t) noexcept : Value() {}
    Value(std::same_as<bool> auto value) noexcept : kind_(Kind::boolean) { data_.boolean = value; }
    template <std::integral I>
        requires(!std::same_as<I, bool>)
    Value(I value) noexcept : Value(Integer(value)) {}
    Value(Integer value) noexcept : kind_(Kind::integer) { data_.integer = value; }
    Value(double value) noexcept : kind_(Kind::floating) { data_.floating = value; }
    Value(const char* text) : Value(std::string(text)) {}
    Value(std::string_view text) : Value(std::string(text)) {}
    Value(std::string text) noexcept;
    Value(Bytes bytes) noexcept;
    Value(Cid link) noexcept;
    Value(List list) noexcept;
    Value(Map map) noexcept;
    Value(std::initializer_list<Map::Entry> entries) : Value(Map(entries)) {}
    // NOLINTEND(google-explicit-constructor)

    Value(const Value& other);
    Value(Value&& other) noexcept { take(std::move(other)); }
    Value& operator=(const Value& other) { return *this = Value(other); }
    // By way of a copy, because `other` may be a part of this value.
    Value& operator=(Value&& other) noexcept {
        Value taken(std::move(other));
        destroy();
        take(std::move(taken));
        return *this;
    }
    ~Value() { destroy(); }

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] bool is(Kind k) const noexcept { return kind_ == k; }
    [[nodiscard]] bool is_null() const noexcept { return is(Kind::null); }

    // Checked access: nullptr where the kind is another.
    [[nodiscard]] const bool* if_boolean() const noexcept { return is(Kind::boolean) ? &data_.boolean : nullptr; }
    [[nodiscard]] const Integer* if_integer() const noexcept { return is(Kind::integer) ? &data_.integer : nullptr; }
    [[nodiscard]] const double* if_floating() const noexcept { return is(Kind::floating) ? &data_.floating : nullptr; }
    [[nodiscard]] const std::string* if_string() const noexcept { return is(Kind::string) ? &data_.string : nullptr; }
    [[nodiscard]] const Bytes* if_bytes() const noexcept { return is(Kind::bytes) ? &data_.bytes : nullptr; }
    [[nodiscard]] const Cid* if_link() const noexcept { return is(Kind::link) ? &data_.link : nullptr; }
    [[nodiscard]] const List* if_list() const noexcept { return is(Kind::list) ? &data_.list : nullptr; }
    [[nodiscard]] List* if_list() noexcept { return is(Kind::list) ? &data_.list : nullptr; }
    [[nodiscard]] const Map* if_map() const noexcept { return is(Kind::map) ? &data_.map : nullptr; }
    [[nodiscard]] Map* if_map() noexcept { return is(Kind::map) ? &data_.map : nullptr; }

    /// The member of a map; nullptr if this is no map or has no such key.
    [[nodiscard]] const Value* find(std::string_view key) const noexcept;

    friend bool operator==(const Value& a, const Value& b) noexcept;

  private:
    friend struct ValueAccess; // the decoder, which fills values in place

    // A tagged union by hand and not std::variant, because decoding is mostly the making and destroying of these: the
    // kinds without a destructor come first in Kind, and the tag lies in the padding behind the longest member.
    union Data {
        Data() noexcept {}
        Data(const Data&) = delete;
        Data& operator=(const Data&) = delete;
        ~Data() {}
        bool boolean;
        Integer integer;
        double floating;
        std::string string;
        Bytes bytes;
        List list;
        Map map;
        Cid link;
    };

    void destroy() noexcept {
        if (kind_ >= Kind::string) destroy_owned();
    }
    void take(Value&& other) noexcept;
    void destroy_owned() noexcept;

    [[no_unique_address]] Data data_;
    Kind kind_; // says which member of data_ lives; none for null
};

inline Map::Map() noexcept = default;
inline Map::Map(Map&&) noexcept = default;
inline Map& Map::operator=(Map&&) noexcept = default;
inline Map::~Map() = default;

/// The rules of strict dag-cbor; to_string gives the name that errors carry in their field `rule`.
enum class Rule : std::uint8_t {
    truncated,          ///< The input ends inside an item.
    trailing_bytes,     ///< Something follows the one item.
    non_minimal_head,   ///< An integer or length is not in its shortest form.
    indefinite_length,  ///< Streaming strings, lists and maps are not allowed.
    reserved_info,      ///< Additional information 28-30, or 31 where it means nothing.
    unsupported_simple, ///< A simple value other than false, true and null (undefined included).
    float_width,        ///< A 16- or 32-bit float.
    non_finite_float,   ///< NaN or an infinity.
    negative_zero,      ///< -0.0.
    unsupported_tag,    ///< A tag other than 42.
    invalid_link,       ///< Tag 42 on anything but bytes 00 followed by a CID.
    non_string_key,     ///< A map key that is not a string.
    unsorted_keys,      ///< Keys out of canonical order.
    duplicate_key,      ///< The same key twice.
    invalid_utf8,       ///< A string that is not valid UTF-8.
    length_over_input,  ///< A declared length or count that the rest of the input cannot hold.
    depth_limit,        ///< Nested deeper than DecodeOptions::max_depth.
};
[[nodiscard]] std::string_view to_string(Rule rule) noexcept; ///< The enumerator's name.

struct DecodeOptions {
    /// Deepest nesting of lists and maps accepted, 1 ... 1024. Staying at 32 or less keeps every other reader able.
    std::uint16_t max_depth = 128;
    /// Which links to accept.
    CidProfile links = CidProfile::any;
};

/// Decodes one item that fills `block` exactly. Errors: invalid_dag_cbor with fields `rule` and `offset`.
[[nodiscard]] Result<Value> decode(ByteView block, const DecodeOptions& options = {});
/// Checks without building anything: succeeds exactly where decode() does. Allocates nothing on success.
[[nodiscard]] Result<> validate(ByteView block, const DecodeOptions& options = {});

/// The canonical encoding. -0.0 is written as +0.0. Errors: invalid_dag_cbor for what dag-cbor cannot hold: NaN and
/// infinities, a string or key that is not UTF-8, nesting deeper than 1024.
[[nodiscard]] Result<Bytes> encode(const Value& value);
/// The same, appended to `out`; on error `out` is as before.
[[nodiscard]] Result<> encode_to(const Value& value, Bytes& out);

/// A position in a validated block. Two words; pass by value.
///
/// Only parse() makes one from bytes, so every View stands on valid canonical dag-cbor and the accessors need no checks
/// beyond the kind. It is valid as long as the bytes that were parsed.
class View {
  public:
    class MapIterator;
    class ListIterator;
    template <class I> struct Range {
        I first, last;
        [[nodiscard]] I begin() const noexcept { return first; }
        [[nodiscard]] I end() const noexcept { return last; }
    };

    /// Validates all of `block`. Errors as decode().
    [[nodiscard]] static Result<View> parse(ByteView block, const DecodeOptions& options = {});
    /// For bytes that were validated before (a block out of a verified event); anything else is undefined behaviour.
    [[nodiscard]] static View trusted(ByteView block) noexcept { return View(block.data()); }

    [[nodiscard]] Kind kind() const noexcept;
    [[nodiscard]] bool is(Kind k) const noexcept { return kind() == k; }

    // nullopt where the kind (or for integers, the range) is another.
    [[nodiscard]] std::optional<bool> as_boolean() const noexcept;
    [[nodiscard]] std::optional<Integer> as_integer() const noexcept;
    [[nodiscard]] std::optional<std::int64_t> as_int64() const noexcept;
    [[nodiscard]] std::optional<double> as_floating() const noexcept;
    /// Integers too, as the nearest double.
    [[nodiscard]] std::optional<double> as_number() const noexcept;
    [[nodiscard]] std::optional<std::string_view> as_string() const noexcept;
    [[nodiscard]] std::optional<ByteView> as_bytes() const noexcept;
    [[nodiscard]] std::optional<Cid> as_link() const;

    /// Entries of a map or items of a list; 0 for the other kinds.
    [[nodiscard]] std::size_t size() const noexcept;
    /// The member of a map; nullopt if this is no map or has no such key. Walks the map: O(its encoded size).
    [[nodiscard]] std::optional<View> find(std::string_view key) const noexcept;
    /// Entries in canonical order; empty for the other kinds.
    [[nodiscard]] Range<MapIterator> entries() const noexcept;
    /// Items in order; empty for the other kinds.
    [[nodiscard]] Range<ListIterator> items() const noexcept;

    /// The canonical bytes of this item alone.
    [[nodiscard]] ByteView encoded() const noexcept;
    /// An owning copy.
    [[nodiscard]] Value to_value() const;

  private:
    explicit View(const std::byte* at) noexcept : at_(at) {}
    const std::byte* at_;
};

/// Walks the items of a list.
class View::ListIterator {
  public:
    using value_type = View;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;
    ListIterator() noexcept = default;
    [[nodiscard]] View operator*() const noexcept { return View(at_); }
    ListIterator& operator++() noexcept;
    ListIterator operator++(int) noexcept {
        auto old = *this;
        ++*this;
        return old;
    }
    friend bool operator==(const ListIterator& a, const ListIterator& b) noexcept { return a.left_ == b.left_; }

  private:
    friend class View;
    ListIterator(const std::byte* at, std::size_t left) noexcept : at_(at), left_(left) {}
    const std::byte* at_ = nullptr;
    std::size_t left_ = 0;
};

/// Walks the entries of a map.
class View::MapIterator {
  public:
    struct value_type {
        std::string_view key;
        View value;
    };
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;
    MapIterator() noexcept = default;
    [[nodiscard]] value_type operator*() const noexcept;
    MapIterator& operator++() noexcept;
    MapIterator operator++(int) noexcept {
        auto old = *this;
        ++*this;
        return old;
    }
    friend bool operator==(const MapIterator& a, const MapIterator& b) noexcept { return a.left_ == b.left_; }

  private:
    friend class View;
    MapIterator(const std::byte* at, std::size_t left) noexcept : at_(at), left_(left) {}
    const std::byte* at_ = nullptr;
    std::size_t left_ = 0;
};

} // namespace cim::ipld
