#include "exit_status.hpp"

namespace cim::cli {

int exit_status(const Error& error) noexcept {
    switch (error.code) {
    case Errc::invalid_argument:
    case Errc::invalid_token:
    case Errc::invalid_subject:
    case Errc::invalid_pattern: return exit_usage;

    case Errc::invalid_dag_cbor:
    case Errc::invalid_dag_json:
    case Errc::invalid_cid:
    case Errc::invalid_car:
    case Errc::invalid_event_block:
    case Errc::cid_mismatch:
    case Errc::chain_broken:
    case Errc::head_mismatch:
    case Errc::incomplete_transaction:
    case Errc::store_corrupt: return exit_bad_data;

    case Errc::conflict:
    case Errc::history_rewritten: return exit_conflict;

    case Errc::store_unavailable:
    case Errc::store_foreign:
    case Errc::store_full:
    case Errc::store_read_only:
    case Errc::store_busy:
    case Errc::outcome_unknown: return exit_no_store;

    case Errc::limit_exceeded:
    case Errc::not_found:
    case Errc::invalid_mapping:
    case Errc::invalid_input:
    case Errc::io_error:
    case Errc::timeout:
    case Errc::command_failed:
    case Errc::closed:
    case Errc::unsupported:
    case Errc::wrong_thread:
    case Errc::handler_failed: return exit_failed;
    }
    return exit_failed;
}

} // namespace cim::cli
