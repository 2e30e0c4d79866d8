#include "graph/payload_parts.hpp"

#include "base/printable.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <memory>

namespace cim::graph {
namespace {

using ipld::Kind;
using ipld::View;
using Target = mutation::ApplyTransform;

std::unexpected<std::string> bad(std::string reason) { return std::unexpected(std::move(reason)); }

float to_float(double value) noexcept {
    constexpr auto largest = static_cast<double>(std::numeric_limits<float>::max());
    if (!(std::abs(value) <= largest)) return std::numeric_limits<float>::infinity();
    return static_cast<float>(value);
}

// {"Name": content} as serde writes an enumeration, or {"type": "Name", ...} where the content is the map itself.
struct Tagged {
    std::string_view name;
    View content;
};
std::optional<Tagged> tagged(View view) noexcept {
    const auto type = view.find("type");
    if (const auto name = type ? type->as_string() : std::nullopt) return Tagged{*name, view};
    if (view.size() != 1 || !view.is(Kind::map)) return std::nullopt;
    const auto entry = *view.entries().begin();
    return Tagged{entry.key, entry.value};
}

template <std::size_t N> bool read_floats(View list, std::array<float, N>& out) noexcept {
    if (!list.is(Kind::list) || list.size() != N) return false;
    std::size_t i = 0;
    for (const auto item : list.items()) {
        const auto number = item.as_number();
        if (!number) return false;
        out[i++] = to_float(*number);
    }
    return true;
}

std::expected<TransformOperation, std::string> read_translate(View content) {
    Vec3 delta;
    const auto field = content.find("delta");
    if (!field || !read_floats(*field, delta)) return bad("'delta' is missing or no list of 3 numbers");
    return mutation::Translate{delta};
}

std::expected<TransformOperation, std::string> read_scale(View content) {
    Vec3 factor;
    const auto field = content.find("factor");
    if (const auto number = field ? field->as_number() : std::nullopt) {
        factor.fill(to_float(*number));
    } else if (!field || !read_floats(*field, factor)) {
        return bad("'factor' is missing, or neither a number nor a list of 3 numbers");
    }
    return mutation::Scale{factor};
}

std::expected<TransformOperation, std::string> read_rotate(View content) {
    Quat rotation;
    const auto field = content.find("rotation");
    if (!field || !read_floats(*field, rotation)) return bad("'rotation' is missing or no list of 4 numbers");
    return mutation::Rotate{rotation};
}

std::expected<TransformOperation, std::string> read_reparent(View content) {
    const auto field = content.find("new_parent");
    if (!field) return bad("'new_parent' is missing; null makes a root");
    if (field->is(Kind::null)) return mutation::Reparent{};
    const auto parent = field->as_string();
    if (!parent) return bad("'new_parent' is neither a string nor null");
    return mutation::Reparent{*parent};
}

std::expected<TransformOperation, std::string> read_update(View content) {
    auto field = content.find("updates");
    if (!field) field = content.find("properties");
    if (!field || !field->is(Kind::map)) return bad("'updates' is missing or no map");
    return mutation::UpdateProperties{*field};
}

std::expected<TransformTarget, std::string> read_nodes(View list, Arena& arena) {
    const auto ids = read_ids(list, arena);
    if (!ids) return bad("a node of the list is no string");
    return Target::Nodes{*ids};
}

} // namespace

std::optional<std::span<const std::string_view>> read_ids(View list, Arena& arena) {
    auto* const memory = arena.allocate(list.size() * sizeof(std::string_view), alignof(std::string_view));
    auto* const first = reinterpret_cast<std::string_view*>(memory);
    std::uninitialized_default_construct_n(first, list.size());
    std::size_t count = 0;
    for (const auto item : list.items()) {
        const auto id = item.as_string();
        if (!id) return std::nullopt;
        first[count++] = *id;
    }
    return std::span<const std::string_view>(first, count);
}

std::expected<TransformTarget, std::string> read_transform_target(View view, Arena& arena) {
    if (const auto node = view.as_string()) return Target::Node{*node};
    if (view.is(Kind::list)) return read_nodes(view, arena);
    const auto tag = tagged(view);
    if (!tag) return bad("is neither a string, a list nor a map with one entry");
    const auto id = tag->content.as_string();
    const bool is_list = tag->content.is(Kind::list);
    if (tag->name == "Node" && id) return Target::Node{*id};
    if (tag->name == "Nodes" && is_list) return read_nodes(tag->content, arena);
    if (tag->name == "Subgraph" && id) return Target::Subgraph{*id};
    if (tag->name == "Subgraph" && is_list) return read_nodes(tag->content, arena);
    return bad(R"(is none of {"Node": id}, {"Nodes": list}, {"Subgraph": id or list})");
}

std::expected<TransformOperation, std::string> read_transform_operation(View view) {
    const auto tag = tagged(view);
    if (!tag) return bad("is no map with one entry, the operation's name");
    if (tag->name == "Translate") return read_translate(tag->content);
    if (tag->name == "Scale") return read_scale(tag->content);
    if (tag->name == "Rotate") return read_rotate(tag->content);
    if (tag->name == "Reparent") return read_reparent(tag->content);
    if (tag->name == "UpdateProperties") return read_update(tag->content);
    return bad(
        fmt::format("'{}' is none of Translate, Scale, Rotate, Reparent, UpdateProperties", printable(tag->name)));
}

} // namespace cim::graph
