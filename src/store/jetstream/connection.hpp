// A connection to NATS servers: publish, request, subscribe. What is specific to nats.c stays behind this header.
//
// The connection comes back by itself, with jitter, for as long as it lives; meanwhile calls fail with
// store_unavailable or timeout, and their callers decide whether trying again is safe. Messages are received where
// next() is called, so no code of ours runs on the client library's threads but the counting of reconnects and errors.
// Connections may be shared between threads; a Subscription belongs to one thread at a time.
#pragma once

#include <cim/bytes.hpp>
#include <cim/error.hpp>

#include "store/jetstream/nats_url.hpp"

#include <nats/nats.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim::jetstream {

using Deadline = std::chrono::steady_clock::time_point;
[[nodiscard]] Deadline after(std::chrono::milliseconds duration);
[[nodiscard]] std::chrono::milliseconds left_until(Deadline deadline); ///< Not negative.

using Headers = std::vector<std::pair<const char*, std::string>>;

/// A received message. Its views are valid as long as it is.
class Message {
  public:
    explicit Message(natsMsg* message) noexcept : message_(message) {}
    [[nodiscard]] std::string_view subject() const noexcept { return natsMsg_GetSubject(message_.get()); }
    [[nodiscard]] std::string_view reply() const noexcept;
    [[nodiscard]] std::string_view data() const noexcept {
        return {natsMsg_GetData(message_.get()), static_cast<std::size_t>(natsMsg_GetDataLength(message_.get()))};
    }
    /// The header lines as they came, from "NATS/1.0" to the empty line; empty where there are none.
    [[nodiscard]] std::string_view headers() const;

  private:
    friend class Connection;
    struct Destroy {
        void operator()(natsMsg* message) const noexcept { natsMsg_Destroy(message); }
    };
    [[nodiscard]] std::string_view headers_in_place() const noexcept;

    std::unique_ptr<natsMsg, Destroy> message_;
    mutable std::string copied_headers_;
};

class Connection;

class Subscription {
  public:
    [[nodiscard]] const std::string& subject() const noexcept { return subject_; }
    /// The next message; nullopt when none came in time. Zero does not wait. Errors: store_unavailable, closed.
    [[nodiscard]] Result<std::optional<Message>> next(std::chrono::milliseconds timeout);

  private:
    friend class Connection;
    struct End {
        std::shared_ptr<Connection> connection; // outlives the subscription
        void operator()(natsSubscription* subscription) const noexcept;
    };
    Subscription(std::shared_ptr<Connection> connection, std::string subject, natsSubscription* subscription)
        : subject_(std::move(subject)), subscription_(subscription, End{std::move(connection)}) {}

    std::string subject_;
    std::unique_ptr<natsSubscription, End> subscription_;
};

class Connection : public std::enable_shared_from_this<Connection> {
  public:
    /// Errors: store_unavailable, also for a refused login; io_error for a file that cannot be read.
    [[nodiscard]] static Result<std::shared_ptr<Connection>> open(const NatsSettings& settings);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// Sends a message and waits for the answer. Errors: timeout (sent, no answer), store_unavailable (not connected,
    /// or nobody is there to answer: field `nats` is "no_responders"), limit_exceeded for a message that is too large.
    [[nodiscard]] Result<Message> request(const std::string& subject, const Headers& headers, std::string_view data,
                                          std::chrono::milliseconds timeout);
    /// Sends a message, without knowing whether it arrives. `reply` may be empty. Errors: as request(), without
    /// waiting.
    [[nodiscard]] Result<> publish(const std::string& subject, const std::string& reply, const Headers& headers,
                                   std::string_view data);
    [[nodiscard]] Result<Subscription> subscribe(const std::string& subject);

    /// A subject for answers that nobody else has.
    [[nodiscard]] std::string new_inbox() const;
    /// Waits until connected; false when that did not happen in time.
    [[nodiscard]] bool wait_connected(Deadline deadline);
    [[nodiscard]] bool connected() const;
    [[nodiscard]] std::uint64_t reconnects() const noexcept;
    /// Most bytes of a message, headers included, that the server takes.
    [[nodiscard]] std::size_t max_payload() const;
    /// The last refusal that the server reported for a subject that begins so; empty if there is none.
    [[nodiscard]] std::string denial(std::string_view subject) const;

  private:
    friend class Subscription;
    struct State;
    void end(natsSubscription* subscription) noexcept;
    explicit Connection(std::unique_ptr<State> state);
    [[nodiscard]] Error error_of(natsStatus status, std::string_view doing, const std::string& subject) const;

    std::unique_ptr<State> state_;
};

/// A token that nobody else has: 22 letters and digits.
[[nodiscard]] std::string unique_token();

} // namespace cim::jetstream
