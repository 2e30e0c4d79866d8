#include "graph/reference_model.hpp"

#include <algorithm>
#include <cmath>

namespace cim::test {
namespace {

ipld::Map properties_of(const std::optional<ipld::View>& view) {
    return view ? *view->to_value().if_map() : ipld::Map();
}

Outcome merge(ipld::Map& into, ipld::View updates) {
    auto merged = into;
    for (const auto [key, value] : updates.entries()) {
        if (value.is(ipld::Kind::null))
            merged.erase(key);
        else
            merged.insert_or_assign(std::string(key), value.to_value());
    }
    if (merged == into) return Outcome::unchanged;
    into = merged;
    return Outcome::applied;
}

ipld::Value floats(std::span<const float> values) {
    ipld::List list;
    for (const float value : values) list.emplace_back(static_cast<double>(value));
    return list;
}

void put_properties(ipld::Map& entry, const ipld::Map& properties) {
    if (!properties.empty()) entry.insert_or_assign("properties", properties);
}

ipld::Value value_of(const ReferenceNode& node) {
    ipld::Map entry{{"type", node.type}};
    if (!node.parent.empty()) entry.insert_or_assign("parent", node.parent);
    if (node.transform != Transform{})
        entry.insert_or_assign("transform", ipld::Map{{"translation", floats(node.transform.translation)},
                                                      {"rotation", floats(node.transform.rotation)},
                                                      {"scale", floats(node.transform.scale)}});
    put_properties(entry, node.properties);
    return entry;
}

ipld::Value value_of(const ReferenceEdge& edge) {
    ipld::Map entry{{"type", edge.type}, {"source", edge.source}, {"target", edge.target}};
    put_properties(entry, edge.properties);
    return entry;
}

ipld::Value value_of(const ReferenceSubgraph& subgraph) {
    return {{"label", subgraph.label},
            {"collapsed", subgraph.collapsed},
            {"nodes", ipld::List(subgraph.nodes.begin(), subgraph.nodes.end())}};
}

template <class T> ipld::Map map_of(const std::map<std::string, T>& elements) {
    ipld::Map map;
    for (const auto& [id, element] : elements) map.insert_or_assign(id, value_of(element));
    return map;
}

} // namespace

Outcome ReferenceModel::apply(const GraphMutation& mutation) {
    return std::visit([&](const auto& m) { return apply(m); }, mutation);
}

Bytes ReferenceModel::snapshot() const {
    return *ipld::encode(ipld::Value{{"nodes", map_of(nodes)},
                                     {"edges", map_of(edges)},
                                     {"waiting", map_of(waiting)},
                                     {"subgraphs", map_of(subgraphs)}});
}

Outcome ReferenceModel::apply(const mutation::AddNode& m) {
    const std::string id(m.id);
    if (nodes.contains(id)) return nodes.at(id).type == m.type ? Outcome::unchanged : Outcome::id_in_use;
    nodes[id] = {std::string(m.type), properties_of(m.properties), {}, ""};
    for (auto edge = waiting.begin(); edge != waiting.end();) {
        if (nodes.contains(edge->second.source) && nodes.contains(edge->second.target)) {
            edges.insert(*edge);
            edge = waiting.erase(edge);
        } else {
            ++edge;
        }
    }
    return Outcome::applied;
}

Outcome ReferenceModel::apply(const mutation::UpdateNode& m) {
    const auto node = nodes.find(std::string(m.id));
    return node == nodes.end() ? Outcome::unknown_node : merge(node->second.properties, m.updates);
}

Outcome ReferenceModel::apply(const mutation::RemoveNode& m) {
    const std::string id(m.id);
    if (nodes.erase(id) == 0) return Outcome::unknown_node;
    const auto is_at = [&](const auto& edge) { return edge.second.source == id || edge.second.target == id; };
    std::erase_if(edges, is_at);
    std::erase_if(waiting, is_at);
    for (auto& [_, node] : nodes) {
        if (node.parent == id) node.parent.clear();
    }
    for (auto& [_, subgraph] : subgraphs) subgraph.nodes.erase(id);
    return Outcome::applied;
}

Outcome ReferenceModel::apply(const mutation::AddEdge& m) {
    const std::string id(m.id);
    const ReferenceEdge edge{std::string(m.type), std::string(m.source), std::string(m.target),
                             properties_of(m.properties)};
    for (const auto* there : {&edges, &waiting}) {
        const auto found = there->find(id);
        if (found == there->end()) continue;
        const auto& [type, source, target, properties] = found->second;
        const bool same = type == edge.type && source == edge.source && target == edge.target;
        return same ? Outcome::unchanged : Outcome::id_in_use;
    }
    if (nodes.contains(edge.source) && nodes.contains(edge.target)) {
        edges[id] = edge;
        return Outcome::applied;
    }
    if (waiting.size() >= max_waiting_) return Outcome::too_many_waiting;
    waiting[id] = edge;
    return Outcome::waiting;
}

Outcome ReferenceModel::apply(const mutation::UpdateEdge& m) {
    if (const auto edge = edges.find(std::string(m.id)); edge != edges.end())
        return merge(edge->second.properties, m.updates);
    const auto edge = waiting.find(std::string(m.id));
    if (edge == waiting.end()) return Outcome::unknown_edge;
    const auto outcome = merge(edge->second.properties, m.updates);
    return outcome == Outcome::applied ? Outcome::waiting : outcome;
}

Outcome ReferenceModel::apply(const mutation::RemoveEdge& m) {
    const std::string id(m.id);
    return edges.erase(id) + waiting.erase(id) > 0 ? Outcome::applied : Outcome::unknown_edge;
}

bool ReferenceModel::all_exist(std::span<const std::string_view> ids) const {
    return std::ranges::all_of(ids, [&](std::string_view id) { return nodes.contains(std::string(id)); });
}

Outcome ReferenceModel::apply(const mutation::ApplyTransform& m) {
    using Target = mutation::ApplyTransform;
    std::set<std::string> targets;
    if (const auto* subgraph = std::get_if<Target::Subgraph>(&m.target)) {
        const auto found = subgraphs.find(std::string(subgraph->id));
        if (found == subgraphs.end()) return Outcome::unknown_subgraph;
        targets = found->second.nodes;
    } else {
        const auto* node = std::get_if<Target::Node>(&m.target);
        const auto ids = node ? std::span(&node->id, 1) : std::get<Target::Nodes>(m.target).ids;
        if (!all_exist(ids)) return Outcome::unknown_node;
        targets.insert(ids.begin(), ids.end());
    }

    const auto before = nodes;
    if (const auto* reparent = std::get_if<mutation::Reparent>(&m.operation)) {
        const std::string parent(reparent->new_parent);
        if (!parent.empty() && !nodes.contains(parent)) return Outcome::unknown_node;
        for (auto above = parent; !above.empty(); above = nodes.at(above).parent) {
            if (targets.contains(above)) return Outcome::cycle;
        }
        for (const auto& target : targets) nodes.at(target).parent = parent;
    } else if (const auto* update = std::get_if<mutation::UpdateProperties>(&m.operation)) {
        for (const auto& target : targets) merge(nodes.at(target).properties, update->updates);
    } else if (const auto* translate = std::get_if<mutation::Translate>(&m.operation)) {
        operate(*translate, targets);
    } else if (const auto* scale = std::get_if<mutation::Scale>(&m.operation)) {
        operate(*scale, targets);
    } else {
        operate(std::get<mutation::Rotate>(m.operation), targets);
    }
    return nodes == before ? Outcome::unchanged : Outcome::applied;
}

std::array<double, 3> ReferenceModel::centre(const std::set<std::string>& targets) const {
    std::array<double, 3> sum{};
    for (const auto& target : targets) {
        for (std::size_t i = 0; i < 3; ++i) sum[i] += static_cast<double>(nodes.at(target).transform.translation[i]);
    }
    for (auto& each : sum) each /= static_cast<double>(targets.size());
    return sum;
}

void ReferenceModel::operate(const mutation::Translate& o, const std::set<std::string>& targets) {
    for (const auto& target : targets) {
        for (std::size_t i = 0; i < 3; ++i) nodes.at(target).transform.translation[i] += o.delta[i];
    }
}

void ReferenceModel::operate(const mutation::Scale& o, const std::set<std::string>& targets) {
    const auto middle = centre(targets);
    for (const auto& target : targets) {
        auto& transform = nodes.at(target).transform;
        for (std::size_t i = 0; i < 3; ++i) {
            const double distance = static_cast<double>(transform.translation[i]) - middle[i];
            transform.translation[i] = static_cast<float>(middle[i] + distance * static_cast<double>(o.factor[i]));
            transform.scale[i] *= o.factor[i];
        }
    }
}

// By the rotation's matrix, in doubles.
void ReferenceModel::operate(const mutation::Rotate& o, const std::set<std::string>& targets) {
    double length = 0;
    for (const float each : o.by) length += static_cast<double>(each) * static_cast<double>(each);
    length = std::sqrt(length);
    const double x = o.by[0] / length, y = o.by[1] / length, z = o.by[2] / length, w = o.by[3] / length;
    const double matrix[3][3] = {{1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)},
                                 {2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)},
                                 {2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)}};
    const auto middle = centre(targets);
    for (const auto& target : targets) {
        auto& [translation, rotation, scale] = nodes.at(target).transform;
        const auto [ax, ay, az, aw] = rotation;
        rotation = {static_cast<float>(aw * x + ax * w + ay * z - az * y),
                    static_cast<float>(aw * y - ax * z + ay * w + az * x),
                    static_cast<float>(aw * z + ax * y - ay * x + az * w),
                    static_cast<float>(aw * w - ax * x - ay * y - az * z)};
        if (targets.size() == 1) continue;
        const auto from = translation;
        for (std::size_t i = 0; i < 3; ++i) {
            double moved = middle[i];
            for (std::size_t j = 0; j < 3; ++j) moved += matrix[i][j] * (static_cast<double>(from[j]) - middle[j]);
            translation[i] = static_cast<float>(moved);
        }
    }
}

Outcome ReferenceModel::apply(const mutation::CreateSubgraph& m) {
    const std::string id(m.id);
    if (subgraphs.contains(id)) return subgraphs.at(id).label == m.label ? Outcome::unchanged : Outcome::id_in_use;
    if (!all_exist(m.nodes)) return Outcome::unknown_node;
    subgraphs[id] = {std::string(m.label), false, {m.nodes.begin(), m.nodes.end()}};
    return Outcome::applied;
}

Outcome ReferenceModel::apply(const mutation::AddToSubgraph& m) {
    const auto subgraph = subgraphs.find(std::string(m.id));
    if (subgraph == subgraphs.end()) return Outcome::unknown_subgraph;
    if (!all_exist(m.nodes)) return Outcome::unknown_node;
    const auto before = subgraph->second.nodes.size();
    subgraph->second.nodes.insert(m.nodes.begin(), m.nodes.end());
    return subgraph->second.nodes.size() == before ? Outcome::unchanged : Outcome::applied;
}

Outcome ReferenceModel::apply(const mutation::RemoveFromSubgraph& m) {
    const auto subgraph = subgraphs.find(std::string(m.id));
    if (subgraph == subgraphs.end()) return Outcome::unknown_subgraph;
    if (!all_exist(m.nodes)) return Outcome::unknown_node;
    std::size_t gone = 0;
    for (const auto node : m.nodes) gone += subgraph->second.nodes.erase(std::string(node));
    return gone == 0 ? Outcome::unchanged : Outcome::applied;
}

Outcome ReferenceModel::apply(const mutation::CollapseSubgraph& m) {
    const auto subgraph = subgraphs.find(std::string(m.id));
    if (subgraph == subgraphs.end()) return Outcome::unknown_subgraph;
    return std::exchange(subgraph->second.collapsed, true) ? Outcome::unchanged : Outcome::applied;
}

Outcome ReferenceModel::apply(const mutation::ExpandSubgraph& m) {
    const auto subgraph = subgraphs.find(std::string(m.id));
    if (subgraph == subgraphs.end()) return Outcome::unknown_subgraph;
    return std::exchange(subgraph->second.collapsed, false) ? Outcome::applied : Outcome::unchanged;
}

} // namespace cim::test
