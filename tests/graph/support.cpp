#include "graph/support.hpp"

#include <cim/dag_json.hpp>
#include <cim/transaction.hpp>

#include "event/event_page_builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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
    std::vector<std::pair<std::string, ipld::Value>> values;
    for (const auto& [type, payload] : events) values.emplace_back(type, from_json(payload));
    return next(values);
}

std::vector<DomainEvent> EventSource::next(const std::vector<std::pair<std::string, ipld::Value>>& events) {
    const ChainHead start{AggregateSequence(aggregate_sequence_ - 1), head_};
    ChainBuilder builder{AggregateId(aggregate_), start};
    Transaction transaction{AggregateId(aggregate_)};
    for (const auto& [type, payload] : events)
        transaction.add(type, payload, from_micros(static_cast<std::int64_t>(sequence_) * 1'000'000));
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
