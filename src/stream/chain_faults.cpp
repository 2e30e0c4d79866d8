#include "stream/chain_faults.hpp"

#include "base/printable.hpp"

#include <fmt/format.h>

#include <string>

namespace cim::stream {

namespace {

std::string cid_text(const ChainHead& head) { return head.cid ? head.cid->to_string() : "none"; }

} // namespace

Error incomplete_transaction(std::string_view aggregate, std::string_view transaction, std::uint64_t have,
                             std::uint64_t size) {
    return {Errc::incomplete_transaction,
            fmt::format("transaction '{}' of aggregate '{}' has {} of its {} events", printable(transaction),
                        printable(aggregate), have, size),
            "events were lost from the log: restore it, or copy it again from where it is whole",
            {{"aggregate", std::string(aggregate)},
             {"transaction", std::string(transaction)},
             {"have", std::to_string(have)},
             {"size", std::to_string(size)}}};
}

Error head_mismatch(const AggregateId& aggregate, const ChainHead& expected, const ChainHead& actual) {
    return {Errc::head_mismatch,
            fmt::format("the chain of aggregate '{}' ends with event {} ({}), but it had event {} ({})",
                        printable(aggregate.str()), actual.sequence.value(), cid_text(actual),
                        expected.sequence.value(), cid_text(expected)),
            "events were lost from the end of the log, or it is another log",
            {{"aggregate", aggregate.str()},
             {"expected_sequence", std::to_string(expected.sequence.value())},
             {"expected", cid_text(expected)},
             {"sequence", std::to_string(actual.sequence.value())},
             {"actual", cid_text(actual)}}};
}

} // namespace cim::stream
