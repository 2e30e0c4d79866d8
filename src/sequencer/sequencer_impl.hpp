// The work of an EventSequencer: event_sequencer.cpp orders, positions.cpp saves, restores and tells.
#pragma once

#include <cim/sequencer.hpp>

#include "sequencer/aggregate_table.hpp"
#include "sequencer/window.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace cim {

class EventSequencer::Impl {
  public:
    Impl(SequencerConfig config, const Clock& clock);

    Result<Sequenced> process(DomainEvent event, std::uint64_t global, std::uint64_t aggregate, std::uint64_t epoch);
    Sequenced check_timeouts();
    std::optional<Duration> next_timeout() const;
    Result<Sequenced> start_epoch(std::uint64_t epoch);
    SequencerPositions positions() const;
    Result<> restore(const SequencerPositions& positions);
    SequencerStats stats() const;
    std::optional<StreamStats> stats(const AggregateId& aggregate) const;

  private:
    using Index = detail::AggregateTable::Index;
    // The largest number there can be; its successor still fits.
    static constexpr std::uint64_t last_number = std::numeric_limits<std::uint64_t>::max() - 1;
    static constexpr Index the_global = detail::AggregateTable::none;

    struct Timer {
        Duration at; // not after the time at which the stream's gap is to be skipped
        Index stream;
        // What is due at once is skipped in one order everywhere, the global order last.
        friend bool operator>(const Timer& a, const Timer& b) noexcept {
            return std::pair(a.at, a.stream) > std::pair(b.at, b.stream);
        }
    };

    // -- Streams
    void begin_streams();
    detail::AggregateState& stream(Index index) noexcept { return index == the_global ? global_ : aggregates_[index]; }
    detail::StreamDetails& details(Index index);
    void evict_one();
    void set_timer(Index index, Duration at);
    void note_too_far(Index index, std::uint64_t number);
    std::optional<Duration> gap_seen(const detail::AggregateState& stream) const;
    bool has_gap(Index index);

    // -- An event that comes in
    Disposition behind(detail::AggregateState& state, Index index, std::uint64_t number);
    void drop(Disposition disposition, DomainEvent event, std::uint64_t global, std::uint64_t aggregate);
    bool global_has_place(std::uint64_t global) const noexcept;
    void buffer(Index index, DomainEvent event, std::uint64_t global, std::uint64_t aggregate);

    // -- Upwards
    void deliver(DomainEvent event, std::uint64_t global, std::uint64_t aggregate);
    void make_late(DomainEvent event, std::uint64_t global, std::uint64_t aggregate);
    bool pass_up(DomainEvent event, std::uint64_t global, std::uint64_t aggregate, detail::WaitingIndex from);
    void pass_over(std::uint64_t global);
    void drain_aggregate(Index index);
    void drain_global();
    void skip_gap(Index index);
    void skip_all();

    void begin_output() {
        ready_.clear();
        late_.clear();
        gaps_.clear();
    }
    Sequenced output(Disposition disposition) { return {disposition, ready_, late_, gaps_}; }

    SequencerConfig config_;
    const Clock& clock_;
    std::optional<Error> config_error_;

    detail::AggregateTable aggregates_;
    detail::AggregateState global_; // without a name; always with details
    detail::WaitingEvents waiting_;
    std::vector<Timer> timers_; // a heap, at most one for each stream
    std::vector<Index> active_; // aggregates with details
    std::size_t hand_ = 0;      // where eviction looks next

    std::vector<SequencedEvent> ready_, late_;
    std::vector<GapSkipped> gaps_;
    SequencerStats totals_;
};

} // namespace cim
