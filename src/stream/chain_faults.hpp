// The errors of this module about logs that lack something. Hashes and links that are wrong are ChainVerifier's.
#pragma once

#include <cim/error.hpp>
#include <cim/ids.hpp>
#include <cim/transaction.hpp>

#include <cstdint>
#include <string_view>

namespace cim::stream {

/// incomplete_transaction with fields aggregate, transaction, have, size.
[[nodiscard]] Error incomplete_transaction(std::string_view aggregate, std::string_view transaction, std::uint64_t have,
                                           std::uint64_t size);

/// head_mismatch: a chain ends at `actual`, although it had `expected` before. CIDs that are not known may be left out.
[[nodiscard]] Error head_mismatch(const AggregateId& aggregate, const ChainHead& expected, const ChainHead& actual);

} // namespace cim::stream
