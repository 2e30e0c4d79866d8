// cim aggregates, cim heads: what is in a store, and where its chains end.
#include "base/try.hpp"
#include "command.hpp"
#include "interrupt.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <vector>

namespace cim::cli {
namespace {

struct Nothing {};

Result<std::vector<AggregateInfo>> all_aggregates(const Context& context) {
    CIM_TRY_ASSIGN(const auto store, open_store(context, Access::read));
    std::vector<AggregateInfo> all;
    AggregateId after;
    while (!interrupted()) {
        CIM_TRY_ASSIGN(auto page, store->aggregates(after));
        if (page.empty()) break;
        after = page.back().id;
        std::ranges::move(page, std::back_inserter(all));
    }
    return all;
}

std::string head_text(const AggregateInfo& aggregate) {
    return aggregate.head.cid ? aggregate.head.cid->to_string() : "none";
}

std::size_t widest(const std::vector<AggregateInfo>& all) {
    std::size_t width = 9;
    for (const auto& aggregate : all) width = std::max(width, aggregate.id.str().size());
    return std::min<std::size_t>(width, 60);
}

Result<int> run_aggregates(Context& context, const Nothing&) {
    CIM_TRY_ASSIGN(const auto all, all_aggregates(context));
    if (context.json) {
        auto list = Json::array();
        for (const auto& aggregate : all) {
            list.push_back({{"aggregate", aggregate.id.str()},
                            {"events", aggregate.head.sequence.value()},
                            {"first_event", to_rfc3339(aggregate.first_event)},
                            {"last_event", to_rfc3339(aggregate.last_event)},
                            {"head", head_text(aggregate)}});
        }
        CIM_TRY(context.out.json(list));
        return exit_ok;
    }
    if (all.empty()) context.note("the store is empty");
    const auto width = widest(all);
    for (const auto& aggregate : all) {
        CIM_TRY(context.out.line(fmt::format("{:<{}}  {:>12}  {}  to  {}", aggregate.id.str(), width,
                                             counted(aggregate.head.sequence.value(), "event"),
                                             to_rfc3339(aggregate.first_event), to_rfc3339(aggregate.last_event))));
    }
    return exit_ok;
}

Result<int> run_heads(Context& context, const Nothing&) {
    CIM_TRY_ASSIGN(const auto all, all_aggregates(context));
    if (context.json) {
        auto list = Json::array();
        for (const auto& aggregate : all) {
            list.push_back({{"aggregate", aggregate.id.str()},
                            {"sequence", aggregate.head.sequence.value()},
                            {"cid", head_text(aggregate)}});
        }
        CIM_TRY(context.out.json(list));
        return exit_ok;
    }
    if (all.empty()) context.note("the store is empty");
    const auto width = widest(all);
    for (const auto& aggregate : all) {
        CIM_TRY(context.out.line(fmt::format("{:<{}}  {:>8}  {}", aggregate.id.str(), width,
                                             aggregate.head.sequence.value(), head_text(aggregate))));
    }
    return exit_ok;
}

void bind_nothing(Command, Nothing&) {}

} // namespace

void add_heads(CommandLine& line) {
    line.add<Nothing>(line.app(), "aggregates", "list what the store has histories of",
                      {"cim aggregates", "cim aggregates --json"}, bind_nothing, run_aggregates);
    line.add<Nothing>(line.app(), "heads", "list the last CID of each chain, to be kept elsewhere",
                      {"cim heads", "cim heads --json > heads.json", "cim verify --heads heads.json"}, bind_nothing,
                      run_heads);
}

} // namespace cim::cli
