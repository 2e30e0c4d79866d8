// The log, read once from its beginning and then followed: verified, turned into changes, and kept for any number of
// readers.
//
// A thread of its own reads. What it read lies in a spool on disk; in memory are the graph at the end, some snapshots
// and an entry for each line of the spool, whatever the length of the history. At the first event that does not verify
// it stops: what is shown was verified.
#pragma once

#include <cim/event_store.hpp>
#include <cim/graph_mapping.hpp>

#include "change_writer.hpp"
#include "moments.hpp"
#include "spool.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

namespace cim::serve {

/// How far the history has come.
struct HistoryStatus {
    enum class State : std::uint8_t {
        loading,     ///< Reading what was there.
        live,        ///< At the end, following.
        broken,      ///< An event does not verify; `error` names it. It stays so.
        unavailable, ///< The store does not answer; `error` says why. It is tried again.
        failed,      ///< Something else, such as a full disk; `error` says what. It stays so.
    };
    State state = State::loading;
    std::uint64_t events = 0;
    GlobalSequence last; ///< Of the last event that was read.
    std::uint64_t nodes = 0;
    std::uint64_t edges = 0;
    std::uint64_t problems = 0;
    std::uint64_t unknown_types = 0;
    std::optional<Error> error;
    std::uint64_t version = 0; ///< Grows when the state changes.
};
[[nodiscard]] std::string_view to_string(HistoryStatus::State state) noexcept;

/// Safe to use from several threads at once. The store must outlive it.
class History {
  public:
    /// Starts reading. Errors: io_error.
    [[nodiscard]] static Result<std::unique_ptr<History>> start(EventStore& store, const GraphMapping& mapping,
                                                                std::optional<AggregateId> aggregate);
    History(EventStore& store, const GraphMapping& mapping, std::optional<AggregateId> aggregate,
            std::unique_ptr<Spool> spool);
    ~History();

    /// Ends the reading, and every wait for more.
    void stop();
    [[nodiscard]] bool stopping() const noexcept { return stopping_.load(); }

    [[nodiscard]] HistoryStatus status() const;
    [[nodiscard]] Spool& spool() noexcept { return *spool_; }
    [[nodiscard]] Moments& moments() noexcept { return moments_; }
    [[nodiscard]] const std::optional<AggregateId>& aggregate() const noexcept { return aggregate_; }

  private:
    void run();
    Result<> follow();
    Result<> take_good_ones();
    Result<> take(std::vector<DomainEvent> events);
    void set(HistoryStatus::State state, std::optional<Error> error = {});

    EventStore& store_;
    const std::optional<AggregateId> aggregate_;
    const std::unique_ptr<Spool> spool_;
    Moments moments_;
    std::atomic<bool> stopping_{false};

    // Of the reading thread.
    ChangeWriter writer_;
    ChainVerifier verifier_;
    GlobalSequence position_;

    mutable std::mutex mutex_;
    HistoryStatus status_; // guarded by mutex_
    std::jthread thread_;
};

} // namespace cim::serve
