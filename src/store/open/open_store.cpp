#include <cim/event_store.hpp>

#include "base/try.hpp"
#include "store/jetstream/jetstream_store.hpp"
#include "store/open/store_url.hpp"

namespace cim {

Result<std::unique_ptr<EventStore>> open_store(std::string_view url, const OpenOptions& options) {
    CIM_TRY_ASSIGN(const auto parsed, parse_store_url(url));
    if (parsed.kind == StoreKind::jetstream) return jetstream::open(url, options);
    return sqlite::open(parsed.path, {.open = options, .synchronous = parsed.synchronous});
}

} // namespace cim
