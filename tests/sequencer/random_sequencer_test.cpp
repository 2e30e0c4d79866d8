// Aim: the sequencer does what a naive one does that keeps everything in sets, whatever comes.
// Method: random arrivals with loss, repetition, jumps and time, one level against the naive one step by step; two
// levels by what must hold of them.
#include <cim/sequencer.hpp>

#include "router/support.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace cim {
namespace {

using namespace std::chrono_literals;
using Number = std::uint64_t;

constexpr Number max_gap = 6;
constexpr std::size_t max_buffer = 4;
constexpr auto timeout = Duration(1000);

const DomainEvent& event_of(std::size_t aggregate) {
    static const auto events = [] {
        std::vector<DomainEvent> made;
        for (const auto name : {"a", "b", "c"}) made.push_back(test::event(name));
        return made;
    }();
    return events[aggregate];
}

// One aggregate, with everything that ever happened to it.
struct NaiveStream {
    Number next = 1;
    std::map<Number, Duration> waiting; // and since when
    std::set<Number> skipped, farther;
    Duration farther_since{};

    std::vector<Number> drain() {
        std::vector<Number> out;
        while (waiting.erase(next) != 0) out.push_back(next++);
        return out;
    }
    Disposition take(Number number, Duration now, std::vector<Number>& ready) {
        if (number < next) return skipped.erase(number) != 0 ? Disposition::late : Disposition::duplicate;
        if (number - next > max_gap) {
            if (farther.empty() || *farther.rbegin() < next) farther_since = now;
            farther.insert(number);
            return Disposition::too_far;
        }
        if (waiting.contains(number)) return Disposition::duplicate;
        if (number == next) {
            farther.clear();
            ready.push_back(next++);
            for (const auto n : drain()) ready.push_back(n);
            return Disposition::delivered;
        }
        if (waiting.size() >= max_buffer) return Disposition::overflow;
        waiting[number] = now;
        return Disposition::buffered;
    }
    void skip_what_is_due(Duration now, std::vector<Number>& ready) {
        for (;;) {
            Number to = 0;
            Duration since{};
            if (!waiting.empty()) {
                to = waiting.begin()->first - 1;
                since = std::ranges::min_element(waiting, {}, &std::pair<const Number, Duration>::second)->second;
            } else if (!farther.empty() && *farther.rbegin() >= next) {
                to = *farther.rbegin();
                since = farther_since;
            }
            if (to == 0 || since + timeout > now) return;
            for (; next <= to; ++next) skipped.insert(next);
            for (const auto n : drain()) ready.push_back(n);
        }
    }
};

RC_GTEST_PROP(EventSequencer, DoesAsTheNaiveOne, ()) {
    ManualClock clock;
    EventSequencer sequencer({.max_buffer_size = max_buffer,
                              .max_sequence_gap = max_gap,
                              .sequence_timeout = timeout,
                              .global_order = false,
                              .aggregate_start = SequenceStart::at(1)},
                             clock);
    std::map<std::string, NaiveStream> naive;
    std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
    const auto below = [&](Number end) { return random() % end; };
    for (int step = 0; step < 300; ++step) {
        std::map<std::string, std::vector<Number>> expected, actual;
        if (below(8) == 0) {
            clock.advance(Duration(static_cast<std::int64_t>(below(700))));
            const auto out = sequencer.check_timeouts();
            for (auto& [name, stream] : naive) stream.skip_what_is_due(clock.elapsed(), expected[name]);
            for (const auto& e : out.ready)
                actual[std::string(e.event.aggregate_id())].push_back(e.aggregate_sequence.value());
        } else {
            const auto& event = event_of(below(3));
            const std::string name(event.aggregate_id());
            auto& stream = naive[name];
            // Mostly near the next number, now and then far behind or ahead.
            const auto around = below(20) == 0 ? stream.next + below(40) : stream.next + below(8);
            const auto number = std::max<Number>(1, around > 3 ? around - 3 : around);
            const auto out = sequencer.process_event(event, GlobalSequence(1), AggregateSequence(number));
            RC_ASSERT(out.has_value());
            const auto disposition = stream.take(number, clock.elapsed(), expected[name]);
            RC_ASSERT(to_string(out->disposition) == to_string(disposition));
            RC_ASSERT(out->late.size() == (disposition == Disposition::late ? 1u : 0u));
            for (const auto& e : out->ready) actual[name].push_back(e.aggregate_sequence.value());
        }
        std::erase_if(expected, [](const auto& entry) { return entry.second.empty(); });
        RC_ASSERT(actual == expected);
        std::size_t waiting = 0;
        for (const auto& [name, stream] : naive) waiting += stream.waiting.size();
        RC_ASSERT(sequencer.get_stats().pending == waiting);
    }
}

// Events of three aggregates, numbered densely, arrive shuffled, repeated and with losses.
RC_GTEST_PROP(EventSequencer, TwoLevelsKeepBothOrdersAndLoseNothing, ()) {
    struct Sent {
        std::size_t aggregate;
        Number number, global;
    };
    std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
    const auto below = [&](Number end) { return random() % end; };
    const bool lossy = below(2) == 0;
    const Number reach = 1 + below(30);

    std::vector<Sent> sent;
    std::map<std::size_t, Number> last;
    for (Number global = 1; global <= 200; ++global) {
        const auto aggregate = below(3);
        sent.push_back({aggregate, ++last[aggregate], global});
    }
    std::vector<std::pair<Number, Sent>> arrivals; // by when
    for (const auto& one : sent) {
        if (lossy && below(20) == 0) continue;
        arrivals.emplace_back(one.global + below(reach), one);
        if (below(10) == 0) arrivals.emplace_back(one.global + below(2 * reach), one);
    }
    std::ranges::stable_sort(arrivals, {}, [](const auto& arrival) { return arrival.first; });

    ManualClock clock;
    EventSequencer sequencer({.max_sequence_gap = 1000,
                              .sequence_timeout = timeout,
                              .aggregate_start = SequenceStart::at(1),
                              .global_start = SequenceStart::at(1)},
                             clock);
    Number last_global = 0;
    std::map<std::string, Number> last_of;
    std::set<Number> seen; // delivered or late
    std::size_t inputs = 0, duplicates = 0;
    const auto check = [&](const Sequenced& out) {
        for (const auto& e : out.ready) {
            RC_ASSERT(e.global_sequence.value() > last_global);
            last_global = e.global_sequence.value();
            auto& number = last_of[std::string(e.event.aggregate_id())];
            RC_ASSERT(e.aggregate_sequence.value() > number);
            number = e.aggregate_sequence.value();
            RC_ASSERT(seen.insert(e.global_sequence.value()).second);
        }
        for (const auto& e : out.late) RC_ASSERT(seen.insert(e.global_sequence.value()).second);
    };
    for (const auto& [when, one] : arrivals) {
        clock.advance(Duration(1));
        const auto out =
            sequencer.process_event(event_of(one.aggregate), GlobalSequence(one.global), AggregateSequence(one.number));
        RC_ASSERT(out.has_value());
        ++inputs;
        duplicates += out->disposition == Disposition::duplicate ? 1 : 0;
        RC_ASSERT(out->disposition != Disposition::too_far && out->disposition != Disposition::overflow);
        check(*out);
        if (below(50) == 0) {
            clock.advance(timeout / 2);
            check(sequencer.check_timeouts());
        }
    }
    for (int i = 0; i < 4; ++i) {
        clock.advance(timeout);
        check(sequencer.check_timeouts());
    }
    const auto stats = sequencer.get_stats();
    RC_ASSERT(stats.pending == 0u);
    RC_ASSERT(seen.size() + duplicates == inputs);
    RC_ASSERT(stats.delivered + stats.late + stats.duplicates == inputs);
    RC_ASSERT(!sequencer.next_timeout().has_value());
}

} // namespace
} // namespace cim
