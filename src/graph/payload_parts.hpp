// Parts of payloads that mean more than their value: lists of ids, targets and operations of transforms
// (docs/formats/mapping.md).
#pragma once

#include <cim/graph_mutation.hpp>
#include <cim/ipld.hpp>

#include "graph/arena.hpp"

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cim::graph {

using TransformTarget = decltype(mutation::ApplyTransform::target);
using TransformOperation = decltype(mutation::ApplyTransform::operation);

/// The strings of a list, with the list itself in the arena; nullopt if an item is no string.
[[nodiscard]] std::optional<std::span<const std::string_view>> read_ids(ipld::View list, Arena& arena);

/// A string (a node), a list of strings (nodes), {"Node": id}, {"Nodes": [...]}, {"Subgraph": id} or
/// {"Subgraph": [...]} (nodes). Errors: a sentence that starts with the member's name.
[[nodiscard]] std::expected<TransformTarget, std::string> read_transform_target(ipld::View view, Arena& arena);

/// {"Translate": {"delta": [x, y, z]}}, {"Scale": {"factor": n or [x, y, z]}}, {"Rotate": {"rotation": [x, y, z, w]}},
/// {"Reparent": {"new_parent": id or null}}, {"UpdateProperties": {"updates" or "properties": map}}; each also as
/// {"type": "Translate", "delta": ...}. Numbers out of a float's range become infinities, which the model refuses.
[[nodiscard]] std::expected<TransformOperation, std::string> read_transform_operation(ipld::View view);

} // namespace cim::graph
