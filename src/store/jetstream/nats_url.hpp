// How a store on a NATS server is named, and with what to log in there:
//
//     nats://[user:password@]host[:port][,host[:port]...]/stream[?option=value&...]
//     tls://...                  the same over TLS
//
// What stands in the URL goes before what stands in the environment. Secrets are best kept in files or in the
// environment, where no list of processes shows them. docs/nats.md has the options.
#pragma once

#include <cim/error.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cim::jetstream {

struct NatsSettings {
    std::vector<std::string> servers; ///< "nats://host:port" or "tls://host:port", without secrets.
    bool tls = false;
    bool tls_first = false; ///< The TLS handshake comes before anything the server says.

    // Who we are. Secrets: never shown.
    std::string user;
    std::string password;
    std::string token;
    std::string creds_file; ///< A user's JWT and seed, as `nsc` and `nats` write it.
    std::string nkey_file;  ///< A user's NKey seed.

    std::string ca_file;   ///< Certificates to trust instead of the system's.
    std::string cert_file; ///< Our own certificate, and its key.
    std::string key_file;

    std::string inbox_prefix; ///< Empty: _INBOX.
    std::string domain;       ///< JetStream domain; empty: the server's own.

    std::string stream;
    std::string prefix = "event.store"; ///< Subjects are prefix.aggregate.type.
    int replicas = 0;                   ///< Of a stream that is made; 0: 1, and any number is fine where it exists.
    std::size_t max_batch = 1000;       ///< Most events in one append: the server's limits.batch.max_msgs.
    std::chrono::milliseconds timeout{5000};

    /// The URL without secrets and without where they are kept.
    [[nodiscard]] std::string shown() const;
};

/// The value of an environment variable, or nullptr.
using Environment = const char* (*)(const char* name);

/// Errors: invalid_argument naming what cannot be understood, never with a secret in it.
[[nodiscard]] Result<NatsSettings> parse_nats_url(std::string_view url, Environment environment);

} // namespace cim::jetstream
