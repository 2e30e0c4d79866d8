// What the tests of this folder share: mutations written in one line, properties in JSON, and events as a log gives
// them.
#pragma once

#include <cim/event.hpp>
#include <cim/graph_model.hpp>
#include <cim/graph_mutation.hpp>
#include <cim/ipld.hpp>

#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim::test {

/// The dag-json text as a value; the test program ends if it is none.
[[nodiscard]] ipld::Value from_json(std::string_view json);
/// The dag-json text of a value or of what a view looks at.
[[nodiscard]] std::string to_json(ipld::View view);

/// Texts and blocks that live as long as this, for mutations that look at them.
class Keeper {
  public:
    [[nodiscard]] std::string_view text(std::string text) { return texts_.emplace_back(std::move(text)); }
    [[nodiscard]] std::span<const std::string_view> texts(std::vector<std::string_view> list) {
        return lists_.emplace_back(std::move(list));
    }
    [[nodiscard]] ipld::View json(std::string_view json);

  private:
    std::deque<std::string> texts_;
    std::deque<std::vector<std::string_view>> lists_;
    std::deque<Bytes> blocks_;
};

// Mutations by the names that graph_mutation.hpp gives them. The properties are dag-json; they live until the program
// ends.
[[nodiscard]] GraphMutation add_node(std::string_view id, std::string_view type = "Node",
                                     std::string_view properties = "");
[[nodiscard]] GraphMutation update_node(std::string_view id, std::string_view updates);
[[nodiscard]] GraphMutation remove_node(std::string_view id);
[[nodiscard]] GraphMutation add_edge(std::string_view id, std::string_view source, std::string_view target,
                                     std::string_view type = "edge", std::string_view properties = "");
[[nodiscard]] GraphMutation update_edge(std::string_view id, std::string_view updates);
[[nodiscard]] GraphMutation remove_edge(std::string_view id);
[[nodiscard]] GraphMutation create_subgraph(std::string_view id, std::vector<std::string_view> nodes = {},
                                            std::string_view label = "");
[[nodiscard]] GraphMutation add_to_subgraph(std::string_view id, std::vector<std::string_view> nodes);
[[nodiscard]] GraphMutation remove_from_subgraph(std::string_view id, std::vector<std::string_view> nodes);
[[nodiscard]] GraphMutation collapse(std::string_view subgraph);
[[nodiscard]] GraphMutation expand(std::string_view subgraph);

using Operation = decltype(mutation::ApplyTransform::operation);
[[nodiscard]] GraphMutation transform(std::string_view node, Operation operation);
[[nodiscard]] GraphMutation transform_nodes(std::vector<std::string_view> nodes, Operation operation);
[[nodiscard]] GraphMutation transform_subgraph(std::string_view subgraph, Operation operation);

/// A mutation as one line, e.g. `AddNode n1 Doc {"title":"A"}`; the parts in the order of its members.
[[nodiscard]] std::string show(const GraphMutation& mutation);

/// A model with these mutations, each of which must have been applied or wait.
[[nodiscard]] GraphModel model_of(std::initializer_list<GraphMutation> mutations);

/// Ids of elements, sorted.
[[nodiscard]] std::vector<std::string> node_ids(const GraphModel& model);
[[nodiscard]] std::vector<std::string> edge_ids(const GraphModel& model);

/// An event's type and its payload in dag-json.
struct EventText {
    std::string type;
    std::string payload;
};

/// Writes events of one aggregate as a log would give them: chained, in transactions of `transaction_size`.
class EventSource {
  public:
    explicit EventSource(std::string aggregate, std::uint64_t first_sequence = 1)
        : aggregate_(std::move(aggregate)), sequence_(first_sequence) {}
    [[nodiscard]] std::vector<DomainEvent> next(const std::vector<EventText>& events);

  private:
    std::string aggregate_;
    std::uint64_t sequence_;
    std::uint64_t aggregate_sequence_ = 1;
    std::optional<Cid> head_;
};

/// One event, the first of aggregate "graph-1".
[[nodiscard]] DomainEvent event(std::string_view type, std::string_view payload);

} // namespace cim::test
