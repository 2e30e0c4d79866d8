// One event as a line: for people, for programs, and in the form that `cim import jsonl` reads.
#pragma once

#include <cim/event.hpp>

#include "output.hpp"

#include <string>

namespace cim::cli {

/// "2025-11-01T12:00:00Z  graph-123 7  NodeCreated  bafy...  {payload}". `width` cuts it at so many characters; 0 does
/// not.
[[nodiscard]] std::string event_line(const DomainEvent& event, std::size_t width);

/// A JSON object on one line with all that is known of the event; the payload as dag-json. A payload that dag-json
/// cannot hold is null, and `payload_error` says why.
[[nodiscard]] std::string event_json(const DomainEvent& event);

/// What `cim import jsonl` reads. Errors: invalid_dag_json for a payload that dag-json cannot hold.
[[nodiscard]] Result<std::string> event_import_line(const DomainEvent& event);

/// The width of the terminal that standard output is; 0 if it is none.
[[nodiscard]] std::size_t output_width(const Output& out);

} // namespace cim::cli
