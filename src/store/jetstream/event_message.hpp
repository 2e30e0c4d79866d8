// An event as a message: the subject says whose and what it is, the data is the block, the headers are what travels
// beside the block. docs/formats/nats.md is the specification.
#pragma once

#include <cim/event_store.hpp>

#include "event/event_page_builder.hpp"
#include "store/jetstream/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cim::jetstream {

/// Where a message stands.
struct MessagePlace {
    std::string_view subject;
    std::uint64_t sequence = 0; ///< In the stream.
};

/// A message read as an event. The views are into the message, but for the texts that had to be unescaped.
struct EventMessage {
    std::string_view aggregate_id;
    std::string_view event_type;
    std::uint64_t sequence = 0;
    std::optional<Cid> cid; ///< Set by MessageReader::read().
    std::uint64_t aggregate_sequence = 0;
    std::string_view transaction_id;
    std::uint32_t transaction_index = 0;
    std::uint32_t transaction_size = 1;
    std::string_view correlation_id;
    std::string_view causation_id;
    std::string_view traceparent;
    std::string_view block;

    std::string unescaped[4]; // what the views above look at where headers were escaped

    [[nodiscard]] std::uint64_t first_of_transaction() const noexcept { return sequence - transaction_index; }
    [[nodiscard]] std::uint64_t last_of_transaction() const noexcept {
        return sequence + (transaction_size - transaction_index - 1);
    }
    [[nodiscard]] bool ends_transaction() const noexcept { return transaction_index + 1 == transaction_size; }
    [[nodiscard]] ChainHead head() const { return {AggregateSequence(aggregate_sequence), cid}; }
};

class MessageReader {
  public:
    explicit MessageReader(std::string prefix) : prefix_(std::move(prefix)) {}
    /// Whether the block is one and belongs there is for EventPageBuilder to see. `into` keeps what it needs of its
    /// memory from one message to the next. Errors: store_foreign with fields `subject` and `global_sequence` for a
    /// message that cim did not write.
    [[nodiscard]] Result<> read(MessagePlace place, std::string_view headers, std::string_view data,
                                EventMessage& into) const;

    [[nodiscard]] const std::string& prefix() const noexcept { return prefix_; }

  private:
    const std::string prefix_;
};

/// The event for a page.
[[nodiscard]] detail::StoredEvent stored_event(const EventMessage& message);

/// The value of a header, empty where it is not there.
[[nodiscard]] std::string_view find_header(std::string_view headers, std::string_view name);

/// The headers of one event of a transaction, without those that say under which condition it is to be taken.
[[nodiscard]] Headers event_headers(const ChainedTransaction& transaction, std::size_t index);
[[nodiscard]] std::string event_subject(std::string_view prefix, std::string_view aggregate, std::string_view type);
/// The subjects of one aggregate: always spelled the same, because the server compares the spelling.
[[nodiscard]] std::string aggregate_filter(std::string_view prefix, std::string_view aggregate);

} // namespace cim::jetstream
