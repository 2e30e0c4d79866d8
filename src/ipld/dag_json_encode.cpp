// Canonical dag-json from a Value or straight from a View, by one writer.

#include <cim/dag_json.hpp>

#include "base/utf8.hpp"
#include "ipld/dag_cbor_parser.hpp"
#include "ipld/dag_json_error.hpp"
#include "ipld/json_number.hpp"
#include "ipld/multibase.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace cim::ipld {
namespace {

// A Value with the face of a View, so that the writer knows one face only.
class ValueNode {
  public:
    explicit ValueNode(const Value& value) noexcept : value_(&value) {}
    [[nodiscard]] Kind kind() const noexcept { return value_->kind(); }
    [[nodiscard]] bool boolean() const noexcept { return *value_->if_boolean(); }
    [[nodiscard]] Integer integer() const noexcept { return *value_->if_integer(); }
    [[nodiscard]] double floating() const noexcept { return *value_->if_floating(); }
    [[nodiscard]] std::string_view string() const noexcept { return *value_->if_string(); }
    [[nodiscard]] ByteView bytes() const noexcept { return *value_->if_bytes(); }
    [[nodiscard]] const Cid& link() const noexcept { return *value_->if_link(); }
    [[nodiscard]] std::size_t size() const noexcept {
        return kind() == Kind::list ? value_->if_list()->size() : value_->if_map()->size();
    }
    void each_item(auto&& visit) const {
        for (const auto& item : *value_->if_list()) {
            if (!visit(ValueNode(item))) return;
        }
    }
    void each_entry(auto&& visit) const {
        for (const auto& [key, value] : *value_->if_map()) visit(std::string_view(key), ValueNode(value));
    }

  private:
    const Value* value_;
};

class ViewNode {
  public:
    explicit ViewNode(View view) noexcept : view_(view) {}
    [[nodiscard]] Kind kind() const noexcept { return view_.kind(); }
    [[nodiscard]] bool boolean() const noexcept { return *view_.as_boolean(); }
    [[nodiscard]] Integer integer() const noexcept { return *view_.as_integer(); }
    [[nodiscard]] double floating() const noexcept { return *view_.as_floating(); }
    [[nodiscard]] std::string_view string() const noexcept { return *view_.as_string(); }
    [[nodiscard]] ByteView bytes() const noexcept { return *view_.as_bytes(); }
    [[nodiscard]] Cid link() const { return *view_.as_link(); }
    [[nodiscard]] std::size_t size() const noexcept { return view_.size(); }
    void each_item(auto&& visit) const {
        for (const auto item : view_.items()) {
            if (!visit(ViewNode(item))) return;
        }
    }
    void each_entry(auto&& visit) const {
        for (const auto [key, value] : view_.entries()) visit(key, ViewNode(value));
    }

  private:
    View view_;
};

class Writer {
  public:
    explicit Writer(const DagJsonOptions& options)
        : indent_(options.indent), max_depth_(std::clamp<std::size_t>(options.max_depth, 1, depth_ceiling)) {}

    // False: the value cannot be written, and error() says which part of it.
    template <class Node> [[nodiscard]] bool item(Node node) {
        switch (node.kind()) {
        case Kind::null: out_ += "null"; return true;
        case Kind::boolean: out_ += node.boolean() ? "true" : "false"; return true;
        case Kind::integer: out_ += node.integer().to_string(); return true;
        case Kind::floating: return floating(node.floating());
        case Kind::string: return string(node.string());
        case Kind::bytes: bytes(node.bytes()); return true;
        case Kind::list: return list(node);
        case Kind::map: return map(node);
        case Kind::link: link(node.link()); return true;
        }
        return false;
    }
    [[nodiscard]] std::string take() { return std::move(out_); }
    [[nodiscard]] Error error() const { return json_encode_error(rule_, path_.empty() ? "/" : path_); }

  private:
    bool broken(DagJsonRule rule) {
        rule_ = rule;
        return false;
    }
    [[gnu::cold]] bool inside(std::string_view segment) {
        path_.insert(0, segment).insert(0, 1, '/');
        return false;
    }

    void line() {
        if (indent_ == 0) return;
        out_ += '\n';
        out_.append(depth_ * indent_, ' ');
    }
    [[nodiscard]] std::string_view colon() const noexcept { return indent_ == 0 ? ":" : ": "; }

    bool floating(double value) {
        if (!std::isfinite(value)) return broken(DagJsonRule::float_range);
        append_json_float(out_, value == 0 ? 0.0 : value);
        return true;
    }

    // Escapes only what JSON demands, as JSON.stringify does.
    bool string(std::string_view text) {
        if (!is_valid_utf8(text)) return broken(DagJsonRule::invalid_utf8);
        out_ += '"';
        const auto plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; };
        for (auto at = text.begin(); at != text.end();) {
            const auto special = std::find_if_not(at, text.end(), plain);
            out_.append(at, special);
            if (special == text.end()) break;
            escape(*special);
            at = special + 1;
        }
        out_ += '"';
        return true;
    }
    void escape(char c) {
        constexpr std::string_view digits = "0123456789abcdef";
        out_ += '\\';
        switch (c) {
        case '"':
        case '\\': out_ += c; break;
        case '\b': out_ += 'b'; break;
        case '\t': out_ += 't'; break;
        case '\n': out_ += 'n'; break;
        case '\f': out_ += 'f'; break;
        case '\r': out_ += 'r'; break;
        default:
            out_ += "u00";
            out_ += digits[static_cast<unsigned char>(c) >> 4];
            out_ += digits[static_cast<unsigned char>(c) & 15];
        }
    }

    void link(const Cid& cid) {
        out_.append(R"({"/")").append(colon()).append("\"").append(cid.to_string()).append("\"}");
    }
    void bytes(ByteView bytes) {
        out_.append(R"({"/")").append(colon()).append(R"({"bytes")").append(colon()).append("\"");
        encode_base(Multibase::base64, bytes, out_);
        out_ += "\"}}";
    }

    template <class Node> bool list(Node node) {
        if (depth_ == max_depth_) return broken(DagJsonRule::depth_limit);
        out_ += '[';
        ++depth_;
        std::size_t index = 0;
        bool good = true;
        node.each_item([&](Node item) {
            if (index > 0) out_ += ',';
            line();
            good = this->item(item) || inside(std::to_string(index));
            ++index;
            return good;
        });
        --depth_;
        if (index > 0) line();
        out_ += ']';
        return good;
    }

    template <class Node> bool map(Node node) {
        if (depth_ == max_depth_) return broken(DagJsonRule::depth_limit);
        std::vector<std::pair<std::string_view, Node>> entries;
        entries.reserve(node.size());
        node.each_entry([&](std::string_view key, Node value) { entries.emplace_back(key, value); });
        std::ranges::sort(entries, {}, [](const auto& entry) { return entry.first; });

        out_ += '{';
        ++depth_;
        bool first = true;
        for (const auto& [key, value] : entries) {
            if (!std::exchange(first, false)) out_ += ',';
            line();
            if (!entry(key, value)) return inside(key);
        }
        --depth_;
        if (!entries.empty()) line();
        out_ += '}';
        return true;
    }
    template <class Node> bool entry(std::string_view key, Node value) {
        if (key == "/") return broken(DagJsonRule::reserved_key);
        if (!string(key)) return false;
        out_ += colon();
        return item(value);
    }

    std::string out_;
    std::size_t depth_ = 0;
    std::size_t indent_;
    std::size_t max_depth_;
    DagJsonRule rule_{};
    std::string path_;
};

template <class Node> Result<std::string> write(Node node, const DagJsonOptions& options) {
    Writer writer(options);
    if (!writer.item(node)) return fail(writer.error());
    return writer.take();
}

} // namespace

Result<std::string> encode_dag_json(const Value& value, const DagJsonOptions& options) {
    return write(ValueNode(value), options);
}

Result<std::string> encode_dag_json(View value, const DagJsonOptions& options) {
    return write(ViewNode(value), options);
}

} // namespace cim::ipld
