#include "host/frame_mutations.hpp"

#include <type_traits>

namespace cim::host {

void FrameMutations::clear() noexcept {
    scratch_.clear();
    events_.clear();
    event_of_.clear();
    mutations_.clear();
}

void FrameMutations::add(const DomainEvent& event, bool replay, const GraphMutation& mutation, Outcome outcome) {
    if (events_.empty() || events_.back().block().data() != event.block().data()) events_.push_back(event);
    event_of_.push_back(events_.size() - 1);
    auto& added = mutations_.emplace_back(source::Local{}, mutation, event.transaction_id(), outcome);
    if (replay) {
        added.source = source::Replay{event.sequence(), nullptr};
    } else {
        added.source = source::Nats{event.sequence(), nullptr};
    }
}

void FrameMutations::add_local(const GraphMutation& mutation, Outcome outcome) {
    event_of_.push_back(0);
    mutations_.emplace_back(source::Local{}, keep(mutation, scratch_), std::string_view(), outcome);
}

std::span<const GraphMutationEvent> FrameMutations::finish() {
    for (std::size_t i = 0; i < mutations_.size(); ++i) {
        auto& from = mutations_[i].source;
        if (auto* nats = std::get_if<source::Nats>(&from)) nats->event = &events_[event_of_[i]];
        if (auto* replay = std::get_if<source::Replay>(&from)) replay->event = &events_[event_of_[i]];
    }
    return mutations_;
}

namespace {

// One overload for each kind of mutation: a new kind does not compile until its texts are kept, too.
struct Keeper {
    MutationList& list;

    [[nodiscard]] std::string_view text(std::string_view text) const { return list.keep(text); }
    [[nodiscard]] ipld::View map(ipld::View view) const { return list.keep_encoded(view.encoded()); }
    [[nodiscard]] std::optional<ipld::View> map(const std::optional<ipld::View>& view) const {
        return view ? std::optional(map(*view)) : std::nullopt;
    }

    GraphMutation operator()(const mutation::AddNode& m) const {
        return mutation::AddNode{text(m.id), text(m.type), map(m.properties)};
    }
    GraphMutation operator()(const mutation::UpdateNode& m) const {
        return mutation::UpdateNode{text(m.id), map(m.updates)};
    }
    GraphMutation operator()(const mutation::RemoveNode& m) const { return mutation::RemoveNode{text(m.id)}; }
    GraphMutation operator()(const mutation::AddEdge& m) const {
        return mutation::AddEdge{text(m.id), text(m.source), text(m.target), text(m.type), map(m.properties)};
    }
    GraphMutation operator()(const mutation::UpdateEdge& m) const {
        return mutation::UpdateEdge{text(m.id), map(m.updates)};
    }
    GraphMutation operator()(const mutation::RemoveEdge& m) const { return mutation::RemoveEdge{text(m.id)}; }
    GraphMutation operator()(const mutation::ApplyTransform& m) const {
        auto kept = m;
        if (const auto* node = std::get_if<mutation::ApplyTransform::Node>(&m.target))
            kept.target = mutation::ApplyTransform::Node{text(node->id)};
        if (const auto* nodes = std::get_if<mutation::ApplyTransform::Nodes>(&m.target))
            kept.target = mutation::ApplyTransform::Nodes{list.keep(nodes->ids)};
        if (const auto* subgraph = std::get_if<mutation::ApplyTransform::Subgraph>(&m.target))
            kept.target = mutation::ApplyTransform::Subgraph{text(subgraph->id)};
        if (const auto* reparent = std::get_if<mutation::Reparent>(&m.operation))
            kept.operation = mutation::Reparent{text(reparent->new_parent)};
        if (const auto* update = std::get_if<mutation::UpdateProperties>(&m.operation))
            kept.operation = mutation::UpdateProperties{map(update->updates)};
        return kept;
    }
    GraphMutation operator()(const mutation::CreateSubgraph& m) const {
        return mutation::CreateSubgraph{text(m.id), text(m.label), list.keep(m.nodes)};
    }
    GraphMutation operator()(const mutation::AddToSubgraph& m) const {
        return mutation::AddToSubgraph{text(m.id), list.keep(m.nodes)};
    }
    GraphMutation operator()(const mutation::RemoveFromSubgraph& m) const {
        return mutation::RemoveFromSubgraph{text(m.id), list.keep(m.nodes)};
    }
    GraphMutation operator()(const mutation::CollapseSubgraph& m) const {
        return mutation::CollapseSubgraph{text(m.id)};
    }
    GraphMutation operator()(const mutation::ExpandSubgraph& m) const { return mutation::ExpandSubgraph{text(m.id)}; }
};

} // namespace

GraphMutation keep(const GraphMutation& mutation, MutationList& list) { return std::visit(Keeper{list}, mutation); }

} // namespace cim::host
