#include "stream/active_subscription.hpp"

#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cim::stream {

namespace {

using std::chrono::milliseconds;

constexpr Duration idle = std::chrono::hours(1); // no work is due
constexpr Duration look_again = milliseconds(20);
constexpr int saves_of_handled_per_passed = 30;
constexpr std::size_t most_outstanding = 100'000;
constexpr std::size_t most_in_seam = 100'000;
constexpr auto longest_wait = std::chrono::hours(24 * 365);

std::size_t batch_size(const SubscriptionHandler& handler, const SubscriptionOptions& options) {
    const auto* buffered = std::get_if<Buffered>(&handler);
    return buffered != nullptr ? buffered->max_size : options.batch_events;
}

Wanted wanted_by(ActiveSubscription::Setup& setup) {
    const bool any = setup.subject.str() == "event.store.>" || setup.subject.str() == "event.store.*.*" ||
                     setup.subject.str() == ">";
    return {std::move(setup.subject), any, std::move(setup.filter), setup.options.partition};
}

} // namespace

ActiveSubscription::ActiveSubscription(const Hub& hub, Setup setup)
    : hub_(hub),
      id_(setup.id),
      subject_(setup.subject.str()),
      handler_(std::move(setup.handler)),
      options_(setup.options),
      known_last_(setup.known_last),
      batch_events_(batch_size(handler_, options_)),
      durable_(setup.saved.has_value()),
      backoff_(setup.backoff),
      buffer_(wanted_by(setup), std::max(options_.buffer_events, batch_events_), setup.start, durable_),
      saved_(std::move(setup.saved)),
      saved_position_(setup.start) {}

void ActiveSubscription::start() {
    if (std::holds_alternative<Custom>(handler_)) thread_ = std::jthread([this] { run(); });
}

// ---- From the log to the buffer ----

void ActiveSubscription::advance() {
    const Lock lock(mutex_);
    take_from_window();
}

void ActiveSubscription::take_from_window() {
    if (mode_ != Mode::live || failure_ || closed_) return;
    const auto now = hub_.clock.elapsed();
    while (true) {
        const auto look = hub_.window.after(buffer_.read().sequence);
        if (look.gone) {
            mode_ = Mode::behind;
            ++counted_.fallbacks;
            hub_.worker.notify();
            break;
        }
        if (!look.page) {
            if (look.failure) fail_with(*look.failure);
            break;
        }
        const auto events = std::span(*look.page).subspan(look.first);
        if (auto seamless = check_seam(events); !seamless) return fail_with(std::move(seamless).error());
        if (buffer_.offer(events, now) < events.size()) break; // full
    }
    if (is_ready()) changed_.notify_all();
}

// Both sides of the seam were verified on their own; here it is seen that they are parts of the same chains.
Result<> ActiveSubscription::check_seam(std::span<const DomainEvent> events) {
    if (seam_.empty()) return {};
    for (const auto& event : events) {
        const auto known = seam_.find(event.aggregate_id());
        if (known == seam_.end()) continue;
        const auto& head = known->second;
        if (event.aggregate_sequence() <= head.sequence) continue; // offered before, when there was no room
        if (event.aggregate_sequence() != head.sequence.next() || event.previous_cid() != head.cid)
            return fail(ChainBroken{AggregateId(event.aggregate_id()), event.aggregate_sequence(), head.cid,
                                    event.previous_cid(), head.sequence}
                            .to_error());
        seam_.erase(known);
    }
    return {};
}

void ActiveSubscription::fail_with(Error why) {
    if (failure_ || closed_) return;
    failure_ = std::move(why);
    changed_.notify_all();
}

// ---- The worker ----

Duration ActiveSubscription::work() {
    const auto saving = durable_ ? save_if_due() : idle;
    return std::min(saving, catch_up());
}

Duration ActiveSubscription::catch_up() {
    {
        const Lock lock(mutex_);
        if (mode_ == Mode::live || failure_ || closed_) return idle;
        if (!catch_up_) catch_up_ = std::make_unique<CatchUp>(hub_.store, buffer_.read().sequence), at_end_ = false;
        if (!offer_caught_up()) return idle; // until the consumer makes room, and says so
        if (!hub_.window.after(buffer_.read().sequence).gone) {
            join_window();
            return Duration(0);
        }
    }
    const auto now = hub_.clock.elapsed();
    if (now < retry_at_) return retry_at_ - now;
    const bool was_at_end = std::exchange(at_end_, false);
    const auto window_start = hub_.window.start();
    auto more = catch_up_->read_on();

    const Lock lock(mutex_);
    if (!more) {
        if (!worth_retrying(more.error().code)) return fail_with(std::move(more).error()), idle;
        ++counted_.failures;
        retrying_ = true;
        last_error_ = std::move(more).error();
        const auto pause = backoff_.next();
        retry_at_ = now + pause;
        return pause;
    }
    begun_ = true;
    retrying_ = false;
    backoff_.reset();
    if (*more || !catch_up_->ready().empty()) return offer_caught_up() ? Duration(0) : idle;
    // Everything there is was read. What the window begins behind was there before; if it is not there now, it was
    // purged.
    at_end_ = true;
    if (hub_.window.is_open()) {
        if (auto whole = catch_up_->check_end(window_start); !whole) return fail_with(std::move(whole).error()), idle;
        buffer_.pass_over(window_start);
    }
    return was_at_end ? look_again : Duration(0);
}

// False if there was not enough room.
bool ActiveSubscription::offer_caught_up() {
    const auto ready = catch_up_->ready();
    if (ready.empty()) return true;
    const auto taken = buffer_.offer(ready, hub_.clock.elapsed());
    const bool all = taken == ready.size();
    catch_up_->drop(taken);
    if (is_ready()) changed_.notify_all();
    return all;
}

void ActiveSubscription::join_window() {
    seam_.clear();
    for (auto& slice : catch_up_->slices())
        if (seam_.size() < most_in_seam)
            seam_.insert_or_assign(slice.aggregate.str(), ChainHead{slice.last, slice.head});
    catch_up_.reset();
    begun_ = true;
    retrying_ = false;
    mode_ = Mode::live;
    take_from_window();
}

Duration ActiveSubscription::save_if_due() {
    const auto now = hub_.clock.elapsed();
    {
        const Lock lock(mutex_);
        if (closed_) return idle;
        const bool handled = buffer_.acknowledgements() != saved_acknowledgements_;
        const auto due = handled ? next_save_ : next_save_of_passed_;
        if (now < due) return due - now;
    }
    auto saved = save();
    const Lock lock(mutex_);
    auto interval = Duration(std::max<milliseconds>(options_.save_interval, milliseconds(1)));
    if (!saved) {
        if (!worth_retrying(saved.error().code)) return fail_with(std::move(saved).error()), idle;
        ++counted_.failures;
        last_error_ = std::move(saved).error();
        interval = std::max(interval, Duration(milliseconds(100)));
    }
    next_save_ = now + interval;
    next_save_of_passed_ = now + saves_of_handled_per_passed * interval;
    return interval;
}

// Whatever thread asks for it.
Result<> ActiveSubscription::save() {
    const std::scoped_lock saving(save_mutex_);
    LogPosition position;
    std::uint64_t acknowledgements = 0;
    {
        const Lock lock(mutex_);
        position = buffer_.acknowledged();
        acknowledgements = buffer_.acknowledgements();
    }
    if (position == saved_position_) return {};
    CIM_TRY(saved_->save(position, hub_.clock.now()));
    saved_position_ = position;
    const Lock lock(mutex_);
    saved_acknowledgements_ = acknowledgements;
    ++counted_.saves;
    return {};
}

// ---- The consumer ----

bool ActiveSubscription::is_ready() const {
    if (buffer_.size() == 0) return false;
    const auto* buffered = std::get_if<Buffered>(&handler_);
    if (buffered == nullptr || failure_ || closed_ || buffer_.is_full()) return true;
    return buffer_.size() >= buffered->max_size || hub_.clock.elapsed() - buffer_.oldest() >= buffered->max_age;
}

// How long at most a wait may last before it is worth looking again without having been woken.
milliseconds ActiveSubscription::until_ready() const {
    const auto* buffered = std::get_if<Buffered>(&handler_);
    if (buffered == nullptr || buffer_.size() == 0) return milliseconds(1000);
    const auto left = buffer_.oldest() + buffered->max_age - hub_.clock.elapsed();
    return std::clamp(std::chrono::ceil<milliseconds>(left), milliseconds(1),
                      std::chrono::ceil<milliseconds>(look_again));
}

SubscriptionBatch ActiveSubscription::take_batch() {
    const bool was_full = buffer_.is_full();
    auto batch = buffer_.take(batch_events_);
    if (const auto* update = std::get_if<GraphUpdate>(&handler_)) batch.target_graph = update->target_graph;
    if (mode_ == Mode::live)
        take_from_window();
    else if (was_full)
        hub_.worker.notify();
    return batch;
}

Result<SubscriptionBatch> ActiveSubscription::poll(milliseconds timeout) {
    if (std::holds_alternative<Custom>(handler_))
        return fail(Errc::unsupported, fmt::format("subscription {} hands its events to a function", id_.value()),
                    "subscribe with Buffered to poll", {{"subscription", std::to_string(id_.value())}});
    const auto deadline = std::chrono::steady_clock::now() + std::min<milliseconds>(timeout, longest_wait);
    Lock lock(mutex_);
    while (true) {
        if (closed_) return fail(Errc::closed, "the subscription was ended");
        if (buffer_.outstanding() >= most_outstanding)
            return fail(Errc::limit_exceeded,
                        fmt::format("{} transactions were polled and not acknowledged", buffer_.outstanding()),
                        "acknowledge what was handled", {{"limit", std::to_string(most_outstanding)}});
        if (is_ready()) return take_batch();
        if (failure_) return fail(*failure_);
        const auto now = std::chrono::steady_clock::now();
        if (now >= deadline) return SubscriptionBatch{};
        changed_.wait_until(lock, std::min(deadline, now + until_ready()));
    }
}

Result<> ActiveSubscription::acknowledge(GlobalSequence position) {
    {
        const Lock lock(mutex_);
        if (durable_ && !buffer_.acknowledge(position))
            return fail(Errc::invalid_argument,
                        fmt::format("position {} is the end of no batch that was polled and not acknowledged yet",
                                    position.value()),
                        "acknowledge SubscriptionBatch::position",
                        {{"name", "position"}, {"value", std::to_string(position.value())}});
    }
    if (!durable_) return {};
    if (options_.save_interval.count() > 0) return {}; // the worker's business
    auto saved = save();
    if (!saved && !worth_retrying(saved.error().code)) {
        const Lock lock(mutex_);
        fail_with(saved.error());
    }
    return saved;
}

Result<> ActiveSubscription::close() {
    if (thread_.get_id() == std::this_thread::get_id())
        return fail(Errc::invalid_argument, "a handler cannot end its own subscription",
                    "return an error, or end it from elsewhere");
    {
        const Lock lock(mutex_);
        closed_ = true;
        changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
    return durable_ ? save() : Result<>{};
}

// ---- The Custom handler's thread ----

void ActiveSubscription::run() {
    while (true) {
        SubscriptionBatch batch;
        {
            Lock lock(mutex_);
            changed_.wait(lock, [&] { return closed_ || failure_ || buffer_.size() != 0; });
            if (closed_ || buffer_.size() == 0) return;
            batch = take_batch();
        }
        if (!handle(batch)) return;
    }
}

// False if it is over.
bool ActiveSubscription::handle(const SubscriptionBatch& batch) {
    Backoff backoff = backoff_;
    for (unsigned attempt = 1;; ++attempt) {
        auto handled = std::get<Custom>(handler_).handler(batch);
        // Acknowledged only where the position is safe too, if that is asked for.
        if (handled) handled = acknowledge(batch.position);
        if (handled) return true;
        Lock lock(mutex_);
        last_error_ = handled.error();
        if (failure_) return false;
        if (options_.max_attempts != 0 && attempt >= options_.max_attempts) {
            fail_with(std::move(handled).error());
            return false;
        }
        if (!rest(lock, backoff.next())) return false;
        ++counted_.retries;
    }
}

// False if the subscription ends meanwhile.
bool ActiveSubscription::rest(Lock& lock, Duration pause) {
    const auto until = hub_.clock.elapsed() + pause;
    while (!closed_) {
        const auto now = hub_.clock.elapsed();
        if (now >= until) return true;
        changed_.wait_for(lock, std::min(until - now, look_again));
    }
    return false;
}

// ---- What is told ----

SubscriptionState ActiveSubscription::state() const {
    if (closed_) return SubscriptionState::closed;
    if (failure_) return SubscriptionState::failed;
    if (retrying_ || (mode_ == Mode::live && !hub_.feed.is_connected())) return SubscriptionState::reconnecting;
    if (buffer_.is_full()) return SubscriptionState::lagging;
    if (mode_ == Mode::live) return SubscriptionState::live;
    return begun_ ? SubscriptionState::catching_up : SubscriptionState::connecting;
}

SubscriptionInfo ActiveSubscription::info() const {
    const Lock lock(mutex_);
    SubscriptionInfo info{.id = id_,
                          .name = options_.name,
                          .subject = subject_,
                          .partition = options_.partition,
                          .state = state(),
                          .position = buffer_.acknowledged(),
                          .error = failure_ ? failure_ : last_error_,
                          .statistics = counted_};
    buffer_.count(info.statistics);
    info.statistics.failures += hub_.feed.failures();
    const auto last = std::max(hub_.window.end().sequence, known_last_).value();
    const auto here = info.position.sequence.value();
    info.statistics.lag = last > here ? last - here : 0;
    return info;
}

} // namespace cim::stream
