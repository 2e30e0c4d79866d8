#include <cim/error.hpp>

#include <algorithm>

namespace cim {

std::string_view to_string(Errc code) noexcept {
    switch (code) {
    case Errc::invalid_argument: return "invalid_argument";
    case Errc::invalid_token: return "invalid_token";
    case Errc::invalid_subject: return "invalid_subject";
    case Errc::invalid_pattern: return "invalid_pattern";
    case Errc::limit_exceeded: return "limit_exceeded";
    case Errc::not_found: return "not_found";
    case Errc::invalid_mapping: return "invalid_mapping";
    case Errc::wrong_thread: return "wrong_thread";
    case Errc::invalid_dag_cbor: return "invalid_dag_cbor";
    case Errc::invalid_dag_json: return "invalid_dag_json";
    case Errc::invalid_cid: return "invalid_cid";
    case Errc::invalid_car: return "invalid_car";
    case Errc::invalid_event_block: return "invalid_event_block";
    case Errc::invalid_input: return "invalid_input";
    case Errc::cid_mismatch: return "cid_mismatch";
    case Errc::chain_broken: return "chain_broken";
    case Errc::head_mismatch: return "head_mismatch";
    case Errc::incomplete_transaction: return "incomplete_transaction";
    case Errc::conflict: return "conflict";
    case Errc::history_rewritten: return "history_rewritten";
    case Errc::store_unavailable: return "store_unavailable";
    case Errc::store_corrupt: return "store_corrupt";
    case Errc::store_foreign: return "store_foreign";
    case Errc::store_full: return "store_full";
    case Errc::store_read_only: return "store_read_only";
    case Errc::store_busy: return "store_busy";
    case Errc::io_error: return "io_error";
    case Errc::timeout: return "timeout";
    case Errc::outcome_unknown: return "outcome_unknown";
    case Errc::command_failed: return "command_failed";
    case Errc::closed: return "closed";
    case Errc::unsupported: return "unsupported";
    case Errc::handler_failed: return "handler_failed";
    }
    return "unknown";
}

std::optional<std::string_view> Error::field(std::string_view name) const noexcept {
    const auto found = std::ranges::find(fields, name, &Field::first);
    if (found == fields.end()) return std::nullopt;
    return found->second;
}

Error& Error::with(std::string name, std::string value) & {
    fields.emplace_back(std::move(name), std::move(value));
    return *this;
}

Error&& Error::with(std::string name, std::string value) && {
    return std::move(with(std::move(name), std::move(value)));
}

std::string Error::text() const { return advice.empty() ? message : message + " (" + advice + ")"; }

} // namespace cim
