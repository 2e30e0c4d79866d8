// How a connection proves who it is, and what it says where that fails. No secret stands in an error.
#pragma once

#include <cim/error.hpp>

#include "store/jetstream/nats_url.hpp"

#include <nats/nats.h>

namespace cim::jetstream {

/// Errors: io_error for a file that cannot be read, invalid_argument for one that is not what it should be,
/// unsupported.
[[nodiscard]] Result<> set_login(natsOptions* options, const NatsSettings& settings);

/// Why the connection could not be made.
[[nodiscard]] Error connect_error(natsStatus status, const NatsSettings& settings);

/// The public key of an NKey user seed ("SU..."): "U...". Errors: invalid_argument.
[[nodiscard]] Result<std::string> public_nkey(std::string_view seed);

} // namespace cim::jetstream
