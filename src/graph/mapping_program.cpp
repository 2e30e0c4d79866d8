#include "graph/mapping_program.hpp"

#include "graph/arena.hpp"
#include "graph/mapping_evaluator.hpp"
#include "graph/payload_parts.hpp"
#include "graph/property_column.hpp"

namespace cim::graph {
namespace {

// Turns one action into one mutation. Each overload answers false where the event lacks something; the evaluator knows
// the reason.
class Runner {
  public:
    Runner(Evaluator& evaluator, Arena& arena, MutationList& out) noexcept
        : evaluator_(evaluator), arena_(arena), out_(out) {}

    [[nodiscard]] bool operator()(const action::AddNode& a) {
        mutation::AddNode m;
        if (!evaluator_.text(a.id, m.id) || !evaluator_.text(a.type, m.type) || !properties(a.properties, m.properties))
            return false;
        return push(m);
    }
    [[nodiscard]] bool operator()(const action::UpdateNode& a) {
        mutation::UpdateNode m{{}, empty()};
        return evaluator_.text(a.id, m.id) && evaluator_.map(a.updates, m.updates) && push(m);
    }
    [[nodiscard]] bool operator()(const action::RemoveNode& a) { return with_id<mutation::RemoveNode>(a.id); }
    [[nodiscard]] bool operator()(const action::AddEdge& a) {
        mutation::AddEdge m;
        if (!evaluator_.text(a.id, m.id) || !evaluator_.text(a.source, m.source) ||
            !evaluator_.text(a.target, m.target) || !evaluator_.text(a.type, m.type) ||
            !properties(a.properties, m.properties))
            return false;
        return push(m);
    }
    [[nodiscard]] bool operator()(const action::UpdateEdge& a) {
        mutation::UpdateEdge m{{}, empty()};
        return evaluator_.text(a.id, m.id) && evaluator_.map(a.updates, m.updates) && push(m);
    }
    [[nodiscard]] bool operator()(const action::RemoveEdge& a) { return with_id<mutation::RemoveEdge>(a.id); }
    [[nodiscard]] bool operator()(const action::Transform& a) {
        std::optional<ipld::View> target;
        std::optional<ipld::View> operation;
        if (!evaluator_.value(a.target, target) || !evaluator_.value(a.operation, operation)) return false;
        if (!target || !operation) return evaluator_.broken("a target and an operation must not be optional");
        auto read_target = read_transform_target(*target, arena_);
        if (!read_target) return evaluator_.broken("the target: " + read_target.error());
        auto read_operation = read_transform_operation(*operation);
        if (!read_operation) return evaluator_.broken("the operation: " + read_operation.error());
        return push(mutation::ApplyTransform{*read_target, *read_operation});
    }
    [[nodiscard]] bool operator()(const action::CreateSubgraph& a) {
        mutation::CreateSubgraph m;
        if (!evaluator_.text(a.id, m.id) || !evaluator_.text(a.label, m.label)) return false;
        if (a.nodes && !evaluator_.texts(*a.nodes, m.nodes)) return false;
        return push(m);
    }
    [[nodiscard]] bool operator()(const action::AddToSubgraph& a) {
        mutation::AddToSubgraph m;
        return evaluator_.text(a.id, m.id) && evaluator_.texts(a.nodes, m.nodes) && push(m);
    }
    [[nodiscard]] bool operator()(const action::RemoveFromSubgraph& a) {
        mutation::RemoveFromSubgraph m;
        return evaluator_.text(a.id, m.id) && evaluator_.texts(a.nodes, m.nodes) && push(m);
    }
    [[nodiscard]] bool operator()(const action::CollapseSubgraph& a) {
        return with_id<mutation::CollapseSubgraph>(a.id);
    }
    [[nodiscard]] bool operator()(const action::ExpandSubgraph& a) { return with_id<mutation::ExpandSubgraph>(a.id); }

  private:
    static ipld::View empty() noexcept { return ipld::View::trusted(empty_map); }
    [[nodiscard]] bool push(const GraphMutation& mutation) {
        out_.push(mutation);
        return true;
    }
    template <class Mutation> [[nodiscard]] bool with_id(const TextTemplate& id) {
        Mutation mutation;
        return evaluator_.text(id, mutation.id) && push(mutation);
    }
    [[nodiscard]] bool properties(const std::optional<ValueTemplate>& source, std::optional<ipld::View>& out) {
        return !source || evaluator_.optional_map(*source, out);
    }

    Evaluator& evaluator_;
    Arena& arena_;
    MutationList& out_;
};

class ProgramRun {
  public:
    ProgramRun(const Program& program, const DomainEvent& event, MutationList& out)
        : program_(program),
          slots_(program.fields.size()),
          arena_(ListArena::of(out)),
          evaluator_(slots_.all(), arena_),
          runner_(evaluator_, arena_, out) {
        program.fields.read(event, slots_.all());
    }

    [[nodiscard]] bool entry(const ProgramEntry& entry) {
        if (!entry.for_each) return once(entry);
        const auto list = evaluator_.field(*entry.for_each);
        if (!list) {
            return entry.for_each->optional ||
                   evaluator_.broken("the field '" + entry.for_each->spelling + "' is missing");
        }
        if (!list->is(ipld::Kind::list))
            return evaluator_.broken("the field '" + entry.for_each->spelling + "' must be a list");
        for (const auto item : list->items()) {
            program_.fields.read_item(item, slots_.all());
            if (!once(entry)) return false;
        }
        return true;
    }
    [[nodiscard]] const std::string& reason() const noexcept { return evaluator_.reason(); }

  private:
    [[nodiscard]] bool once(const ProgramEntry& entry) {
        if (entry.if_present && !evaluator_.field(*entry.if_present)) return true;
        return std::visit(runner_, entry.action);
    }

    const Program& program_;
    FieldSlots slots_;
    Arena& arena_;
    Evaluator evaluator_;
    Runner runner_;
};

} // namespace

Result<> Program::run(const DomainEvent& event, MutationList& out) const {
    if (entries.empty()) return {};
    ProgramRun run(*this, event, out);
    for (const auto& entry : entries) {
        if (!run.entry(entry)) return fail(Errc::invalid_input, run.reason());
    }
    return {};
}

} // namespace cim::graph
