#include "graph/mapping_evaluator.hpp"

#include "graph/cbor_writer.hpp"
#include "graph/payload_parts.hpp"

#include <fmt/format.h>

namespace cim::graph {
namespace {

using ipld::Kind;
using ipld::View;

void append_head(ArenaWriter& out, unsigned major, std::uint64_t argument) {
    std::byte head[9];
    out.append(ByteView(head, write_cbor_head(head, major, argument)));
}

// A path like "node_id|target" as people would say it.
std::string names_of(const Placeholder& placeholder) {
    std::string names = "'";
    for (const char c : placeholder.spelling) c == '|' ? names += "' or '" : names += c;
    return names + "'";
}

} // namespace

FieldValue Evaluator::field(const Placeholder& placeholder) const noexcept {
    for (const auto slot : placeholder.slots) {
        const auto& found = slots_[slot];
        if (found && !(placeholder.optional && found->is(Kind::null))) return found;
    }
    return std::nullopt;
}

bool Evaluator::missing(const Placeholder& placeholder) {
    return broken(fmt::format("the field {} is missing", names_of(placeholder)));
}

bool Evaluator::wrong_kind(const ValueTemplate& source, Kind kind, std::string_view wanted) {
    const auto* placeholder = std::get_if<Placeholder>(&source.content);
    const auto what = placeholder ? "the field " + names_of(*placeholder) : std::string("a value in the mapping");
    return broken(fmt::format("{} is of kind {} and must be {}", what, ipld::to_string(kind), wanted));
}

bool Evaluator::text(const TextTemplate& source, std::string_view& out) {
    if (const auto* whole = source.whole()) {
        const auto found = field(*whole);
        if (!found && whole->optional) {
            out = {};
            return true;
        }
        // A string is used where it is; an integer has to be written out.
        if (const auto string = found ? found->as_string() : std::nullopt) {
            out = *string;
            return true;
        }
    }
    ArenaWriter writer(arena_);
    const bool written = append_text(source, writer);
    out = as_text(writer.finish());
    return written;
}

bool Evaluator::append_text(const TextTemplate& source, ArenaWriter& out) {
    for (const auto& part : source.parts) {
        if (const auto* literal = std::get_if<std::string>(&part)) {
            out.append(*literal);
            continue;
        }
        const auto& placeholder = std::get<Placeholder>(part);
        const auto found = field(placeholder);
        if (!found) return missing(placeholder);
        if (const auto string = found->as_string())
            out.append(*string);
        else if (const auto integer = found->as_integer())
            out.append(integer->to_string());
        else
            return broken(fmt::format("the field {} is of kind {} and must be a string or an integer",
                                      names_of(placeholder), ipld::to_string(found->kind())));
    }
    return true;
}

bool Evaluator::value(const ValueTemplate& source, std::optional<View>& out) {
    if (const auto* placeholder = std::get_if<Placeholder>(&source.content)) {
        out = field(*placeholder);
        return out || placeholder->optional || missing(*placeholder);
    }
    ArenaWriter writer(arena_);
    const bool written = append_value(source, writer);
    out = View::trusted(writer.finish());
    return written;
}

bool Evaluator::append_value(const ValueTemplate& source, ArenaWriter& out) {
    if (const auto* constant = std::get_if<Bytes>(&source.content)) {
        out.append(*constant);
        return true;
    }
    if (const auto* placeholder = std::get_if<Placeholder>(&source.content)) {
        const auto found = field(*placeholder);
        if (!found) return missing(*placeholder);
        out.append(found->encoded());
        return true;
    }
    if (const auto* list = std::get_if<ValueTemplate::List>(&source.content)) return append_list(*list, out);
    if (const auto* map = std::get_if<ValueTemplate::Map>(&source.content)) return append_map(*map, out);

    // The length comes before the text, so the text is put together first, outside the arena that is being written to.
    Arena aside;
    ArenaWriter writer(aside);
    const bool written = append_text(std::get<TextTemplate>(source.content), writer);
    const auto text = writer.finish();
    append_head(out, 3, text.size());
    out.append(text);
    return written;
}

bool Evaluator::is_left_out(const ValueTemplate& source) const noexcept {
    const auto* placeholder = std::get_if<Placeholder>(&source.content);
    return placeholder && placeholder->optional && !field(*placeholder);
}

bool Evaluator::append_list(const ValueTemplate::List& source, ArenaWriter& out) {
    std::size_t count = 0;
    for (const auto& item : source) count += is_left_out(item) ? 0 : 1;
    append_head(out, 4, count);
    for (const auto& item : source) {
        if (!is_left_out(item) && !append_value(item, out)) return false;
    }
    return true;
}

bool Evaluator::append_map(const ValueTemplate::Map& source, ArenaWriter& out) {
    std::size_t count = 0;
    for (const auto& entry : source) count += is_left_out(entry.value) ? 0 : 1;
    append_head(out, 5, count);
    for (const auto& [key, value] : source) {
        if (is_left_out(value)) continue;
        out.append(key);
        if (!append_value(value, out)) return false;
    }
    return true;
}

bool Evaluator::map(const ValueTemplate& source, View& out) {
    std::optional<View> found;
    if (!value(source, found)) return false;
    if (!found) return missing(std::get<Placeholder>(source.content)); // optional at a place where nothing is
    if (!found->is(Kind::map)) return wrong_kind(source, found->kind(), "a map");
    out = *found;
    return true;
}

bool Evaluator::optional_map(const ValueTemplate& source, std::optional<View>& out) {
    if (!value(source, out)) return false;
    return !out || out->is(Kind::map) || wrong_kind(source, out->kind(), "a map");
}

bool Evaluator::texts(const ValueTemplate& source, std::span<const std::string_view>& out) {
    std::optional<View> found;
    out = {};
    if (!value(source, found)) return false;
    if (!found) return true;
    if (!found->is(Kind::list)) return wrong_kind(source, found->kind(), "a list of strings");
    const auto ids = read_ids(*found, arena_);
    if (!ids) return wrong_kind(source, Kind::list, "a list of strings only");
    out = *ids;
    return true;
}

} // namespace cim::graph
