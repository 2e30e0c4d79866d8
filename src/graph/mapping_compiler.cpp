#include "graph/mapping_compiler.hpp"

#include <cim/dag_json.hpp>
#include <cim/ids.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>

namespace cim::graph {
namespace {

using ipld::Value;

// A key as one segment of a JSON pointer (RFC 6901).
std::string segment(std::string_view key) {
    std::string escaped = "/";
    for (const char c : key) c == '~' ? escaped += "~0" : c == '/' ? escaped += "~1" : escaped += c;
    return escaped;
}

std::unexpected<Error> bad(const std::string& pointer, std::string_view reason) {
    return fail(Errc::invalid_mapping,
                fmt::format("mapping file, at {}: {}", pointer.empty() ? "the top" : pointer, reason),
                "docs/formats/mapping.md describes the format", {{"pointer", pointer}});
}

Result<> check_keys(const ipld::Map& map, const std::string& pointer, std::span<const std::string_view> known) {
    for (const auto& [key, value] : map) {
        if (std::ranges::find(known, key) != known.end()) continue;
        return bad(pointer, fmt::format("unknown key '{}'; known are {}", printable(key), fmt::join(known, ", ")));
    }
    return {};
}

// The arguments of one mutation: takes them by name, and knows which names there are.
class Arguments {
  public:
    Arguments(const ipld::Map& map, std::string pointer, FieldSet& fields)
        : map_(map), pointer_(std::move(pointer)), fields_(fields) {}

    Result<> text(std::string_view name, TextTemplate& out) { return read_text(name, out, true); }
    Result<> optional_text(std::string_view name, TextTemplate& out) { return read_text(name, out, false); }

    Result<> value(std::string_view name, ValueTemplate& out) {
        std::optional<ValueTemplate> read;
        CIM_TRY(optional_value(name, read));
        if (!read) return bad(pointer_, fmt::format("'{}' is missing", name));
        const auto* placeholder = std::get_if<Placeholder>(&read->content);
        if (placeholder && placeholder->optional) return must_not_be_optional(name);
        out = std::move(*read);
        return {};
    }
    Result<> optional_value(std::string_view name, std::optional<ValueTemplate>& out) {
        const auto* found = take(name);
        if (!found) return {};
        auto compiled = compile_value(*found, fields_);
        if (!compiled) return bad(pointer_ + segment(name) + compiled.error().pointer, compiled.error().reason);
        out = std::move(*compiled);
        return {};
    }
    /// After everything was taken: nothing else may be there.
    Result<> done() const { return check_keys(map_, pointer_, known_); }

  private:
    const Value* take(std::string_view name) {
        known_.push_back(name);
        return map_.find(name);
    }
    std::unexpected<Error> must_not_be_optional(std::string_view name) const {
        return bad(pointer_ + segment(name), "must not be optional");
    }
    Result<> read_text(std::string_view name, TextTemplate& out, bool required) {
        const auto* found = take(name);
        if (!found) return required ? Result<>(bad(pointer_, fmt::format("'{}' is missing", name))) : Result<>();
        const auto* text = found->if_string();
        if (!text) return bad(pointer_ + segment(name), "must be a string");
        auto compiled = compile_text(*text, fields_);
        if (!compiled) return bad(pointer_ + segment(name), compiled.error());
        const auto* whole = compiled->whole();
        if (required && whole && whole->optional) return must_not_be_optional(name);
        out = std::move(*compiled);
        return {};
    }

    const ipld::Map& map_;
    std::string pointer_;
    FieldSet& fields_;
    std::vector<std::string_view> known_;
};

Result<Action> read_add_node(Arguments& arguments) {
    action::AddNode a;
    CIM_TRY(arguments.text("id", a.id));
    CIM_TRY(arguments.text("type", a.type));
    CIM_TRY(arguments.optional_value("properties", a.properties));
    return a;
}
Result<Action> read_add_edge(Arguments& arguments) {
    action::AddEdge a;
    CIM_TRY(arguments.text("id", a.id));
    CIM_TRY(arguments.text("source", a.source));
    CIM_TRY(arguments.text("target", a.target));
    CIM_TRY(arguments.text("type", a.type));
    CIM_TRY(arguments.optional_value("properties", a.properties));
    return a;
}
Result<Action> read_transform(Arguments& arguments) {
    action::Transform a;
    CIM_TRY(arguments.value("target", a.target));
    CIM_TRY(arguments.value("operation", a.operation));
    return a;
}
Result<Action> read_create_subgraph(Arguments& arguments) {
    action::CreateSubgraph a;
    CIM_TRY(arguments.text("id", a.id));
    CIM_TRY(arguments.optional_text("label", a.label));
    CIM_TRY(arguments.optional_value("nodes", a.nodes));
    return a;
}
template <class A> Result<Action> read_id(Arguments& arguments) {
    A a;
    CIM_TRY(arguments.text("id", a.id));
    return a;
}
template <class A> Result<Action> read_updates(Arguments& arguments) {
    A a;
    CIM_TRY(arguments.text("id", a.id));
    CIM_TRY(arguments.value("updates", a.updates));
    return a;
}
template <class A> Result<Action> read_members(Arguments& arguments) {
    A a;
    CIM_TRY(arguments.text("id", a.id));
    CIM_TRY(arguments.value("nodes", a.nodes));
    return a;
}

struct ActionReader {
    std::string_view name;
    Result<Action> (*read)(Arguments& arguments);
};
constexpr std::array<ActionReader, 12> action_readers{{
    {"AddNode", read_add_node},
    {"UpdateNode", read_updates<action::UpdateNode>},
    {"RemoveNode", read_id<action::RemoveNode>},
    {"AddEdge", read_add_edge},
    {"UpdateEdge", read_updates<action::UpdateEdge>},
    {"RemoveEdge", read_id<action::RemoveEdge>},
    {"Transform", read_transform},
    {"CreateSubgraph", read_create_subgraph},
    {"AddToSubgraph", read_members<action::AddToSubgraph>},
    {"RemoveFromSubgraph", read_members<action::RemoveFromSubgraph>},
    {"CollapseSubgraph", read_id<action::CollapseSubgraph>},
    {"ExpandSubgraph", read_id<action::ExpandSubgraph>},
}};

Result<std::optional<Placeholder>> read_path(const ipld::Map& entry, std::string_view name, const std::string& pointer,
                                             FieldSet& fields) {
    const auto* found = entry.find(name);
    if (!found) return std::nullopt;
    const auto* path = found->if_string();
    if (!path) return bad(pointer + segment(name), "must be a string, the path of a field");
    auto compiled = compile_placeholder(*path, fields);
    if (!compiled) return bad(pointer + segment(name), compiled.error());
    return *std::move(compiled);
}

Result<ProgramEntry> read_entry(const Value& value, const std::string& pointer, FieldSet& fields) {
    const auto* map = value.if_map();
    if (!map) return bad(pointer, "must be an object");
    const ActionReader* reader = nullptr;
    for (const auto& [key, content] : *map) {
        if (key == "if_present" || key == "for_each" || key == "comment") continue;
        const auto* const found = std::ranges::find(action_readers, key, &ActionReader::name);
        if (found == action_readers.end()) {
            std::vector<std::string_view> known{"if_present", "for_each", "comment"};
            std::ranges::transform(action_readers, std::back_inserter(known), &ActionReader::name);
            return fail(check_keys(*map, pointer, known).error());
        }
        if (reader)
            return bad(pointer, fmt::format("has both '{}' and '{}'; one entry is one mutation", reader->name, key));
        reader = found;
    }
    if (!reader) return bad(pointer, "names no mutation, such as \"AddNode\"");

    ProgramEntry entry;
    CIM_TRY_ASSIGN(entry.for_each, read_path(*map, "for_each", pointer, fields));
    if (fields.take_item_use()) return bad(pointer + "/for_each", "cannot use $item itself");
    CIM_TRY_ASSIGN(entry.if_present, read_path(*map, "if_present", pointer, fields));
    // An absent field is no error there, whether or not a question mark says so; null counts as absent, too.
    if (entry.if_present) entry.if_present->optional = true;
    const auto* content = map->find(reader->name)->if_map();
    const auto inside = pointer + segment(reader->name);
    if (!content) return bad(inside, "must be an object");
    Arguments arguments(*content, inside, fields);
    CIM_TRY_ASSIGN(entry.action, reader->read(arguments));
    CIM_TRY(arguments.done());
    if (fields.take_item_use() && !entry.for_each) return bad(pointer, "uses $item without for_each");
    return entry;
}

Result<Program> read_program(const Value& value, const std::string& pointer) {
    const auto* list = value.if_list();
    if (!list) return bad(pointer, "must be a list of mutations, [] for none");
    Program program;
    for (std::size_t i = 0; i < list->size(); ++i) {
        CIM_TRY_ASSIGN(auto entry, read_entry((*list)[i], fmt::format("{}/{}", pointer, i), program.fields));
        program.entries.push_back(std::move(entry));
    }
    return program;
}

// Where in the text the parser stopped, as editors count it.
Error with_line(const Error& error, std::string_view text) {
    std::size_t offset = 0;
    const auto field = error.field("offset").value_or("0");
    std::from_chars(field.data(), field.data() + field.size(), offset);
    const auto before = text.substr(0, std::min(offset, text.size()));
    const auto line = 1 + std::ranges::count(before, '\n');
    const auto start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    const auto column = before.size() - start + 1;
    return Error(Errc::invalid_mapping,
                 fmt::format("mapping file, line {}, column {}: {}", line, column, error.message), {},
                 {{"line", std::to_string(line)}, {"column", std::to_string(column)}});
}

} // namespace

Result<std::vector<std::pair<std::string, Program>>> compile_mapping(std::string_view text) {
    const auto parsed = ipld::decode_dag_json(text);
    if (!parsed) return fail(with_line(parsed.error(), text));
    const auto* top = parsed->if_map();
    if (!top) return bad("", "a mapping file is an object");
    CIM_TRY(check_keys(*top, "", std::array<std::string_view, 2>{"events", "comment"}));
    const auto* events = parsed->find("events");
    if (!events || !events->if_map()) return bad("", "'events' is missing or no object");

    std::vector<std::pair<std::string, Program>> programs;
    for (const auto& [type, value] : *events->if_map()) {
        const auto pointer = "/events" + segment(type);
        if (type != "*") {
            if (auto valid = check_token(type, "event type"); !valid) return bad(pointer, valid.error().message);
        }
        CIM_TRY_ASSIGN(auto program, read_program(value, pointer));
        programs.emplace_back(type, std::move(program));
    }
    return programs;
}

} // namespace cim::graph
