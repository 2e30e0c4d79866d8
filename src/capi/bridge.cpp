#include "base/try.hpp"
#include "capi/handles.hpp"
#include "capi/mutations.hpp"

using namespace cim; // NOLINT(google-build-using-namespace): these entries are C and lie in no namespace
using namespace cim::capi;

namespace {

Result<EventBridgeOptions> bridge_options(const cim_bridge_options* given) {
    CIM_TRY_ASSIGN(const auto asked, read_options(given, "options"));
    CIM_TRY(check_text(asked.graph, "graph"));
    CIM_TRY(check_text(asked.subject, "subject"));
    CIM_TRY(check_text(asked.mapping, "mapping"));
    CIM_TRY(check_text(asked.snapshot_name, "snapshot_name"));
    if (asked.history > CIM_HISTORY_NONE) return bad_argument("history", "it is none of CIM_HISTORY_...");
    EventBridgeOptions options;
    options.graph = AggregateId(view(asked.graph));
    if (asked.subject.size != 0) options.subject = view(asked.subject);
    options.history = static_cast<History>(asked.history);
    if (asked.mapping.size != 0) {
        CIM_TRY_ASSIGN(options.mapping, GraphMapping::from_json(view(asked.mapping)));
    }
    options.snapshot_name = view(asked.snapshot_name);
    if (asked.buffer_events != 0) options.buffer_events = asked.buffer_events;
    if (asked.max_pending_publishes != 0) options.max_pending_publishes = asked.max_pending_publishes;
    if (asked.max_replay_events != 0) options.max_replay_events = asked.max_replay_events;
    return options;
}

void forget_frame(cim_bridge& handle) {
    handle.frame = {};
    handle.mutations_read = handle.outcomes_read = 0;
    std::ranges::fill(handle.changes_read, 0);
    handle.ids.clear();
}

template <class Index>
size_t copy_indexes(const std::vector<Index>& from, size_t& read, uint32_t* to, size_t capacity) {
    const auto count = std::min(capacity, from.size() - read);
    for (size_t i = 0; i < count; ++i) to[i] = static_cast<uint32_t>(from[read + i]);
    read += count;
    return count;
}

cim_outcome described(const RequestOutcome& outcome) {
    cim_outcome out{};
    out.kind = static_cast<uint32_t>(outcome.kind);
    out.id = outcome.id.value();
    if (outcome.error) {
        out.code = static_cast<cim_code>(outcome.error->code);
        out.message = text(outcome.error->message);
    }
    if (outcome.receipt) {
        out.already_present = outcome.receipt->already_present;
        out.first_sequence = outcome.receipt->first.value();
        out.last_sequence = outcome.receipt->last.value();
        out.head_sequence = outcome.receipt->head.sequence.value();
        capi::write(outcome.receipt->head.cid, out.cid);
    }
    if (outcome.state) capi::write(outcome.state, out.cid);
    return out;
}

/// Only the owner reads what a frame has.
Result<> check_owner(cim_bridge* bridge) {
    CIM_TRY(check(bridge, "bridge"));
    return bridge->bridge.check_thread();
}

} // namespace

extern "C" {

cim_code cim_bridge_open(cim_store* store, const cim_bridge_options* options, cim_bridge** bridge) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(store, "store"));
        CIM_TRY(check_out(bridge, "bridge"));
        CIM_TRY_ASSIGN(auto how, bridge_options(options));
        CIM_TRY_ASSIGN(auto opened, EventBridge::open(*store->store, std::move(how)));
        *bridge = new cim_bridge(std::move(opened));
        return {};
    });
}

void cim_bridge_close(cim_bridge** bridge) noexcept { capi::close(bridge); }

cim_code cim_bridge_bind_thread(cim_bridge* bridge) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(bridge, "bridge"));
        return bridge->bridge.bind_thread();
    });
}

cim_code cim_bridge_pump(cim_bridge* bridge, const cim_budget* budget, cim_frame* frame) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(bridge, "bridge"));
        CIM_TRY(check_size(frame, "frame"));
        CIM_TRY_ASSIGN(const auto asked, read_options(budget, "budget"));
        FrameBudget how;
        if (asked.max_events != 0) how.max_events = asked.max_events;
        if (asked.max_time_us != 0) how.max_time = std::chrono::microseconds(asked.max_time_us);
        CIM_TRY_ASSIGN(auto pumped, bridge->bridge.pump(how));
        forget_frame(*bridge);
        bridge->frame = pumped;
        bridge->shown.model = pumped.model;
        const auto& changes = *pumped.changes;
        write_struct(frame, {.struct_size = 0,
                             .rebuilt = pumped.rebuilt,
                             .replaying = pumped.replaying,
                             .more = pumped.more,
                             .events = pumped.events,
                             .transactions = pumped.transactions,
                             .mutations = pumped.mutations.size(),
                             .outcomes = pumped.outcomes.size(),
                             .added_nodes = changes.added_nodes.size(),
                             .updated_nodes = changes.updated_nodes.size(),
                             .removed_nodes = changes.removed_nodes.size(),
                             .added_edges = changes.added_edges.size(),
                             .updated_edges = changes.updated_edges.size(),
                             .removed_edges = changes.removed_edges.size(),
                             .subgraphs_changed = changes.subgraphs_changed,
                             .reserved = 0,
                             .model = &bridge->shown});
        return {};
    });
}

cim_code cim_bridge_mutations(cim_bridge* bridge, cim_mutation* mutations, size_t capacity, size_t* count) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY_ASSIGN(const auto out, OutArray<cim_mutation>::of(mutations, capacity, count, "mutations"));
        CIM_TRY(check_owner(bridge));
        bridge->ids.clear();
        const auto all = bridge->frame.mutations;
        for (; bridge->mutations_read < all.size() && *count < out.capacity(); ++bridge->mutations_read)
            out.write((*count)++, capi::described(all[bridge->mutations_read], bridge->ids));
        return {};
    });
}

cim_code cim_bridge_changes(cim_bridge* bridge, uint32_t kind, uint32_t* indexes, size_t capacity,
                            size_t* count) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check_out(count, "count"));
        *count = 0;
        CIM_TRY(check_owner(bridge));
        if (kind > CIM_UPDATED_EDGES) return bad_argument("kind", "it is none of the kinds of changes");
        if (capacity != 0) CIM_TRY(check_out(indexes, "indexes"));
        if (bridge->frame.changes == nullptr) return {};
        const auto& changes = *bridge->frame.changes;
        auto& read = bridge->changes_read[kind];
        switch (kind) {
        case CIM_REMOVED_NODES: *count = copy_indexes(changes.removed_node_indexes, read, indexes, capacity); break;
        case CIM_ADDED_NODES: *count = copy_indexes(changes.added_nodes, read, indexes, capacity); break;
        case CIM_UPDATED_NODES: *count = copy_indexes(changes.updated_nodes, read, indexes, capacity); break;
        case CIM_REMOVED_EDGES: *count = copy_indexes(changes.removed_edge_indexes, read, indexes, capacity); break;
        case CIM_ADDED_EDGES: *count = copy_indexes(changes.added_edges, read, indexes, capacity); break;
        default: *count = copy_indexes(changes.updated_edges, read, indexes, capacity); break;
        }
        return {};
    });
}

cim_code cim_bridge_outcomes(cim_bridge* bridge, cim_outcome* outcomes, size_t capacity, size_t* count) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY_ASSIGN(const auto out, OutArray<cim_outcome>::of(outcomes, capacity, count, "outcomes"));
        CIM_TRY(check_owner(bridge));
        const auto all = bridge->frame.outcomes;
        for (; bridge->outcomes_read < all.size() && *count < out.capacity(); ++bridge->outcomes_read)
            out.write((*count)++, described(all[bridge->outcomes_read]));
        return {};
    });
}

cim_code cim_bridge_publish(cim_bridge* bridge, const cim_transaction* transaction, const cim_text* expected,
                            uint64_t* id) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(bridge, "bridge"));
        CIM_TRY(check(transaction, "transaction"));
        CIM_TRY_ASSIGN(auto head, expected_head(expected));
        CIM_TRY_ASSIGN(const auto request, bridge->bridge.publish(transaction->transaction, std::move(head)));
        if (id != nullptr) *id = request.value();
        return {};
    });
}

cim_code cim_bridge_apply_local(cim_bridge* bridge, const cim_mutation* mutation) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(bridge, "bridge"));
        CIM_TRY(check_size(mutation, "mutation"));
        std::vector<std::string_view> ids;
        CIM_TRY_ASSIGN(const auto made, mutation_of(*mutation, ids));
        CIM_TRY(bridge->bridge.apply_local(made));
        return {};
    });
}

cim_code cim_bridge_resync(cim_bridge* bridge) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(bridge, "bridge"));
        CIM_TRY(bridge->bridge.resync());
        forget_frame(*bridge);
        return {};
    });
}

cim_code cim_bridge_save_snapshot(cim_bridge* bridge, uint64_t* id) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(bridge, "bridge"));
        CIM_TRY_ASSIGN(const auto request, bridge->bridge.save_snapshot());
        if (id != nullptr) *id = request.value();
        return {};
    });
}

cim_code cim_bridge_model(cim_bridge* bridge, const cim_model** model) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check_owner(bridge));
        CIM_TRY(check_out(model, "model"));
        bridge->shown.model = &bridge->bridge.model();
        *model = &bridge->shown;
        return {};
    });
}

cim_code cim_bridge_live_model(cim_bridge* bridge, const cim_model** model) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check_owner(bridge));
        CIM_TRY(check_out(model, "model"));
        bridge->live.model = &bridge->bridge.live_model();
        *model = &bridge->live;
        return {};
    });
}

cim_code cim_bridge_status(cim_bridge* bridge, cim_status* status) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check_owner(bridge));
        CIM_TRY(check_size(status, "status"));
        const auto now = bridge->bridge.status();
        bridge->status_message = now.error ? now.error->message : std::string();
        write_struct(status,
                     {.struct_size = 0,
                      .state = static_cast<uint32_t>(now.state),
                      .code = now.error ? static_cast<cim_code>(now.error->code) : CIM_OK,
                      .snapshot_code = now.snapshot_error ? static_cast<cim_code>(now.snapshot_error->code) : CIM_OK,
                      .message = text(bridge->status_message),
                      .position = now.position.value(),
                      .lag = now.lag,
                      .buffered = now.buffered,
                      .started_after = now.started_after.value()});
        return {};
    });
}

cim_code cim_bridge_statistics(cim_bridge* bridge, cim_statistics* statistics) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check_owner(bridge));
        CIM_TRY(check_size(statistics, "statistics"));
        const auto now = bridge->bridge.statistics();
        write_struct(statistics, {.struct_size = 0,
                                  .reserved = 0,
                                  .frames = now.frames,
                                  .rebuilt = now.rebuilt,
                                  .wrong_thread = now.wrong_thread,
                                  .events = now.graph.events,
                                  .transactions = now.graph.transactions,
                                  .mutations = now.graph.mutations,
                                  .repeated = now.graph.repeated,
                                  .unknown_type = now.graph.unknown_type,
                                  .problems = now.graph.problems,
                                  .replayed = now.replayed,
                                  .local = now.local,
                                  .publishes_done = now.publishes_done,
                                  .publishes_failed = now.publishes_failed,
                                  .publishes_pending = now.publishes_pending,
                                  .replay_events_left_out = now.replay_events_left_out,
                                  .longest_pump_us = static_cast<uint64_t>(now.longest_pump.count()),
                                  .high_water = now.high_water});
        return {};
    });
}
}
