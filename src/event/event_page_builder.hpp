// Turns rows or messages of a log into DomainEvents: how a store makes its pages.
//
//     EventPageBuilder page;
//     while (step()) CIM_TRY(page.add({.block = ..., .cid = ..., ...}));   // the views need to live for the call only
//     result.events = page.finish();
//
// Blocks and texts are copied into large chunks that all events of the page share, so adding an event allocates nothing
// in the steady state. Not for use by several threads at once; the events that come out are.
#pragma once

#include <cim/bytes.hpp>
#include <cim/cid.hpp>
#include <cim/error.hpp>
#include <cim/event.hpp>
#include <cim/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace cim::detail {

class EventSlab;
struct EventRecord;

/// An event as a store keeps it: the block, and what travels beside it. Views into whatever the store read it to.
struct StoredEvent {
    ByteView block;
    Cid cid; ///< Under which the block is filed.
    GlobalSequence sequence;
    AggregateSequence aggregate_sequence;
    std::string_view aggregate_id; ///< Under which the block is filed; must be the one in the block.
    std::string_view transaction_id;
    std::uint32_t transaction_index = 0;
    std::uint32_t transaction_size = 1;
    std::string_view correlation_id = {};
    std::string_view causation_id = {};
    std::string_view traceparent = {};
};

class EventPageBuilder {
  public:
    EventPageBuilder();
    EventPageBuilder(EventPageBuilder&&) noexcept;
    EventPageBuilder& operator=(EventPageBuilder&&) noexcept;
    ~EventPageBuilder();

    /// Appends an event. Whether the block hashes to its CID is not checked as long as it is an event block of that
    /// aggregate; ChainVerifier does that. Errors, all with fields `aggregate` and `sequence`, that leave the page as
    /// it was: cid_mismatch where the block is none and the hash shows that it was damaged, invalid_event_block where
    /// it is what was filed.
    [[nodiscard]] Result<> add(const StoredEvent& event);

    [[nodiscard]] std::size_t size() const noexcept { return size_; }   ///< Events so far.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; } ///< Bytes of blocks so far.

    /// The events in the order in which they were added; the builder is empty afterwards and can be used again.
    [[nodiscard]] std::vector<DomainEvent> finish();

  private:
    std::shared_ptr<EventSlab> slab_; // nullptr while the page is empty
    std::size_t size_ = 0;
    std::size_t bytes_ = 0;
};

} // namespace cim::detail
