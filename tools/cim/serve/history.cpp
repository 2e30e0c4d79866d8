#include "history.hpp"

#include "base/try.hpp"
#include "verified_reader.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

namespace cim::serve {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t events_read_at_once = 10'000;
constexpr std::size_t events_in_a_line = 1000;

bool is_at(const DomainEvent& event, const Error& error) {
    return error.field("aggregate") == event.aggregate_id() &&
           error.field("sequence") == std::to_string(event.aggregate_sequence().value());
}

} // namespace

std::string_view to_string(HistoryStatus::State state) noexcept {
    switch (state) {
    case HistoryStatus::State::loading: return "loading";
    case HistoryStatus::State::live: return "live";
    case HistoryStatus::State::broken: return "broken";
    case HistoryStatus::State::unavailable: return "unavailable";
    case HistoryStatus::State::failed: return "failed";
    }
    return "failed";
}

Result<std::unique_ptr<History>> History::start(EventStore& store, const GraphMapping& mapping,
                                                std::optional<AggregateId> aggregate) {
    CIM_TRY_ASSIGN(auto spool, Spool::create());
    auto history = std::make_unique<History>(store, mapping, std::move(aggregate), std::move(spool));
    history->thread_ = std::jthread([&history = *history] { history.run(); });
    return history;
}

History::History(EventStore& store, const GraphMapping& mapping, std::optional<AggregateId> aggregate,
                 std::unique_ptr<Spool> spool)
    : store_(store),
      aggregate_(std::move(aggregate)),
      spool_(std::move(spool)),
      moments_(store, mapping, aggregate_),
      writer_(mapping) {}

History::~History() { stop(); }

void History::stop() {
    stopping_ = true;
    spool_->wake();
    if (thread_.joinable()) thread_.join();
}

HistoryStatus History::status() const {
    const std::lock_guard lock(mutex_);
    return status_;
}

void History::set(HistoryStatus::State state, std::optional<Error> error) {
    {
        const std::lock_guard lock(mutex_);
        if (status_.state == state && state == HistoryStatus::State::live) return;
        status_.state = state;
        status_.error = std::move(error);
        ++status_.version;
    }
    spool_->wake();
}

void History::run() {
    while (!stopping_) {
        auto followed = follow();
        if (followed) return; // stopping
        auto error = std::move(followed).error();
        if (cli::is_bad_data(error)) return set(HistoryStatus::State::broken, std::move(error));
        if (error.code == Errc::store_full || error.code == Errc::io_error)
            return set(HistoryStatus::State::failed, std::move(error));
        set(HistoryStatus::State::unavailable, std::move(error));
        // Looks again every second, and ends at once when it is to stop.
        for (int i = 0; i < 10 && !stopping_; ++i) std::this_thread::sleep_for(100ms);
    }
}

Result<> History::follow() {
    CIM_TRY_ASSIGN(const auto info, store_.info());
    CIM_TRY_ASSIGN(const auto feed, store_.follow(position_));
    while (!stopping_) {
        if (position_ >= info.last) set(HistoryStatus::State::live);
        auto events = feed->next(events_read_at_once, 250ms);
        if (!events) return cli::is_bad_data(events.error()) ? take_good_ones() : fail(std::move(events).error());
        if (!events->empty()) CIM_TRY(take(*std::move(events)));
    }
    return {};
}

/// A page with a damaged event in it may begin with good ones.
Result<> History::take_good_ones() {
    cli::VerifiedReader reader(store_, ReadQuery::all(position_), {.threads = 1});
    while (true) {
        CIM_TRY_ASSIGN(auto events, reader.next());
        if (events.empty()) return {};
        CIM_TRY(take(std::move(events)));
    }
}

Result<> History::take(std::vector<DomainEvent> events) {
    const auto last = events.back().sequence();
    const auto verified = verifier_.add(events);
    if (!verified)
        events.erase(std::ranges::find_if(events, [&](const auto& event) { return is_at(event, verified.error()); }),
                     events.end());
    if (aggregate_) std::erase_if(events, [&](const auto& event) { return event.aggregate_id() != aggregate_->str(); });
    for (std::span<const DomainEvent> rest = events; !rest.empty() && !stopping_;) {
        const auto some = rest.first(std::min(rest.size(), events_in_a_line));
        rest = rest.subspan(some.size());
        const auto line = writer_.write(some);
        CIM_TRY(spool_->append(line, some.back().sequence()));
        moments_.offer(some.back().sequence(), writer_.events(), writer_.model());
        const std::lock_guard lock(mutex_);
        status_.events = writer_.events();
        status_.last = some.back().sequence();
        status_.nodes = writer_.model().node_count();
        status_.edges = writer_.model().edge_count();
        status_.problems = writer_.problems();
        status_.unknown_types = writer_.unknown_types();
    }
    if (!verified) return fail(verified.error());
    position_ = last;
    return {};
}

} // namespace cim::serve
