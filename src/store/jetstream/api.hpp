// JetStream's own interface: JSON requests to $JS.API.*, asked of the stream's leader. One stream.
//
// Each call tries again while the server has no leader for the stream or the connection is down, until its deadline;
// that is safe because none of them adds anything that a second call would add again.
#pragma once

#include <cim/error.hpp>

#include "store/jetstream/connection.hpp"
#include "store/jetstream/stream_config.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cim::jetstream {

/// An error that the server answered with.
struct ServerError {
    int code = 0;     ///< Like HTTP's.
    int err_code = 0; ///< JetStream's own number.
    std::string description;
};

// Numbers of JetStream errors that mean something to us.
namespace server_errors {
inline constexpr int insufficient_resources = 10023;
inline constexpr int message_not_found = 10037;
inline constexpr int not_enabled_for_account = 10039;
inline constexpr int storage_resources_exceeded = 10047;
inline constexpr int message_too_large = 10054;
inline constexpr int stream_not_found = 10059;
inline constexpr int subjects_overlap = 10065;
inline constexpr int wrong_last_sequence = 10071;
inline constexpr int not_enabled = 10076;
inline constexpr int stream_store_failed = 10077;
inline constexpr int wrong_last_sequence_unknown = 10164;
inline constexpr int batch_too_large = 10199;
inline constexpr int batch_duplicate = 10201;
} // namespace server_errors

/// The answer to a published message, or to a batch of them.
struct PublishAnswer {
    std::optional<ServerError> error;
    std::uint64_t sequence = 0; ///< Of the last message.
    bool duplicate = false;
};
/// An empty answer, which the first message of a batch gets, counts as one without an error.
[[nodiscard]] Result<PublishAnswer> parse_publish_answer(std::string_view json);

/// The error that callers see for one of the server's.
[[nodiscard]] Error to_error(const ServerError& error, const NatsSettings& settings);

/// A message as the leader keeps it.
struct KeptMessage {
    std::string subject;
    std::uint64_t sequence = 0;
    std::string headers; ///< As in Message::headers().
    std::string data;
    std::int64_t time = 0; ///< When the server took it: microseconds since the epoch.
};

struct ConsumerRequest {
    std::string stream;
    std::string name;
    std::string deliver_subject;
    std::uint64_t start_sequence = 1;
    std::vector<std::string> filters; ///< Empty: everything.
    bool headers_only = false;
    std::chrono::milliseconds heartbeat{1000};
};

class Api {
  public:
    Api(std::shared_ptr<Connection> connection, NatsSettings settings);
    [[nodiscard]] const NatsSettings& settings() const noexcept { return settings_; }
    [[nodiscard]] Connection& connection() const noexcept { return *connection_; }
    [[nodiscard]] const std::shared_ptr<Connection>& shared_connection() const noexcept { return connection_; }
    [[nodiscard]] Deadline deadline() const { return after(settings_.timeout); }

    /// What the server's JetStream can do: 2 for nats-server 2.12, 4 for 2.14; 0 before 2.11.
    [[nodiscard]] Result<int> level();

    // Of the stream, or of another one. nullopt: there is no such stream.
    [[nodiscard]] Result<std::optional<StreamInfo>> stream_info() { return stream_info(settings_.stream); }
    [[nodiscard]] Result<std::optional<StreamInfo>> stream_info(const std::string& stream);
    [[nodiscard]] Result<StreamInfo> create_stream(const StreamConfig& config);
    /// A stream as a key-value bucket of one value for each key, as NATS's own tools make and read it.
    [[nodiscard]] Result<> create_bucket(const std::string& bucket, std::int64_t replicas);
    /// Every subject of the stream with its number of messages, in no order.
    [[nodiscard]] Result<> each_subject(const std::string& stream, const std::string& filter,
                                        const std::function<void(std::string_view subject, std::uint64_t count)>& take);

    // Messages of the stream, or of another one; nullopt where there is none.
    [[nodiscard]] Result<std::optional<KeptMessage>> last_message(const std::string& subject);
    /// The first with at least that sequence.
    [[nodiscard]] Result<std::optional<KeptMessage>> next_message(std::uint64_t sequence, const std::string& subject);
    [[nodiscard]] Result<std::optional<KeptMessage>> get_message(const std::string& stream, std::string_view request);
    [[nodiscard]] Result<std::optional<KeptMessage>> last_message(const std::string& stream,
                                                                  const std::string& subject);

    [[nodiscard]] Result<> create_consumer(const ConsumerRequest& request, Deadline deadline);
    /// Does not wait, and does not say whether it worked: the server forgets an unused consumer by itself.
    void delete_consumer(const std::string& stream, const std::string& name);
    [[nodiscard]] Result<> purge(const std::string& stream, const std::string& subject);

    /// Sends the request again and again until there is an answer that is not about the moment. `take` gets the answer.
    [[nodiscard]] Result<std::optional<ServerError>> call(std::string_view what, std::string_view body,
                                                          Deadline deadline,
                                                          const std::function<Result<>(std::string_view json)>& take);

  private:
    [[nodiscard]] std::string subject(std::string_view what) const;

    // Constant after construction.
    const std::shared_ptr<Connection> connection_;
    const NatsSettings settings_;
};

} // namespace cim::jetstream
