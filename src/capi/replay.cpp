#include "base/try.hpp"
#include "capi/handles.hpp"

using namespace cim; // NOLINT(google-build-using-namespace): these entries are C and lie in no namespace
using namespace cim::capi;

namespace {

Result<ReplayRequest> replay_request(const cim_replay_options* given) {
    CIM_TRY_ASSIGN(const auto asked, read_options(given, "options"));
    ReplayRequest request{
        .from = {}, .until = {}, .speed = asked.speed == 0 ? 1.0 : asked.speed, .play = asked.paused == 0};
    if (asked.has_from != 0) request.from = from_micros(asked.from);
    if (asked.has_until != 0) request.until = from_micros(asked.until);
    return request;
}

/// Runs a control. What the last frame had may be no longer there.
template <class Control> cim_code control(cim_bridge* bridge, Control what) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(bridge, "bridge"));
        CIM_TRY(what(bridge->bridge));
        bridge->frame = {};
        return {};
    });
}

} // namespace

extern "C" {

cim_code cim_bridge_replay_slice(cim_bridge* bridge, const cim_slice* slice,
                                 const cim_replay_options* options) noexcept {
    return control(bridge, [&](EventBridge& of) -> Result<> {
        CIM_TRY(check(slice, "slice"));
        CIM_TRY_ASSIGN(const auto request, replay_request(options));
        CIM_TRY(of.start_transaction_replay(slice->slice, request.speed));
        if (!request.play) CIM_TRY(of.pause());
        return {};
    });
}

cim_code cim_bridge_replay_start(cim_bridge* bridge, const cim_replay_options* options, uint64_t* id) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(bridge, "bridge"));
        CIM_TRY_ASSIGN(const auto request, replay_request(options));
        CIM_TRY_ASSIGN(const auto asked, bridge->bridge.start_replay(request));
        if (id != nullptr) *id = asked.value();
        return {};
    });
}

cim_code cim_bridge_replay_end(cim_bridge* bridge) noexcept {
    return control(bridge, [](EventBridge& of) { return of.end_replay(); });
}
cim_code cim_bridge_replay_play(cim_bridge* bridge) noexcept {
    return control(bridge, [](EventBridge& of) { return of.play(); });
}
cim_code cim_bridge_replay_pause(cim_bridge* bridge) noexcept {
    return control(bridge, [](EventBridge& of) { return of.pause(); });
}
cim_code cim_bridge_replay_set_speed(cim_bridge* bridge, double speed) noexcept {
    return control(bridge, [&](EventBridge& of) { return of.set_speed(speed); });
}
cim_code cim_bridge_replay_seek_time(cim_bridge* bridge, int64_t time) noexcept {
    return control(bridge, [&](EventBridge& of) { return of.seek(from_micros(time)); });
}
cim_code cim_bridge_replay_seek_sequence(cim_bridge* bridge, uint64_t sequence) noexcept {
    return control(bridge, [&](EventBridge& of) { return of.seek(GlobalSequence(sequence)); });
}
cim_code cim_bridge_replay_seek_transaction(cim_bridge* bridge, cim_text transaction) noexcept {
    return control(bridge, [&](EventBridge& of) -> Result<> {
        CIM_TRY(check_text(transaction, "transaction"));
        return of.seek(TransactionId(view(transaction)));
    });
}
cim_code cim_bridge_replay_seek_begin(cim_bridge* bridge) noexcept {
    return control(bridge, [](EventBridge& of) { return of.seek_begin(); });
}
cim_code cim_bridge_replay_seek_end(cim_bridge* bridge) noexcept {
    return control(bridge, [](EventBridge& of) { return of.seek_end(); });
}
cim_code cim_bridge_replay_step(cim_bridge* bridge, int64_t transactions) noexcept {
    return control(bridge, [&](EventBridge& of) { return of.step(transactions); });
}
cim_code cim_bridge_replay_loop(cim_bridge* bridge, int64_t from, int64_t to) noexcept {
    return control(bridge, [&](EventBridge& of) { return of.loop(from_micros(from), from_micros(to)); });
}
cim_code cim_bridge_replay_clear_loop(cim_bridge* bridge) noexcept {
    return control(bridge, [](EventBridge& of) { return of.clear_loop(); });
}
cim_code cim_bridge_replay_follow_live(cim_bridge* bridge, uint32_t on) noexcept {
    return control(bridge, [&](EventBridge& of) { return of.follow_live(on != 0); });
}

cim_code cim_bridge_replay_status(cim_bridge* bridge, cim_replay_status* status) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(bridge, "bridge"));
        CIM_TRY(bridge->bridge.check_thread());
        CIM_TRY(check_size(status, "status"));
        const auto now = bridge->bridge.replay();
        write_struct(status, {.struct_size = 0,
                              .state = static_cast<uint32_t>(now.state),
                              .position = to_micros(now.position),
                              .begin = to_micros(now.begin),
                              .end = to_micros(now.end),
                              .speed = now.speed,
                              .event = now.event,
                              .events = now.events});
        return {};
    });
}
}
