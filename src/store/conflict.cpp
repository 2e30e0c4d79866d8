// Conflict as an Error and back. All that it holds stands in the fields, so nothing is lost on the way.
#include <cim/event_store.hpp>

#include "base/printable.hpp"

#include <fmt/format.h>

#include <charconv>

namespace cim {

namespace {

constexpr std::string_view no_cid = "none";

std::string text_of(const ChainHead& head) { return head.cid ? head.cid->to_string() : std::string(no_cid); }

std::string describe(const ChainHead& head) {
    if (!head.cid) return "no event yet";
    if (head.sequence.value() == 0) return head.cid->to_string() + ", which is none of its events";
    return fmt::format("event {} ({})", head.sequence.value(), head.cid->to_string());
}

std::optional<ChainHead> read_head(const Error& error, std::string_view cid_name, std::string_view sequence_name) {
    const auto cid_text = error.field(cid_name);
    const auto number = error.field(sequence_name);
    if (!cid_text || !number) return std::nullopt;

    std::uint64_t sequence = 0;
    const auto [end, status] = std::from_chars(number->data(), number->data() + number->size(), sequence);
    if (status != std::errc{} || end != number->data() + number->size()) return std::nullopt;
    ChainHead head{AggregateSequence(sequence), std::nullopt};
    if (*cid_text == no_cid) return head;
    auto cid = Cid::parse(*cid_text);
    if (!cid) return std::nullopt;
    head.cid = *std::move(cid);
    return head;
}

} // namespace

std::optional<Conflict> Conflict::from(const Error& error) {
    if (error.code != Errc::conflict) return std::nullopt;
    const auto aggregate = error.field("aggregate");
    auto expected = read_head(error, "expected", "expected_sequence");
    auto actual = read_head(error, "actual", "actual_sequence");
    if (!aggregate || !expected || !actual) return std::nullopt;
    return Conflict{AggregateId(*aggregate), *std::move(expected), *std::move(actual)};
}

Error Conflict::to_error() const {
    return Error(Errc::conflict,
                 fmt::format("aggregate '{}' does not stand where it was expected: its head is {}, expected was {}",
                             printable(aggregate.str()), describe(actual), describe(expected)),
                 "read what was appended in between, then decide again",
                 {{"aggregate", aggregate.str()},
                  {"expected", text_of(expected)},
                  {"expected_sequence", std::to_string(expected.sequence.value())},
                  {"actual", text_of(actual)},
                  {"actual_sequence", std::to_string(actual.sequence.value())}});
}

} // namespace cim
