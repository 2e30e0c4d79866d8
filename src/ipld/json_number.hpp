// Floats as JSON numbers.
#pragma once

#include <string>

namespace cim::ipld {

/// Appends the shortest decimal that reads back as `value`, which is finite, in the notation of JavaScript
/// (fixed from 1e-6 to below 1e21, else with an exponent), except that whole numbers keep a ".0".
void append_json_float(std::string& out, double value);

} // namespace cim::ipld
