// Under which subject an event is routed: a table from event types to templates.
//
// A template is a subject in which {id} stands for the event's aggregate id, {type} for its type and any other {name}
// for that field of its payload, a string or an integer (made a token by escape_token where it is none). The built-in
// table is
//
//     NodeAdded, NodeCreated     event.graph.{id}.node.added       NodeUpdated       event.graph.{id}.node.updated
//     NodeRemoved                event.graph.{id}.node.removed     NodeTransformed   event.graph.{id}.node.transformed
//     EdgeConnected, EdgeAdded   event.graph.{id}.edge.connected   EdgeUpdated       event.graph.{id}.edge.updated
//     EdgeRemoved                event.graph.{id}.edge.removed     GraphCreated      event.graph.{id}.created
//     SubgraphCreated            event.graph.{id}.subgraph.{subgraph_id}.created
//
// and every other type is routed under the subject it is stored under, event.store.{id}.{type}.
//
// A value; one that nobody changes may be read by several threads.
#pragma once

#include <cim/event.hpp>
#include <cim/subject.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim {

class SubjectTable {
  public:
    /// Where graphs' events are routed in the built-in table.
    static constexpr std::string_view default_graph_prefix = "event.graph";

    /// The table above with other prefixes. Both must be subjects: Errors: invalid_subject.
    [[nodiscard]] static Result<SubjectTable> builtin(std::string_view graph_prefix,
                                                      std::string_view store_prefix = default_subject_prefix);
    /// The table above.
    SubjectTable();

    /// Adds an entry or replaces it. Errors: invalid_token for the type, invalid_subject for a template that does not
    /// give subjects; the table is then as before.
    [[nodiscard]] Result<> set(std::string_view event_type, std::string_view subject_template);
    /// The same for all types that have no entry.
    [[nodiscard]] Result<> set_default(std::string_view subject_template);

    /// Errors: invalid_subject if the payload lacks a field that the template names (fields `event_type`, `field`), or
    /// if the subject would be longer than Subject::max_size.
    [[nodiscard]] Result<std::string> subject_for(const DomainEvent& event) const;
    /// Whether the subject depends on nothing but the aggregate id and the type.
    [[nodiscard]] bool is_fixed(std::string_view event_type) const noexcept;

  private:
    struct Piece {
        enum class Kind { text, aggregate_id, event_type, field } kind;
        std::string text; // or the field's name
    };
    struct Template {
        std::vector<Piece> pieces;
        bool fixed = true;
    };
    explicit SubjectTable(Template otherwise) : default_(std::move(otherwise)) {}
    static Result<Template> compile(std::string_view text);
    [[nodiscard]] const Template& template_for(std::string_view event_type) const noexcept;

    std::map<std::string, Template, std::less<>> templates_;
    Template default_;
};

} // namespace cim
