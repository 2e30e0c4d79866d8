// A projection: events in, graph out. Mapping and model together, with the bookkeeping that makes repeats harmless.
#pragma once

#include <cim/event.hpp>
#include <cim/graph_mapping.hpp>
#include <cim/graph_model.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cim {

/// An event, or a mutation of one, that could not be applied.
struct ProjectionProblem {
    Cid cid;
    GlobalSequence sequence;
    std::string aggregate_id;
    std::string event_type;
    std::string reason; ///< One sentence with the ids in it.
};

struct ProjectionStats {
    std::uint64_t events = 0;       ///< Given to apply().
    std::uint64_t transactions = 0; ///< Ends of transactions seen.
    std::uint64_t mutations = 0;    ///< Applied to the model, whatever the outcome.
    std::uint64_t repeated = 0;     ///< Events skipped because their aggregate was already past them.
    std::uint64_t unknown_type = 0; ///< Events of a type that the mapping does not know.
    std::uint64_t problems = 0;     ///< Events and mutations refused; the last `max_problems` are kept.
};

/// Applies verified events, in order, to a model of its own. Copying copies everything (that is how replay takes its
/// in-memory snapshots). Not for use by several threads at once.
class GraphProjection {
  public:
    static constexpr std::size_t max_problems = 1000;

    explicit GraphProjection(GraphMapping mapping = GraphMapping::builtin(), GraphModelOptions options = {});
    GraphProjection(const GraphProjection& other);
    GraphProjection(GraphProjection&&) noexcept = default;
    GraphProjection& operator=(const GraphProjection& other);
    GraphProjection& operator=(GraphProjection&&) noexcept = default;
    ~GraphProjection() = default;

    /// Applies events, skipping those at or before what was applied of their aggregate already.
    void apply(std::span<const DomainEvent> events);

    [[nodiscard]] const GraphModel& model() const noexcept { return model_; }
    [[nodiscard]] GraphModel& model() noexcept { return model_; } ///< For take_changes().
    [[nodiscard]] const ProjectionStats& stats() const noexcept { return stats_; }
    [[nodiscard]] const std::deque<ProjectionProblem>& problems() const noexcept { return problems_; }
    /// Global sequence of the last event applied.
    [[nodiscard]] GlobalSequence position() const noexcept { return position_; }

  private:
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };

    void apply(const DomainEvent& event);
    void report(const DomainEvent& event, std::string reason);

    GraphMapping mapping_;
    GraphModel model_;
    ProjectionStats stats_;
    std::deque<ProjectionProblem> problems_;
    std::unordered_map<std::string, AggregateSequence, TextHash, std::equal_to<>> applied_; // by aggregate id
    GlobalSequence position_;
    MutationList scratch_; // of one event; not copied
};

} // namespace cim
