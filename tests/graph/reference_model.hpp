// The semantics of a graph model once more, as plainly as they can be written: maps of values, whole copies, no care
// for speed. The random tests hold the real model to it.
#pragma once

#include <cim/graph_model.hpp>
#include <cim/graph_mutation.hpp>
#include <cim/ipld.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace cim::test {

struct ReferenceNode {
    std::string type;
    ipld::Map properties;
    Transform transform;
    std::string parent; ///< Empty: a root.
    friend bool operator==(const ReferenceNode&, const ReferenceNode&) = default;
};

struct ReferenceEdge {
    std::string type, source, target;
    ipld::Map properties;
    friend bool operator==(const ReferenceEdge&, const ReferenceEdge&) = default;
};

struct ReferenceSubgraph {
    std::string label;
    bool collapsed = false;
    std::set<std::string> nodes;
};

class ReferenceModel {
  public:
    explicit ReferenceModel(std::size_t max_waiting) : max_waiting_(max_waiting) {}

    Outcome apply(const GraphMutation& mutation);

    /// What snapshot() must write, made by the general encoder.
    [[nodiscard]] Bytes snapshot() const;

    std::map<std::string, ReferenceNode> nodes;
    std::map<std::string, ReferenceEdge> edges;
    std::map<std::string, ReferenceEdge> waiting;
    std::map<std::string, ReferenceSubgraph> subgraphs;

  private:
    Outcome apply(const mutation::AddNode& m);
    Outcome apply(const mutation::UpdateNode& m);
    Outcome apply(const mutation::RemoveNode& m);
    Outcome apply(const mutation::AddEdge& m);
    Outcome apply(const mutation::UpdateEdge& m);
    Outcome apply(const mutation::RemoveEdge& m);
    Outcome apply(const mutation::ApplyTransform& m);
    Outcome apply(const mutation::CreateSubgraph& m);
    Outcome apply(const mutation::AddToSubgraph& m);
    Outcome apply(const mutation::RemoveFromSubgraph& m);
    Outcome apply(const mutation::CollapseSubgraph& m);
    Outcome apply(const mutation::ExpandSubgraph& m);

    void operate(const mutation::Translate& o, const std::set<std::string>& targets);
    void operate(const mutation::Scale& o, const std::set<std::string>& targets);
    void operate(const mutation::Rotate& o, const std::set<std::string>& targets);
    [[nodiscard]] std::array<double, 3> centre(const std::set<std::string>& targets) const;
    [[nodiscard]] bool all_exist(std::span<const std::string_view> ids) const;

    std::size_t max_waiting_;
};

} // namespace cim::test
