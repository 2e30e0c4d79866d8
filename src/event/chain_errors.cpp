// InvalidCid and ChainBroken as Errors and back. All that they hold stands in the fields, so nothing is lost on the
// way.
#include <cim/chain.hpp>

#include "base/printable.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

namespace cim {

namespace {

constexpr std::string_view no_cid = "none";

std::string text_of(const std::optional<Cid>& cid) { return cid ? cid->to_string() : std::string(no_cid); }

std::optional<std::uint64_t> read_number(const Error& error, std::string_view name) {
    const auto text = error.field(name);
    std::uint64_t value = 0;
    if (!text) return std::nullopt;
    const auto [end, status] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (status != std::errc{} || end != text->data() + text->size()) return std::nullopt;
    return value;
}

// The CID of a field; a field that says there is none gives an inner nullopt.
std::optional<std::optional<Cid>> read_cid(const Error& error, std::string_view name) {
    const auto text = error.field(name);
    if (!text) return std::nullopt;
    if (*text == no_cid) return std::optional<Cid>();
    const auto cid = Cid::parse(*text);
    if (!cid) return std::nullopt;
    return std::optional<Cid>(*cid);
}

// What is wrong, as the end of a sentence that starts with the event.
std::string describe(const ChainBroken& broken) {
    const auto previous = broken.previous.value();
    if (broken.sequence.value() == 0) return "has no place in a chain: sequences count from 1";
    if (previous != 0 && broken.sequence <= broken.previous)
        return fmt::format("comes after event {}: it is repeated, out of order or from a fork of the chain", previous);
    if (previous != 0 && broken.sequence != broken.previous.next())
        return fmt::format("comes right after event {}: what is between them is missing", previous);
    if (!broken.actual) {
        if (!broken.expected) return "links to nothing, which only the first event of a chain may";
        return fmt::format("links to nothing instead of {}", broken.expected->to_string());
    }
    if (!broken.expected) {
        const auto actual = broken.actual->to_string();
        return broken.sequence.value() == 1 ? fmt::format("links to {} although it is the first", actual)
                                            : fmt::format("links to {}, which is not there", actual);
    }
    return fmt::format("links to {} instead of {}", broken.actual->to_string(), broken.expected->to_string());
}

} // namespace

std::optional<InvalidCid> InvalidCid::from(const Error& error) {
    if (error.code != Errc::cid_mismatch) return std::nullopt;
    const auto aggregate = error.field("aggregate");
    const auto sequence = read_number(error, "sequence");
    const auto expected = read_cid(error, "expected");
    const auto actual = read_cid(error, "actual");
    if (!aggregate || !sequence || !expected || !*expected || !actual || !*actual) return std::nullopt;
    return InvalidCid{AggregateId(*aggregate), AggregateSequence(*sequence), **expected, **actual};
}

Error InvalidCid::to_error() const {
    auto wanted = expected.to_string();
    auto found = actual.to_string();
    auto message = fmt::format("event {} of aggregate '{}' is damaged: its bytes hash to {}, not to its CID {}",
                               sequence.value(), printable(aggregate.str()), found, wanted);
    return Error(Errc::cid_mismatch, std::move(message),
                 "the bytes changed after they were written; take this event from another copy of the log",
                 {{"aggregate", aggregate.str()},
                  {"sequence", std::to_string(sequence.value())},
                  {"expected", std::move(wanted)},
                  {"actual", std::move(found)}});
}

std::optional<ChainBroken> ChainBroken::from(const Error& error) {
    if (error.code != Errc::chain_broken) return std::nullopt;
    const auto aggregate = error.field("aggregate");
    const auto sequence = read_number(error, "sequence");
    const auto expected = read_cid(error, "expected");
    const auto actual = read_cid(error, "actual");
    if (!aggregate || !sequence || !expected || !actual) return std::nullopt;
    const auto previous = read_number(error, "previous").value_or(0);
    return ChainBroken{AggregateId(*aggregate), AggregateSequence(*sequence), *expected, *actual,
                       AggregateSequence(previous)};
}

Error ChainBroken::to_error() const {
    Error error(Errc::chain_broken,
                fmt::format("the chain of aggregate '{}' is broken: event {} {}", printable(aggregate.str()),
                            sequence.value(), describe(*this)),
                "an event before it was lost, replaced or moved; compare with another copy of the log or a head kept "
                "elsewhere",
                {{"aggregate", aggregate.str()},
                 {"sequence", std::to_string(sequence.value())},
                 {"expected", text_of(expected)},
                 {"actual", text_of(actual)}});
    if (previous.value() != 0) error.with("previous", std::to_string(previous.value()));
    return error;
}

} // namespace cim
