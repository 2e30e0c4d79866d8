// How far a mirror has come, as a document of the local store: docs/formats/mirror.md.
#pragma once

#include <cim/mirror.hpp>

namespace cim::mirror {

[[nodiscard]] Result<> save_position(EventStore& local, const MirrorPosition& position);

} // namespace cim::mirror
