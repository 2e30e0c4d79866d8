// Mutations between C++ and the flat struct of the C ABI.
#pragma once

#include "capi/handles.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace cim::capi {

/// `ids` holds the lists that the result points to.
[[nodiscard]] cim_mutation described(const GraphMutationEvent& event, std::vector<std::vector<cim_text>>& ids);

/// The mutation that a caller describes; `ids` holds the list that it points to. Errors: invalid_argument,
/// invalid_dag_cbor.
[[nodiscard]] Result<GraphMutation> mutation_of(const cim_mutation& from, std::vector<std::string_view>& ids);

} // namespace cim::capi
