// Aim: router, workers, breakers, dead letters and sequencers together, for a million steps of chance: each event is
// handled once and in order by each consumer that was there, or it is counted with the reason why not; and memory stays
// under its bounds.
// Method: one thread, a clock that is moved by hand, one seed for all chance, which is printed and can be given by the
// environment variable CIM_SIMULATION_SEED. After each step a model that remembers every event of every consumer is
// asked.
#include <cim/router.hpp>
#include <cim/sequencer.hpp>
#include <cim/subject_consumer.hpp>
#include <cim/subject_worker.hpp>

#include "router/support.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace cim {
namespace {

using namespace std::chrono_literals;

constexpr int aggregates = 6;
constexpr std::size_t capacity = 40;
constexpr std::size_t letters = 200;
constexpr std::size_t waiting = 40; // in one sequencer

std::uint64_t chosen_seed() {
    if (const char* given = std::getenv("CIM_SIMULATION_SEED")) return std::strtoull(given, nullptr, 10);
    return std::random_device()();
}

struct Chance {
    std::mt19937_64 engine;
    std::uint64_t below(std::uint64_t end) { return engine() % end; }
    bool once_in(std::uint64_t n) { return below(n) == 0; }
};

// A consumer with its worker, its lossy way to a sequencer, and what it saw.
struct Party {
    SubjectPattern pattern;
    OverflowPolicy policy;
    std::unique_ptr<SubjectWorker> worker;
    bool failing = false, throwing = false;
    std::uint64_t matched = 0; // events that it should have been offered since it came
    std::uint64_t last = 0;    // the latest handled, of those routed for the first time
    std::uint64_t handled = 0, replayed = 0;
    bool in_order = true;
    std::deque<std::pair<RoutedEvent, std::uint64_t>> on_the_way; // and their number in the subscription
    std::uint64_t sent = 0;
    std::unique_ptr<EventSequencer> sequencer;
    std::uint64_t ready = 0, last_ready = 0, put_in = 0;
};

class World {
  public:
    explicit World(std::uint64_t seed) : chance_{std::mt19937_64(seed)} {
        for (int i = 0; i < aggregates; ++i) events_.push_back(test::event("a" + std::to_string(i)));
        for (int i = 0; i < 4; ++i) come();
    }

    void step() {
        const auto what = chance_.below(100);
        if (what < 50)
            route();
        else if (what < 75)
            work();
        else if (what < 90)
            carry();
        else if (what < 95)
            clock_.advance(Duration(static_cast<std::int64_t>(chance_.below(200'000))));
        else if (what < 97)
            break_or_mend();
        else if (what < 98)
            look_after_letters();
        else if (chance_.once_in(50))
            go_and_come();
    }

    void finish() {
        for (auto& party : parties_) party->failing = party->throwing = false;
        for (int i = 0; i < 200; ++i) {
            clock_.advance(Duration(1min));
            for (auto& party : parties_) (void)party->worker->work();
        }
        for (auto& one : parties_) {
            auto& party = *one;
            while (!party.on_the_way.empty()) carry_one(party, 0);
            for (int i = 0; i < 5; ++i) {
                clock_.advance(Duration(1min));
                take(party, party.sequencer->check_timeouts());
            }
            check(party);
            EXPECT_EQ(party.worker->consumer().depth(), 0u);
            EXPECT_EQ(party.sequencer->get_stats().pending, 0u);
        }
        check_router();
    }

    void check_all() {
        for (auto& party : parties_) check(*party);
        check_router();
    }

  private:
    void come() {
        const char* patterns[] = {">", "x.*", "*.b", "x.a", "x.>"};
        const OverflowPolicy policies[] = {OverflowPolicy::drop_newest(), OverflowPolicy::drop_oldest(),
                                           OverflowPolicy::dead_letter(), OverflowPolicy::block(0ms)};
        auto& party = *parties_.emplace_back(std::make_unique<Party>(Party{
            .pattern = *SubjectPattern::parse(patterns[chance_.below(5)]), .policy = policies[chance_.below(4)]}));
        auto consumer = SubjectConsumer::subscribe(router_, {party.pattern.str()},
                                                   {.capacity = capacity, .overflow = party.policy});
        WorkerConfig config{
            .retries = {.max_retries = static_cast<unsigned>(chance_.below(4)), .first_pause = Duration(1000)},
            .breaker = {.window_calls = 20, .minimum_calls = 5, .open_for = Duration(500'000), .probes = 2},
            .random = [this] { return static_cast<double>(chance_.below(1000)) / 1000; }};
        party.worker = std::make_unique<SubjectWorker>(
            std::move(*consumer), [this, &party](const RoutedEvent& routed) { return handle(party, routed); },
            router_.dead_letters(), config, clock_);
        party.sequencer =
            std::make_unique<EventSequencer>(SequencerConfig{.max_buffer_size = 50,
                                                             .max_sequence_gap = 30,
                                                             .sequence_timeout = Duration(300'000),
                                                             .max_total_buffered = waiting,
                                                             .aggregate_start = SequenceStart::first_seen(),
                                                             .global_start = SequenceStart::at(1)},
                                             clock_);
    }

    void route() {
        const auto& event = events_[chance_.below(aggregates)];
        const auto* subject = chance_.once_in(3) ? "x.a" : chance_.once_in(2) ? "x.b" : "y.b";
        const auto report = router_.route_event(event, subject);
        ASSERT_TRUE(report);
        ++routed_;
        const auto matching = offer(subject);
        EXPECT_EQ(report->taken + report->refused, matching);
        EXPECT_EQ(report->global_sequence.value(), routed_ + rerouted_);
    }

    // Whom an event under that subject is for.
    std::uint32_t offer(std::string_view subject) {
        std::uint32_t matching = 0;
        for (auto& party : parties_)
            if (party->pattern.matches(subject)) ++party->matched, ++matching;
        return matching;
    }

    Result<> handle(Party& party, const RoutedEvent& routed) {
        if (party.throwing && chance_.once_in(2)) throw std::runtime_error("thrown");
        if (party.failing && !chance_.once_in(4)) return fail(Errc::timeout, "failed");
        if (routed.hops() == 0) {
            if (routed.global_sequence().value() <= party.last) party.in_order = false;
            party.last = routed.global_sequence().value();
        } else {
            ++party.replayed;
        }
        ++party.handled;
        party.on_the_way.emplace_back(routed, ++party.sent);
        return {};
    }

    void work() {
        auto& party = *parties_[chance_.below(parties_.size())];
        (void)party.worker->work(1 + chance_.below(20));
    }

    // From the handler to a sequencer, over a way that loses, doubles and swaps.
    void carry() {
        auto& party = *parties_[chance_.below(parties_.size())];
        for (auto left = chance_.below(20); left > 0 && !party.on_the_way.empty(); --left)
            carry_one(party, chance_.below(std::min<std::uint64_t>(party.on_the_way.size(), 5)));
        if (chance_.once_in(3)) take(party, party.sequencer->check_timeouts());
    }

    void carry_one(Party& party, std::uint64_t which) {
        const auto at = party.on_the_way.begin() + static_cast<std::ptrdiff_t>(which);
        const auto [routed, number] = *at;
        if (chance_.once_in(30)) { // doubled
            put_in(party, routed, number);
        }
        party.on_the_way.erase(at);
        if (chance_.once_in(30)) return; // lost
        put_in(party, routed, number);
    }

    void put_in(Party& party, const RoutedEvent& routed, std::uint64_t number) {
        ++party.put_in;
        const auto out =
            party.sequencer->process_event(routed.event(), GlobalSequence(number), routed.aggregate_sequence());
        ASSERT_TRUE(out);
        take(party, *out);
    }

    void take(Party& party, const Sequenced& out) {
        for (const auto& event : out.ready) {
            ++party.ready;
            if (event.global_sequence.value() <= party.last_ready) party.in_order = false;
            party.last_ready = event.global_sequence.value();
        }
    }

    void break_or_mend() {
        auto& party = *parties_[chance_.below(parties_.size())];
        party.failing = chance_.once_in(3);
        party.throwing = chance_.once_in(4);
    }

    void look_after_letters() {
        auto& queue = *router_.dead_letters();
        if (chance_.once_in(10)) {
            purged_ += queue.purge();
            return;
        }
        // As SubjectRouter::replay_dead_letters does.
        (void)queue.replay(
            [&](const DeadLetter& letter) -> Result<> {
                const auto report = router_.route_event(letter.event, letter.subject, letter.hops + 1);
                EXPECT_TRUE(report);
                ++rerouted_;
                EXPECT_EQ(report->taken + report->refused, offer(letter.subject));
                if (report->no_subscriber()) return fail(Errc::not_found, "nobody");
                return {};
            },
            {}, chance_.below(30));
    }

    void go_and_come() {
        const auto which = chance_.below(parties_.size());
        check(*parties_[which]);
        parties_.erase(parties_.begin() + static_cast<std::ptrdiff_t>(which));
        come();
    }

    void check(Party& party) {
        EXPECT_TRUE(party.in_order);
        const auto stats = party.worker->consumer().stats();
        const auto& pattern = stats.patterns[0];
        const auto work = party.worker->stats();
        // What came to its channel was put in or refused; what was put in waits, was displaced, or was polled; and what
        // was polled was handled, buried, or is being tried.
        const auto refused = total(pattern.dropped) - pattern.dropped[static_cast<std::size_t>(DropReason::displaced)];
        EXPECT_EQ(pattern.sent + refused, party.matched);
        EXPECT_EQ(pattern.sent,
                  pattern.received + pattern.depth + pattern.dropped[static_cast<std::size_t>(DropReason::displaced)]);
        const auto settled = work.handled + work.dead_lettered + work.given_up;
        EXPECT_TRUE(pattern.received == settled || pattern.received == settled + 1);
        EXPECT_EQ(work.handled, party.handled);
        EXPECT_EQ(work.given_up, 0u);
        EXPECT_LE(pattern.depth, capacity);
        EXPECT_LE(pattern.high_water, capacity);
        const auto sequenced = party.sequencer->get_stats();
        EXPECT_LE(sequenced.pending, waiting);
        EXPECT_EQ(sequenced.processed, party.put_in);
        EXPECT_EQ(sequenced.delivered, party.ready);
        EXPECT_GE(sequenced.delivered + sequenced.late + sequenced.duplicates + sequenced.too_far +
                      sequenced.overflowed + sequenced.pending,
                  sequenced.processed);
    }

    void check_router() {
        const auto stats = router_.get_stats();
        EXPECT_EQ(stats.global_sequence.value(), routed_ + rerouted_);
        EXPECT_EQ(stats.failed, 0u);
        const auto dead = router_.dead_letters()->stats();
        EXPECT_LE(dead.high_water, letters);
        EXPECT_EQ(dead.added, dead.size + dead.displaced + dead.expired + dead.replayed + dead.purged);
    }

    ManualClock clock_;
    Chance chance_;
    SubjectRouter router_{{.dead_letters = {.capacity = letters, .ttl = Duration(60s), .max_hops = 2}}, clock_};
    std::vector<DomainEvent> events_;
    std::vector<std::unique_ptr<Party>> parties_; // workers hold their party by address
    std::uint64_t routed_ = 0, rerouted_ = 0, purged_ = 0;
};

TEST(Delivery, AMillionSteps) {
    const auto seed = chosen_seed();
    std::printf("CIM_SIMULATION_SEED=%llu\n", static_cast<unsigned long long>(seed));
    World world(seed);
    for (int step = 0; step < 1'000'000 && !testing::Test::HasFailure(); ++step) {
        world.step();
        if (step % 1000 == 0) world.check_all();
    }
    world.finish();
}

} // namespace
} // namespace cim
