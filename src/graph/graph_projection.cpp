#include <cim/graph_projection.hpp>

#include "graph/explain.hpp"

#include <utility>

namespace cim {

GraphProjection::GraphProjection(GraphMapping mapping, GraphModelOptions options)
    : mapping_(std::move(mapping)), model_(options) {}

GraphProjection::GraphProjection(const GraphProjection& other)
    : mapping_(other.mapping_),
      model_(other.model_),
      stats_(other.stats_),
      problems_(other.problems_),
      applied_(other.applied_),
      position_(other.position_) {}

GraphProjection& GraphProjection::operator=(const GraphProjection& other) {
    if (this != &other) *this = GraphProjection(other);
    return *this;
}

void GraphProjection::apply(std::span<const DomainEvent> events) {
    // Events of one aggregate come in runs, so its entry is looked up once a run.
    std::string_view aggregate;
    AggregateSequence* applied = nullptr;
    for (const auto& event : events) {
        if (!applied || event.aggregate_id() != aggregate) {
            aggregate = event.aggregate_id();
            auto entry = applied_.find(aggregate);
            if (entry == applied_.end()) entry = applied_.emplace(aggregate, AggregateSequence()).first;
            applied = &entry->second;
        }
        ++stats_.events;
        if (event.aggregate_sequence() <= *applied) {
            ++stats_.repeated;
            continue;
        }
        *applied = event.aggregate_sequence();
        position_ = event.sequence();
        if (event.ends_transaction()) ++stats_.transactions;
        apply(event);
    }
}

void GraphProjection::apply(const DomainEvent& event) {
    scratch_.clear();
    const auto mapped = mapping_.map(event, scratch_);
    if (!mapped) return report(event, mapped.error().message);
    if (*mapped == GraphMapping::Mapped::unknown_type) ++stats_.unknown_type;
    for (const auto& mutation : scratch_.mutations()) {
        ++stats_.mutations;
        const auto outcome = model_.apply(mutation);
        if (refused(outcome)) report(event, graph::explain(mutation, outcome));
    }
}

void GraphProjection::report(const DomainEvent& event, std::string reason) {
    ++stats_.problems;
    if (problems_.size() == max_problems) problems_.pop_front();
    problems_.push_back({.cid = event.cid(),
                         .sequence = event.sequence(),
                         .aggregate_id = std::string(event.aggregate_id()),
                         .event_type = std::string(event.event_type()),
                         .reason = std::move(reason)});
}

} // namespace cim
