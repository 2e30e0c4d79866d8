#include <cim/subject_table.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <utility>

namespace cim {

namespace {

struct BuiltinEntry {
    std::string_view event_type;
    std::string_view rest; // behind the prefix
};

constexpr BuiltinEntry builtin_entries[] = {
    {"GraphCreated", "{id}.created"},
    {"NodeAdded", "{id}.node.added"},
    {"NodeCreated", "{id}.node.added"},
    {"NodeUpdated", "{id}.node.updated"},
    {"NodeRemoved", "{id}.node.removed"},
    {"NodeTransformed", "{id}.node.transformed"},
    {"EdgeConnected", "{id}.edge.connected"},
    {"EdgeAdded", "{id}.edge.connected"},
    {"EdgeUpdated", "{id}.edge.updated"},
    {"EdgeRemoved", "{id}.edge.removed"},
    {"SubgraphCreated", "{id}.subgraph.{subgraph_id}.created"},
};

} // namespace

SubjectTable::SubjectTable() : SubjectTable(*builtin(default_graph_prefix)) {}

Result<SubjectTable> SubjectTable::builtin(std::string_view graph_prefix, std::string_view store_prefix) {
    CIM_TRY(Subject::parse(graph_prefix));
    CIM_TRY(Subject::parse(store_prefix));
    // Not by the default constructor, which calls this.
    SubjectTable table{Template{}};
    for (const auto& [type, rest] : builtin_entries) CIM_TRY(table.set(type, fmt::format("{}.{}", graph_prefix, rest)));
    CIM_TRY(table.set_default(fmt::format("{}.{{id}}.{{type}}", store_prefix)));
    return table;
}

Result<SubjectTable::Template> SubjectTable::compile(std::string_view text) {
    const auto refuse = [&](std::string_view reason) {
        return fail(Errc::invalid_subject, fmt::format("subject template '{}' {}", printable(text), reason),
                    "a template is a subject with {id}, {type} or {field of the payload} in it",
                    {{"value", printable(text)}, {"reason", std::string(reason)}});
    };
    Template made;
    std::string example; // each placeholder as one letter: a subject if the template gives subjects
    for (std::string_view left = text; !left.empty();) {
        const auto open = left.find('{');
        const auto plain = left.substr(0, open);
        if (plain.find('}') != std::string_view::npos) return refuse("has a '}' without a '{'");
        if (!plain.empty()) made.pieces.push_back({Piece::Kind::text, std::string(plain)});
        example += plain;
        if (open == std::string_view::npos) break;
        const auto close = left.find('}', open);
        if (close == std::string_view::npos) return refuse("has a '{' without a '}'");
        const auto name = left.substr(open + 1, close - open - 1);
        if (name.empty() || name.find('{') != std::string_view::npos) return refuse("has a placeholder without a name");
        const auto kind = name == "id"     ? Piece::Kind::aggregate_id
                          : name == "type" ? Piece::Kind::event_type
                                           : Piece::Kind::field;
        made.pieces.push_back({kind, std::string(name)});
        if (kind == Piece::Kind::field) made.fixed = false;
        example += 'x';
        left.remove_prefix(close + 1);
    }
    if (const auto subject = Subject::parse(example); !subject) return refuse(*subject.error().field("reason"));
    return made;
}

Result<> SubjectTable::set(std::string_view event_type, std::string_view subject_template) {
    CIM_TRY(check_token(event_type, "event type"));
    CIM_TRY_ASSIGN(auto made, compile(subject_template));
    templates_.insert_or_assign(std::string(event_type), std::move(made));
    return {};
}

Result<> SubjectTable::set_default(std::string_view subject_template) {
    CIM_TRY_ASSIGN(default_, compile(subject_template));
    return {};
}

const SubjectTable::Template& SubjectTable::template_for(std::string_view event_type) const noexcept {
    const auto found = templates_.find(event_type);
    return found == templates_.end() ? default_ : found->second;
}

bool SubjectTable::is_fixed(std::string_view event_type) const noexcept { return template_for(event_type).fixed; }

Result<std::string> SubjectTable::subject_for(const DomainEvent& event) const {
    const auto type = event.event_type();
    std::string subject;
    for (const auto& piece : template_for(type).pieces) {
        switch (piece.kind) {
        case Piece::Kind::text: subject += piece.text; break;
        case Piece::Kind::aggregate_id: subject += event.aggregate_id(); break;
        case Piece::Kind::event_type: subject += type; break;
        case Piece::Kind::field: {
            const auto value = event.payload().find(piece.text);
            const auto text = value ? value->as_string() : std::nullopt;
            const auto number = value ? value->as_int64() : std::nullopt;
            if (!text && !number)
                return fail(Errc::invalid_subject,
                            fmt::format("the payload of {} {} has no text or number '{}', which its subject needs",
                                        type, event.cid().to_string(), printable(piece.text)),
                            "add the field, or give the type another template",
                            {{"event_type", std::string(type)}, {"field", piece.text}});
            subject += text ? is_token(*text) ? std::string(*text) : escape_token(*text) : std::to_string(*number);
            break;
        }
        }
    }
    // All that is put into a template are tokens, so that only the length can be wrong.
    if (subject.size() > Subject::max_size) CIM_TRY(Subject::parse(subject));
    return subject;
}

} // namespace cim
