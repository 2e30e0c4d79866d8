// Events that could not be delivered, with the reason, until somebody looks at them: to be read, replayed or thrown
// away.
//
// Bounded in number and, if wanted, in age; what leaves by a bound is counted. Nothing is replayed for ever: a letter
// that has been dead `max_hops` times stays until it is purged.
//
// Safe to use from several threads at once. The clock must outlive the queue. Functions given to replay() are called
// without a lock held, on the caller's thread.
#pragma once

#include <cim/error.hpp>
#include <cim/event.hpp>
#include <cim/ids.hpp>
#include <cim/subject.hpp>
#include <cim/time.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cim {

enum class DeadLetterReason : std::uint8_t {
    handler_failed, ///< A handler failed and was retried as often as it may be.
    channel_full,   ///< The consumer's channel was full, and its policy is dead_letter.
    rejected,       ///< Somebody who uses the library put it here.
};
[[nodiscard]] std::string_view to_string(DeadLetterReason reason) noexcept; ///< The enumerator's name.

struct DeadLetter {
    /// Given by the queue, from 1; a letter keeps it while it is there.
    std::uint64_t id = 0;
    DomainEvent event; ///< Its CID is event.cid().
    std::string subject;
    std::string pattern;  ///< By which the consumer had got it; empty if by none.
    std::string consumer; ///< Its name; empty if it has none.
    GlobalSequence global_sequence;
    AggregateSequence aggregate_sequence;
    DeadLetterReason reason = DeadLetterReason::rejected;
    std::string error;          ///< The last failure's text, at most max_error_size bytes.
    std::uint32_t attempts = 0; ///< How often it was tried, first time included.
    std::uint32_t hops = 0;     ///< How often it had been a dead letter before.
    Timestamp first_failure;
    Timestamp last_failure;

    static constexpr std::size_t max_error_size = 1024;
};

/// Which letters are meant. Every condition that is set must hold; an empty one means all.
struct DeadLetterFilter {
    std::optional<std::uint64_t> id;
    std::optional<DeadLetterReason> reason;
    std::optional<SubjectPattern> subject;
    std::optional<AggregateId> aggregate;
    std::optional<Timestamp> failed_from;  ///< Last failure at or after.
    std::optional<Timestamp> failed_until; ///< Last failure before.
    [[nodiscard]] bool matches(const DeadLetter& letter) const;
};

struct DeadLetterConfig {
    std::size_t capacity = 10'000;        ///< Letters; 1 ... 10,000,000. The oldest makes room for the newest.
    std::optional<Duration> ttl;          ///< Since the last failure; more than 0. nullopt: for ever.
    std::uint32_t max_hops = 3;           ///< 1 ... 1000.
    double replays_per_second = 0;        ///< 0: as many as are asked for.
    [[nodiscard]] Result<> check() const; ///< Errors: invalid_argument naming the field.
};

struct DeadLetterStats {
    std::size_t size = 0;
    std::size_t high_water = 0;
    std::uint64_t added = 0;
    std::uint64_t displaced = 0; ///< The oldest, by a newer one at capacity.
    std::uint64_t expired = 0;
    std::uint64_t replayed = 0;
    std::uint64_t replay_failed = 0;
    std::uint64_t purged = 0;
};

class DeadLetterQueue {
  public:
    /// A configuration that its check() refuses gives a queue that refuses everything with that error.
    explicit DeadLetterQueue(DeadLetterConfig config = {}, const Clock& clock = system_clock());
    DeadLetterQueue(const DeadLetterQueue&) = delete;
    DeadLetterQueue& operator=(const DeadLetterQueue&) = delete;

    /// Takes it; its id comes back. At capacity the oldest is displaced and counted. Errors: invalid_argument for a
    /// letter without an event, and what is wrong with the configuration.
    Result<std::uint64_t> add(DeadLetter letter);

    /// The letters that are meant with an id above `after`, oldest first.
    [[nodiscard]] std::vector<DeadLetter> list(const DeadLetterFilter& filter = {}, std::uint64_t after = 0,
                                               std::size_t limit = 100);
    /// The oldest that is meant; nullopt if there is none.
    [[nodiscard]] std::optional<DeadLetter> peek(const DeadLetterFilter& filter = {});

    struct ReplayReport {
        std::size_t replayed = 0;
        std::size_t failed = 0;    ///< Refused by the function; still there, with the new failure.
        std::size_t exhausted = 0; ///< Not tried, because they have been dead max_hops times.
        std::size_t deferred = 0;  ///< Not tried, because of replays_per_second or `limit`: ask again later.
    };
    /// Hands the letters that are meant to `deliver`, oldest first. Those that it takes are gone; it is to route them
    /// with `hops` one higher. A letter that is being replayed is replayed by nobody else. Never waits.
    ReplayReport replay(const std::function<Result<>(const DeadLetter&)>& deliver, const DeadLetterFilter& filter = {},
                        std::size_t limit = SIZE_MAX);

    /// Throws the letters away that are meant; returns how many.
    std::size_t purge(const DeadLetterFilter& filter = {});

    [[nodiscard]] DeadLetterStats stats();
    [[nodiscard]] const DeadLetterConfig& config() const noexcept { return config_; }

  private:
    void expire();
    [[nodiscard]] bool take_permit();

    const DeadLetterConfig config_;
    const Clock& clock_;
    std::mutex mutex_; // guards everything below
    std::map<std::uint64_t, DeadLetter> letters_;
    std::uint64_t next_id_ = 1;
    double permits_ = 1;
    Duration permits_at_{};
    DeadLetterStats stats_;
};

} // namespace cim
