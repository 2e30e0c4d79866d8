#include "host/live_graph.hpp"

#include <cim/chain.hpp>

#include "base/try.hpp"
#include "graph/explain.hpp"

#include <algorithm>
#include <utility>

namespace cim::host {

LiveGraph::LiveGraph(GraphMapping mapping, GraphModelOptions options)
    : mapping_(std::move(mapping)), options_(options), model_(options) {
    model_.track_changes(true);
}

Result<> LiveGraph::restore(const GraphSnapshot& snapshot) {
    CIM_TRY_ASSIGN(model_, load_snapshot(snapshot.block, options_));
    model_.track_changes(true);
    heads_.clear();
    for (const auto& [aggregate, head] : snapshot.heads) heads_.emplace(aggregate.str(), head);
    position_ = snapshot.position;
    return {};
}

Result<> LiveGraph::apply(std::span<const DomainEvent> events, FrameMutations* frame) {
    // Events of one aggregate come in runs, so its entry is looked up once a run.
    std::string_view aggregate;
    ChainHead* head = nullptr;
    const DomainEvent* last = nullptr;
    auto& texts = frame != nullptr ? frame->scratch() : unseen_;
    for (const auto& event : events) {
        if (head == nullptr || event.aggregate_id() != aggregate) {
            aggregate = event.aggregate_id();
            auto entry = heads_.find(aggregate);
            if (entry == heads_.end()) entry = heads_.emplace(aggregate, ChainHead{}).first;
            head = &entry->second;
        }
        ++stats_.events;
        if (event.aggregate_sequence() <= head->sequence) {
            ++stats_.repeated;
            continue;
        }
        // A subscription to some types only sees a chain with gaps; what follows directly must link.
        if (head->cid && event.aggregate_sequence() == head->sequence.next() && event.previous_cid() != head->cid)
            return fail(ChainBroken{.aggregate = AggregateId(aggregate),
                                    .sequence = event.aggregate_sequence(),
                                    .expected = head->cid,
                                    .actual = event.previous_cid(),
                                    .previous = head->sequence}
                            .to_error());
        head->sequence = event.aggregate_sequence();
        head->cid = event.cid();
        last = &event;
        if (event.ends_transaction()) ++stats_.transactions;
        apply(event, frame, texts);
        if (frame == nullptr) unseen_.clear();
    }
    if (last != nullptr) position_ = {last->sequence(), last->cid()};
    return {};
}

void LiveGraph::apply(const DomainEvent& event, FrameMutations* frame, MutationList& texts) {
    texts.truncate(0);
    const auto mapped = mapping_.map(event, texts);
    if (!mapped) return report(event, mapped.error().message);
    if (*mapped == GraphMapping::Mapped::unknown_type) ++stats_.unknown_type;
    for (const auto& mutation : texts.mutations()) {
        ++stats_.mutations;
        const auto outcome = model_.apply(mutation);
        if (refused(outcome)) report(event, graph::explain(mutation, outcome));
        if (frame != nullptr) frame->add(event, false, mutation, outcome);
    }
}

void LiveGraph::report(const DomainEvent& event, std::string reason) {
    ++stats_.problems;
    if (problems_.size() == GraphProjection::max_problems) problems_.pop_front();
    problems_.push_back({.cid = event.cid(),
                         .sequence = event.sequence(),
                         .aggregate_id = std::string(event.aggregate_id()),
                         .event_type = std::string(event.event_type()),
                         .reason = std::move(reason)});
}

std::vector<GraphSnapshot::Head> LiveGraph::heads() const {
    std::vector<GraphSnapshot::Head> heads;
    heads.reserve(heads_.size());
    for (const auto& [aggregate, head] : heads_)
        if (head.cid) heads.push_back({AggregateId(aggregate), head});
    std::ranges::sort(heads, {}, &GraphSnapshot::Head::aggregate);
    return heads;
}

} // namespace cim::host
