#include "host/live_source.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cim::host {
namespace {

// Events between two looks at the clock.
constexpr std::size_t stride = 64;
// Events taken from the subscription at once.
constexpr std::size_t most_at_once = 2048;

ConnectionState connection(SubscriptionState state) noexcept {
    switch (state) {
    case SubscriptionState::connecting: return ConnectionState::connecting;
    case SubscriptionState::catching_up: return ConnectionState::catching_up;
    case SubscriptionState::live: return ConnectionState::connected;
    case SubscriptionState::lagging: return ConnectionState::lagging;
    case SubscriptionState::reconnecting: return ConnectionState::reconnecting;
    case SubscriptionState::failed: return ConnectionState::failed;
    case SubscriptionState::closed: break;
    }
    return ConnectionState::closed;
}

} // namespace

LiveSource::LiveSource(EventStore& store, SubscriptionManager& subscriptions, const Clock& clock, Setup setup)
    : store_(store),
      subscriptions_(subscriptions),
      clock_(clock),
      setup_(std::move(setup)),
      graph_(setup_.mapping, setup_.model) {}

Result<> LiveSource::start() {
    if (id_.value() != 0) (void)subscriptions_.unsubscribe(std::exchange(id_, {})); // has no position to save
    graph_ = LiveGraph(setup_.mapping, setup_.model);
    batch_ = {};
    next_ = 0;
    failure_.reset();
    snapshot_error_.reset();
    started_after_ = {};

    auto start = setup_.history == History::none ? SubscriptionStart::now() : SubscriptionStart::beginning();
    if (setup_.history == History::snapshot) {
        if (const auto snapshot = usable_snapshot()) {
            started_after_ = snapshot->position.sequence;
            start = SubscriptionStart::after(started_after_);
        }
    }
    CIM_TRY_ASSIGN(id_, subscriptions_.subscribe(setup_.subject, {}, GraphUpdate{},
                                                 {.start = start,
                                                  .buffer_events = setup_.buffer_events,
                                                  .batch_events = std::min(most_at_once, setup_.buffer_events)}));
    return {};
}

// The log is what is true: a snapshot that does not fit is told of and passed over.
std::optional<GraphSnapshot> LiveSource::usable_snapshot() {
    const auto use = [&]() -> Result<std::optional<GraphSnapshot>> {
        CIM_TRY_ASSIGN(auto snapshot, load_graph_snapshot(store_.documents(), setup_.snapshot_name));
        if (!snapshot) return snapshot;
        if (snapshot->subject != setup_.subject)
            return fail(Errc::conflict,
                        fmt::format("the snapshot '{}' is of {} and not of {}", printable(setup_.snapshot_name),
                                    printable(snapshot->subject), printable(setup_.subject)),
                        "give the bridge a snapshot name of its own", {{"subject", snapshot->subject}});
        CIM_TRY(confirm_position(store_, snapshot->position));
        CIM_TRY(graph_.restore(*snapshot));
        return snapshot;
    };
    auto snapshot = use();
    if (snapshot) return *std::move(snapshot);
    snapshot_error_ = std::move(snapshot).error();
    graph_ = LiveGraph(setup_.mapping, setup_.model);
    return std::nullopt;
}

bool LiveSource::fill() {
    if (failure_) return false;
    if (!batch_.events.empty()) (void)subscriptions_.acknowledge(id_, batch_.position);
    batch_.events.clear();
    next_ = 0;
    auto batch = subscriptions_.poll(id_);
    if (!batch) {
        failure_ = std::move(batch).error();
        return false;
    }
    batch_ = *std::move(batch);
    return !batch_.events.empty();
}

// How many events from next_ on make whole transactions, about `most` and those of one at least. The batch holds whole
// transactions only, of each what is wanted.
std::size_t LiveSource::whole_transactions(std::size_t most) const noexcept {
    const auto rest = std::span(batch_.events).subspan(next_);
    std::size_t whole = 0;
    for (std::size_t i = 0; i < rest.size(); ++i) {
        const bool ends = i + 1 == rest.size() || rest[i + 1].transaction_id() != rest[i].transaction_id() ||
                          rest[i + 1].aggregate_id() != rest[i].aggregate_id();
        if (!ends) continue;
        if (whole > 0 && i + 1 > most) break;
        whole = i + 1;
        if (whole >= most) break;
    }
    return whole;
}

LiveSource::Pulled LiveSource::pull(std::size_t max_events, Duration until, FrameMutations* frame,
                                    const std::function<void(std::span<const DomainEvent>)>& seen) {
    Pulled pulled;
    const auto transactions = graph_.stats().transactions;
    while (next_ < batch_.events.size() || fill()) {
        const auto left = max_events - pulled.events;
        const auto whole = whole_transactions(std::min(left, stride));
        if (pulled.events > 0 && (whole > left || clock_.elapsed() >= until)) {
            pulled.more = true;
            break;
        }
        const auto events = std::span<const DomainEvent>(batch_.events).subspan(next_, whole);
        if (auto applied = graph_.apply(events, frame); !applied) {
            failure_ = std::move(applied).error();
            break;
        }
        next_ += whole;
        pulled.events += whole;
        if (seen) seen(events);
        if (pulled.events >= max_events) {
            pulled.more = next_ < batch_.events.size() || status().buffered > 0;
            break;
        }
    }
    pulled.transactions = static_cast<std::size_t>(graph_.stats().transactions - transactions);
    return pulled;
}

BridgeStatus LiveSource::status() const {
    BridgeStatus status{.position = graph_.position().sequence,
                        .buffered = batch_.events.size() - next_,
                        .snapshot_error = snapshot_error_,
                        .started_after = started_after_};
    const auto info = subscriptions_.info(id_);
    if (!info) {
        status.state = ConnectionState::closed;
        status.error = info.error();
        return status;
    }
    status.state = connection(info->state);
    // Reading of what was there before stops exactly when the buffer is full, and is not called lagging there.
    if (status.state == ConnectionState::catching_up && info->statistics.buffered >= setup_.buffer_events)
        status.state = ConnectionState::lagging;
    status.error = info->error;
    status.lag = info->statistics.lag;
    status.buffered += info->statistics.buffered;
    if (failure_) {
        status.state = ConnectionState::failed;
        status.error = failure_;
    }
    return status;
}

std::size_t LiveSource::high_water() const {
    const auto info = subscriptions_.info(id_);
    return info ? info->statistics.high_water : 0;
}

} // namespace cim::host
