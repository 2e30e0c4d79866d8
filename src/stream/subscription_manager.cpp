#include <cim/subscription.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"
#include "stream/active_subscription.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace cim {

using stream::ActiveSubscription;

std::string_view to_string(SubscriptionState state) noexcept {
    switch (state) {
    case SubscriptionState::connecting: return "connecting";
    case SubscriptionState::catching_up: return "catching_up";
    case SubscriptionState::live: return "live";
    case SubscriptionState::lagging: return "lagging";
    case SubscriptionState::reconnecting: return "reconnecting";
    case SubscriptionState::failed: return "failed";
    case SubscriptionState::closed: break;
    }
    return "closed";
}

namespace {

Result<> check_options(const SubscriptionHandler& handler, const SubscriptionOptions& options) {
    const auto refuse = [](std::string_view name, std::string_view why) {
        return fail(Errc::invalid_argument, fmt::format("a subscription with this {} cannot be: {}", name, why), {},
                    {{"name", std::string(name)}});
    };
    CIM_TRY(stream::check_subscriber(options.name, options.partition));
    if (options.buffer_events == 0) return refuse("buffer_events", "there must be room for an event");
    if (options.batch_events == 0) return refuse("batch_events", "a batch has an event at least");
    if (options.save_interval.count() < 0) return refuse("save_interval", "it must not be negative");
    if (const auto* buffered = std::get_if<Buffered>(&handler)) {
        if (buffered->max_size == 0) return refuse("max_size", "a batch has an event at least");
        if (buffered->max_age.count() < 0) return refuse("max_age", "it must not be negative");
    }
    if (const auto* custom = std::get_if<Custom>(&handler); custom != nullptr && !custom->handler)
        return refuse("handler", "there is no function in it");
    return {};
}

} // namespace

class SubscriptionManager::Impl {
  public:
    Impl(EventStore& store, const SubscriptionManagerOptions& options, const Clock& clock)
        : store_(store),
          options_(options),
          clock_(clock),
          window_(options.window_events, options.window_bytes),
          feed_(store, window_, backoff(0), clock, [this] { on_news(); }) {}

    ~Impl() {
        feed_.stop();
        stopped_ = true;
        wake_.notify();
        if (worker_.joinable()) worker_.join();
        const auto list = subscriptions();
        for (const auto& active : *list) (void)active->close();
    }

    Result<SubscriptionId> subscribe(std::string_view subject, EventFilter filter, SubscriptionHandler handler,
                                     SubscriptionOptions options);
    Result<> unsubscribe(SubscriptionId id);
    Result<std::shared_ptr<ActiveSubscription>> find(SubscriptionId id) const;

    using List = std::vector<std::shared_ptr<ActiveSubscription>>;
    [[nodiscard]] std::shared_ptr<const List> subscriptions() const {
        const std::scoped_lock lock(mutex_);
        return subscriptions_;
    }

  private:
    [[nodiscard]] Backoff backoff(std::uint64_t salt) const {
        return {options_.first_pause, options_.longest_pause, options_.seed + salt};
    }
    void on_news() {
        const auto list = subscriptions(); // which lives as long as this, whoever replaces it
        for (const auto& active : *list) active->advance();
        if (!std::exchange(opened_, true)) wake_.notify(); // those that have caught up wait for the window
    }
    void work();
    Result<> add(std::shared_ptr<ActiveSubscription> active);

    // Constant after construction.
    EventStore& store_;
    const SubscriptionManagerOptions options_;
    const Clock& clock_;

    stream::EventWindow window_;
    stream::Signal wake_;
    std::atomic<bool> stopped_{false};
    std::atomic<std::uint64_t> last_id_{0};
    bool opened_ = false; // the feed's thread's

    mutable std::mutex mutex_; // guards what follows; taken before no other
    std::shared_ptr<const List> subscriptions_ = std::make_shared<const List>(); // replaced, never changed
    bool started_ = false;

    stream::LiveFeed feed_;
    std::jthread worker_;
};

Result<SubscriptionId> SubscriptionManager::Impl::subscribe(std::string_view subject, EventFilter filter,
                                                            SubscriptionHandler handler, SubscriptionOptions options) {
    CIM_TRY_ASSIGN(auto pattern, SubjectPattern::parse(subject));
    CIM_TRY(check_options(handler, options));
    CIM_TRY_ASSIGN(const auto info, store_.summary());
    LogPosition start{options.start.sequence().value_or(info.last), std::nullopt};
    std::optional<stream::SubscriberPosition> saved;
    if (!options.name.empty()) {
        auto& documents = options_.positions != nullptr ? *options_.positions : store_.documents();
        saved.emplace(documents, options.name, options.partition, pattern.str());
        CIM_TRY_ASSIGN(auto position, saved->load());
        if (position) {
            CIM_TRY(confirm_position(store_, *position));
            start = *std::move(position);
        } else {
            // From here on it is known, so that what is appended before its first event is not missed by a later one.
            CIM_TRY(saved->save(start, clock_.now()));
        }
    }
    const SubscriptionId id(++last_id_);
    auto active = std::make_shared<ActiveSubscription>(
        stream::Hub{store_, clock_, window_, feed_, wake_},
        ActiveSubscription::Setup{id, std::move(pattern), std::move(filter), std::move(handler), std::move(options),
                                  std::move(start), info.last, std::move(saved), backoff(id.value())});
    CIM_TRY(add(active));
    active->start();
    wake_.notify();
    return id;
}

Result<> SubscriptionManager::Impl::add(std::shared_ptr<ActiveSubscription> active) {
    const auto asked = active->info();
    const std::scoped_lock lock(mutex_);
    for (const auto& other : *subscriptions_)
        if (other->is(asked.name, asked.partition))
            return fail(Errc::conflict,
                        fmt::format("there is a subscription of the name '{}' already", printable(asked.name)),
                        "end it first, or split the work by partitions", {{"subscriber", asked.name}});
    auto list = *subscriptions_;
    list.push_back(std::move(active));
    subscriptions_ = std::make_shared<const List>(std::move(list));
    if (!std::exchange(started_, true)) {
        feed_.start();
        worker_ = std::jthread([this] { work(); });
    }
    return {};
}

// One piece of work for each subscription in turn, so that none waits for another's long history.
void SubscriptionManager::Impl::work() {
    while (!stopped_) {
        const auto seen = wake_.count();
        Duration due = std::chrono::hours(1);
        const auto list = subscriptions();
        for (const auto& active : *list) {
            if (stopped_) return;
            due = std::min(due, active->work());
        }
        if (due.count() > 0) wake_.wait(seen, due);
    }
}

Result<std::shared_ptr<ActiveSubscription>> SubscriptionManager::Impl::find(SubscriptionId id) const {
    const auto list = subscriptions();
    const auto found = std::ranges::find(*list, id, &ActiveSubscription::id);
    if (found != list->end()) return *found;
    return fail(Errc::not_found, fmt::format("there is no subscription {}", id.value()), {},
                {{"subscription", std::to_string(id.value())}});
}

Result<> SubscriptionManager::Impl::unsubscribe(SubscriptionId id) {
    CIM_TRY_ASSIGN(const auto active, find(id));
    auto closed = active->close();
    if (!closed && closed.error().code == Errc::invalid_argument) return closed; // it goes on
    const std::scoped_lock lock(mutex_);
    auto list = *subscriptions_;
    std::erase(list, active);
    subscriptions_ = std::make_shared<const List>(std::move(list));
    return closed;
}

SubscriptionManager::SubscriptionManager(EventStore& store, SubscriptionManagerOptions options, const Clock& clock)
    : impl_(std::make_unique<Impl>(store, options, clock)) {}
SubscriptionManager::~SubscriptionManager() = default;

Result<SubscriptionId> SubscriptionManager::subscribe(std::string_view subject, EventFilter filter,
                                                      SubscriptionHandler handler, SubscriptionOptions options) {
    return impl_->subscribe(subject, std::move(filter), std::move(handler), std::move(options));
}

Result<SubscriptionBatch> SubscriptionManager::poll(SubscriptionId id, std::chrono::milliseconds timeout) {
    CIM_TRY_ASSIGN(const auto active, impl_->find(id));
    return active->poll(timeout);
}

Result<> SubscriptionManager::acknowledge(SubscriptionId id, GlobalSequence position) {
    CIM_TRY_ASSIGN(const auto active, impl_->find(id));
    return active->acknowledge(position);
}

Result<> SubscriptionManager::unsubscribe(SubscriptionId id) { return impl_->unsubscribe(id); }

std::vector<SubscriptionInfo> SubscriptionManager::list() const {
    std::vector<SubscriptionInfo> infos;
    const auto list = impl_->subscriptions();
    for (const auto& active : *list) infos.push_back(active->info());
    return infos;
}

Result<SubscriptionInfo> SubscriptionManager::info(SubscriptionId id) const {
    CIM_TRY_ASSIGN(const auto active, impl_->find(id));
    return active->info();
}

} // namespace cim
