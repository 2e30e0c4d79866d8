// dag-json by nlohmann-json's SAX parser. It does not say where a token stands, so the iterator that feeds it keeps
// count, and the start of the last token is found by looking back from there.

#include <cim/dag_json.hpp>

#include "base/utf8.hpp"
#include "ipld/dag_cbor_parser.hpp"
#include "ipld/dag_json_error.hpp"
#include "ipld/multibase.hpp"
#include "ipld/value_access.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace cim::ipld {
namespace {

// Reads characters and tells how far the parser has come.
class CountingIterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    CountingIterator(const char* at, const char*& reached) noexcept : at_(at), reached_(&reached) {}
    reference operator*() const noexcept { return *at_; }
    CountingIterator& operator++() noexcept {
        *reached_ = ++at_;
        return *this;
    }
    friend bool operator==(const CountingIterator& a, const CountingIterator& b) noexcept { return a.at_ == b.at_; }

  private:
    const char* at_;
    const char** reached_;
};

struct KeyedValue {
    std::string key;
    Value value;
    std::size_t offset; // of the key
};

// A container that has been opened and not yet closed.
struct Open {
    std::size_t offset;
    bool is_map;
    List items;
    std::vector<KeyedValue> entries; // the last one's value comes next
};

// The string in {"bytes": "..."}; nullptr if the value is not of that form.
const std::string* bytes_body(const Value& value) noexcept {
    const auto* map = value.if_map();
    if (map == nullptr || map->size() != 1 || map->begin()->first != "bytes") return nullptr;
    return map->begin()->second.if_string();
}

// What the SAX parser calls. Each call returns whether to go on; error() holds the reason not to.
class Builder {
  public:
    Builder(std::string_view text, const char*& reached, const DagJsonOptions& options)
        : text_(text), reached_(reached), max_depth_(std::clamp<std::size_t>(options.max_depth, 1, depth_ceiling)) {}

    bool null() { return add(Value()); }
    bool boolean(bool value) { return add(Value(value)); }
    bool number_integer(std::int64_t value) { return add(Value(value)); }
    bool number_unsigned(std::uint64_t value) { return add(Value(value)); }
    bool number_float(double value, const std::string& token) {
        if (token.find_first_of(".eE") == std::string::npos) return large_integer(token);
        return add(Value(value == 0 ? 0.0 : value));
    }
    bool string(std::string& value) { return add(Value(std::move(value))); }
    bool binary(std::vector<std::uint8_t>&) { return broken(DagJsonRule::invalid_syntax, reached()); } // not in JSON

    bool start_array(std::size_t) {
        if (open_.size() >= max_depth_) return broken(DagJsonRule::depth_limit, reached() - 1);
        open_.push_back({reached() - 1, false, {}, {}});
        return true;
    }
    bool end_array() {
        Value list(std::move(open_.back().items));
        open_.pop_back();
        return add(std::move(list));
    }
    // Maps may stand two deeper, as the form of bytes does; end_object() finds those that are not of such a form.
    bool start_object(std::size_t) {
        if (open_.size() >= max_depth_ + 2) return broken(DagJsonRule::depth_limit, reached() - 1);
        open_.push_back({reached() - 1, true, {}, {}});
        return true;
    }
    bool key(std::string& key) {
        open_.back().entries.push_back({std::move(key), Value(), string_start()});
        return true;
    }
    bool end_object();

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& problem) {
        constexpr int number_overflow = 406;
        if (problem.id == number_overflow) return broken(DagJsonRule::float_range, number_start());
        return broken(DagJsonRule::invalid_syntax, std::min(position - 1, text_.size()));
    }

    [[nodiscard]] Value take() { return std::move(root_); }
    [[nodiscard]] Error take_error() { return *std::move(error_); }

  private:
    [[nodiscard]] std::size_t reached() const noexcept { return static_cast<std::size_t>(reached_ - text_.data()); }

    [[gnu::cold]] bool broken(DagJsonRule rule, std::size_t offset, std::string_view detail = {}) {
        error_ = json_decode_error(rule, offset, detail);
        return false;
    }

    bool add(Value value) {
        if (open_.empty()) {
            root_ = std::move(value);
        } else if (open_.back().is_map) {
            open_.back().entries.back().value = std::move(value);
        } else {
            open_.back().items.push_back(std::move(value));
        }
        return true;
    }

    // The string token that ends where the parser is: its quotation mark is the first going back that is not escaped.
    [[nodiscard]] std::size_t string_start() const noexcept {
        for (auto at = reached() - 1;;) {
            at = text_.rfind('"', at - 1);
            std::size_t backslashes = 0;
            while (backslashes < at && text_[at - 1 - backslashes] == '\\') ++backslashes;
            if (backslashes % 2 == 0) return at;
        }
    }

    // The number token that ends where the parser is, or one character before, because it looks ahead for the end.
    [[nodiscard]] std::size_t number_start() const noexcept {
        constexpr std::string_view number_characters = "0123456789+-.eE";
        auto end = reached();
        if (end > 0 && number_characters.find(text_[end - 1]) == std::string_view::npos) --end;
        const auto before = text_.substr(0, end).find_last_not_of(number_characters);
        return before == std::string_view::npos ? 0 : before + 1;
    }

    // An integer that did not fit 64 bits: one more bit is there for negative ones.
    bool large_integer(std::string_view token) {
        std::uint64_t magnitude = 0;
        const bool negative = token.starts_with('-');
        const auto* first = token.data() + (negative ? 1 : 0);
        const auto* last = token.data() + token.size();
        const bool fits = std::from_chars(first, last, magnitude).ec == std::errc();
        if (negative && fits) return add(Value(Integer::negative(magnitude - 1)));
        if (token == "-18446744073709551616") return add(Value(Integer::negative(UINT64_MAX)));
        return broken(DagJsonRule::integer_range, number_start());
    }

    bool reserved(const Open& closed);
    bool ordinary(Open& closed);

    std::string_view text_;
    const char*& reached_;
    std::size_t max_depth_;
    std::vector<Open> open_;
    Value root_;
    std::optional<Error> error_;
};

bool Builder::end_object() {
    auto closed = std::move(open_.back());
    open_.pop_back();
    const auto slash = std::ranges::find(closed.entries, "/", &KeyedValue::key);
    if (slash == closed.entries.end()) return ordinary(closed);
    if (closed.entries.size() != 1) return broken(DagJsonRule::reserved_key, slash->offset);
    return reserved(closed);
}

// {"/": ...}: a link, bytes, or a mistake.
bool Builder::reserved(const Open& closed) {
    const auto& [key, value, offset] = closed.entries.front();
    if (const auto* cid = value.if_string()) {
        auto link = Cid::parse(*cid);
        if (!link) return broken(DagJsonRule::invalid_link, closed.offset, link.error().message);
        return add(Value(*std::move(link)));
    }
    if (const auto* base64 = bytes_body(value)) {
        auto bytes = decode_base(Multibase::base64, *base64);
        if (!bytes) return broken(DagJsonRule::invalid_bytes, closed.offset, to_string(bytes.error().rule));
        return add(Value(*std::move(bytes)));
    }
    return broken(DagJsonRule::reserved_key, offset);
}

bool Builder::ordinary(Open& closed) {
    auto& entries = closed.entries;
    const auto depth = open_.size() + 1;
    std::ranges::sort(entries, [](const KeyedValue& a, const KeyedValue& b) {
        const auto order = compare_keys(a.key, b.key);
        return order != 0 ? order < 0 : a.offset < b.offset;
    });
    std::optional<std::size_t> repeated;
    for (std::size_t i = 1; i < entries.size(); ++i) {
        if (entries[i].key == entries[i - 1].key) repeated = std::min(repeated.value_or(SIZE_MAX), entries[i].offset);
    }
    if (repeated) return broken(DagJsonRule::duplicate_key, *repeated);

    Map map;
    auto& sorted = MapAccess::entries(map);
    sorted.reserve(entries.size());
    for (auto& entry : entries) sorted.emplace_back(std::move(entry.key), std::move(entry.value));
    Value value(std::move(map));
    const bool in_reserved = !open_.empty() && open_.back().is_map && open_.back().entries.back().key == "/";
    if (depth > max_depth_ && !(in_reserved && bytes_body(value) != nullptr))
        return broken(DagJsonRule::depth_limit, closed.offset);
    return add(std::move(value));
}

} // namespace

Result<Value> decode_dag_json(std::string_view text, const DagJsonOptions& options) {
    if (const auto valid = valid_utf8_prefix(text); valid != text.size())
        return fail(json_decode_error(DagJsonRule::invalid_utf8, valid, {}));
    // The parser would take a zero byte for the end of the text.
    if (const auto zero = text.find('\0'); zero != std::string_view::npos)
        return fail(json_decode_error(DagJsonRule::invalid_syntax, zero, {}));

    const char* reached = text.data();
    const char* unused = nullptr;
    Builder builder(text, reached, options);
    const CountingIterator first(text.data(), reached);
    const CountingIterator last(text.data() + text.size(), unused);
    if (!nlohmann::json::sax_parse(first, last, &builder)) return fail(builder.take_error());
    return builder.take();
}

} // namespace cim::ipld
