// What is inside an EventBridge: the live side, the replay that may be shown instead, and the work in the background.
#pragma once

#include <cim/event_bridge.hpp>

#include "host/background.hpp"
#include "host/frame_mutations.hpp"
#include "host/live_source.hpp"
#include "host/replay_session.hpp"
#include "host/thread_owner.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cim {

class EventBridge::Impl {
  public:
    Impl(EventStore& store, EventBridgeOptions options, std::string subject, const Clock& clock);
    [[nodiscard]] Result<> start();
    void keep(std::unique_ptr<EventStore> store) { owned_store_ = std::move(store); }

    [[nodiscard]] bool is_mine() const noexcept { return owner_.is_mine(); }
    [[nodiscard]] Result<> mine() const { return owner_.check(); }
    [[nodiscard]] Result<> bind_thread();

    [[nodiscard]] Frame pump(const FrameBudget& budget);
    [[nodiscard]] Result<RequestId> publish(Transaction transaction, ExpectedHead expected);
    [[nodiscard]] Result<> apply_local(const GraphMutation& mutation);
    [[nodiscard]] bool has_local_changes() const noexcept { return local_ > local_at_start_; }
    [[nodiscard]] Result<RequestId> save_snapshot();

    [[nodiscard]] Result<> show_replay(std::vector<DomainEvent> events, const ReplayRequest& request, bool grows);
    [[nodiscard]] Result<RequestId> load_replay(const ReplayRequest& request);
    void end_replay();
    [[nodiscard]] host::ReplaySession* session() noexcept { return session_ ? &*session_ : nullptr; }
    [[nodiscard]] ReplayStatus replay() const;

    [[nodiscard]] const GraphModel& shown() const noexcept {
        return session_ ? session_->replayer().model() : live_.graph().model();
    }
    [[nodiscard]] const host::LiveSource& live() const noexcept { return live_; }
    [[nodiscard]] BridgeStatistics statistics() const;
    [[nodiscard]] EventStore& store() noexcept { return store_; }
    [[nodiscard]] EventStreamService& events() noexcept { return events_; }

  private:
    /// A replay that is being fetched.
    struct Loading {
        RequestId id;
        ReplayRequest request;
        std::shared_ptr<std::vector<DomainEvent>> fetched; // written before its outcome can be collected
        std::vector<DomainEvent> since;                    // what came live meanwhile
    };

    void collect_outcomes();
    void begin_loaded(const RequestOutcome& outcome);
    void saw(std::span<const DomainEvent> events);
    void grow_replay(std::span<const DomainEvent> events);
    [[nodiscard]] RequestId next_id() noexcept { return RequestId(++last_id_); }

    std::unique_ptr<EventStore> owned_store_; // the bridge's own, or nullptr
    EventStore& store_;
    const Clock& clock_;
    EventBridgeOptions options_;
    host::ThreadOwner owner_;
    std::atomic<bool> busy_{false}; // the owner is in pump()

    EventStreamService events_;
    SubscriptionManager subscriptions_;
    host::LiveSource live_;
    std::optional<host::ReplaySession> session_;
    std::optional<Loading> loading_;

    // Of the frame: what is shown, and what is to be shown in the next one.
    host::FrameMutations mutations_;
    host::FrameMutations next_mutations_;
    GraphChanges changes_;
    std::vector<RequestOutcome> outcomes_;
    bool rebuilt_ = true; // the next frame shows another graph

    std::uint64_t last_id_ = 0;
    std::uint64_t local_ = 0;
    std::uint64_t local_at_start_ = 0;
    bool saving_ = false;
    BridgeStatistics counted_;

    host::Background background_; // last: it stops before what it uses is gone
};

} // namespace cim
