// What is known of chains from before: heads that were verified, and heads that somebody kept elsewhere.
//
// A chain may have several known points, because parts of it that do not touch say nothing about one another: if a
// later part replaced an earlier one, a fork that agrees with the later part only would go unnoticed. A verified slice
// takes the place of the points that it reaches, since its head vouches for them. Safe to use from several threads at
// once.
#pragma once

#include <cim/chain.hpp>
#include <cim/cid.hpp>
#include <cim/ids.hpp>
#include <cim/transaction.hpp>

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cim::stream {

/// The event at that place of a chain has that CID.
struct KnownPoint {
    AggregateSequence sequence;
    Cid cid;
    bool verified; ///< Seen by this service, and not only told to it.
    friend bool operator==(const KnownPoint&, const KnownPoint&) = default;
};

class KnownHeads {
  public:
    /// Points kept of one chain; the lowest that was seen goes first. More than a few come only of reading a chain in
    /// pieces that do not touch.
    static constexpr std::size_t max_points = 8;

    /// Keeps at most `max_chains` chains; the least recently used is forgotten first.
    explicit KnownHeads(std::size_t max_chains) : max_chains_(max_chains) {}

    /// States a point that somebody else vouches for. The empty head says nothing and is ignored.
    void trust(const AggregateId& aggregate, const ChainHead& head);
    /// The slice was verified, and holds or directly follows the points in `confirmed`.
    void remember(const VerifiedSlice& slice, const std::vector<KnownPoint>& confirmed);

    /// The points of that chain, by sequence; counts as a use.
    [[nodiscard]] std::vector<KnownPoint> points(std::string_view aggregate);
    /// The highest verified point.
    [[nodiscard]] std::optional<ChainHead> latest(std::string_view aggregate) const;

  private:
    struct Chain {
        std::string aggregate;
        std::vector<KnownPoint> points; // by sequence; two of one sequence contradict each other and are both kept
    };
    using Chains = std::list<Chain>;

    Chain& used(std::string_view aggregate);
    static void insert(Chain& chain, KnownPoint point);

    const std::size_t max_chains_;
    mutable std::mutex mutex_;                                       // guards what follows
    Chains chains_;                                                  // most recently used first
    std::unordered_map<std::string_view, Chains::iterator> by_name_; // keys look into chains_
};

} // namespace cim::stream
