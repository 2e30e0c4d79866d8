#include "change_writer.hpp"

#include "graph/export_text.hpp"
#include "output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>
#include <variant>

namespace cim::serve {
namespace {

constexpr auto untold = std::numeric_limits<std::uint32_t>::max();

// A page shows no more of a name; what it wants to know in full it asks for.
constexpr std::size_t max_label = 120;
constexpr std::size_t max_id = 512;

std::string_view shortened(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
    return text.substr(0, most);
}

std::uint32_t& number_at(std::vector<std::uint32_t>& numbers, std::size_t index) {
    if (index >= numbers.size()) numbers.resize(std::max(index + 1, numbers.size() * 2), untold);
    return numbers[index];
}

} // namespace

std::size_t ChangeWriter::Names::number(std::string_view name) {
    if (const auto found = numbers_.find(name); found != numbers_.end()) return found->second;
    const auto number = numbers_.size();
    numbers_.emplace(name, number);
    new_.emplace_back(name);
    return number;
}

std::string ChangeWriter::Names::take_new(std::string_view key) {
    if (new_.empty()) return {};
    auto out = fmt::format("\"{}\":[{}", key, told_);
    for (const auto& name : new_) {
        out += ',';
        cli::append_json_string(out, name);
    }
    told_ += std::exchange(new_, {}).size();
    return out += "],";
}

/// One event's mutations, applied one by one, each with what it does to the picture.
struct Change {
    ChangeWriter& writer;
    std::string& out;

    GraphModel& model() const { return writer.model_; }
    std::uint32_t& number(NodeIndex node) const { return number_at(writer.nodes_, static_cast<std::size_t>(node)); }
    std::uint32_t& number(EdgeIndex edge) const { return number_at(writer.edges_, static_cast<std::size_t>(edge)); }

    template <class... Arguments> void tell(int what, const Arguments&... arguments) const {
        fmt::format_to(std::back_inserter(out), "{}{}", out.back() == '[' ? "" : ",", what);
        (fmt::format_to(std::back_inserter(out), ",{}", arguments), ...);
    }
    void tell_text(std::string_view text) const {
        out += ',';
        cli::append_json_string(out, text);
    }

    bool apply(const GraphMutation& mutation) const {
        const auto outcome = model().apply(mutation);
        if (refused(outcome)) ++writer.problems_;
        return outcome == Outcome::applied;
    }

    void tell_new_edge(EdgeIndex index) const {
        if (number(index) != untold) return;
        const auto edge = model().edge(index);
        number(index) = writer.next_edge_++;
        tell(4, writer.edge_kinds_.number(edge.type), number(edge.source), number(edge.target));
    }
    void tell_place(NodeIndex index) const {
        const auto node = model().node(index);
        const auto& at = node.transform.translation;
        tell(7, number(index), at[0], at[1], at[2]);
    }

    void operator()(const mutation::AddNode& add, const GraphMutation& mutation) const {
        const bool was_there = model().find_node(add.id).has_value();
        if (!apply(mutation)) return;
        const auto index = *model().find_node(add.id);
        if (was_there) return tell(2, number(index));
        number(index) = writer.next_node_++;
        const auto node = model().node(index);
        const auto name = graph::display_name(node);
        tell(0, writer.kinds_.number(node.type));
        tell_text(shortened(node.id, max_id));
        name == node.id ? static_cast<void>(out += ",0") : tell_text(shortened(name, max_label));
        // Edges that had waited for it.
        for (const auto edge : model().edges_at(index)) tell_new_edge(edge);
    }

    void operator()(const mutation::RemoveNode& remove, const GraphMutation& mutation) const {
        const auto index = model().find_node(remove.id);
        std::vector<EdgeIndex> edges;
        if (index) edges = model().edges_at(*index);
        if (!apply(mutation) || !index) return;
        for (const auto edge : edges) {
            const auto told = std::exchange(number(edge), untold);
            if (told != untold) tell(5, told); // an edge from a node to itself stands there twice
        }
        tell(1, std::exchange(number(*index), untold));
    }

    void operator()(const mutation::UpdateNode& update, const GraphMutation& mutation) const {
        update_node(update.id, mutation);
    }

    void update_node(std::string_view id, const GraphMutation& mutation) const {
        const auto index = model().find_node(id);
        const auto before = index ? std::string(graph::display_name(model().node(*index))) : std::string();
        if (!apply(mutation) || !index) return;
        const auto node = model().node(*index);
        const auto name = graph::display_name(node);
        if (name == before) return tell(2, number(*index));
        tell(3, number(*index));
        tell_text(shortened(name, max_label));
    }

    void operator()(const mutation::AddEdge& add, const GraphMutation& mutation) const {
        if (!apply(mutation)) return;
        const auto index = model().find_edge(add.id);
        if (!index) return;
        number(*index) == untold ? tell_new_edge(*index) : tell(6, number(*index));
    }

    void operator()(const mutation::UpdateEdge& update, const GraphMutation& mutation) const {
        const auto index = model().find_edge(update.id);
        if (apply(mutation) && index) tell(6, number(*index));
    }

    void operator()(const mutation::RemoveEdge& remove, const GraphMutation& mutation) const {
        const auto index = model().find_edge(remove.id);
        if (apply(mutation) && index) tell(5, std::exchange(number(*index), untold));
    }

    std::vector<NodeIndex> targets(const mutation::ApplyTransform& transform) const {
        std::vector<NodeIndex> found;
        const auto add = [&](std::string_view id) {
            if (const auto index = model().find_node(id)) found.push_back(*index);
        };
        if (const auto* node = std::get_if<mutation::ApplyTransform::Node>(&transform.target)) add(node->id);
        if (const auto* nodes = std::get_if<mutation::ApplyTransform::Nodes>(&transform.target))
            std::ranges::for_each(nodes->ids, add);
        if (const auto* group = std::get_if<mutation::ApplyTransform::Subgraph>(&transform.target)) {
            if (const auto subgraph = model().subgraph(group->id))
                found.assign(subgraph->nodes.begin(), subgraph->nodes.end());
        }
        return found;
    }

    void operator()(const mutation::ApplyTransform& transform, const GraphMutation& mutation) const {
        const auto* node = std::get_if<mutation::ApplyTransform::Node>(&transform.target);
        if (node != nullptr && std::holds_alternative<mutation::UpdateProperties>(transform.operation))
            return update_node(node->id, mutation);
        if (!apply(mutation)) return;
        const bool moves = !std::holds_alternative<mutation::UpdateProperties>(transform.operation) &&
                           !std::holds_alternative<mutation::Reparent>(transform.operation);
        for (const auto index : targets(transform)) moves ? tell_place(index) : tell(2, number(index));
    }

    void tell_subgraph(std::string_view id) const {
        const auto subgraph = model().subgraph(id);
        if (!subgraph) return;
        tell(8);
        tell_text(shortened(subgraph->id, max_id));
        tell_text(shortened(subgraph->label, max_label));
        out += subgraph->collapsed ? ",1,[" : ",0,[";
        for (const auto member : subgraph->nodes)
            fmt::format_to(std::back_inserter(out), "{}{}", out.back() == '[' ? "" : ",", number(member));
        out += ']';
    }

    // All others are about a subgraph, which is told as it is then.
    template <class Mutation> void operator()(const Mutation& subgraph, const GraphMutation& mutation) const {
        if (apply(mutation)) tell_subgraph(subgraph.id);
    }
};

void ChangeWriter::apply(const DomainEvent& event, std::string& out) {
    scratch_.clear();
    const auto mapped = mapping_.map(event, scratch_);
    if (!mapped) {
        ++problems_;
        return;
    }
    if (*mapped == GraphMapping::Mapped::unknown_type) ++unknown_types_;
    const Change change{*this, out};
    for (const auto& mutation : scratch_.mutations())
        std::visit([&](const auto& which) { change(which, mutation); }, mutation);
}

std::string ChangeWriter::write(std::span<const DomainEvent> events) {
    const auto first_node = next_node_;
    const auto first_edge = next_edge_;
    const auto before = events_;
    std::string sequences, times, types, aggregates, ends, changes;
    for (const auto& event : events) {
        const std::string_view comma = sequences.empty() ? "" : ",";
        const auto into = [](std::string& out) { return std::back_inserter(out); };
        fmt::format_to(into(sequences), "{}{}", comma, event.sequence().value());
        fmt::format_to(into(times), "{}{}", comma, to_micros(event.timestamp()));
        fmt::format_to(into(types), "{}{}", comma, types_.number(event.event_type()));
        fmt::format_to(into(aggregates), "{}{}", comma, aggregates_.number(event.aggregate_id()));
        fmt::format_to(into(ends), "{}{}", comma, event.ends_transaction() ? 1 : 0);
        changes += comma;
        changes += '[';
        apply(event, changes);
        changes += ']';
        ++events_;
    }
    auto line = fmt::format("{{\"index\":{},\"node\":{},\"edge\":{},", before, first_node, first_edge);
    line += types_.take_new("type_names") + aggregates_.take_new("aggregate_names") + kinds_.take_new("node_kinds") +
            edge_kinds_.take_new("edge_kinds");
    const auto column = [&](std::string_view key, const std::string& values) {
        fmt::format_to(std::back_inserter(line), "\"{}\":[{}]", key, values);
    };
    column("sequences", sequences);
    line += ',';
    column("times", times);
    line += ',';
    column("types", types);
    line += ',';
    column("aggregates", aggregates);
    line += ',';
    column("ends", ends);
    line += ',';
    column("changes", changes);
    return line += "}\n";
}

} // namespace cim::serve
