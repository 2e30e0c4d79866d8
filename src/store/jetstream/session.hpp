// What a store, its feeds and its cursors share: the settings, two connections and what is known of the stream.
#pragma once

#include <cim/event_store.hpp>

#include "store/jetstream/api.hpp"
#include "store/jetstream/event_message.hpp"
#include "store/jetstream/ordered_reader.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace cim::jetstream {

/// The head of a chain and where its event is in the stream.
struct HeadPlace {
    ChainHead head;
    std::uint64_t sequence = 0; ///< 0: there is no such aggregate.
};

/// Self-synchronised.
class Session {
  public:
    Session(std::shared_ptr<Api> api, bool read_only);

    [[nodiscard]] const NatsSettings& settings() const noexcept { return api_->settings(); }
    [[nodiscard]] Api& api() const noexcept { return *api_; }
    [[nodiscard]] const MessageReader& messages() const noexcept { return messages_; }
    [[nodiscard]] bool read_only() const noexcept { return read_only_; }
    [[nodiscard]] Deadline deadline() const { return api_->deadline(); }

    /// The head of a chain as the stream's leader knows it, at the end of a transaction. Errors: incomplete_transaction
    /// where the end of its last one does not come in time.
    [[nodiscard]] Result<HeadPlace> head(const AggregateId& aggregate);
    /// The sequence of the last event of the log, at the end of a transaction; 0 if there is none. Errors: the same.
    [[nodiscard]] Result<std::uint64_t> frontier();
    /// The sequence of the last event on these subjects; 0 if there is none.
    [[nodiscard]] Result<std::uint64_t> last_on(const std::string& filter);
    /// A sequence from which on the aggregate's events begin at that position or a little earlier. `head` is the
    /// aggregate's. Costs a question to the server for each halving of the stream, unless note() was told of a place
    /// near.
    [[nodiscard]] Result<std::uint64_t> find(const AggregateId& aggregate, std::uint64_t position,
                                             const HeadPlace& head);
    /// Remembers where in the stream an event is.
    void note(const AggregateId& aggregate, std::uint64_t position, std::uint64_t sequence);

    /// A reader over the connection for bulk data, which is made when it is first needed.
    [[nodiscard]] Result<std::unique_ptr<OrderedReader>> reader(OrderedReader::Options options);

  private:
    [[nodiscard]] Result<HeadPlace> whole(const std::string& filter);

    // Constant after construction.
    const std::shared_ptr<Api> api_;
    const MessageReader messages_;
    const bool read_only_;

    std::mutex mutex_;
    // Guarded by mutex_.
    std::shared_ptr<Connection> bulk_;
    std::map<std::string, std::map<std::uint64_t, std::uint64_t>> noted_; // by aggregate: sequences by position
    std::size_t noted_count_ = 0;
};

} // namespace cim::jetstream
