// An EventStore in a stream of a NATS server. See docs/nats.md, and docs/formats/nats.md for what is in it.
#pragma once

#include <cim/event_store.hpp>

#include <memory>
#include <string_view>

namespace cim::jetstream {

/// Opens or makes the stream that a URL names (nats_url.hpp). Errors: as open_store(); store_foreign for a stream that
/// is set up otherwise, which says how; unsupported for writing to a server that is too old.
[[nodiscard]] Result<std::unique_ptr<EventStore>> open(std::string_view url, const OpenOptions& options = {});

} // namespace cim::jetstream
