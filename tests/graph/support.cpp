#include "graph/support.hpp"

#include <cim/dag_json.hpp>
#include <cim/transaction.hpp>

#include "event/event_page_builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace cim::test {
namespace {

template <class T> T must(Result<T> result, std::string_view what) {
    if (result) return *std::move(result);
    std::cerr << "test data: " << what << ": " << result.error().text() << std::endl;
    std::abort();
}

Keeper& kept() {
    static Keeper keeper;
    return keeper;
}

std::optional<ipld::View> properties_of(std::string_view json) {
    if (json.empty()) return std::nullopt;
    return kept().json(json);
}

} // namespace

ipld::Value from_json(std::string_view json) { return must(ipld::decode_dag_json(json), json); }

std::string to_json(ipld::View view) { return must(ipld::encode_dag_json(view), "a view"); }

ipld::View Keeper::json(std::string_view json) {
    return ipld::View::trusted(blocks_.emplace_back(must(ipld::encode(from_json(json)), json)));
}

GraphMutation add_node(std::string_view id, std::string_view type, std::string_view properties) {
    return mutation::AddNode{id, type, properties_of(properties)};
}
GraphMutation update_node(std::string_view id, std::string_view updates) {
    return mutation::UpdateNode{id, kept().json(updates)};
}
GraphMutation remove_node(std::string_view id) { return mutation::RemoveNode{id}; }
GraphMutation add_edge(std::string_view id, std::string_view source, std::string_view target, std::string_view type,
                       std::string_view properties) {
    return mutation::AddEdge{id, source, target, type, properties_of(properties)};
}
GraphMutation update_edge(std::string_view id, std::string_view updates) {
    return mutation::UpdateEdge{id, kept().json(updates)};
}
GraphMutation remove_edge(std::string_view id) { return mutation::RemoveEdge{id}; }
GraphMutation create_subgraph(std::string_view id, std::vector<std::string_view> nodes, std::string_view label) {
    return mutation::CreateSubgraph{id, label, kept().texts(std::move(nodes))};
}
GraphMutation add_to_subgraph(std::string_view id, std::vector<std::string_view> nodes) {
    return mutation::AddToSubgraph{id, kept().texts(std::move(nodes))};
}
GraphMutation remove_from_subgraph(std::string_view id, std::vector<std::string_view> nodes) {
    return mutation::RemoveFromSubgraph{id, kept().texts(std::move(nodes))};
}
GraphMutation collapse(std::string_view subgraph) { return mutation::CollapseSubgraph{subgraph}; }
GraphMutation expand(std::string_view subgraph) { return mutation::ExpandSubgraph{subgraph}; }

GraphMutation transform(std::string_view node, Operation operation) {
    return mutation::ApplyTransform{mutation::ApplyTransform::Node{node}, operation};
}
GraphMutation transform_nodes(std::vector<std::string_view> nodes, Operation operation) {
    return mutation::ApplyTransform{mutation::ApplyTransform::Nodes{kept().texts(std::move(nodes))}, operation};
}
GraphMutation transform_subgraph(std::string_view subgraph, Operation operation) {
    return mutation::ApplyTransform{mutation::ApplyTransform::Subgraph{subgraph}, operation};
}

namespace {

using Apply = mutation::ApplyTransform;

template <class... F> struct Overloaded : F... {
    using F::operator()...;
};
template <class... F> Overloaded(F...) -> Overloaded<F...>;

// Words with a space before each.
template <class... Words> std::string line(std::string_view name, const Words&... words) {
    std::string text(name);
    ((text += ' ', text += words), ...);
    return text;
}
std::string properties_of(const std::optional<ipld::View>& view) { return view ? to_json(*view) : "-"; }
std::string list(std::span<const std::string_view> ids) {
    std::string text = "[";
    for (const auto id : ids) (text += text.size() > 1 ? " " : "") += id;
    return text + "]";
}
std::string numbers(std::span<const float> values) {
    std::string text = "(";
    for (const float value : values) {
        char buffer[32];
        std::snprintf(buffer, sizeof buffer, "%g", static_cast<double>(value));
        (text += text.size() > 1 ? " " : "") += buffer;
    }
    return text + ")";
}

std::string show_target(const Apply& apply) {
    return std::visit(Overloaded{[](const Apply::Node& m) { return line("node", m.id); },
                                 [](const Apply::Nodes& m) { return line("nodes", list(m.ids)); },
                                 [](const Apply::Subgraph& m) { return line("subgraph", m.id); }},
                      apply.target);
}
std::string show_operation(const Apply& apply) {
    return std::visit(
        Overloaded{
            [](const mutation::Translate& m) { return line("Translate", numbers(m.delta)); },
            [](const mutation::Scale& m) { return line("Scale", numbers(m.factor)); },
            [](const mutation::Rotate& m) { return line("Rotate", numbers(m.by)); },
            [](const mutation::Reparent& m) { return line("Reparent", m.new_parent.empty() ? "-" : m.new_parent); },
            [](const mutation::UpdateProperties& m) { return line("UpdateProperties", to_json(m.updates)); }},
        apply.operation);
}

} // namespace

std::string show(const GraphMutation& mutation) {
    return std::visit(
        Overloaded{
            [](const mutation::AddNode& m) { return line("AddNode", m.id, m.type, properties_of(m.properties)); },
            [](const mutation::UpdateNode& m) { return line("UpdateNode", m.id, to_json(m.updates)); },
            [](const mutation::RemoveNode& m) { return line("RemoveNode", m.id); },
            [](const mutation::AddEdge& m) {
                return line("AddEdge", m.id, m.source, m.target, m.type, properties_of(m.properties));
            },
            [](const mutation::UpdateEdge& m) { return line("UpdateEdge", m.id, to_json(m.updates)); },
            [](const mutation::RemoveEdge& m) { return line("RemoveEdge", m.id); },
            [](const Apply& m) { return show_operation(m) + " of " + show_target(m); },
            [](const mutation::CreateSubgraph& m) {
                return line("CreateSubgraph", m.id, "'" + std::string(m.label) + "'", list(m.nodes));
            },
            [](const mutation::AddToSubgraph& m) { return line("AddToSubgraph", m.id, list(m.nodes)); },
            [](const mutation::RemoveFromSubgraph& m) { return line("RemoveFromSubgraph", m.id, list(m.nodes)); },
            [](const mutation::CollapseSubgraph& m) { return line("CollapseSubgraph", m.id); },
            [](const mutation::ExpandSubgraph& m) { return line("ExpandSubgraph", m.id); }},
        mutation);
}

GraphModel model_of(std::initializer_list<GraphMutation> mutations) {
    GraphModel model;
    std::size_t index = 0;
    for (const auto& mutation : mutations) {
        const auto outcome = model.apply(mutation);
        EXPECT_TRUE(outcome == Outcome::applied || outcome == Outcome::waiting)
            << "mutation " << index << ": " << to_string(outcome);
        ++index;
    }
    return model;
}

std::vector<std::string> node_ids(const GraphModel& model) {
    std::vector<std::string> ids;
    for (const auto node : model.nodes()) ids.emplace_back(model.node(node).id);
    std::ranges::sort(ids);
    return ids;
}

std::vector<std::string> edge_ids(const GraphModel& model) {
    std::vector<std::string> ids;
    for (const auto edge : model.edges()) ids.emplace_back(model.edge(edge).id);
    std::ranges::sort(ids);
    return ids;
}

std::vector<DomainEvent> EventSource::next(const std::vector<EventText>& events) {
    const ChainHead start{AggregateSequence(aggregate_sequence_ - 1), head_};
    ChainBuilder builder{AggregateId(aggregate_), start};
    Transaction transaction{AggregateId(aggregate_)};
    for (const auto& [type, payload] : events)
        transaction.add(type, from_json(payload), from_micros(static_cast<std::int64_t>(sequence_) * 1'000'000));
    const auto chained = must(builder.build(transaction), "a transaction");

    detail::EventPageBuilder page;
    std::uint32_t index = 0;
    for (const auto& chained_event : chained.events()) {
        const auto added = page.add({.block = chained_event.block,
                                     .cid = chained_event.cid,
                                     .sequence = GlobalSequence(sequence_++),
                                     .aggregate_sequence = AggregateSequence(aggregate_sequence_++),
                                     .aggregate_id = aggregate_,
                                     .transaction_id = chained.id().str(),
                                     .transaction_index = index++,
                                     .transaction_size = static_cast<std::uint32_t>(events.size())});
        EXPECT_TRUE(added) << added.error().text();
    }
    head_ = chained.head().cid;
    return page.finish();
}

DomainEvent event(std::string_view type, std::string_view payload) {
    EventSource source("graph-1");
    return source.next(std::vector<EventText>{{std::string(type), std::string(payload)}})[0];
}

} // namespace cim::test
