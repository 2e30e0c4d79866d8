// Puts events in order that arrive out of order, repeated, late or not at all.
//
// Two levels. First the order within each aggregate, where one aggregate's gap never holds up another. Then, if wanted,
// one order over all, by a number that counts what arrives through one subscription: 1, 2, 3 ... without holes, such as
// RoutedEvent::delivery_number(). (A store's own global numbers have holes in a filtered subscription: do not use
// those.)
//
//     cim::EventSequencer sequencer{{.max_sequence_gap = 100, .sequence_timeout = 30s}};
//     auto out = sequencer.process_event(event, global, aggregate);
//     for (auto& next : out->ready) apply(next.event);           // in order; out->disposition says what became of
//     `event` for (auto& next : sequencer.check_timeouts().ready) ...     // now and then
//
// What is missing is waited for from the moment its gap was seen; then it is reported as skipped, and what follows is
// delivered. What comes after all is late: it goes to a side output, never to `ready`. Everything is bounded, and every
// event that comes in is told of: delivered, buffered, or why not.
//
// Threads: not for use by several at once. What a call returns is valid until the next one.
#pragma once

#include <cim/error.hpp>
#include <cim/event.hpp>
#include <cim/ids.hpp>
#include <cim/time.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace cim {

/// The first number that is expected of a stream.
class SequenceStart {
  public:
    /// Whatever comes first. What has a smaller number is late.
    [[nodiscard]] static SequenceStart first_seen() noexcept { return SequenceStart(0); }
    /// This one; not 0.
    [[nodiscard]] static SequenceStart at(std::uint64_t number) noexcept { return SequenceStart(number); }
    /// nullopt: first_seen.
    [[nodiscard]] std::optional<std::uint64_t> number() const noexcept {
        return number_ == 0 ? std::nullopt : std::optional(number_);
    }

  private:
    explicit SequenceStart(std::uint64_t number) noexcept : number_(number) {}
    std::uint64_t number_;
};

struct SequencerConfig {
    std::size_t max_buffer_size = 1000;   ///< Events of one aggregate that wait; 1 ... 1,000,000.
    std::uint64_t max_sequence_gap = 100; ///< How far ahead of the next number an event may be; 1 ... 1,000,000.
    Duration sequence_timeout = std::chrono::seconds(30); ///< How long a gap is waited for; more than 0.
    bool global_order = true;                             ///< Whether there is the second level.
    std::size_t max_total_buffered = 100'000;             ///< Events of all aggregates that wait; 1 ... 100,000,000.
    std::size_t max_aggregates =
        1'000'000; ///< Whose next number is known; events of others overflow. 1 ... 100,000,000.
    /// Aggregates of which more than the next number is known, because something was out of order. Past it, those where
    /// nothing waits are reduced to that. 1 ... max_aggregates.
    std::size_t max_active_aggregates = 100'000;
    SequenceStart aggregate_start = SequenceStart::first_seen();
    SequenceStart global_start = SequenceStart::first_seen();
    [[nodiscard]] Result<> check() const; ///< Errors: invalid_argument naming the field.
};

/// What became of an event that came in.
enum class Disposition : std::uint8_t {
    delivered, ///< It is among `ready`.
    buffered,  ///< It waits for what is before it.
    duplicate, ///< It had been here before, and was dropped.
    late,      ///< Its place was skipped or lies before the start: it is among `late`.
    too_far,   ///< More than max_sequence_gap ahead: dropped. Its place is a gap until it comes again or is skipped.
    overflow,  ///< There is no room for it to wait, or it is of one aggregate too many: dropped in the same way.
};
[[nodiscard]] std::string_view to_string(Disposition disposition) noexcept; ///< The enumerator's name.

struct SequencedEvent {
    DomainEvent event;
    GlobalSequence global_sequence;
    AggregateSequence aggregate_sequence;
};

/// These numbers, both included, are no longer waited for.
struct GapSkipped {
    AggregateId aggregate; ///< Empty: in the global order.
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    friend bool operator==(const GapSkipped&, const GapSkipped&) = default;
};

/// What came of a call. The events may be moved from.
struct Sequenced {
    /// Of the event that came in; of check_timeouts and start_epoch: delivered.
    Disposition disposition = Disposition::delivered;
    std::span<SequencedEvent> ready; ///< In order, to be applied.
    std::span<SequencedEvent> late;  ///< Not to be applied in order any more.
    std::span<const GapSkipped> gaps;
};

struct StreamStats {
    std::uint64_t next_sequence = 0;        ///< 0: nothing has come yet.
    std::size_t pending_count = 0;          ///< Events that wait.
    std::optional<Duration> oldest_pending; ///< How long the one that waits longest has.
    std::uint64_t skipped = 0;              ///< Numbers.
    std::uint64_t late = 0;
    std::uint64_t duplicates = 0;
};

struct SequencerStats {
    StreamStats global_stats; ///< Without global_order: only next_sequence, which stays 0.
    /// Those of which more than the next number is known, by id.
    std::vector<std::pair<AggregateId, StreamStats>> aggregates;
    std::size_t known_aggregates = 0;
    std::size_t pending = 0; ///< Events that wait, on both levels.
    std::uint64_t epoch = 0;
    // Events since the sequencer was made.
    std::uint64_t processed = 0;
    std::uint64_t delivered = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t late = 0;
    std::uint64_t too_far = 0;
    std::uint64_t overflowed = 0;
    std::uint64_t skipped = 0; ///< Numbers, on both levels.
    std::uint64_t evicted = 0; ///< Aggregates reduced to their next number.
};

/// Where a sequencer stands, to go on after a restart. What waits is not in it: it counts as not yet come.
struct SequencerPositions {
    struct Stream {
        std::uint64_t next = 0;  ///< 0: nothing has come yet.
        std::uint64_t first = 0; ///< What is below is late; from here to `next` all but `skipped` was delivered.
        std::vector<std::pair<std::uint64_t, std::uint64_t>> skipped; ///< [from, to], rising.
        friend bool operator==(const Stream&, const Stream&) = default;
    };
    std::uint64_t epoch = 0;
    Stream global;
    std::vector<std::pair<AggregateId, Stream>> aggregates; ///< By id.
    friend bool operator==(const SequencerPositions&, const SequencerPositions&) = default;
};

class EventSequencer {
  public:
    /// A configuration that its check() refuses gives a sequencer that answers every event with that error.
    explicit EventSequencer(SequencerConfig config = {}, const Clock& clock = system_clock());
    ~EventSequencer();
    EventSequencer(EventSequencer&&) noexcept;
    EventSequencer& operator=(EventSequencer&&) noexcept;

    /// Takes the next event that arrived. An epoch above the present one begins as start_epoch does; an event of an
    /// earlier epoch is late. Without global_order the global number is only carried along. Errors, with the event
    /// dropped and nothing changed: invalid_argument for an empty event or a number that is 0 or 2^64-1.
    [[nodiscard]] Result<Sequenced> process_event(DomainEvent event, GlobalSequence global, AggregateSequence aggregate,
                                                  std::uint64_t epoch = 0);
    /// Skips the gaps whose time is up.
    [[nodiscard]] Sequenced check_timeouts();
    /// When check_timeouts will have something to do at the earliest, by Clock::elapsed(); nullopt: nothing waits.
    [[nodiscard]] std::optional<Duration> next_timeout() const;

    /// The source counts anew: skips all gaps, delivers all that waits, and begins as at the start. Errors:
    /// invalid_argument unless the epoch is above the present one.
    [[nodiscard]] Result<Sequenced> start_epoch(std::uint64_t epoch);

    [[nodiscard]] SequencerPositions positions() const;
    /// To be called before the first event. Errors: invalid_argument for numbers that make no sense or after an event,
    /// limit_exceeded for more aggregates than may be known.
    [[nodiscard]] Result<> restore(const SequencerPositions& positions);

    [[nodiscard]] SequencerStats get_stats() const;
    /// nullopt: nothing has come of that aggregate.
    [[nodiscard]] std::optional<StreamStats> get_stats(const AggregateId& aggregate) const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace cim
