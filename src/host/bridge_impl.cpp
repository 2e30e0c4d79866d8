#include "host/bridge_impl.hpp"

#include <cim/graph_snapshot.hpp>

#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace cim {
namespace {

constexpr std::size_t most_local = 100'000;
constexpr std::chrono::minutes longest_fetch{10};

// Not in a frame: what only makes the replay's events known is no business of who draws it.
std::vector<DomainEvent> wanted(std::span<const DomainEvent> events, const ReplayRequest& request) {
    std::vector<DomainEvent> kept;
    for (const auto& event : events) {
        if (request.from && event.timestamp() < *request.from) continue;
        if (request.until && event.timestamp() >= *request.until) continue;
        kept.push_back(event);
    }
    return kept;
}

} // namespace

EventBridge::Impl::Impl(EventStore& store, EventBridgeOptions options, std::string subject, const Clock& clock)
    : store_(store),
      clock_(clock),
      options_(std::move(options)),
      events_(store, {.max_transaction_events = options_.max_replay_events, .consumer_name = "bridge"}, clock),
      subscriptions_(store, options_.subscriptions, clock),
      live_(store, subscriptions_, clock,
            {.subject = std::move(subject),
             .snapshot_name = options_.snapshot_name,
             .history = options_.history,
             .mapping = options_.mapping,
             .model = options_.model,
             .buffer_events = options_.buffer_events}),
      background_(store, clock) {}

Result<> EventBridge::Impl::start() {
    CIM_TRY(live_.start());
    local_at_start_ = local_;
    next_mutations_.clear();
    if (!session_) rebuilt_ = true;
    return {};
}

Result<> EventBridge::Impl::bind_thread() {
    if (busy_)
        return fail(Errc::wrong_thread, "another thread is pumping the bridge",
                    "hand a bridge over between two frames");
    owner_.bind();
    return {};
}

Frame EventBridge::Impl::pump(const FrameBudget& budget) {
    busy_ = true;
    const auto begin = clock_.elapsed();
    std::swap(mutations_, next_mutations_);
    next_mutations_.clear();
    outcomes_.clear();
    collect_outcomes();

    Frame frame;
    auto live_events = budget.max_events;
    if (session_) {
        const auto shown = session_->show(budget.max_events, mutations_);
        rebuilt_ |= shown.rebuilt;
        frame.events = shown.events;
        counted_.replayed += mutations_.size();
        live_events = std::max<std::size_t>(1, live_events - std::min(live_events, shown.events));
    }
    const auto pulled = live_.pull(live_events, begin + budget.max_time, session_ ? nullptr : &mutations_,
                                   [this](std::span<const DomainEvent> events) { saw(events); });
    if (!session_) {
        frame.events = pulled.events;
        frame.transactions = pulled.transactions;
    }
    frame.more = pulled.more;

    auto live_changes = live_.graph().model().take_changes();
    changes_ = session_ ? session_->replayer().model().take_changes() : std::move(live_changes);
    frame.rebuilt = std::exchange(rebuilt_, false);
    if (frame.rebuilt) changes_ = {};
    frame.mutations = mutations_.finish();
    frame.model = &shown();
    frame.changes = &changes_;
    frame.replaying = session_.has_value();
    frame.outcomes = outcomes_;

    ++counted_.frames;
    counted_.rebuilt += frame.rebuilt;
    counted_.longest_pump = std::max(counted_.longest_pump, clock_.elapsed() - begin);
    busy_ = false;
    return frame;
}

void EventBridge::Impl::collect_outcomes() {
    background_.collect(outcomes_);
    for (const auto& outcome : outcomes_) {
        switch (outcome.kind) {
        case RequestOutcome::Kind::publish:
            ++(outcome.error ? counted_.publishes_failed : counted_.publishes_done);
            break;
        case RequestOutcome::Kind::snapshot: saving_ = false; break;
        case RequestOutcome::Kind::replay: begin_loaded(outcome); break;
        }
    }
}

void EventBridge::Impl::begin_loaded(const RequestOutcome& outcome) {
    if (!loading_ || loading_->id != outcome.id) return; // another was asked for since
    auto loaded = *std::exchange(loading_, std::nullopt);
    if (outcome.error) return;
    // The speed was checked when it was asked for.
    (void)show_replay(std::move(*loaded.fetched), loaded.request, !loaded.request.until);
    if (session_) grow_replay(wanted(loaded.since, loaded.request));
}

void EventBridge::Impl::saw(std::span<const DomainEvent> events) {
    if (loading_) {
        const auto room = options_.max_replay_events - std::min(options_.max_replay_events, loading_->since.size());
        const auto kept = std::min(room, events.size());
        loading_->since.insert(loading_->since.end(), events.begin(),
                               events.begin() + static_cast<std::ptrdiff_t>(kept));
        counted_.replay_events_left_out += events.size() - kept;
    }
    if (session_ && session_->grows()) grow_replay(events);
}

void EventBridge::Impl::grow_replay(std::span<const DomainEvent> events) {
    auto& replayer = session_->replayer();
    if (replayer.events().size() + events.size() > options_.max_replay_events) {
        counted_.replay_events_left_out += events.size();
        return;
    }
    replayer.append(events);
}

Result<RequestId> EventBridge::Impl::publish(Transaction transaction, ExpectedHead expected) {
    if (background_.pending_publishes() >= options_.max_pending_publishes)
        return fail(Errc::limit_exceeded,
                    fmt::format("{} transactions wait for being appended already", options_.max_pending_publishes),
                    "pump, and publish again when there is room",
                    {{"limit", std::to_string(options_.max_pending_publishes)}});
    const auto id = next_id();
    background_.publish(id, std::move(transaction), std::move(expected));
    return id;
}

Result<> EventBridge::Impl::apply_local(const GraphMutation& mutation) {
    if (session_) return fail(Errc::unsupported, "a replay is shown, which nothing may change", "end the replay first");
    if (next_mutations_.size() >= most_local)
        return fail(Errc::limit_exceeded, fmt::format("{} local mutations wait for a frame", most_local),
                    "pump between them", {{"limit", std::to_string(most_local)}});
    const auto outcome = live_.graph().apply_local(mutation);
    next_mutations_.add_local(mutation, outcome);
    ++local_;
    return {};
}

Result<RequestId> EventBridge::Impl::save_snapshot() {
    if (options_.history == History::none)
        return fail(Errc::unsupported, "this graph lacks what was before it was opened", "open it with its history");
    if (has_local_changes())
        return fail(Errc::unsupported, "the graph has changes that the log does not know", "resync() it first");
    if (saving_) return fail(Errc::limit_exceeded, "a snapshot is being saved already", "wait for its outcome");
    saving_ = true;
    const auto id = next_id();
    // A copy of the flat arrays is quick; sorting, encoding and hashing are the background's.
    auto model = std::make_shared<GraphModel>(live_.graph().model());
    GraphSnapshot snapshot{.position = live_.graph().position(),
                           .subject = live_.setup().subject,
                           .heads = live_.graph().heads(),
                           .block = {},
                           .state = {}};
    background_.run([&store = store_, id, name = options_.snapshot_name, model = std::move(model),
                     snapshot = std::move(snapshot)]() mutable {
        RequestOutcome outcome{.id = id, .kind = RequestOutcome::Kind::snapshot};
        snapshot.block = cim::snapshot(*model);
        auto saved = save_graph_snapshot(store.documents(), name, std::move(snapshot));
        if (saved) {
            outcome.state = *std::move(saved);
        } else {
            outcome.error = std::move(saved).error();
        }
        return outcome;
    });
    return id;
}

Result<> EventBridge::Impl::show_replay(std::vector<DomainEvent> events, const ReplayRequest& request, bool grows) {
    if (events.size() > options_.max_replay_events)
        return fail(Errc::limit_exceeded, fmt::format("a replay of {} events is too long", events.size()),
                    "replay a part of it, or raise max_replay_events",
                    {{"limit", std::to_string(options_.max_replay_events)}, {"needed", std::to_string(events.size())}});
    host::ReplaySession session(std::move(events), options_.mapping, options_.model, clock_, grows);
    CIM_TRY(session.replayer().set_speed(request.speed));
    if (request.speed < 0) session.moved(session.replayer().seek_end());
    if (request.play) session.replayer().play();
    loading_.reset();
    session_.emplace(std::move(session));
    return {};
}

Result<RequestId> EventBridge::Impl::load_replay(const ReplayRequest& request) {
    CIM_TRY(PlaybackClock({}, {}, clock_).set_speed(request.speed));
    const auto id = next_id();
    auto fetched = std::make_shared<std::vector<DomainEvent>>();
    loading_ = Loading{.id = id, .request = request, .fetched = fetched, .since = {}};
    background_.run([this, id, request, fetched] {
        RequestOutcome outcome{.id = id, .kind = RequestOutcome::Kind::replay};
        const auto& graph = options_.graph;
        const bool whole_chain = !graph.empty() && !request.from && !request.until;
        const auto from = request.from.value_or(Timestamp::min());
        const auto until = request.until.value_or(Timestamp::max());
        auto pattern = SubjectPattern::parse(live_.setup().subject);
        auto slice =
            whole_chain
                ? events_.fetch_transaction(graph, {.max_events = options_.max_replay_events, .timeout = longest_fetch})
                : events_.fetch_time_window(from, until, EventFilter::by_subject(*std::move(pattern)), longest_fetch);
        if (slice) {
            *fetched = std::move(slice->events);
        } else {
            outcome.error = std::move(slice).error();
        }
        return outcome;
    });
    return id;
}

void EventBridge::Impl::end_replay() {
    loading_.reset();
    if (!session_) return;
    session_.reset();
    rebuilt_ = true;
}

ReplayStatus EventBridge::Impl::replay() const {
    if (session_) return session_->status();
    return {.state = loading_ ? ReplayStatus::State::loading : ReplayStatus::State::none};
}

BridgeStatistics EventBridge::Impl::statistics() const {
    auto statistics = counted_;
    statistics.wrong_thread = owner_.refused();
    statistics.graph = live_.graph().stats();
    statistics.local = local_;
    statistics.publishes_pending = background_.pending_publishes();
    statistics.high_water = live_.high_water();
    return statistics;
}

} // namespace cim
