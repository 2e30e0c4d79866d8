// The messages of the stream from one sequence on, each once and in order, and then those that come.
//
// Behind it is a push consumer of the server's with flow control and heartbeats, which lives only as long as it is
// needed. Where one is missing, late or out of step (a lost message, a new leader, a restarted server, a deleted
// consumer) another is made from the last good sequence on. One thread at a time.
#pragma once

#include <cim/error.hpp>

#include "store/jetstream/api.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cim::jetstream {

/// A message of the stream; its views are into `message`.
struct StreamMessage {
    Message message;
    std::uint64_t sequence = 0;
    std::int64_t time = 0;     ///< When the server took it: microseconds since the epoch.
    std::uint64_t pending = 0; ///< How many that match are there already and come after it.
};

class OrderedReader {
  public:
    struct Options {
        std::vector<std::string> filters; ///< Subjects, none of which overlap; empty: everything.
        std::uint64_t start = 1;
        bool headers_only = false;
        std::string stream = {}; ///< Empty: that of the events.
    };
    /// Sends nothing yet. `bulk` is the connection that messages come over, so that they do not stand in others' way.
    OrderedReader(std::shared_ptr<Api> api, std::shared_ptr<Connection> bulk, Options options);
    ~OrderedReader();
    OrderedReader(const OrderedReader&) = delete;
    OrderedReader& operator=(const OrderedReader&) = delete;

    /// The next message; nullopt when none came in time, which is no error: there may be none yet. Errors: not_found
    /// where the stream is gone, store_unavailable where no consumer could be made in time.
    [[nodiscard]] Result<std::optional<StreamMessage>> next(Deadline deadline);

    /// Every message up to this sequence has been given out, or does not match.
    [[nodiscard]] std::uint64_t position() const noexcept { return last_; }

  private:
    [[nodiscard]] Result<> start(Deadline deadline);
    void stop() noexcept;
    [[nodiscard]] bool is_stale() const;
    [[nodiscard]] bool handle_status(const Message& message);

    // Constant after construction.
    const std::shared_ptr<Api> api_;
    const std::shared_ptr<Connection> bulk_;
    Options options_;

    std::optional<Subscription> subscription_; // unset: there is no consumer
    std::string consumer_;
    std::uint64_t last_;           // sequence in the stream of the last message given out
    std::uint64_t delivered_ = 0;  // by this consumer
    std::uint64_t reconnects_ = 0; // of the connection when the consumer was made
    Deadline heard_;               // when the consumer was last heard of
};

} // namespace cim::jetstream
