// How a broken rule of dag-json is reported.
#pragma once

#include <cim/dag_json.hpp>

#include <cstddef>
#include <string_view>

namespace cim::ipld {

/// The error for a text that breaks `rule` at `offset`; `detail` says more, or is empty.
[[nodiscard]] Error json_decode_error(DagJsonRule rule, std::size_t offset, std::string_view detail);

/// The error for a value that dag-json cannot hold; `path` leads to it, e.g. "/payload/tags/3".
[[nodiscard]] Error json_encode_error(DagJsonRule rule, std::string_view path);

} // namespace cim::ipld
