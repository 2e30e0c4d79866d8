// Writing: a Transaction is what a program wants to record; a ChainedTransaction is the same as blocks of a chain.
//
// A transaction belongs to one aggregate and lands whole or not at all.
#pragma once

#include <cim/event.hpp>
#include <cim/ids.hpp>
#include <cim/ipld.hpp>
#include <cim/time.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cim {

/// The end of a chain: how many events it has and the CID of the last. Default: the empty chain.
struct ChainHead {
    AggregateSequence sequence{};
    std::optional<Cid> cid; ///< nullopt exactly if sequence is 0.
    friend bool operator==(const ChainHead&, const ChainHead&) = default;
};

/// What ties events of different transactions together; travels beside the block. Each at most 255 bytes.
struct TraceContext {
    std::string correlation_id;
    std::string causation_id;
    std::string traceparent; ///< W3C Trace Context, level 1.
    friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

/// Events to be recorded together. An ordinary value.
///
///     cim::Transaction tx{cim::AggregateId{"graph-123"}};
///     tx.add("NodeCreated", {{"node_id", "n1"}, {"node_type", "Document"}});
class Transaction {
  public:
    struct NewEvent {
        EventType type;
        ipld::Value payload;
        std::optional<Timestamp> timestamp; ///< nullopt: the time at which the chain is built.
    };

    /// Most events in one transaction.
    static constexpr std::size_t max_events = 1'000'000;

    /// Without an id the transaction is named after its first block's CID when the chain is built.
    explicit Transaction(AggregateId aggregate, TransactionId transaction_id = {});

    Transaction& add(std::string_view type, ipld::Value payload, std::optional<Timestamp> timestamp = std::nullopt);

    AggregateId aggregate_id;
    TransactionId id;
    TraceContext trace;
    std::vector<NewEvent> events;
};

/// One event of a chain, with its block and CID.
struct ChainedEvent {
    ByteView block; ///< Into the ChainedTransaction that holds it.
    Cid cid;
    Timestamp timestamp;
    std::string_view event_type; ///< Into the block.
};

/// A transaction as blocks, each linked to the one before it. Holding one means: the blocks are valid, hash to their
/// CIDs, and link from `start`; stores rely on it and do not check again. Move-only, immutable.
class ChainedTransaction {
  public:
    /// Turns foreign blocks (a CAR file, another store) into a transaction that continues `start`, verifying
    /// everything. Errors: cid_mismatch, chain_broken, invalid_event_block, invalid_argument for no events or for
    /// blocks of different aggregates.
    struct ForeignBlock {
        ByteView block;
        Cid cid;
    };
    [[nodiscard]] static Result<ChainedTransaction>
    from_blocks(const ChainHead& start, TransactionId id, TraceContext trace, std::span<const ForeignBlock> blocks);

    ChainedTransaction(ChainedTransaction&&) noexcept = default;
    ChainedTransaction& operator=(ChainedTransaction&&) noexcept = default;
    ChainedTransaction(const ChainedTransaction&) = delete;
    ChainedTransaction& operator=(const ChainedTransaction&) = delete;
    ~ChainedTransaction() = default;

    [[nodiscard]] const AggregateId& aggregate_id() const noexcept { return aggregate_id_; }
    [[nodiscard]] const TransactionId& id() const noexcept { return id_; }
    [[nodiscard]] const TraceContext& trace() const noexcept { return trace_; }
    [[nodiscard]] const ChainHead& start() const noexcept { return start_; }
    [[nodiscard]] std::span<const ChainedEvent> events() const noexcept { return events_; }
    /// The head of the chain once this has been appended.
    [[nodiscard]] ChainHead head() const;

  private:
    friend class ChainBuilder;
    ChainedTransaction() = default;
    AggregateId aggregate_id_;
    TransactionId id_;
    TraceContext trace_;
    ChainHead start_;
    Bytes blocks_; // all blocks back to back; never resized once events_ points into it
    std::vector<ChainedEvent> events_;
};

/// Builds one aggregate's chain, transaction by transaction. Not for use by several threads at once.
class ChainBuilder {
  public:
    ChainBuilder(AggregateId aggregate, ChainHead start, const Clock& clock = system_clock());
    /// Encodes, hashes and links; on success the builder stands at the transaction's head, on error where it was.
    /// Errors: invalid_argument (no events, another aggregate, a bad id), invalid_token, invalid_dag_cbor,
    /// limit_exceeded (events, or bytes of a block).
    [[nodiscard]] Result<ChainedTransaction> build(const Transaction& transaction);
    [[nodiscard]] const ChainHead& head() const noexcept { return head_; }

  private:
    AggregateId aggregate_id_;
    ChainHead head_;
    const Clock* clock_;
};

} // namespace cim
