// From events to mutations: a table by event type.
//
// Three ways to fill it: builtin() knows the event types NodeCreated (NodeAdded), NodeUpdated, NodeRemoved,
// NodeTransformed, EdgeConnected (EdgeAdded), EdgeUpdated, EdgeRemoved, SubgraphCreated and its kin, GraphCreated, and
// the events of `cim import git`; add() takes a function of yours; from_json() reads a mapping file, so that any event
// stream becomes a graph with no code (docs/formats/mapping.md). Types that are not in the table mean nothing for the
// graph and are counted. Immutable once built and then safe to use from several threads; copies are cheap.
#pragma once

#include <cim/event.hpp>
#include <cim/graph_mutation.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cim {

class GraphMapping {
  public:
    /// Appends the mutations of one event. An error (invalid_input with the reason) means that this event cannot be
    /// understood; what was appended before it is then dropped by map().
    using Function = std::function<Result<>(const DomainEvent& event, MutationList& out)>;

    /// What a mapping made of an event.
    enum class Mapped : std::uint8_t { mutations, nothing, unknown_type };

    /// The empty table.
    GraphMapping();
    [[nodiscard]] static const GraphMapping& builtin();
    /// A mapping file on top of the built-in table. Errors: invalid_mapping with `line`, `column` for bad JSON and the
    /// path of the entry for a bad entry.
    [[nodiscard]] static Result<GraphMapping> from_json(std::string_view text);

    /// Adds or replaces the mapping of one event type; "*" stands for every type that has none of its own.
    GraphMapping& add(std::string_view event_type, Function function);
    [[nodiscard]] std::vector<std::string> event_types() const; ///< Sorted.

    /// Appends the mutations of `event` to `out`. Errors: invalid_input with fields aggregate, sequence, cid; `out` is
    /// then as before.
    [[nodiscard]] Result<Mapped> map(const DomainEvent& event, MutationList& out) const;

  private:
    struct Table;
    std::shared_ptr<const Table> table_;
};

} // namespace cim
