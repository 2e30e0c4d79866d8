#include <cim/graph_mapping.hpp>

#include "base/try.hpp"
#include "graph/builtin_mappings.hpp"
#include "graph/mapping_compiler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <unordered_map>
#include <variant>

namespace cim {

namespace {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

} // namespace

struct GraphMapping::Table {
    using Meaning = std::variant<Function, std::shared_ptr<const graph::Program>>;
    std::unordered_map<std::string, Meaning, TextHash, std::equal_to<>> by_type;

    [[nodiscard]] const Meaning* find(std::string_view type) const {
        auto found = by_type.find(type);
        if (found == by_type.end()) found = by_type.find(std::string_view("*"));
        return found == by_type.end() ? nullptr : &found->second;
    }

    Result<> add_file(std::string_view text) {
        CIM_TRY_ASSIGN(auto programs, graph::compile_mapping(text));
        for (auto& [type, program] : programs)
            by_type.insert_or_assign(std::move(type), std::make_shared<const graph::Program>(std::move(program)));
        return {};
    }
};

GraphMapping::GraphMapping() : table_(std::make_shared<const Table>()) {}

const GraphMapping& GraphMapping::builtin() {
    static const GraphMapping mapping = [] {
        Table table;
        for (const auto text : {graph::seed_events_mapping, graph::git_events_mapping}) {
            [[maybe_unused]] const auto added = table.add_file(text);
            assert(added); // these texts are part of the library, and tested
        }
        GraphMapping built;
        built.table_ = std::make_shared<const Table>(std::move(table));
        return built;
    }();
    return mapping;
}

Result<GraphMapping> GraphMapping::from_json(std::string_view text) {
    Table table = *builtin().table_;
    CIM_TRY(table.add_file(text));
    GraphMapping mapping;
    mapping.table_ = std::make_shared<const Table>(std::move(table));
    return mapping;
}

GraphMapping& GraphMapping::add(std::string_view event_type, Function function) {
    auto table = std::make_shared<Table>(*table_); // others may share the old one
    table->by_type.insert_or_assign(std::string(event_type), std::move(function));
    table_ = std::move(table);
    return *this;
}

std::vector<std::string> GraphMapping::event_types() const {
    std::vector<std::string> types;
    for (const auto& [type, meaning] : table_->by_type) types.push_back(type);
    std::ranges::sort(types);
    return types;
}

Result<GraphMapping::Mapped> GraphMapping::map(const DomainEvent& event, MutationList& out) const {
    const auto* meaning = table_->find(event.event_type());
    if (!meaning) return Mapped::unknown_type;
    const auto before = out.size();
    const auto* program = std::get_if<std::shared_ptr<const graph::Program>>(meaning);
    auto done = program ? (*program)->run(event, out) : std::get<Function>(*meaning)(event, out);
    if (done) return out.size() > before ? Mapped::mutations : Mapped::nothing;

    out.truncate(before);
    auto error = std::move(done).error();
    const auto sequence = event.aggregate_sequence().value();
    error.message =
        fmt::format("event {} of '{}', {}: {}", sequence, event.aggregate_id(), event.event_type(), error.message);
    error.with("aggregate", std::string(event.aggregate_id()));
    error.with("sequence", std::to_string(sequence));
    error.with("cid", event.cid().to_string());
    return fail(std::move(error));
}

} // namespace cim
