// Domain events: the block that is hashed, and the event as it comes out of a log.
//
// The block is the event. It is a canonical dag-cbor map of exactly payload, timestamp, event_type, aggregate_id and
// previous_cid (docs/formats/event-block.md); its CID is the event's CID. What is stored and sent is exactly this
// block, so verifying is one hash over the bytes as received. Everything else (positions, transaction, correlation)
// travels beside the block and is not part of what the CID vouches for.
#pragma once

#include <cim/bytes.hpp>
#include <cim/cid.hpp>
#include <cim/ids.hpp>
#include <cim/ipld.hpp>
#include <cim/time.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cim {

/// A parsed event block: views into bytes that somebody else keeps alive.
struct EventBlock {
    /// Most bytes in a block; a megabyte is what most message servers take.
    static constexpr std::size_t max_size = 4u << 20;

    ipld::View payload;
    Timestamp timestamp;
    std::string_view event_type;
    std::string_view aggregate_id;
    /// CIDv1 of dag-cbor with sha2-256; nullopt: the first of its chain.
    std::optional<Cid> previous_cid;

    /// Parses untrusted bytes. Errors: invalid_dag_cbor, or invalid_event_block for valid dag-cbor, with fields `rule`
    /// (not_a_map, missing_field, superfluous_field, wrong_kind, out_of_range, not_a_token, wrong_cid, too_large),
    /// `offset` and, but for the first and last rule, `field`.
    [[nodiscard]] static Result<EventBlock> parse(ByteView block);
};

/// What goes into a block.
struct EventBlockFields {
    ByteView payload; ///< Canonical dag-cbor of one item, as encode() or View::encoded() give it.
    Timestamp timestamp;
    std::string_view event_type;
    std::string_view aggregate_id;
    const Cid* previous_cid = nullptr; ///< CIDv1 of dag-cbor with sha2-256; nullptr: the first of its chain.
};

/// The canonical block of these fields, appended to `out`. The payload is trusted to be valid dag-cbor.
/// Errors: invalid_token for an event type or aggregate id that is not a token, invalid_argument for a CID of another
/// form; `out` is then as before.
[[nodiscard]] Result<> encode_event_block(const EventBlockFields& fields, Bytes& out);

namespace detail {
struct EventRecord;
}

/// An event as read from a log: a cheap handle (two words) to bytes that it shares with the rest of its page. Copy it
/// freely, across threads too; everything it returns is valid as long as some copy of it lives. Keeping one event keeps
/// its page (at most some hundred kilobytes) alive. Immutable. A default-made one is empty: only operator bool may be
/// called on it.
class DomainEvent {
  public:
    DomainEvent() noexcept = default;
    explicit DomainEvent(std::shared_ptr<const detail::EventRecord> record) noexcept : record_(std::move(record)) {}
    explicit operator bool() const noexcept { return record_ != nullptr; }

    [[nodiscard]] const Cid& cid() const noexcept;
    [[nodiscard]] const std::optional<Cid>& previous_cid() const noexcept;
    [[nodiscard]] std::string_view aggregate_id() const noexcept;
    [[nodiscard]] std::string_view event_type() const noexcept;
    [[nodiscard]] Timestamp timestamp() const noexcept;
    [[nodiscard]] ipld::View payload() const noexcept;
    /// The block whose CID is cid(), as it was stored.
    [[nodiscard]] ByteView block() const noexcept;

    [[nodiscard]] GlobalSequence sequence() const noexcept;
    [[nodiscard]] AggregateSequence aggregate_sequence() const noexcept;

    [[nodiscard]] std::string_view transaction_id() const noexcept;
    [[nodiscard]] std::uint32_t transaction_index() const noexcept; ///< From 0.
    [[nodiscard]] std::uint32_t transaction_size() const noexcept;  ///< Events in the transaction as appended.
    [[nodiscard]] bool ends_transaction() const noexcept { return transaction_index() + 1 == transaction_size(); }
    [[nodiscard]] std::string_view correlation_id() const noexcept; ///< Empty if there is none.
    [[nodiscard]] std::string_view causation_id() const noexcept;   ///< Empty if there is none.
    [[nodiscard]] std::string_view traceparent() const noexcept;    ///< W3C Trace Context; empty if there is none.

    /// `prefix.{aggregate_id}.{event_type}`.
    [[nodiscard]] std::string subject(std::string_view prefix = "event.store") const;

  private:
    std::shared_ptr<const detail::EventRecord> record_;
};

} // namespace cim
