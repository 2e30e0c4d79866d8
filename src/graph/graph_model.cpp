#include <cim/graph_model.hpp>

#include "graph/access.hpp"
#include "graph/state.hpp"

#include <algorithm>
#include <utility>

namespace cim {

using graph::none;
using graph::TextKey;

namespace {

std::uint32_t number(NodeIndex index) noexcept { return static_cast<std::uint32_t>(index); }
std::uint32_t number(EdgeIndex index) noexcept { return static_cast<std::uint32_t>(index); }

SubgraphView view_of(const graph::State& state, std::uint32_t subgraph) {
    const auto& row = state.subgraphs.rows[subgraph];
    return {state.subgraphs.ids.text(subgraph), row.label, row.collapsed, row.nodes};
}

} // namespace

std::string_view to_string(Outcome outcome) noexcept {
    switch (outcome) {
    case Outcome::applied: return "applied";
    case Outcome::unchanged: return "unchanged";
    case Outcome::waiting: return "waiting";
    case Outcome::unknown_node: return "unknown_node";
    case Outcome::unknown_edge: return "unknown_edge";
    case Outcome::unknown_subgraph: return "unknown_subgraph";
    case Outcome::id_in_use: return "id_in_use";
    case Outcome::cycle: return "cycle";
    case Outcome::invalid_number: return "invalid_number";
    case Outcome::too_many_waiting: return "too_many_waiting";
    case Outcome::invalid_value: return "invalid_value";
    }
    return "unknown";
}

bool GraphChanges::empty() const noexcept {
    return added_nodes.empty() && updated_nodes.empty() && removed_nodes.empty() && added_edges.empty() &&
           updated_edges.empty() && removed_edges.empty() && !subgraphs_changed;
}

GraphModel::GraphModel(GraphModelOptions options) : state_(std::make_unique<graph::State>(options)) {}
GraphModel::GraphModel(const GraphModel& other) : state_(std::make_unique<graph::State>(*other.state_)) {}
GraphModel::GraphModel(GraphModel&&) noexcept = default;
GraphModel& GraphModel::operator=(const GraphModel& other) {
    if (this != &other) state_ = std::make_unique<graph::State>(*other.state_);
    return *this;
}
GraphModel& GraphModel::operator=(GraphModel&&) noexcept = default;
GraphModel::~GraphModel() = default;

Outcome GraphModel::apply(const GraphMutation& mutation) { return state_->apply(mutation); }

std::size_t GraphModel::node_count() const noexcept { return state_->nodes.ids.size(); }
std::size_t GraphModel::edge_count() const noexcept { return state_->edges.size(); }
std::size_t GraphModel::subgraph_count() const noexcept { return state_->subgraphs.ids.size(); }
std::size_t GraphModel::waiting_edge_count() const noexcept { return state_->waiting.size(); }

std::optional<NodeIndex> GraphModel::find_node(std::string_view id) const noexcept {
    const auto node = state_->nodes.ids.find(TextKey(id));
    if (node == none) return std::nullopt;
    return NodeIndex{node};
}

std::optional<EdgeIndex> GraphModel::find_edge(std::string_view id) const noexcept {
    const auto edge = state_->edges.ids().find(TextKey(id));
    if (edge == none) return std::nullopt;
    return EdgeIndex{edge};
}

bool GraphModel::contains(NodeIndex index) const noexcept { return state_->nodes.ids.contains(number(index)); }
bool GraphModel::contains(EdgeIndex index) const noexcept { return state_->edges.ids().contains(number(index)); }

NodeView GraphModel::node(NodeIndex index) const noexcept {
    const auto& nodes = state_->nodes;
    const auto n = number(index);
    const auto parent = nodes.extras.parent(n);
    return {index,
            nodes.ids.text(n),
            state_->types.text(nodes.types[n]),
            nodes.properties.get(n),
            nodes.extras.transform(n),
            parent == none ? std::nullopt : std::optional(NodeIndex{parent})};
}

EdgeView GraphModel::edge(EdgeIndex index) const noexcept {
    const auto& edges = state_->edges;
    const auto e = number(index);
    const auto [source, target] = edges.ends(e);
    return {index,
            edges.ids().text(e),
            state_->types.text(edges.type(e)),
            NodeIndex{source},
            NodeIndex{target},
            edges.properties().get(e)};
}

std::optional<SubgraphView> GraphModel::subgraph(std::string_view id) const {
    const auto subgraph = state_->subgraphs.ids.find(TextKey(id));
    if (subgraph == none) return std::nullopt;
    return view_of(*state_, subgraph);
}

std::vector<NodeIndex> GraphModel::nodes() const {
    std::vector<NodeIndex> all;
    all.reserve(node_count());
    state_->nodes.ids.for_each([&](std::uint32_t node) { all.push_back(NodeIndex{node}); });
    return all;
}

std::vector<EdgeIndex> GraphModel::edges() const {
    std::vector<EdgeIndex> all;
    all.reserve(edge_count());
    state_->edges.ids().for_each([&](std::uint32_t edge) { all.push_back(EdgeIndex{edge}); });
    return all;
}

std::vector<SubgraphView> GraphModel::subgraphs() const {
    std::vector<SubgraphView> all;
    for (const auto subgraph : sorted_by_text(state_->subgraphs.ids)) all.push_back(view_of(*state_, subgraph));
    return all;
}

std::vector<EdgeIndex> GraphModel::edges_at(NodeIndex index) const {
    std::vector<EdgeIndex> all;
    state_->edges.for_each_at(state_->nodes.adjacency[number(index)],
                              [&](std::uint32_t edge) { all.push_back(EdgeIndex{edge}); });
    return all;
}

const std::array<std::uint64_t, outcome_count>& GraphModel::outcomes() const noexcept { return state_->outcomes; }

GraphChanges GraphModel::take_changes() { return state_->changes.take(); }

void GraphModel::track_changes(bool on) { state_->changes.track(on); }

std::size_t GraphModel::memory_bytes() const noexcept { return state_->memory_bytes(); }

} // namespace cim
