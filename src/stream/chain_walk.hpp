// Walks along one chain, event by event, and checks what hashes and links cannot tell: that no stored transaction lacks
// an event, and that the points that were known before are where they were. Hashes and links are ChainVerifier's.
#pragma once

#include <cim/error.hpp>
#include <cim/event.hpp>

#include "stream/known_heads.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim::stream {

class ChainWalk {
  public:
    /// What a jump of the sequence means. `refuse`: events are missing. `accept`: they were not asked for.
    enum class Gaps : std::uint8_t { refuse, accept };

    explicit ChainWalk(std::vector<KnownPoint> known, Gaps gaps = Gaps::refuse)
        : known_(std::move(known)), gaps_(gaps) {}

    /// The next event of the chain. Errors: incomplete_transaction, chain_broken (a known point lies elsewhere).
    [[nodiscard]] Result<> step(const DomainEvent& event);

    /// Known points that lie in what was walked, or right before its first event, and hold.
    [[nodiscard]] const std::vector<KnownPoint>& confirmed() const noexcept { return confirmed_; }
    [[nodiscard]] const std::vector<KnownPoint>& known() const noexcept { return known_; }

  private:
    // The event walked last, and the stored transaction that it belongs to.
    struct Place {
        std::uint64_t sequence = 0; // 0: none yet
        std::uint32_t index = 0;
        std::uint32_t size = 1;
        std::string transaction; // only kept where the transaction goes on
        [[nodiscard]] bool ends_transaction() const noexcept { return index + 1 == size; }
    };

    [[nodiscard]] Result<> check_transaction(const DomainEvent& event, bool follows) const;
    [[nodiscard]] Result<> check_known(const DomainEvent& event, bool follows);

    std::vector<KnownPoint> known_; // by sequence
    std::size_t next_known_ = 0;    // those before it lie behind the walk
    std::vector<KnownPoint> confirmed_;
    Gaps gaps_;
    Place last_;
};

} // namespace cim::stream
