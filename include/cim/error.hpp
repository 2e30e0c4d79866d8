// Errors of the whole library: one value type, one list of codes.
//
// Every operation that can fail for a reason outside the program returns Result<T>, which is std::expected<T, Error>.
// No exception crosses the API, the library never prints and never exits. An Error names the condition by a code whose
// number never changes, says what happened with the values in it, says what to do next where there is something to do,
// and carries those values as named fields so that programs need not parse text. Errors are plain values: copy, move
// and keep them as you like, from any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim {

/// The condition that an Error reports. Numbers are stable: they are part of the C ABI, of `--json` output and of logs.
enum class Errc : std::uint16_t {
    // Callers' mistakes.
    invalid_argument = 100, ///< A value outside its documented range; field `name`.
    invalid_token = 101,    ///< An aggregate id or event type that cannot be one token of a subject.
    invalid_subject = 102,  ///< A subject with an empty token, white space or a wildcard.
    invalid_pattern = 103,  ///< A subject pattern with a misplaced wildcard, an empty token or white space.
    limit_exceeded = 104,   ///< A documented bound would be passed; fields `limit`, `needed`.
    not_found = 105,        ///< What was asked for by name is not there.
    invalid_mapping = 106,  ///< A mapping file that cannot be used; fields `line`, `column` where known.
    wrong_thread = 107,     ///< The object belongs to another thread, see its header.

    // Bytes that break a format. Fields `rule` and `offset` say which rule and at which byte.
    invalid_dag_cbor = 200,
    invalid_dag_json = 201,
    invalid_cid = 202, ///< The text or bytes of a CID are malformed.
    invalid_car = 203,
    invalid_event_block = 204, ///< Valid dag-cbor that is not an event block.
    invalid_input = 205,       ///< A line or record of an imported file; fields `line`, `source` where known.

    // Integrity.
    cid_mismatch = 300,  ///< InvalidCid: the bytes do not hash to the CID they are filed under. See cim::InvalidCid.
    chain_broken = 301,  ///< ChainBroken: an event does not link to the one before it. See cim::ChainBroken.
    head_mismatch = 302, ///< A chain ends before, or elsewhere than, a head that was kept outside.
    incomplete_transaction = 303, ///< Some events of a stored transaction are missing.

    // Concurrency.
    conflict = 400,          ///< The expected head is not the head. See cim::Conflict.
    history_rewritten = 401, ///< The source of an import no longer contains what was imported from it.

    // Stores and the world outside.
    store_unavailable = 500, ///< Cannot open, reach or lock the store.
    store_corrupt = 501,     ///< The store's own structure is damaged; fields say where.
    store_foreign = 502,     ///< A database that belongs to another program, or to a newer cim.
    store_full = 503,        ///< No space left: nothing of this append was kept.
    store_read_only = 504,   ///< The store takes no writes (opened so, or after an I/O error).
    store_busy = 505,        ///< Another writer held the store past the time limit.
    io_error = 506,          ///< The operating system refused; field `errno` where known.
    timeout = 507,           ///< The time given was not enough.
    outcome_unknown = 508,   ///< Sent, not acknowledged, and not yet found out: read back before trying again.
    command_failed = 509,    ///< A program that was run (git, dot) failed; fields `command`, `status`.
    closed = 510,            ///< The object was closed while it was in use.
    unsupported = 511,       ///< This store, build or version cannot do that.

    // Delivery inside the process.
    handler_failed = 600, ///< A function of the user's threw.
};

/// The code's name as written above, e.g. "chain_broken". Never empty; "unknown" for a number not listed.
[[nodiscard]] std::string_view to_string(Errc code) noexcept;

/// One failure: what happened, with which values, and what to do.
struct Error {
    using Field = std::pair<std::string, std::string>;

    Errc code;
    std::string message;       ///< One sentence that holds the values; no trailing newline.
    std::string advice;        ///< What to do next; empty when there is nothing useful to say.
    std::vector<Field> fields; ///< The values in `message`, by name, in the order they were added.

    Error(Errc error_code, std::string what, std::string what_to_do = {}, std::initializer_list<Field> values = {})
        : code(error_code), message(std::move(what)), advice(std::move(what_to_do)), fields(values) {}

    /// The field of that name, or nullopt. Valid until the Error changes or dies.
    [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const noexcept;

    /// Adds a field; for a layer that knows more (a file name, a line) than the one that failed.
    Error&& with(std::string name, std::string value) &&;
    Error& with(std::string name, std::string value) &;

    /// "message (advice)" on one line, for people.
    [[nodiscard]] std::string text() const;
};

/// What every fallible operation returns.
template <class T = void> using Result = std::expected<T, Error>;

/// Shorthand for returning an error: `return fail(Errc::not_found, "no aggregate 'x'");`
[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string message, std::string advice = {},
                                                 std::initializer_list<Error::Field> fields = {}) {
    return std::unexpected<Error>(Error(code, std::move(message), std::move(advice), fields));
}
[[nodiscard]] inline std::unexpected<Error> fail(Error error) { return std::unexpected<Error>(std::move(error)); }

} // namespace cim
