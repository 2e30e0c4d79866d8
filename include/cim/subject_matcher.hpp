// A set of subject patterns that answers which of them match a subject, while patterns come and go.
//
// A subscription is a pattern with a value of the caller's (an index, a pointer); the same pattern may be subscribed
// any number of times. Reading never waits for writing: a match sees the set exactly as it was at one moment, and a
// change of several subscriptions is seen whole or not at all. A match allocates nothing once its reader is warm.
//
//     SubjectMatcher matcher;
//     auto id = matcher.subscribe(*SubjectPattern::parse("event.graph.*.node.>"), 7);
//     SubjectMatcher::Reader reader(matcher);
//     for (auto value : reader.match("event.graph.123.node.added")) ...      // 7
//
// Cost. A pattern without wildcards is found by one hash of the subject. The others stand in a tree of tokens, in which
// a match visits each node at most once and at most 2^k nodes at the k-th token: the work is bounded by the size of the
// tree, whatever the patterns are. Subscribing costs the pattern's tokens, not the number of patterns.
//
// Threads: SubjectMatcher may be used by any number of threads at once. A Reader belongs to one thread at a time and
// must not outlive its matcher.
#pragma once

#include <cim/error.hpp>
#include <cim/subject.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim {

namespace detail {
class PatternIndex;
struct ReaderState;
} // namespace detail

class SubjectMatcher {
  public:
    /// What the caller wants to be told when a pattern matches.
    using Value = std::uint64_t;
    /// Names a subscription of this matcher; never given twice.
    enum class SubscriptionId : std::uint64_t {};

    /// Most subscriptions at a time.
    static constexpr std::size_t max_subscriptions = std::size_t{1} << 28;

    SubjectMatcher();
    ~SubjectMatcher();
    SubjectMatcher(const SubjectMatcher&) = delete;
    SubjectMatcher& operator=(const SubjectMatcher&) = delete;

    /// From the return on, every match that begins sees it. Errors: limit_exceeded.
    [[nodiscard]] Result<SubscriptionId> subscribe(const SubjectPattern& pattern, Value value);
    /// The same for several, which become visible in one step; the i-th pattern has the i-th value. Errors:
    /// limit_exceeded, and invalid_argument if there are not as many values as patterns; nothing is then subscribed.
    [[nodiscard]] Result<std::vector<SubscriptionId>> subscribe(std::span<const SubjectPattern> patterns,
                                                                std::span<const Value> values);
    /// From the return on, no match that begins sees it. False if there is no such subscription (any more).
    bool unsubscribe(SubscriptionId id);
    /// The same for several in one step; returns how many there were.
    std::size_t unsubscribe(std::span<const SubscriptionId> ids);

    /// Counts the changes so far: as long as it stands, every match gives what it gave before.
    [[nodiscard]] std::uint64_t generation() const noexcept;

    struct Stats {
        std::size_t subscriptions = 0;
        std::size_t literals = 0; ///< Different patterns without wildcards.
        std::size_t nodes = 0;    ///< Of the tree that holds the patterns with wildcards.
        std::size_t tokens = 0;   ///< Different tokens in that tree.
        std::size_t bytes = 0;    ///< Memory held, without the readers'.
        std::size_t retired = 0;  ///< Removed parts that wait until no reader can see them.
    };
    [[nodiscard]] Stats stats() const;

    class Reader;

  private:
    std::unique_ptr<detail::PatternIndex> index_;
};

/// One thread's view on a matcher, with the answers to the latest subjects. It holds no lock and no memory of the
/// matcher between calls.
class SubjectMatcher::Reader {
  public:
    struct Options {
        /// Subjects whose answers are kept, rounded up to a power of two; 0 keeps none. At most 2^20. Subjects longer
        /// than 96 bytes and answers of more than 1024 values are not kept.
        std::size_t cached_subjects = 1024;
    };
    explicit Reader(const SubjectMatcher& matcher, Options options);
    explicit Reader(const SubjectMatcher& matcher) : Reader(matcher, Options()) {}
    ~Reader();
    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) = delete;

    /// The values of all subscriptions that match, in no particular order; a value comes once for each subscription
    /// that has it. Empty for what is not a subject. Valid until the next call on this reader.
    [[nodiscard]] std::span<const Value> match(std::string_view subject);

    /// A subject that is asked about again and again, with its last answer: as long as nothing is subscribed or
    /// unsubscribed, asking costs one load. Used with one reader only.
    class Prepared {
      public:
        explicit Prepared(Subject subject) : subject_(std::move(subject)) {}
        [[nodiscard]] const Subject& subject() const noexcept { return subject_; }

      private:
        friend class Reader;
        Subject subject_;
        std::uint64_t generation_ = std::numeric_limits<std::uint64_t>::max();
        std::vector<Value> values_;
    };
    /// The same answer; valid until the next call with this `prepared`.
    [[nodiscard]] std::span<const Value> match(Prepared& prepared) {
        if (prepared.generation_ != generation_->load(std::memory_order_acquire)) [[unlikely]]
            refresh(prepared);
        return prepared.values_;
    }

    /// True if any subscription matches; stops at the first and keeps nothing.
    [[nodiscard]] bool has_interest(std::string_view subject);

    struct Stats {
        std::uint64_t matches = 0; ///< Calls that were not answered from what was kept.
        std::uint64_t hits = 0;    ///< Calls that were.
        std::uint64_t visited = 0; ///< Nodes of the tree, over all matches.
    };
    [[nodiscard]] Stats stats() const noexcept;

  private:
    void refresh(Prepared& prepared);
    std::unique_ptr<detail::ReaderState> state_;
    const std::atomic<std::uint64_t>* generation_;
};

} // namespace cim
