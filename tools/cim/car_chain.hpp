// The blocks of a CAR file as a piece of a chain.
#pragma once

#include <cim/car.hpp>
#include <cim/event_store.hpp>
#include <cim/transaction.hpp>

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

namespace cim::cli {

/// A chain, or its end, that was read from an archive: the blocks from the root, the head, back along their links.
class CarChain {
  public:
    /// Reads the whole archive, rehashing each block. Errors: invalid_car (also for an archive that does not have one
    /// root, that is cut short, or that holds blocks which are not in the chain), cid_mismatch, invalid_event_block.
    [[nodiscard]] static Result<CarChain> read(std::istream& in, const std::string& name);

    [[nodiscard]] const AggregateId& aggregate() const noexcept { return aggregate_; }
    [[nodiscard]] std::size_t size() const noexcept { return blocks_.size(); }

    /// Appends what the store does not have yet; the answer is how many events that was. An archive says nothing of
    /// transactions: the events come in as transactions of up to 1000, all or none of them. Errors: conflict if the
    /// store has another history of this aggregate, chain_broken if the archive begins after the end of it.
    [[nodiscard]] Result<std::size_t> append_to(EventStore& store) const;

  private:
    struct Block {
        Cid cid;
        Bytes bytes;
    };
    [[nodiscard]] Result<ChainHead> place_in(EventStore& store, std::size_t& known) const;
    [[nodiscard]] Error differs(const ChainHead& stored, const std::string& what) const;

    std::string name_;
    AggregateId aggregate_;
    std::optional<Cid> before_; ///< What the first block links to.
    std::vector<Block> blocks_; ///< In the order of the chain.
};

} // namespace cim::cli
