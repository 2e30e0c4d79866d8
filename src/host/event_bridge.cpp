#include <cim/event_bridge.hpp>
#include <cim/graph_snapshot.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"
#include "host/background.hpp"
#include "host/bridge_impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cim {

std::string_view to_string(ConnectionState state) noexcept {
    switch (state) {
    case ConnectionState::connecting: return "connecting";
    case ConnectionState::catching_up: return "catching_up";
    case ConnectionState::connected: return "connected";
    case ConnectionState::lagging: return "lagging";
    case ConnectionState::reconnecting: return "reconnecting";
    case ConnectionState::failed: return "failed";
    case ConnectionState::closed: break;
    }
    return "closed";
}

std::string_view to_string(ReplayStatus::State state) noexcept {
    switch (state) {
    case ReplayStatus::State::none: return "none";
    case ReplayStatus::State::loading: return "loading";
    case ReplayStatus::State::paused: return "paused";
    case ReplayStatus::State::playing: return "playing";
    case ReplayStatus::State::following: break;
    }
    return "following";
}

namespace {

// A document may not have every name that a graph may have.
std::string default_snapshot_name(const AggregateId& graph, std::string_view subject) {
    const auto& id = graph.str();
    const bool plain = !id.empty() && id.size() <= DocumentStore::max_name && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    if (plain) return id;
    if (graph.empty() && subject == EventBridgeOptions().subject) return "all";
    return "subject=" + Cid::of(multicodec::raw, as_bytes(subject)).to_string();
}

Result<> refuse(std::string_view name, std::string_view why) {
    return fail(Errc::invalid_argument, fmt::format("a bridge with this {} cannot be: {}", name, why), {},
                {{"name", std::string(name)}});
}

Result<> check_options(const EventBridgeOptions& options) {
    if (!options.graph.empty()) {
        CIM_TRY(check_token(options.graph.str(), "aggregate id"));
        if (options.subject != EventBridgeOptions().subject)
            return refuse("subject", "there is a graph, and both say which events there are");
    }
    if (options.buffer_events == 0) return refuse("buffer_events", "there must be room for an event");
    if (options.max_pending_publishes == 0) return refuse("max_pending_publishes", "there must be room for one");
    if (options.max_replay_events == 0) return refuse("max_replay_events", "a replay has an event at least");
    return {};
}

std::unexpected<Error> no_replay() {
    return fail(Errc::not_found, "there is no replay", "start one with start_replay() or start_transaction_replay()");
}
std::unexpected<Error> no_bridge() { return fail(Errc::closed, "the bridge was moved away"); }

} // namespace

EventBridge::EventBridge(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
EventBridge::EventBridge(EventBridge&&) noexcept = default;
EventBridge& EventBridge::operator=(EventBridge&&) noexcept = default;
EventBridge::~EventBridge() = default;

Result<EventBridge> EventBridge::open(EventBridgeOptions options, const Clock& clock) {
    CIM_TRY_ASSIGN(auto store, open_store(options.store));
    options.store.clear();
    auto& opened = *store;
    CIM_TRY_ASSIGN(auto bridge, open(opened, std::move(options), clock));
    bridge.impl_->keep(std::move(store));
    return bridge;
}

Result<EventBridge> EventBridge::open(EventStore& store, EventBridgeOptions options, const Clock& clock) {
    CIM_TRY(check_options(options));
    if (!options.store.empty())
        return fail(Errc::invalid_argument, "a bridge has one store: it was given one, and a URL", {},
                    {{"name", "store"}});
    auto subject = options.graph.empty() ? options.subject : fmt::format("event.store.{}.>", options.graph.str());
    if (options.snapshot_name.empty()) options.snapshot_name = default_snapshot_name(options.graph, subject);
    auto impl = std::make_unique<Impl>(store, std::move(options), std::move(subject), clock);
    CIM_TRY(impl->start());
    return EventBridge(std::move(impl));
}

Result<> EventBridge::bind_thread() { return impl_ ? impl_->bind_thread() : no_bridge(); }

Result<> EventBridge::check_thread() const { return impl_ ? impl_->mine() : no_bridge(); }

Result<Frame> EventBridge::pump(const FrameBudget& budget) {
    if (!impl_) return no_bridge();
    CIM_TRY(impl_->mine());
    if (budget.max_events == 0)
        return fail(Errc::invalid_argument, "a frame has room for an event", {}, {{"name", "max_events"}});
    return impl_->pump(budget);
}

Result<RequestId> EventBridge::publish(Transaction transaction, ExpectedHead expected) {
    if (!impl_) return no_bridge();
    CIM_TRY(impl_->mine());
    return impl_->publish(std::move(transaction), std::move(expected));
}

Result<> EventBridge::apply_local(const GraphMutation& mutation) {
    if (!impl_) return no_bridge();
    CIM_TRY(impl_->mine());
    return impl_->apply_local(mutation);
}

bool EventBridge::has_local_changes() const noexcept { return impl_ && impl_->has_local_changes(); }

Result<> EventBridge::resync() {
    if (!impl_) return no_bridge();
    CIM_TRY(impl_->mine());
    return impl_->start();
}

Result<RequestId> EventBridge::save_snapshot() {
    if (!impl_) return no_bridge();
    CIM_TRY(impl_->mine());
    return impl_->save_snapshot();
}

Result<> EventBridge::start_transaction_replay(const EventStreamTransaction& transaction, double speed) {
    if (!impl_) return no_bridge();
    CIM_TRY(impl_->mine());
    return impl_->show_replay(transaction.events, {.speed = speed}, false);
}

Result<> EventBridge::start_transaction_replay(const TransactionId& transaction, double speed) {
    if (!impl_) return no_bridge();
    CIM_TRY(impl_->mine());
    const auto slice = impl_->events().cached(transaction);
    if (!slice)
        return fail(Errc::not_found, fmt::format("the slice '{}' is not cached", printable(transaction.str())),
                    "fetch it again, and start the replay with the slice itself", {{"transaction", transaction.str()}});
    return impl_->show_replay(slice->events, {.speed = speed}, false);
}

Result<RequestId> EventBridge::start_replay(const ReplayRequest& request) {
    if (!impl_) return no_bridge();
    CIM_TRY(impl_->mine());
    return impl_->load_replay(request);
}

Result<> EventBridge::end_replay() {
    if (!impl_) return no_bridge();
    CIM_TRY(impl_->mine());
    impl_->end_replay();
    return {};
}

namespace {

// Calls one control of the replay; what it did is noted for the next frame.
template <class Impl, class Control> Result<> control(Impl& impl, Control what) {
    if (!impl) return no_bridge();
    CIM_TRY(impl->mine());
    auto* session = impl->session();
    if (session == nullptr) return no_replay();
    return what(*session);
}

Result<> note(host::ReplaySession& session, const Result<ReplayUpdate>& update) {
    if (!update) return fail(update.error());
    session.moved(*update);
    return {};
}

} // namespace

Result<> EventBridge::play() {
    return control(impl_, [](auto& session) -> Result<> { return session.replayer().play(), Result<>(); });
}
Result<> EventBridge::pause() {
    return control(impl_, [](auto& session) -> Result<> { return session.replayer().pause(), Result<>(); });
}
Result<> EventBridge::set_speed(double speed) {
    return control(impl_, [&](auto& session) { return session.replayer().set_speed(speed); });
}
Result<> EventBridge::seek(Timestamp time) {
    return control(impl_, [&](auto& session) { return note(session, session.replayer().seek(time)); });
}
Result<> EventBridge::seek(GlobalSequence sequence) {
    return control(impl_, [&](auto& session) { return note(session, session.replayer().seek(sequence)); });
}
Result<> EventBridge::seek(const TransactionId& transaction) {
    return control(impl_, [&](auto& session) { return note(session, session.replayer().seek(transaction)); });
}
Result<> EventBridge::seek_begin() {
    return control(impl_, [](auto& session) { return note(session, session.replayer().seek_begin()); });
}
Result<> EventBridge::seek_end() {
    return control(impl_, [](auto& session) { return note(session, session.replayer().seek_end()); });
}
Result<> EventBridge::step(std::int64_t transactions) {
    return control(impl_, [&](auto& session) { return note(session, session.replayer().step(transactions)); });
}
Result<> EventBridge::loop(Timestamp from, Timestamp to) {
    return control(impl_, [&](auto& session) { return session.replayer().loop(from, to); });
}
Result<> EventBridge::clear_loop() {
    return control(impl_, [](auto& session) -> Result<> { return session.replayer().clear_loop(), Result<>(); });
}
Result<> EventBridge::follow_live(bool on) {
    return control(impl_, [&](auto& session) -> Result<> { return session.replayer().follow_live(on), Result<>(); });
}

ReplayStatus EventBridge::replay() const { return impl_ && impl_->is_mine() ? impl_->replay() : ReplayStatus{}; }
const GraphModel& EventBridge::model() const noexcept { return impl_->shown(); }
const GraphModel& EventBridge::live_model() const noexcept { return impl_->live().graph().model(); }
const std::deque<ProjectionProblem>& EventBridge::problems() const noexcept { return impl_->live().graph().problems(); }

BridgeStatus EventBridge::status() const {
    if (!impl_ || !impl_->is_mine()) return {.state = ConnectionState::closed};
    return impl_->live().status();
}
BridgeStatistics EventBridge::statistics() const {
    return impl_ && impl_->is_mine() ? impl_->statistics() : BridgeStatistics{};
}

EventStore& EventBridge::store() noexcept { return impl_->store(); }
EventStreamService& EventBridge::events() noexcept { return impl_->events(); }

} // namespace cim
