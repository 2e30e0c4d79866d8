#include <cim/mirror.hpp>

#include "base/retry.hpp"
#include "base/try.hpp"
#include "store/mirror/position.hpp"
#include "store/mirror/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace cim {

namespace {

using mirror::save_position;
using mirror::Transfer;
using std::chrono::milliseconds;

// While nothing comes, this often the source is asked where it stands; close() ends a wait earlier.
constexpr auto patience = milliseconds(1000);
constexpr Duration look_again = milliseconds(20);
constexpr auto longest_wait = std::chrono::hours(24 * 365);

// Where an append to the local store fails for want of space or by an I/O error, that store takes nothing any more.
bool worth_retrying_locally(Errc code) {
    return code == Errc::store_busy || code == Errc::timeout || code == Errc::outcome_unknown ||
           code == Errc::store_unavailable;
}

} // namespace

std::string_view to_string(MirrorState state) noexcept {
    switch (state) {
    case MirrorState::idle: return "idle";
    case MirrorState::connecting: return "connecting";
    case MirrorState::catching_up: return "catching_up";
    case MirrorState::live: return "live";
    case MirrorState::reconnecting: return "reconnecting";
    case MirrorState::failed: return "failed";
    case MirrorState::stopped: break;
    }
    return "stopped";
}

class Mirror::Impl {
  public:
    Impl(EventStore& source, EventStore& local, MirrorOptions options, const Clock& clock)
        : source_(source),
          local_(local),
          options_(options),
          clock_(clock),
          batch_events_(std::min(options.batch_events, local.limits().append_events)),
          backoff_(options.first_pause, options.longest_pause, options.seed) {}
    ~Impl() { (void)stop(); }

    Result<> start();
    Result<> stop();
    Result<> read_after(GlobalSequence sequence, milliseconds timeout);
    [[nodiscard]] MirrorStatus status() const;

  private:
    using Lock = std::unique_lock<std::mutex>;

    void run();
    [[nodiscard]] Result<> follow();
    [[nodiscard]] Result<> append(Transfer& transfer, std::span<const DomainEvent> events);
    [[nodiscard]] Result<> ask_source();
    [[nodiscard]] Result<> save(bool now);
    void show(const CopyProgress& before, const CopyProgress& after);
    [[nodiscard]] bool rest(Duration pause);

    // Constant after start().
    EventStore& source_;
    EventStore& local_;
    const MirrorOptions options_;
    const Clock& clock_;
    const std::size_t batch_events_;
    std::string source_url_;

    // The mirror's thread's; before and after it, those who start and stop.
    Backoff backoff_;
    LogPosition saved_;
    Duration next_save_{};
    bool local_failed_ = false;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    // Guarded by mutex_.
    MirrorStatus status_;
    Duration level_at_{}; // when the mirror was last level with the source
    bool stopping_ = false;
    std::unique_ptr<EventFeed> feed_; // made and destroyed under mutex_, used without it by the mirror's thread
    std::jthread thread_;
};

Result<> Mirror::Impl::start() {
    {
        const Lock lock(mutex_);
        if (status_.state != MirrorState::idle)
            return fail(Errc::invalid_argument, "the mirror was started before", "make another one");
    }
    CIM_TRY_ASSIGN(const auto info, source_.summary());
    CIM_TRY_ASSIGN(const auto saved, mirror_position(local_));
    if (saved) {
        CIM_TRY(confirm_position(source_, saved->position));
        saved_ = saved->position;
    }
    const Lock lock(mutex_);
    source_url_ = info.url;
    status_.state = MirrorState::connecting;
    status_.position = saved_;
    status_.source_last = info.last;
    level_at_ = clock_.elapsed();
    thread_ = std::jthread([this] { run(); });
    return {};
}

Result<> Mirror::Impl::stop() {
    {
        const Lock lock(mutex_);
        stopping_ = true;
        if (feed_) feed_->close();
        changed_.notify_all();
    }
    if (!thread_.joinable()) return {};
    thread_.join();
    {
        const Lock lock(mutex_);
        if (status_.state != MirrorState::failed) status_.state = MirrorState::stopped;
        changed_.notify_all();
    }
    return save(true);
}

void Mirror::Impl::run() {
    while (true) {
        auto ended = follow();
        Duration pause;
        {
            const Lock lock(mutex_);
            feed_.reset();
            if (stopping_) return;
            status_.error = ended.error();
            const auto code = ended.error().code;
            if (local_failed_ ? !worth_retrying_locally(code) : !worth_retrying(code)) {
                status_.state = MirrorState::failed;
                changed_.notify_all();
                return;
            }
            local_failed_ = false;
            status_.state = MirrorState::reconnecting;
            ++status_.failures;
            pause = backoff_.next();
        }
        if (!rest(pause)) return;
    }
}

// Until something fails.
Result<> Mirror::Impl::follow() {
    LogPosition position;
    {
        const Lock lock(mutex_);
        position = status_.position;
    }
    CIM_TRY(confirm_position(source_, position));
    CIM_TRY_ASSIGN(auto opened, source_.follow(position.sequence));
    auto& feed = *opened;
    {
        const Lock lock(mutex_);
        feed_ = std::move(opened);
        if (stopping_) return fail(Errc::closed, "the mirror ends");
        status_.state = MirrorState::catching_up;
    }
    Transfer transfer(local_, batch_events_, position);
    CIM_TRY(ask_source());
    while (true) {
        CIM_TRY_ASSIGN(const auto events, feed.next(batch_events_, patience));
        backoff_.reset();
        if (!events.empty()) CIM_TRY(append(transfer, events));
        // Only where it seems to be level: asking costs a round trip.
        if (events.empty() || feed.position() >= status().source_last) CIM_TRY(ask_source());
        if (auto saved = save(events.empty()); !saved) return local_failed_ = true, saved;
    }
}

Result<> Mirror::Impl::append(Transfer& transfer, std::span<const DomainEvent> events) {
    const auto before = transfer.progress();
    auto added = transfer.add(events);
    if (added) added = transfer.finish(); // a feed gives whole transactions
    if (!added) {
        local_failed_ = true;
        return added;
    }
    show(before, transfer.progress());
    return {};
}

void Mirror::Impl::show(const CopyProgress& before, const CopyProgress& after) {
    const Lock lock(mutex_);
    status_.position = after.position;
    status_.events += after.events - before.events;
    status_.transactions += after.transactions - before.transactions;
    status_.already_present += after.already_present - before.already_present;
    status_.source_last = std::max(status_.source_last, after.position.sequence);
    changed_.notify_all();
}

Result<> Mirror::Impl::ask_source() {
    CIM_TRY_ASSIGN(const auto info, source_.summary());
    const Lock lock(mutex_);
    status_.source_last = std::max(status_.source_last, info.last);
    const bool level = status_.position.sequence >= info.last;
    if (level) level_at_ = clock_.elapsed();
    status_.state = level ? MirrorState::live : MirrorState::catching_up;
    return {};
}

// When it is due, or at once.
Result<> Mirror::Impl::save(bool now) {
    const auto time = clock_.elapsed();
    const auto position = status().position;
    if (position == saved_ || (!now && time < next_save_)) return {};
    CIM_TRY(save_position(local_, {source_url_, position, clock_.now()}));
    saved_ = position;
    next_save_ = time + options_.save_interval;
    return {};
}

// False if the mirror ends meanwhile.
bool Mirror::Impl::rest(Duration pause) {
    const auto until = clock_.elapsed() + pause;
    Lock lock(mutex_);
    while (!stopping_) {
        const auto now = clock_.elapsed();
        if (now >= until) return true;
        changed_.wait_for(lock, std::min(until - now, look_again));
    }
    return false;
}

Result<> Mirror::Impl::read_after(GlobalSequence sequence, milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + std::min<milliseconds>(timeout, longest_wait);
    Lock lock(mutex_);
    while (true) {
        const auto here = status_.position.sequence;
        if (here >= sequence) return {};
        if (status_.state == MirrorState::failed) return fail(*status_.error);
        if (stopping_ || status_.state == MirrorState::idle) return fail(Errc::closed, "the mirror does not run");
        if (changed_.wait_until(lock, deadline) == std::cv_status::timeout && status_.position.sequence < sequence)
            return fail(Errc::timeout,
                        fmt::format("event {} of the source was not mirrored within {} ms; event {} was",
                                    sequence.value(), timeout.count(), here.value()),
                        "wait longer, or read from the source",
                        {{"sequence", std::to_string(sequence.value())}, {"position", std::to_string(here.value())}});
    }
}

MirrorStatus Mirror::Impl::status() const {
    const Lock lock(mutex_);
    auto status = status_;
    const auto last = status.source_last.value();
    const auto here = status.position.sequence.value();
    status.lag_events = last > here ? last - here : 0;
    if (status.lag_events != 0) status.lag = std::max(clock_.elapsed() - level_at_, Duration(0));
    return status;
}

Mirror::Mirror(EventStore& source, EventStore& local, MirrorOptions options, const Clock& clock)
    : impl_(std::make_unique<Impl>(source, local, options, clock)) {}
Mirror::~Mirror() = default;
Result<> Mirror::start() { return impl_->start(); }
Result<> Mirror::stop() { return impl_->stop(); }
Result<> Mirror::read_after(GlobalSequence source_sequence, std::chrono::milliseconds timeout) {
    return impl_->read_after(source_sequence, timeout);
}
MirrorStatus Mirror::status() const { return impl_->status(); }

} // namespace cim
