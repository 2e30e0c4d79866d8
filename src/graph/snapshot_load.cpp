// Reads snapshots, which may come from anywhere. What is read is applied to an empty model like any other mutation, and
// refused where a model refuses it; at the end the model must have the very snapshot that was read, which is what
// settles all that is left (superfluous keys, an identity written out, members out of order).

#include <cim/graph_model.hpp>
#include <cim/ipld.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"
#include "graph/access.hpp"
#include "graph/snapshot_format.hpp"
#include "graph/state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace cim {
namespace {

using graph::none;
using graph::State;
using graph::TextKey;
using ipld::Kind;
using ipld::View;
namespace key = graph::key;

// Deep properties lie a few levels deeper in a snapshot than in the events that they came from.
constexpr ipld::DecodeOptions decode_options{.max_depth = 1024, .links = CidProfile::any};

class Loader {
  public:
    explicit Loader(State& state) : state_(state) {}

    Result<> load(View root) {
        CIM_TRY_ASSIGN(const View nodes, section(root, key::nodes));
        for (const auto [id, node] : nodes.entries()) CIM_TRY(add_node(id, node));
        for (const auto [id, node] : nodes.entries()) CIM_TRY(set_parent(id, node));
        CIM_TRY(check_forest());
        CIM_TRY_ASSIGN(const View edges, section(root, key::edges));
        for (const auto [id, edge] : edges.entries()) CIM_TRY(add_edge(key::edges, id, edge, Outcome::applied));
        CIM_TRY_ASSIGN(const View waiting, section(root, key::waiting));
        if (waiting.size() > state_.options.max_waiting_edges) return too_many_waiting(waiting.size());
        for (const auto [id, edge] : waiting.entries()) CIM_TRY(add_edge(key::waiting, id, edge, Outcome::waiting));
        CIM_TRY_ASSIGN(const View subgraphs, section(root, key::subgraphs));
        for (const auto [id, subgraph] : subgraphs.entries()) CIM_TRY(add_subgraph(id, subgraph));
        state_.outcomes = {};
        return {};
    }

  private:
    static std::unexpected<Error> bad(std::string_view section, std::string_view id, std::string_view reason) {
        return fail(Errc::invalid_input, fmt::format("the snapshot's {} '{}': {}", section, printable(id), reason));
    }
    std::unexpected<Error> too_many_waiting(std::size_t count) const {
        const auto limit = state_.options.max_waiting_edges;
        return fail(Errc::limit_exceeded,
                    fmt::format("the snapshot has {} waiting edges, and the limit is {}", count, limit),
                    "raise GraphModelOptions::max_waiting_edges",
                    {{"limit", std::to_string(limit)}, {"needed", std::to_string(count)}});
    }

    static Result<View> section(View root, std::string_view name) {
        const auto found = root.find(name);
        if (found && found->is(Kind::map)) return *found;
        return fail(Errc::invalid_input, fmt::format("a snapshot is a map with a map '{}', and this is not", name));
    }
    static Result<std::string_view> text(std::string_view section, std::string_view id, View entry,
                                         std::string_view name) {
        const auto found = entry.find(name);
        const auto value = found ? found->as_string() : std::nullopt;
        if (value) return *value;
        return bad(section, id, fmt::format("'{}' is missing or no string", name));
    }

    Result<> add_node(std::string_view id, View node) {
        CIM_TRY_ASSIGN(const auto type, text(key::nodes, id, node, key::type));
        const auto outcome = state_.apply(GraphMutation(mutation::AddNode{id, type, node.find(key::properties)}));
        if (outcome != Outcome::applied) return bad(key::nodes, id, to_string(outcome));
        if (const auto transform = node.find(key::transform)) {
            const auto value = read_transform(*transform);
            if (!value) return bad(key::nodes, id, "'transform' is not one");
            state_.nodes.extras.set_transform(state_.nodes.ids.find(TextKey(id)), *value);
        }
        return {};
    }

    template <std::size_t N> static bool read_floats(View transform, std::string_view name, std::array<float, N>& out) {
        const auto list = transform.find(name);
        if (!list || !list->is(Kind::list) || list->size() != N) return false;
        std::size_t i = 0;
        for (const auto item : list->items()) {
            const auto value = item.as_floating();
            if (!value || std::abs(*value) > std::numeric_limits<float>::max()) return false;
            out[i++] = static_cast<float>(*value);
        }
        return true;
    }

    static std::optional<Transform> read_transform(View view) {
        Transform transform;
        if (!read_floats(view, key::scale, transform.scale) || !read_floats(view, key::rotation, transform.rotation) ||
            !read_floats(view, key::translation, transform.translation))
            return std::nullopt;
        const auto unit = graph::normalised(transform.rotation);
        constexpr float rounding = 1e-6f;
        for (std::size_t i = 0; i < 4; ++i) {
            if (!unit || std::abs((*unit)[i] - transform.rotation[i]) > rounding) return std::nullopt;
        }
        return transform;
    }

    Result<> set_parent(std::string_view id, View node) {
        if (!node.find(key::parent)) return {};
        CIM_TRY_ASSIGN(const auto parent_id, text(key::nodes, id, node, key::parent));
        const auto parent = state_.nodes.ids.find(TextKey(parent_id));
        if (parent == none) return bad(key::nodes, id, fmt::format("no parent '{}'", printable(parent_id)));
        state_.nodes.extras.set_parent(state_.nodes.ids.find(TextKey(id)), parent);
        return {};
    }

    // Parents were set without looking for cycles, which would take a walk to the root each; this takes one step a
    // node.
    Result<> check_forest() const {
        const auto& nodes = state_.nodes;
        std::vector<std::uint32_t> seen_from(nodes.ids.end(), none);
        for (std::uint32_t start = 0; start < nodes.ids.end(); ++start) {
            auto node = start;
            for (; node != none && seen_from[node] == none; node = nodes.extras.parent(node)) seen_from[node] = start;
            if (node != none && seen_from[node] == start)
                return bad(key::nodes, nodes.ids.text(node), "is its own ancestor");
        }
        return {};
    }

    Result<> add_edge(std::string_view section, std::string_view id, View edge, Outcome expected) {
        CIM_TRY_ASSIGN(const auto type, text(section, id, edge, key::type));
        CIM_TRY_ASSIGN(const auto source, text(section, id, edge, key::source));
        CIM_TRY_ASSIGN(const auto target, text(section, id, edge, key::target));
        const auto outcome =
            state_.apply(GraphMutation(mutation::AddEdge{id, source, target, type, edge.find(key::properties)}));
        if (outcome == expected) return {};
        if (outcome == Outcome::waiting) return bad(section, id, "an end of it is missing");
        if (outcome == Outcome::applied) return bad(section, id, "waits for nothing");
        return bad(section, id, to_string(outcome));
    }

    Result<> add_subgraph(std::string_view id, View subgraph) {
        CIM_TRY_ASSIGN(const auto label, text(key::subgraphs, id, subgraph, key::label));
        const auto list = subgraph.find(key::nodes);
        if (!list || !list->is(Kind::list)) return bad(key::subgraphs, id, "'nodes' is missing or no list");
        std::vector<std::string_view> members;
        for (const auto item : list->items()) {
            const auto member = item.as_string();
            if (!member) return bad(key::subgraphs, id, "a node is no string");
            members.push_back(*member);
        }
        const auto outcome = state_.apply(GraphMutation(mutation::CreateSubgraph{id, label, members}));
        if (outcome != Outcome::applied) return bad(key::subgraphs, id, to_string(outcome));
        const auto collapsed = subgraph.find(key::collapsed);
        if (!collapsed || !collapsed->is(Kind::boolean)) return bad(key::subgraphs, id, "'collapsed' is no boolean");
        if (*collapsed->as_boolean()) state_.apply(GraphMutation(mutation::CollapseSubgraph{id}));
        return {};
    }

    State& state_;
};

} // namespace

Result<GraphModel> load_snapshot(ByteView block, GraphModelOptions options) {
    CIM_TRY_ASSIGN(const View root, View::parse(block, decode_options));
    GraphModel model(options);
    CIM_TRY(Loader(graph::Access::state(model)).load(root));
    const auto written = snapshot(model);
    if (const auto [differs, _] = std::ranges::mismatch(written, block); differs != written.end()) {
        const auto offset = differs - written.begin();
        return fail(Errc::invalid_input,
                    fmt::format("the snapshot is not the canonical one of its graph: byte {} differs", offset), {},
                    {{"offset", std::to_string(offset)}});
    }
    return model;
}

} // namespace cim
