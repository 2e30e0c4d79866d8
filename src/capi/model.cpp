#include "base/try.hpp"
#include "capi/handles.hpp"

using namespace cim; // NOLINT(google-build-using-namespace): these entries are C and lie in no namespace
using namespace cim::capi;

namespace {

Result<const GraphModel*> graph_of(const cim_model* model) {
    CIM_TRY(check(model, "model"));
    return model->model;
}

template <class Index>
Result<> write_indexes(const std::vector<Index>& all, size_t first, uint32_t* indexes, size_t capacity, size_t* count) {
    CIM_TRY(check_out(count, "count"));
    *count = 0;
    if (capacity != 0) CIM_TRY(check_out(indexes, "indexes"));
    for (auto at = first; at < all.size() && *count < capacity; ++at)
        indexes[(*count)++] = static_cast<uint32_t>(all[at]);
    return {};
}

Transform transform_of(const cim_transform& from) {
    Transform to;
    std::copy_n(from.translation, 3, to.translation.begin());
    std::copy_n(from.rotation, 4, to.rotation.begin());
    std::copy_n(from.scale, 3, to.scale.begin());
    return to;
}
cim_transform transform_of(const Transform& from) {
    cim_transform to{};
    std::ranges::copy(from.translation, to.translation);
    std::ranges::copy(from.rotation, to.rotation);
    std::ranges::copy(from.scale, to.scale);
    return to;
}

Bytes owned(cim_bytes given) {
    const auto from = view(given);
    return {from.begin(), from.end()};
}

} // namespace

extern "C" {

cim_code cim_model_get_info(const cim_model* model, cim_model_info* info) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY_ASSIGN(const auto* of, graph_of(model));
        CIM_TRY(check_size(info, "info"));
        write_struct(info, {.struct_size = 0,
                            .reserved = 0,
                            .nodes = of->node_count(),
                            .edges = of->edge_count(),
                            .subgraphs = of->subgraph_count(),
                            .waiting_edges = of->waiting_edge_count(),
                            .memory_bytes = of->memory_bytes()});
        return {};
    });
}

cim_code cim_model_find_node(const cim_model* model, cim_text id, uint32_t* index) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY_ASSIGN(const auto* of, graph_of(model));
        CIM_TRY(check_text(id, "id"));
        CIM_TRY(check_out(index, "index"));
        const auto found = of->find_node(view(id));
        if (!found) return fail(Errc::not_found, "there is no such node");
        *index = static_cast<uint32_t>(*found);
        return {};
    });
}

cim_code cim_model_find_edge(const cim_model* model, cim_text id, uint32_t* index) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY_ASSIGN(const auto* of, graph_of(model));
        CIM_TRY(check_text(id, "id"));
        CIM_TRY(check_out(index, "index"));
        const auto found = of->find_edge(view(id));
        if (!found) return fail(Errc::not_found, "there is no such edge");
        *index = static_cast<uint32_t>(*found);
        return {};
    });
}

cim_code cim_model_read_nodes(const cim_model* model, const uint32_t* indexes, size_t count, cim_node* nodes) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY_ASSIGN(const auto* of, graph_of(model));
        size_t written = 0;
        CIM_TRY_ASSIGN(const auto out, OutArray<cim_node>::of(nodes, count, &written, "nodes"));
        if (count != 0) CIM_TRY(check_out(indexes, "indexes"));
        for (const auto index : std::span(indexes, count))
            if (!of->contains(NodeIndex{index}))
                return fail(Errc::not_found, "there is no node of the index " + std::to_string(index), {},
                            {{"index", std::to_string(index)}});
        for (; written < count; ++written) {
            const auto node = of->node(NodeIndex{indexes[written]});
            out.write(written, {.struct_size = 0,
                                .index = indexes[written],
                                .parent = node.parent ? static_cast<uint32_t>(*node.parent) : CIM_NO_INDEX,
                                .reserved = 0,
                                .id = text(node.id),
                                .type = text(node.type),
                                .properties = bytes(node.properties.encoded()),
                                .transform = transform_of(node.transform)});
        }
        return {};
    });
}

cim_code cim_model_read_edges(const cim_model* model, const uint32_t* indexes, size_t count, cim_edge* edges) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY_ASSIGN(const auto* of, graph_of(model));
        size_t written = 0;
        CIM_TRY_ASSIGN(const auto out, OutArray<cim_edge>::of(edges, count, &written, "edges"));
        if (count != 0) CIM_TRY(check_out(indexes, "indexes"));
        for (const auto index : std::span(indexes, count))
            if (!of->contains(EdgeIndex{index}))
                return fail(Errc::not_found, "there is no edge of the index " + std::to_string(index), {},
                            {{"index", std::to_string(index)}});
        for (; written < count; ++written) {
            const auto edge = of->edge(EdgeIndex{indexes[written]});
            out.write(written, {.struct_size = 0,
                                .index = indexes[written],
                                .source = static_cast<uint32_t>(edge.source),
                                .target = static_cast<uint32_t>(edge.target),
                                .id = text(edge.id),
                                .type = text(edge.type),
                                .properties = bytes(edge.properties.encoded())});
        }
        return {};
    });
}

cim_code cim_model_nodes(const cim_model* model, size_t first, uint32_t* indexes, size_t capacity,
                         size_t* count) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY_ASSIGN(const auto* of, graph_of(model));
        return write_indexes(of->nodes(), first, indexes, capacity, count);
    });
}

cim_code cim_model_edges(const cim_model* model, size_t first, uint32_t* indexes, size_t capacity,
                         size_t* count) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY_ASSIGN(const auto* of, graph_of(model));
        return write_indexes(of->edges(), first, indexes, capacity, count);
    });
}

cim_code cim_model_subgraphs(const cim_model* model, size_t first, cim_subgraph* subgraphs, size_t capacity,
                             size_t* count) noexcept {
    return run([&]() -> Result<> {
        static thread_local std::vector<std::vector<uint32_t>> members;
        CIM_TRY_ASSIGN(const auto* of, graph_of(model));
        CIM_TRY_ASSIGN(const auto out, OutArray<cim_subgraph>::of(subgraphs, capacity, count, "subgraphs"));
        const auto all = of->subgraphs();
        members.clear();
        for (auto at = first; at < all.size() && *count < out.capacity(); ++at) {
            auto& nodes = members.emplace_back();
            for (const auto node : all[at].nodes) nodes.push_back(static_cast<uint32_t>(node));
            out.write((*count)++, {.struct_size = 0,
                                   .collapsed = all[at].collapsed,
                                   .id = text(all[at].id),
                                   .label = text(all[at].label),
                                   .nodes = nodes.data(),
                                   .node_count = nodes.size()});
        }
        return {};
    });
}

cim_code cim_model_state_cid(const cim_model* model, cim_cid* cid) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY_ASSIGN(const auto* of, graph_of(model));
        CIM_TRY(check_out(cid, "cid"));
        capi::write(state_cid(*of), *cid);
        return {};
    });
}

cim_code cim_parts_new(cim_parts** parts) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check_out(parts, "parts"));
        *parts = new cim_parts;
        return {};
    });
}

void cim_parts_close(cim_parts** parts) noexcept { capi::close(parts); }

cim_code cim_parts_add_node(cim_parts* parts, cim_text id, cim_text type, cim_text parent,
                            const cim_transform* transform, cim_bytes properties) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(parts, "parts"));
        CIM_TRY(check_text(id, "id"));
        CIM_TRY(check_text(type, "type"));
        CIM_TRY(check_text(parent, "parent"));
        CIM_TRY(check_bytes(properties, "properties"));
        parts->parts.nodes.push_back({.id = std::string(view(id)),
                                      .type = std::string(view(type)),
                                      .parent = std::string(view(parent)),
                                      .transform = transform != nullptr ? transform_of(*transform) : Transform{},
                                      .properties = owned(properties)});
        return {};
    });
}

cim_code cim_parts_add_edge(cim_parts* parts, cim_text id, cim_text type, cim_text source, cim_text target,
                            cim_bytes properties) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(parts, "parts"));
        CIM_TRY(check_text(id, "id"));
        CIM_TRY(check_text(type, "type"));
        CIM_TRY(check_text(source, "source"));
        CIM_TRY(check_text(target, "target"));
        CIM_TRY(check_bytes(properties, "properties"));
        parts->parts.edges.push_back({.id = std::string(view(id)),
                                      .type = std::string(view(type)),
                                      .source = std::string(view(source)),
                                      .target = std::string(view(target)),
                                      .properties = owned(properties)});
        return {};
    });
}

cim_code cim_parts_add_subgraph(cim_parts* parts, cim_text id, cim_text label, uint32_t collapsed,
                                const cim_text* nodes, size_t count) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(parts, "parts"));
        CIM_TRY(check_text(id, "id"));
        CIM_TRY(check_text(label, "label"));
        if (count != 0) CIM_TRY(check_out(nodes, "nodes"));
        GraphParts::Subgraph subgraph{
            .id = std::string(view(id)), .label = std::string(view(label)), .collapsed = collapsed != 0, .nodes = {}};
        for (const auto node : std::span(nodes, count)) {
            CIM_TRY(check_text(node, "nodes"));
            subgraph.nodes.emplace_back(view(node));
        }
        parts->parts.subgraphs.push_back(std::move(subgraph));
        return {};
    });
}

cim_code cim_parts_state_cid(const cim_parts* parts, cim_cid* cid) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(parts, "parts"));
        CIM_TRY(check_out(cid, "cid"));
        CIM_TRY_ASSIGN(const auto state, state_cid(parts->parts));
        capi::write(state, *cid);
        return {};
    });
}
}
