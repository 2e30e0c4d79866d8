// dag-json: the data model as JSON, for people and for tools that have no dag-cbor.
//
// Links are {"/": "b..."}, bytes are {"/": {"bytes": "base64 without padding"}}, keys are sorted bytewise, and the key
// "/" is refused elsewhere, because nobody could tell it from a link. Floats always have a fraction or an exponent, so
// that 1 and 1.0 stay different. Source: the DAG-JSON specification of ipld.io.
#pragma once

#include <cim/ipld.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace cim::ipld {

/// The rules of dag-json; to_string gives the name that errors carry in their field `rule`.
enum class DagJsonRule : std::uint8_t {
    invalid_syntax, ///< Not JSON; also anything that follows the one value.
    invalid_utf8,   ///< Not UTF-8.
    integer_range,  ///< A number without fraction or exponent outside -2^64 ... 2^64-1.
    float_range,    ///< A number beyond the largest 64-bit float; when encoding, NaN and infinities.
    duplicate_key,  ///< The same key twice in a map.
    reserved_key,   ///< The key "/" in anything but a well-formed link or bytes.
    invalid_link,   ///< {"/": "..."} whose text is not a CID.
    invalid_bytes,  ///< {"/": {"bytes": "..."}} whose text is not base64 without padding.
    depth_limit,    ///< Nested deeper than DagJsonOptions::max_depth.
};
[[nodiscard]] std::string_view to_string(DagJsonRule rule) noexcept; ///< The enumerator's name.

struct DagJsonOptions {
    /// Deepest nesting of lists and maps accepted, 1 ... 1024 (the nearest of these is taken). The braces around links
    /// and bytes do not count.
    std::uint16_t max_depth = 128;
    /// Spaces an indent level; 0 writes the canonical form on one line.
    std::uint8_t indent = 0;
};

/// Reads one JSON text. White space, unsorted keys and a byte order mark are accepted (people and editors write them),
/// duplicate keys are not. A number is an integer if it has neither fraction nor exponent, so -0 is the integer 0.
/// Errors: invalid_dag_json with fields `rule` and `offset`. The offset is that of the first byte of the key, number,
/// link or container that breaks the rule; for invalid_syntax and invalid_utf8 it is where the text stops being JSON.
[[nodiscard]] Result<Value> decode_dag_json(std::string_view text, const DagJsonOptions& options = {});

/// Writes canonical dag-json (or indented, for reading). -0.0 is written as 0.0. Errors: invalid_dag_json, with the
/// fields `rule` and `path`, for what it cannot hold: the key "/", NaN and infinities, strings that are not UTF-8.
[[nodiscard]] Result<std::string> encode_dag_json(const Value& value, const DagJsonOptions& options = {});
/// The same straight from a block's view, without building a Value.
[[nodiscard]] Result<std::string> encode_dag_json(View value, const DagJsonOptions& options = {});

} // namespace cim::ipld
