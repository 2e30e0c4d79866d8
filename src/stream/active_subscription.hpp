// One subscription: where it stands in the log, what it has ready, and who takes it.
//
// Three threads meet here. The feed's calls advance() after each change of the window; the worker's calls work() to
// read what lies before the window and to save positions; the consumer's polls and acknowledges, or the subscription's
// own thread calls the Custom handler. Every one of them may move the subscription on: where it stands decides what
// comes next, under mutex_, so no event can fall between two of them.
#pragma once

#include <cim/subscription.hpp>

#include "base/retry.hpp"
#include "stream/catch_up.hpp"
#include "stream/event_window.hpp"
#include "stream/live_feed.hpp"
#include "stream/signal.hpp"
#include "stream/subscriber_position.hpp"
#include "stream/subscription_buffer.hpp"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace cim::stream {

/// What the subscriptions of a manager have in common.
struct Hub {
    EventStore& store;
    const Clock& clock;
    EventWindow& window;
    LiveFeed& feed;
    Signal& worker; ///< Wakes the worker.
};

class ActiveSubscription {
  public:
    struct Setup {
        SubscriptionId id;
        SubjectPattern subject;
        EventFilter filter;
        SubscriptionHandler handler;
        SubscriptionOptions options;
        LogPosition start;
        GlobalSequence known_last;               ///< Where the log ended at subscribe().
        std::optional<SubscriberPosition> saved; ///< Set: durable.
        Backoff backoff;
    };
    ActiveSubscription(const Hub& hub, Setup setup);

    /// Starts the thread of a Custom handler.
    void start();
    /// Takes what the window has, as far as there is room.
    void advance();
    /// Does the next piece of work, if any is due. Gives how long until more may be: 0, at once.
    [[nodiscard]] Duration work();

    [[nodiscard]] Result<SubscriptionBatch> poll(std::chrono::milliseconds timeout);
    [[nodiscard]] Result<> acknowledge(GlobalSequence position);
    /// Ends it: a waiting poll returns, a handler at work is waited for, the position is saved. invalid_argument from
    /// within the handler.
    [[nodiscard]] Result<> close();

    [[nodiscard]] SubscriptionInfo info() const;
    [[nodiscard]] SubscriptionId id() const noexcept { return id_; }
    [[nodiscard]] bool is(std::string_view name, const Partition& partition) const noexcept {
        return !options_.name.empty() && options_.name == name && options_.partition == partition;
    }

  private:
    enum class Mode : std::uint8_t { behind, live };
    using Lock = std::unique_lock<std::mutex>;

    // Under mutex_.
    void take_from_window();
    [[nodiscard]] Result<> check_seam(std::span<const DomainEvent> events);
    [[nodiscard]] bool offer_caught_up();
    void join_window();
    void fail_with(Error why);
    [[nodiscard]] bool is_ready() const;
    [[nodiscard]] SubscriptionBatch take_batch();
    [[nodiscard]] std::chrono::milliseconds until_ready() const;
    [[nodiscard]] SubscriptionState state() const;

    // The worker's.
    [[nodiscard]] Duration catch_up();
    [[nodiscard]] Duration save_if_due();

    [[nodiscard]] Result<> save();

    // The Custom handler's thread.
    void run();
    [[nodiscard]] bool handle(const SubscriptionBatch& batch);
    [[nodiscard]] bool rest(Lock& lock, Duration pause);

    // Constant after construction.
    const Hub hub_;
    const SubscriptionId id_;
    const std::string subject_;
    const SubscriptionHandler handler_;
    const SubscriptionOptions options_;
    const GlobalSequence known_last_;
    const std::size_t batch_events_;
    const bool durable_;

    // The worker's.
    std::unique_ptr<CatchUp> catch_up_;
    bool at_end_ = false; // the last read found nothing more
    Backoff backoff_;
    Duration retry_at_{};

    mutable std::mutex mutex_; // the window's and the signals' come after it
    std::condition_variable changed_;
    // Guarded by mutex_.
    SubscriptionBuffer buffer_;
    Mode mode_ = Mode::behind;
    bool begun_ = false; // something was read
    bool closed_ = false;
    bool retrying_ = false;
    std::optional<Error> failure_; // it gets nothing any more
    std::optional<Error> last_error_;
    // The heads of the chains that were caught up with and had no event since: the first from the window must link to
    // them.
    std::map<std::string, ChainHead, std::less<>> seam_;
    SubscriptionStatistics counted_; // what the buffer does not count
    Duration next_save_{};
    Duration next_save_of_passed_{};
    std::uint64_t saved_acknowledgements_ = 0;

    std::mutex save_mutex_; // before mutex_
    // Guarded by save_mutex_.
    std::optional<SubscriberPosition> saved_;
    LogPosition saved_position_;

    std::jthread thread_;
};

} // namespace cim::stream
