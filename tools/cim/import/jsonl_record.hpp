// One line of what `cim import jsonl` reads.
#pragma once

#include <cim/error.hpp>

#include "record_appender.hpp"

#include <string_view>

namespace cim::importer {

/// Errors: invalid_dag_json, invalid_input, invalid_argument for a time that is none.
[[nodiscard]] Result<ImportRecord> parse_jsonl_record(std::string_view line);

} // namespace cim::importer
