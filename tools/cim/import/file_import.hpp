// Importing events that stand in a file: JSON lines of cim's own, and CloudEvents.
//
// Both stop at the first bad record unless they are told to skip such: what stands before it is imported, except a
// named transaction that is not known to be whole; what stands after it is not looked at.
#pragma once

#include <cim/event_store.hpp>

#include "import_run.hpp"

#include <functional>
#include <istream>
#include <string>

namespace cim::importer {

struct FileImportOptions {
    std::string source;        ///< What the input is called in errors: a path, "standard input".
    bool skip_invalid = false; ///< Leave out records that are no events, and count them.
    /// Told of each record that is left out. May be empty.
    std::function<void(const Error&)> skipped;
};

/// One JSON object a line: aggregate_id, event_type, payload (dag-json) and optionally timestamp (RFC 3339, or integer
/// microseconds since 1970; default now), transaction_id, correlation_id, causation_id, traceparent. Errors:
/// invalid_input with fields `source`, `line`, and `offset` where JSON is malformed, all with `imported_events` and
/// `imported_transactions`; and what the store reports.
[[nodiscard]] Result<ImportReport> import_jsonl(EventStore& store, std::istream& in, const FileImportOptions& options,
                                                const ImportControl& control = {});

/// Which attribute of a CloudEvent names its aggregate.
enum class AggregateBy : std::uint8_t { subject, source };

/// CloudEvents 1.0 in JSON: one event, a batch (an array), or one event a line. The event type is the escaped `type`,
/// the aggregate the escaped `subject` (where there is none, or if asked, the `source`), the payload the CloudEvent
/// with all its attributes, the time its `time`, the transaction its `source` and `id`, so that an event is imported
/// once. Errors as import_jsonl; `line` counts events in a batch.
[[nodiscard]] Result<ImportReport> import_cloudevents(EventStore& store, std::istream& in, AggregateBy by,
                                                      const FileImportOptions& options,
                                                      const ImportControl& control = {});

} // namespace cim::importer
