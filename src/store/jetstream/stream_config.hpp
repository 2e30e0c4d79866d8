// What a stream must be like so that nothing that was acknowledged goes away unasked.
#pragma once

#include <cim/error.hpp>

#include "store/jetstream/nats_url.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cim::jetstream {

/// The settings of a stream that mean something to us, with the server's names.
struct StreamConfig {
    std::string name;
    std::vector<std::string> subjects;
    std::string retention = "limits";
    std::string storage = "file";
    std::string discard = "new";
    std::string persist_mode; ///< Empty where the server does not know it.
    std::int64_t max_msgs = -1;
    std::int64_t max_bytes = -1;
    std::int64_t max_age = 0; ///< Nanoseconds.
    std::int64_t max_msgs_per_subject = -1;
    std::int64_t duplicate_window = std::chrono::nanoseconds(std::chrono::minutes(2)).count();
    std::int64_t num_replicas = 1;
    bool no_ack = false;
    bool sealed = false;
    bool deny_delete = true;
    bool deny_purge = true;
    bool allow_rollup_hdrs = false;
    bool allow_direct = true;
    bool allow_atomic = true;
    bool allow_msg_ttl = false;
    bool is_mirror = false;
    bool has_sources = false;
};

struct StreamInfo {
    StreamConfig config;
    std::string created; ///< When, as the server writes it: another stream of that name has another.
    std::uint64_t messages = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t subjects = 0;
};

/// The stream that a store makes for itself.
[[nodiscard]] StreamConfig wanted_config(const NatsSettings& settings);

/// A setting that is not as it should be.
struct Difference {
    std::string name;
    std::string found;
    std::string wanted;
};
/// What is wrong with a stream that exists; for reading, little can be.
[[nodiscard]] std::vector<Difference> differences(const StreamConfig& found, const NatsSettings& settings,
                                                  bool for_writing);
/// Errors: store_foreign that names each difference, with a field for each that says what is there.
[[nodiscard]] Result<> check_config(const StreamConfig& found, const NatsSettings& settings, bool for_writing);

/// For people.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> to_settings(const StreamConfig& config);

} // namespace cim::jetstream
