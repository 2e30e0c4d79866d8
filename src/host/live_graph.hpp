// The live graph: verified events of whole transactions into a model, with the heads of the chains that are in it.
#pragma once

#include <cim/event.hpp>
#include <cim/graph_mapping.hpp>
#include <cim/graph_model.hpp>
#include <cim/graph_projection.hpp>
#include <cim/graph_snapshot.hpp>

#include "host/frame_mutations.hpp"

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cim::host {

class LiveGraph {
  public:
    LiveGraph(GraphMapping mapping, GraphModelOptions options);
    /// Begins with a snapshot. Errors: what load_snapshot() reports.
    [[nodiscard]] Result<> restore(const GraphSnapshot& snapshot);

    /// Applies events, and adds their mutations to the frame if there is one. Errors: chain_broken for an event that
    /// does not link to what is in the graph of its chain; it and what follows it are not applied.
    [[nodiscard]] Result<> apply(std::span<const DomainEvent> events, FrameMutations* frame);
    Outcome apply_local(const GraphMutation& mutation) { return model_.apply(mutation); }

    [[nodiscard]] GraphModel& model() noexcept { return model_; }
    [[nodiscard]] const GraphModel& model() const noexcept { return model_; }
    [[nodiscard]] const GraphMapping& mapping() const noexcept { return mapping_; }
    [[nodiscard]] const ProjectionStats& stats() const noexcept { return stats_; }
    [[nodiscard]] const std::deque<ProjectionProblem>& problems() const noexcept { return problems_; }
    [[nodiscard]] const LogPosition& position() const noexcept { return position_; }
    [[nodiscard]] std::vector<GraphSnapshot::Head> heads() const; ///< By aggregate.

  private:
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };

    void apply(const DomainEvent& event, FrameMutations* frame, MutationList& texts);
    void report(const DomainEvent& event, std::string reason);

    GraphMapping mapping_;
    GraphModelOptions options_;
    GraphModel model_;
    ProjectionStats stats_;
    std::deque<ProjectionProblem> problems_;
    std::unordered_map<std::string, ChainHead, TextHash, std::equal_to<>> heads_; // by aggregate
    LogPosition position_;
    MutationList unseen_; // texts of mutations that no frame gets
};

} // namespace cim::host
