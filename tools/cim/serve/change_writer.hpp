// From events to what changes in a picture of their graph: lines of JSON (docs/formats/http.md, "Changes").
//
// The mapping and the model decide here, once, what an event does: edges that waited for a node, edges that went with
// one, refused mutations. Whoever reads the lines draws what they say, forwards and backwards, and needs neither. Nodes
// and edges are named by the order in which they came, never again by the same number.
#pragma once

#include <cim/event.hpp>
#include <cim/graph_mapping.hpp>
#include <cim/graph_model.hpp>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cim::serve {

/// Not for use by several threads at once.
class ChangeWriter {
  public:
    explicit ChangeWriter(GraphMapping mapping) : mapping_(std::move(mapping)) {}

    /// Applies the events, which must follow those before in the log, and tells of them in one line, with its line
    /// feed. Precondition: there are some.
    [[nodiscard]] std::string write(std::span<const DomainEvent> events);

    [[nodiscard]] const GraphModel& model() const noexcept { return model_; }
    [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
    /// Events that the mapping could not read, and mutations that the graph refused.
    [[nodiscard]] std::uint64_t problems() const noexcept { return problems_; }
    /// Events of types that the mapping does not know.
    [[nodiscard]] std::uint64_t unknown_types() const noexcept { return unknown_types_; }

  private:
    friend struct Change;

    /// Names in the order in which they were first met; a line brings those that are new in it.
    class Names {
      public:
        std::size_t number(std::string_view name);
        std::string take_new(std::string_view key); ///< `"key":[from,"name",...],`, or nothing.

      private:
        std::map<std::string, std::size_t, std::less<>> numbers_;
        std::vector<std::string> new_;
        std::size_t told_ = 0;
    };

    void apply(const DomainEvent& event, std::string& out);

    GraphMapping mapping_;
    GraphModel model_;
    MutationList scratch_;
    Names types_, aggregates_, kinds_, edge_kinds_;
    // By index of the model: the number under which the element was told.
    std::vector<std::uint32_t> nodes_, edges_;
    std::uint32_t next_node_ = 0;
    std::uint32_t next_edge_ = 0;
    std::uint64_t events_ = 0;
    std::uint64_t problems_ = 0;
    std::uint64_t unknown_types_ = 0;
};

} // namespace cim::serve
