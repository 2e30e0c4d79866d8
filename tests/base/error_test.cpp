// Aim: errors carry what they promise; the numbers of codes, which others keep, do not move.
// Method: examples, and the whole list of codes with their numbers and names.
#include <cim/error.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace cim {
namespace {

struct Code {
    Errc code;
    int number;
    std::string_view name;
};

constexpr Code codes[] = {
    {Errc::invalid_argument, 100, "invalid_argument"},
    {Errc::invalid_token, 101, "invalid_token"},
    {Errc::invalid_subject, 102, "invalid_subject"},
    {Errc::invalid_pattern, 103, "invalid_pattern"},
    {Errc::limit_exceeded, 104, "limit_exceeded"},
    {Errc::not_found, 105, "not_found"},
    {Errc::invalid_mapping, 106, "invalid_mapping"},
    {Errc::wrong_thread, 107, "wrong_thread"},
    {Errc::invalid_dag_cbor, 200, "invalid_dag_cbor"},
    {Errc::invalid_dag_json, 201, "invalid_dag_json"},
    {Errc::invalid_cid, 202, "invalid_cid"},
    {Errc::invalid_car, 203, "invalid_car"},
    {Errc::invalid_event_block, 204, "invalid_event_block"},
    {Errc::invalid_input, 205, "invalid_input"},
    {Errc::cid_mismatch, 300, "cid_mismatch"},
    {Errc::chain_broken, 301, "chain_broken"},
    {Errc::head_mismatch, 302, "head_mismatch"},
    {Errc::incomplete_transaction, 303, "incomplete_transaction"},
    {Errc::conflict, 400, "conflict"},
    {Errc::history_rewritten, 401, "history_rewritten"},
    {Errc::store_unavailable, 500, "store_unavailable"},
    {Errc::store_corrupt, 501, "store_corrupt"},
    {Errc::store_foreign, 502, "store_foreign"},
    {Errc::store_full, 503, "store_full"},
    {Errc::store_read_only, 504, "store_read_only"},
    {Errc::store_busy, 505, "store_busy"},
    {Errc::io_error, 506, "io_error"},
    {Errc::timeout, 507, "timeout"},
    {Errc::outcome_unknown, 508, "outcome_unknown"},
    {Errc::command_failed, 509, "command_failed"},
    {Errc::closed, 510, "closed"},
    {Errc::unsupported, 511, "unsupported"},
    {Errc::handler_failed, 600, "handler_failed"},
};

TEST(Errc, NumbersAndNamesDoNotMove) {
    for (const auto& [code, number, name] : codes) {
        EXPECT_EQ(std::to_underlying(code), number);
        EXPECT_EQ(to_string(code), name);
    }
    EXPECT_EQ(to_string(static_cast<Errc>(7)), "unknown");
}

TEST(Error, CarriesMessageAdviceAndFields) {
    auto error = Error(Errc::not_found, "no aggregate 'x'", "list them first", {{"aggregate", "x"}});
    EXPECT_EQ(error.text(), "no aggregate 'x' (list them first)");
    EXPECT_EQ(error.field("aggregate"), "x");
    EXPECT_EQ(error.field("sequence"), std::nullopt);
    error.with("file", "a.car").with("line", "3");
    EXPECT_EQ(error.field("line"), "3");
    EXPECT_EQ(error.fields.size(), 3);
    EXPECT_EQ(Error(Errc::timeout, "too slow").text(), "too slow");
}

Result<std::unique_ptr<int>> number(bool good) {
    if (!good) return fail(Errc::not_found, "no number");
    return std::make_unique<int>(7);
}

Result<int> twice(bool first, bool second) {
    CIM_TRY(number(first));
    CIM_TRY_ASSIGN(const auto owned, number(second));
    return 2 * *owned;
}

TEST(Try, ReturnsTheErrorOrGoesOn) {
    EXPECT_EQ(twice(true, true), 14);
    EXPECT_FALSE(twice(false, true));
    ASSERT_FALSE(twice(true, false));
    EXPECT_EQ(twice(true, false).error().message, "no number");
}

TEST(Printable, IsOneLineOfBoundedUtf8) {
    EXPECT_EQ(printable("graph-1 Größe"), "graph-1 Größe");
    EXPECT_EQ(printable("a\r\n\t\\\x01\x7f"), "a\\r\\n\\t\\\\\\x01\\x7f");
    EXPECT_EQ(printable("\xc2\x85\xc2\xa0"), "\\xc2\\x85\xc2\xa0");
    EXPECT_EQ(printable("\xff\xe2\x82"), "\\xff\\xe2\\x82");
    EXPECT_EQ(printable("abcdef", 6), "abcdef");
    EXPECT_EQ(printable("abcdefg", 6), "abcdef...");
    EXPECT_EQ(printable("äääx", 5), "ää...");
    EXPECT_EQ(printable(std::string(10'000, 'a')).size(), 123);
}

} // namespace
} // namespace cim
