#include "capi/mutations.hpp"

#include "base/try.hpp"

namespace cim::capi {
namespace {

// The numbers in cim.h are those of the C++ side, in the same order.
static_assert(CIM_OUTCOME_INVALID_VALUE == static_cast<int>(Outcome::invalid_value));
static_assert(static_cast<std::size_t>(CIM_OUTCOME_INVALID_VALUE) + 1 == outcome_count);
static_assert(std::variant_size_v<GraphMutation> == CIM_EXPAND_SUBGRAPH + 1);
static_assert(std::is_same_v<std::variant_alternative_t<CIM_TRANSFORM, GraphMutation>, mutation::ApplyTransform>);
static_assert(std::is_same_v<std::variant_alternative_t<CIM_REMOVE_EDGE, GraphMutation>, mutation::RemoveEdge>);
static_assert(CIM_STATE_CLOSED == static_cast<int>(ConnectionState::closed));
static_assert(CIM_REPLAY_FOLLOWING == static_cast<int>(ReplayStatus::State::following));

struct Writer {
    cim_mutation& out;
    std::vector<std::vector<cim_text>>& ids;

    void list(std::span<const std::string_view> texts) const {
        auto& kept = ids.emplace_back();
        for (const auto one : texts) kept.push_back(text(one));
        out.ids = kept.data();
        out.id_count = kept.size();
    }
    void properties(const std::optional<ipld::View>& view) const {
        if (view) out.properties = bytes(view->encoded());
    }
    template <std::size_t N> void vector(const std::array<float, N>& from) const {
        std::ranges::copy(from, out.vector);
    }

    void operator()(const mutation::AddNode& m) const {
        out.id = text(m.id);
        out.type = text(m.type);
        properties(m.properties);
    }
    void operator()(const mutation::UpdateNode& m) const {
        out.id = text(m.id);
        properties(m.updates);
    }
    void operator()(const mutation::RemoveNode& m) const { out.id = text(m.id); }
    void operator()(const mutation::AddEdge& m) const {
        out.id = text(m.id);
        out.type = text(m.type);
        out.edge_source = text(m.source);
        out.edge_target = text(m.target);
        properties(m.properties);
    }
    void operator()(const mutation::UpdateEdge& m) const {
        out.id = text(m.id);
        properties(m.updates);
    }
    void operator()(const mutation::RemoveEdge& m) const { out.id = text(m.id); }
    void operator()(const mutation::ApplyTransform& m) const {
        out.target = static_cast<std::uint32_t>(m.target.index());
        if (const auto* node = std::get_if<mutation::ApplyTransform::Node>(&m.target)) out.id = text(node->id);
        if (const auto* nodes = std::get_if<mutation::ApplyTransform::Nodes>(&m.target)) list(nodes->ids);
        if (const auto* sub = std::get_if<mutation::ApplyTransform::Subgraph>(&m.target)) out.id = text(sub->id);
        out.operation = static_cast<std::uint32_t>(m.operation.index());
        if (const auto* move = std::get_if<mutation::Translate>(&m.operation)) vector(move->delta);
        if (const auto* scale = std::get_if<mutation::Scale>(&m.operation)) vector(scale->factor);
        if (const auto* rotate = std::get_if<mutation::Rotate>(&m.operation)) vector(rotate->by);
        if (const auto* parent = std::get_if<mutation::Reparent>(&m.operation)) out.parent = text(parent->new_parent);
        if (const auto* update = std::get_if<mutation::UpdateProperties>(&m.operation)) properties(update->updates);
    }
    void operator()(const mutation::CreateSubgraph& m) const {
        out.id = text(m.id);
        out.type = text(m.label);
        list(m.nodes);
    }
    void operator()(const mutation::AddToSubgraph& m) const {
        out.id = text(m.id);
        list(m.nodes);
    }
    void operator()(const mutation::RemoveFromSubgraph& m) const {
        out.id = text(m.id);
        list(m.nodes);
    }
    void operator()(const mutation::CollapseSubgraph& m) const { out.id = text(m.id); }
    void operator()(const mutation::ExpandSubgraph& m) const { out.id = text(m.id); }
};

Result<std::optional<ipld::View>> map_of(const cim_mutation& from) {
    if (from.properties.size == 0) return std::nullopt;
    CIM_TRY_ASSIGN(const auto view, ipld::View::parse(view(from.properties)));
    return view;
}
// An update of nothing changes nothing, and is one all the same.
ipld::View updates_of(const std::optional<ipld::View>& map) {
    static constexpr std::byte empty_map{0xa0};
    return map ? *map : ipld::View::trusted({&empty_map, 1});
}

Result<GraphMutation> transform_of(const cim_mutation& from, std::span<const std::string_view> ids,
                                   const std::optional<ipld::View>& map) {
    mutation::ApplyTransform m;
    switch (from.target) {
    case CIM_TARGET_NODE: m.target = mutation::ApplyTransform::Node{view(from.id)}; break;
    case CIM_TARGET_NODES: m.target = mutation::ApplyTransform::Nodes{ids}; break;
    case CIM_TARGET_SUBGRAPH: m.target = mutation::ApplyTransform::Subgraph{view(from.id)}; break;
    default: return bad_argument("target", "it is none of CIM_TARGET_...");
    }
    const auto* v = from.vector;
    switch (from.operation) {
    case CIM_TRANSLATE: m.operation = mutation::Translate{{v[0], v[1], v[2]}}; break;
    case CIM_SCALE: m.operation = mutation::Scale{{v[0], v[1], v[2]}}; break;
    case CIM_ROTATE: m.operation = mutation::Rotate{{v[0], v[1], v[2], v[3]}}; break;
    case CIM_REPARENT: m.operation = mutation::Reparent{view(from.parent)}; break;
    case CIM_UPDATE_PROPERTIES: m.operation = mutation::UpdateProperties{updates_of(map)}; break;
    default: return bad_argument("operation", "it is none of the operations");
    }
    return m;
}

} // namespace

cim_mutation described(const GraphMutationEvent& event, std::vector<std::vector<cim_text>>& ids) {
    cim_mutation out{};
    out.kind = static_cast<std::uint32_t>(event.mutation.index());
    out.source = static_cast<std::uint32_t>(event.source.index());
    out.outcome = static_cast<std::uint32_t>(event.outcome);
    out.transaction_id = text(event.transaction_id);
    const DomainEvent* from = nullptr;
    if (const auto* nats = std::get_if<source::Nats>(&event.source)) from = nats->event;
    if (const auto* replay = std::get_if<source::Replay>(&event.source)) from = replay->event;
    if (from != nullptr) {
        out.sequence = from->sequence().value();
        out.event_type = text(from->event_type());
        out.aggregate = text(from->aggregate_id());
    }
    std::visit(Writer{out, ids}, event.mutation);
    return out;
}

Result<GraphMutation> mutation_of(const cim_mutation& from, std::vector<std::string_view>& ids) {
    for (const auto& [field, name] :
         {std::pair(from.id, "id"), std::pair(from.type, "type"), std::pair(from.edge_source, "edge_source"),
          std::pair(from.edge_target, "edge_target"), std::pair(from.parent, "parent")})
        CIM_TRY(check_text(field, name));
    CIM_TRY(check_bytes(from.properties, "properties"));
    if (from.id_count != 0) CIM_TRY(check_out(from.ids, "ids"));
    for (const auto id : std::span(from.ids, from.id_count)) {
        CIM_TRY(check_text(id, "ids"));
        ids.push_back(view(id));
    }
    CIM_TRY_ASSIGN(const auto map, map_of(from));
    const auto id = view(from.id);
    switch (from.kind) {
    case CIM_ADD_NODE: return mutation::AddNode{id, view(from.type), map};
    case CIM_UPDATE_NODE: return mutation::UpdateNode{id, updates_of(map)};
    case CIM_REMOVE_NODE: return mutation::RemoveNode{id};
    case CIM_ADD_EDGE:
        return mutation::AddEdge{id, view(from.edge_source), view(from.edge_target), view(from.type), map};
    case CIM_UPDATE_EDGE: return mutation::UpdateEdge{id, updates_of(map)};
    case CIM_REMOVE_EDGE: return mutation::RemoveEdge{id};
    case CIM_TRANSFORM: return transform_of(from, ids, map);
    case CIM_CREATE_SUBGRAPH: return mutation::CreateSubgraph{id, view(from.type), ids};
    case CIM_ADD_TO_SUBGRAPH: return mutation::AddToSubgraph{id, ids};
    case CIM_REMOVE_FROM_SUBGRAPH: return mutation::RemoveFromSubgraph{id, ids};
    case CIM_COLLAPSE_SUBGRAPH: return mutation::CollapseSubgraph{id};
    case CIM_EXPAND_SUBGRAPH: return mutation::ExpandSubgraph{id};
    default: return bad_argument("kind", "it is none of the kinds");
    }
}

} // namespace cim::capi
