// Copying logs: copy() once, from any store to any other; Mirror all the time, into a local store that serves the
// reads.
//
// Both verify everything on the way: an event lands only if its block hashes to its CID and links to the head that the
// target has. Transactions stay whole, with their names and trace contexts; aggregate sequences and CIDs are the same
// on both sides. Global sequences are not: each store counts its own, and the orders of the logs agree. Repeating a
// copy adds nothing.
//
//     auto server = cim::open_store("nats://localhost:4222/event-store");
//     auto local  = cim::open_store("sqlite:mirror.db");
//     cim::Mirror mirror{**server, **local};
//     mirror.start();
//     auto receipt = (*server)->append(tx, cim::ExpectedHead::any());
//     if (mirror.read_after(receipt->last, 2s)) show((*local)->read(...));     // read your own writes, locally
#pragma once

#include <cim/event_store.hpp>
#include <cim/log_position.hpp>
#include <cim/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace cim {

struct CopyProgress {
    std::uint64_t events = 0; ///< Looked at, those that were there already included.
    std::uint64_t transactions = 0;
    std::uint64_t already_present = 0; ///< Events that the target had.
    LogPosition position;              ///< Of the source: everything up to here is in the target.
    GlobalSequence last;               ///< Of the source, when the copy began; lies ahead of `position` until it ends.
};

struct CopyOptions {
    /// Of the source; events after it are copied.
    GlobalSequence after{};
    /// Most events in one append, 1 ... 100,000; one transaction that alone is larger is appended alone. 1000 is what a
    /// JetStream store takes.
    std::size_t batch_events = 1000;
    /// Called on the caller's thread after each append.
    std::function<void(const CopyProgress&)> on_progress{};
    /// Asked between appends; a copy that is stopped is no error, its `position` tells how far it came.
    std::stop_token stop{};
};

/// Copies what the source has now into the target. Errors: invalid_argument, cid_mismatch, chain_broken,
/// incomplete_transaction, history_rewritten where an aggregate has another history in the target (fields `aggregate`,
/// `sequence`, `expected` and `actual`: the CIDs in the source and in the target there), and what the stores report.
/// What was appended before stays.
[[nodiscard]] Result<CopyProgress> copy(EventStore& source, EventStore& target, const CopyOptions& options = {});

/// What a mirror has seen of its source, as it is saved beside the events (docs/formats/mirror.md).
struct MirrorPosition {
    std::string source;   ///< URL without secrets.
    LogPosition position; ///< Of the source: everything up to here is in the mirror.
    Timestamp saved_at;
};

/// Of a store that a Mirror writes or wrote; nullopt if none did. Lags behind what Mirror::status() says by
/// MirrorOptions::save_interval at most. Errors: store_corrupt.
[[nodiscard]] Result<std::optional<MirrorPosition>> mirror_position(EventStore& local);

struct MirrorOptions {
    /// Most events in one append; as CopyOptions::batch_events.
    std::size_t batch_events = 4096;
    /// How often the position is saved. What was appended after it is looked at again after a crash, and found to be
    /// there.
    std::chrono::milliseconds save_interval{200};
    /// Pauses while the source fails: doubling, each by chance between half and all of it.
    std::chrono::milliseconds first_pause{50};
    std::chrono::milliseconds longest_pause{10'000};
    std::uint64_t seed = 1; ///< Of the chance.
};

enum class MirrorState : std::uint8_t {
    idle, ///< Not started.
    connecting,
    catching_up,
    live,         ///< Has everything that the source had when it was last asked.
    reconnecting, ///< The source failed, and is tried again.
    failed,       ///< See MirrorStatus::error; nothing more is mirrored.
    stopped,
};
[[nodiscard]] std::string_view to_string(MirrorState state) noexcept; ///< The enumerator's name.

struct MirrorStatus {
    MirrorState state = MirrorState::idle;
    LogPosition position;       ///< Of the source: everything up to here is in the mirror.
    GlobalSequence source_last; ///< Of the source, as far as is known.
    std::uint64_t events = 0;   ///< Mirrored since start().
    std::uint64_t transactions = 0;
    std::uint64_t already_present = 0; ///< Of these events, those that were there.
    std::uint64_t lag_events = 0;      ///< Sequences of the source that are known and not mirrored yet.
    Duration lag{};                    ///< For how long the mirror has not been level with the source; 0: it is.
    std::uint64_t failures = 0;        ///< Errors of the source that were waited out.
    std::optional<Error> error;        ///< Why it failed, or the last error that it waits out.
};

/// Follows a source into a local store on a thread of its own. Both stores must outlive it; nobody else should append
/// to the local one (an aggregate that goes its own way there ends the mirror with history_rewritten). The local store
/// is an ordinary one: read it through the same object, another one, or another process. All methods may be called from
/// any thread.
class Mirror {
  public:
    Mirror(EventStore& source, EventStore& local, MirrorOptions options = {}, const Clock& clock = system_clock());
    /// As stop().
    ~Mirror();
    Mirror(const Mirror&) = delete;
    Mirror& operator=(const Mirror&) = delete;

    /// Goes on where the local store says that a mirror of it ended. Errors: history_rewritten if the source does not
    /// have what was mirrored (see confirm_position), invalid_argument if it was started before, and what the stores
    /// report.
    [[nodiscard]] Result<> start();
    /// Ends the thread and saves the position. Errors: what saving reports.
    Result<> stop();

    /// Waits until everything of the source up to that sequence (such as AppendReceipt::last) can be read from the
    /// local store: read your own writes. Errors: timeout with fields `sequence` and `position`, closed, and what made
    /// the mirror fail.
    [[nodiscard]] Result<> read_after(GlobalSequence source_sequence, std::chrono::milliseconds timeout);

    [[nodiscard]] MirrorStatus status() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace cim
