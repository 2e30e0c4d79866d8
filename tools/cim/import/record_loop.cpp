#include "record_loop.hpp"

#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace cim::importer {
namespace {

/// Errors that lie in the record, and not in the store.
bool is_of_record(Errc code) {
    constexpr std::array codes = {Errc::invalid_input,    Errc::invalid_argument, Errc::invalid_token,
                                  Errc::invalid_dag_json, Errc::invalid_dag_cbor, Errc::limit_exceeded};
    return std::ranges::find(codes, code) != codes.end();
}

} // namespace

Error at_place(Error error, std::string_view source, std::uint64_t line) {
    std::string place = fmt::format("{}:{}", source, line);
    std::size_t offset = 0;
    const auto text = error.field("offset").value_or("");
    if (std::from_chars(text.data(), text.data() + text.size(), offset).ec == std::errc()) {
        place += fmt::format(":{}", offset + 1);
        // The place in front says it already.
        const auto again = fmt::format(", at byte {}", offset);
        if (error.message.ends_with(again)) error.message.resize(error.message.size() - again.size());
    }
    error.message = fmt::format("{}: {}", place, error.message);
    error.code = Errc::invalid_input;
    error.with("source", std::string(source)).with("line", std::to_string(line));
    return error;
}

RecordLoop::RecordLoop(EventStore& store, const FileImportOptions& options, const ImportControl& control)
    : options_(options), control_(control), out_(store, control) {}

Result<bool> RecordLoop::take(Result<ImportRecord> record, std::uint64_t line, std::size_t size) {
    auto taken = record ? out_.add(*std::move(record), size) : fail(std::move(record).error());
    if (!taken) {
        if (!is_of_record(taken.error().code)) return fail(std::move(taken).error());
        auto error = at_place(std::move(taken).error(), options_.source, line);
        if (!options_.skip_invalid) return fail(std::move(error));
        if (options_.skipped) options_.skipped(error);
        out_.skip();
    }
    stopped_ = control_.stop && control_.stop();
    return !stopped_;
}

Result<ImportReport> RecordLoop::finish(Result<> read) {
    auto ended = read && !stopped_ ? out_.finish() : out_.abandon();
    if (read && !ended) read = std::move(ended);
    if (!read) {
        auto error = std::move(read).error();
        error.with("imported_events", std::to_string(out_.report().events))
            .with("imported_transactions", std::to_string(out_.report().transactions));
        return fail(std::move(error));
    }
    auto report = out_.report();
    report.stopped = stopped_;
    return report;
}

} // namespace cim::importer
