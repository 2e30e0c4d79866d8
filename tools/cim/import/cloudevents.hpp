// One CloudEvent (CNCF, version 1.0, JSON format) as an event, and back.
#pragma once

#include <cim/event.hpp>

#include "file_import.hpp"
#include "record_appender.hpp"

#include <nlohmann/json.hpp>

namespace cim::importer {

/// Errors: invalid_input for what is no CloudEvent 1.0.
[[nodiscard]] Result<ImportRecord> from_cloudevent(const nlohmann::ordered_json& json, AggregateBy by);

/// An event that came in as a CloudEvent is that CloudEvent again. Any other becomes one whose `id` is its CID, `type`
/// its type, `subject` its aggregate, `source` "urn:cim:" and the aggregate, and `data` its payload as dag-json.
/// Errors: invalid_dag_json for a payload that dag-json cannot hold.
[[nodiscard]] Result<nlohmann::ordered_json> to_cloudevent(const DomainEvent& event);

} // namespace cim::importer
