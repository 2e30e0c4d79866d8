#include <cim/chain.hpp>
#include <cim/transaction.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"
#include "event/block_layout.hpp"
#include "event/transaction_rules.hpp"
#include "ipld/sha256.hpp"

#include <fmt/format.h>

#include <utility>

namespace cim {

namespace {

// The error about the block at `index` of those that were given.
std::unexpected<Error> at_block(Error error, std::size_t index) {
    error.with("index", std::to_string(index));
    return fail(std::move(error));
}

} // namespace

Transaction::Transaction(AggregateId aggregate, TransactionId transaction_id)
    : aggregate_id(std::move(aggregate)), id(std::move(transaction_id)) {}

Transaction& Transaction::add(std::string_view type, ipld::Value payload, std::optional<Timestamp> timestamp) {
    events.push_back({EventType(type), std::move(payload), timestamp});
    return *this;
}

ChainHead ChainedTransaction::head() const {
    return {AggregateSequence(start_.sequence.value() + events_.size()), events_.back().cid};
}

Result<ChainedTransaction> ChainedTransaction::from_blocks(const ChainHead& start, TransactionId id, TraceContext trace,
                                                           std::span<const ForeignBlock> blocks) {
    CIM_TRY(detail::check_event_count(blocks.size()));
    CIM_TRY(detail::check_start(start));
    CIM_TRY(detail::check_labels(id, trace));

    ChainedTransaction chained;
    std::size_t size = 0;
    for (const auto& foreign : blocks) size += foreign.block.size();
    chained.blocks_.reserve(size);
    std::vector<ByteView> copies;
    copies.reserve(blocks.size());
    for (const auto& [block, cid] : blocks) {
        const auto at = chained.blocks_.size();
        chained.blocks_.insert(chained.blocks_.end(), block.begin(), block.end());
        copies.emplace_back(chained.blocks_.data() + at, block.size());
    }
    std::vector<ipld::Sha256Digest> digests(copies.size());
    ipld::sha256_many(copies, digests);

    auto last = start;
    chained.events_.reserve(blocks.size());
    for (std::size_t i = 0; i < copies.size(); ++i) {
        const auto sequence = last.sequence.next();
        const auto parsed = EventBlock::parse(copies[i]);
        const auto actual = Cid::from_sha256(multicodec::dag_cbor, digests[i]);
        if (actual != blocks[i].cid) {
            const auto aggregate = i > 0 ? chained.aggregate_id_ : AggregateId(parsed ? parsed->aggregate_id : "");
            return at_block(InvalidCid{aggregate, sequence, blocks[i].cid, actual}.to_error(), i);
        }
        if (!parsed) return at_block(parsed.error(), i);
        if (i == 0) chained.aggregate_id_ = AggregateId(parsed->aggregate_id);
        if (parsed->aggregate_id != chained.aggregate_id_.str())
            return at_block(Error(Errc::invalid_argument,
                                  fmt::format("block {} belongs to aggregate '{}', those before it to '{}'", i,
                                              printable(parsed->aggregate_id), chained.aggregate_id_.str()),
                                  "a transaction belongs to one aggregate", {{"name", "aggregate_id"}}),
                            i);
        if (parsed->previous_cid != last.cid)
            return at_block(
                ChainBroken{chained.aggregate_id_, sequence, last.cid, parsed->previous_cid, last.sequence}.to_error(),
                i);
        chained.events_.push_back({copies[i], actual, parsed->timestamp, parsed->event_type});
        last = {sequence, actual};
    }

    chained.id_ = id.empty() ? TransactionId(chained.events_.front().cid.to_string()) : std::move(id);
    chained.trace_ = std::move(trace);
    chained.start_ = start;
    return chained;
}

} // namespace cim
