#include "graph/mapping_template.hpp"

#include "graph/cbor_writer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cim::graph {
namespace {

using Parts = std::vector<std::variant<std::string, Placeholder>>;

void append_literal(Parts& parts, std::string_view text) {
    if (text.empty()) return;
    if (parts.empty() || !std::holds_alternative<std::string>(parts.back())) parts.emplace_back(std::string());
    std::get<std::string>(parts.back()) += text;
}

Bytes encoded_key(std::string_view key) {
    Bytes bytes;
    CborWriter(bytes).text(key);
    return bytes;
}

std::expected<ValueTemplate, TemplateFault> compile_string(const std::string& text, FieldSet& fields) {
    auto compiled = compile_text(text, fields);
    if (!compiled) return std::unexpected(TemplateFault{"", compiled.error()});
    if (const auto* whole = compiled->whole()) return ValueTemplate{*whole};
    if (compiled->parts.empty()) return ValueTemplate{encoded_key("")};
    if (const auto* only = std::get_if<std::string>(&compiled->parts[0]); only && compiled->parts.size() == 1)
        return ValueTemplate{encoded_key(*only)};
    return ValueTemplate{std::move(*compiled)};
}

bool is_constant(const ValueTemplate& value) noexcept { return std::holds_alternative<Bytes>(value.content); }

// The constant that a container is whose parts are all constants, or the container.
template <class Container> ValueTemplate folded(Container container) {
    constexpr bool is_map = std::is_same_v<Container, ValueTemplate::Map>;
    const auto value_of = [](const auto& each) -> const ValueTemplate& {
        if constexpr (is_map)
            return each.value;
        else
            return each;
    };
    if (!std::ranges::all_of(container, is_constant, value_of)) return ValueTemplate{std::move(container)};
    Bytes bytes;
    CborWriter out(bytes);
    is_map ? out.map(container.size()) : out.list(container.size());
    for (const auto& each : container) {
        if constexpr (is_map) out.raw(each.key);
        out.raw(std::get<Bytes>(value_of(each).content));
    }
    return ValueTemplate{std::move(bytes)};
}

std::expected<ValueTemplate, TemplateFault> compile_list(const ipld::List& list, FieldSet& fields) {
    ValueTemplate::List items;
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto item = compile_value(list[i], fields);
        if (!item)
            return std::unexpected(TemplateFault{fmt::format("/{}{}", i, item.error().pointer), item.error().reason});
        items.push_back(std::move(*item));
    }
    return folded(std::move(items));
}

std::expected<ValueTemplate, TemplateFault> compile_map(const ipld::Map& map, FieldSet& fields) {
    ValueTemplate::Map entries;
    for (const auto& [key, value] : map) {
        auto entry = compile_value(value, fields);
        if (!entry) return std::unexpected(TemplateFault{"/" + key + entry.error().pointer, entry.error().reason});
        entries.push_back({encoded_key(key), std::move(*entry)});
    }
    return folded(std::move(entries));
}

} // namespace

std::expected<Placeholder, std::string> compile_placeholder(std::string_view inside, FieldSet& fields) {
    Placeholder placeholder;
    if (inside.ends_with('?')) {
        placeholder.optional = true;
        inside.remove_suffix(1);
    }
    placeholder.spelling = inside;
    for (std::size_t start = 0; start <= inside.size();) {
        const auto bar = std::min(inside.find('|', start), inside.size());
        const auto path = inside.substr(start, bar - start);
        const auto slot = fields.add(path);
        if (!slot) return std::unexpected(fmt::format("'{}' is no path of a field", path));
        placeholder.slots.push_back(*slot);
        start = bar + 1;
    }
    return placeholder;
}

std::expected<TextTemplate, std::string> compile_text(std::string_view text, FieldSet& fields) {
    TextTemplate result;
    while (!text.empty()) {
        const auto brace = std::min(text.find_first_of("{}"), text.size());
        append_literal(result.parts, text.substr(0, brace));
        text.remove_prefix(brace);
        if (text.starts_with("{{") || text.starts_with("}}")) {
            append_literal(result.parts, text.substr(0, 1));
            text.remove_prefix(2);
        } else if (!text.empty()) {
            const auto end = text.find('}');
            if (text[0] == '}' || end == std::string_view::npos)
                return std::unexpected(std::string("a brace stands alone; write {{ or }} for a brace in the text"));
            auto placeholder = compile_placeholder(text.substr(1, end - 1), fields);
            if (!placeholder) return std::unexpected(std::move(placeholder).error());
            result.parts.emplace_back(std::move(*placeholder));
            text.remove_prefix(end + 1);
        }
    }
    for (const auto& part : result.parts) {
        const auto* placeholder = std::get_if<Placeholder>(&part);
        if (placeholder && placeholder->optional && result.parts.size() > 1)
            return std::unexpected(fmt::format("'{}?' is optional, and so must stand alone", placeholder->spelling));
    }
    return result;
}

std::expected<ValueTemplate, TemplateFault> compile_value(const ipld::Value& value, FieldSet& fields) {
    if (const auto* text = value.if_string()) return compile_string(*text, fields);
    if (const auto* list = value.if_list()) return compile_list(*list, fields);
    if (const auto* map = value.if_map()) return compile_map(*map, fields);
    auto encoded = ipld::encode(value);
    if (!encoded) return std::unexpected(TemplateFault{"", std::move(encoded).error().message});
    return ValueTemplate{std::move(*encoded)};
}

} // namespace cim::graph
