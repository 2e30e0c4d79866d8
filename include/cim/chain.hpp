// Verification: do these events hash to their CIDs, and does each link to the one before it?
//
// Interior loss, reordering, a changed bit and a fork are always found. A lost tail is found only against a head that
// was kept elsewhere: export heads and check against them. A slice that starts in the middle of a chain is verified
// inside; it is *anchored* only where the CID before it is known from a source other than the slice.
#pragma once

#include <cim/event.hpp>
#include <cim/ids.hpp>
#include <cim/transaction.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace cim {

/// Details of Errc::cid_mismatch: the bytes filed under `expected` hash to `actual`.
struct InvalidCid {
    AggregateId aggregate;
    AggregateSequence sequence;
    Cid expected;
    Cid actual;
    [[nodiscard]] static std::optional<InvalidCid> from(const Error& error);
    [[nodiscard]] Error to_error() const;
};

/// Details of Errc::chain_broken: the event at `sequence` should link to `expected` but links to `actual` (nullopt: to
/// nothing, as the first of a chain does).
struct ChainBroken {
    AggregateId aggregate;
    AggregateSequence sequence;
    std::optional<Cid> expected;
    std::optional<Cid> actual;
    /// The event that came before it; 0 if none did or that is not known. What comes after event 5 and is not event 6
    /// is out of order whatever it links to.
    AggregateSequence previous{};
    [[nodiscard]] static std::optional<ChainBroken> from(const Error& error);
    [[nodiscard]] Error to_error() const;
};

struct VerifyOptions {
    /// Threads that hash, the caller's among them; 0 uses every core. Results do not depend on it. The others belong to
    /// the verifier, start with the first page that is large enough for them, and sleep between calls.
    unsigned threads = 1;
    /// What to do where an aggregate's sequence jumps: refuse (a chain must be whole), or start a new slice (a time
    /// window takes what it finds). A jump back or a repeat is always chain_broken.
    enum class Gaps { refuse, new_slice } gaps = Gaps::refuse;
};

/// A verified contiguous part of one chain.
struct VerifiedSlice {
    AggregateId aggregate;
    AggregateSequence first;
    AggregateSequence last;
    Cid head; ///< CID of the event at `last`.
    /// The slice starts its chain, or links to a CID that was known beforehand.
    bool anchored;
};

/// Verifies a stream of events of any number of aggregates, page by page. Each aggregate's events must come in order;
/// aggregates may interleave. Not for use by several threads at once. Memory grows with aggregates, not with events.
class ChainVerifier {
  public:
    explicit ChainVerifier(VerifyOptions options = {});
    ChainVerifier(ChainVerifier&&) noexcept;
    ChainVerifier& operator=(ChainVerifier&&) noexcept;
    ~ChainVerifier();

    /// States what is already known of a chain: events that continue it are anchored, others are broken.
    void anchor(const AggregateId& aggregate, const ChainHead& known);

    /// Verifies the next events; larger pages make better use of the processor. Errors: cid_mismatch or chain_broken
    /// for the first bad event in the given order, see InvalidCid and ChainBroken. After an error use a new verifier.
    [[nodiscard]] Result<> add(std::span<const DomainEvent> events);

    [[nodiscard]] std::uint64_t events() const noexcept;
    /// The slices so far, by aggregate, then sequence.
    [[nodiscard]] std::vector<VerifiedSlice> slices() const;
    /// The head reached in that chain; nullopt if none of its events was seen and nothing was anchored.
    [[nodiscard]] std::optional<ChainHead> head(const AggregateId& aggregate) const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace cim
