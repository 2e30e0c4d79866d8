// Plain JSON, in which nothing is special, as data and back; unlike dag-json, where {"/": ...} is a link.
#pragma once

#include <cim/error.hpp>
#include <cim/ipld.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string_view>

namespace cim::importer {

/// Reads one JSON text. Errors: invalid_input with field `offset`.
[[nodiscard]] Result<nlohmann::ordered_json> parse_json(std::string_view text);

/// Errors: invalid_input for nesting deeper than 100.
[[nodiscard]] Result<ipld::Value> to_value(const nlohmann::ordered_json& json);
/// nullopt if there are links or bytes in it, which JSON cannot say.
[[nodiscard]] std::optional<nlohmann::ordered_json> to_json(ipld::View value);

} // namespace cim::importer
