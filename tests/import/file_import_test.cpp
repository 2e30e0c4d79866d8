// Aim: lines and CloudEvents come in whole, in order, as the transactions that they name; a bad record stops the import
// at its place, with everything before it kept and nothing after it; what comes out again is what went in.
#include <cim/dag_json.hpp>

#include "import/cloudevents.hpp"
#include "import/file_import.hpp"
#include "import/json_value.hpp"
#include "import/support.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace cim::importer {
namespace {

using Lines = std::vector<std::string>;

Result<ImportReport> import_lines(EventStore& store, const std::string& text, FileImportOptions options = {},
                                  const ImportControl& control = {}) {
    std::istringstream in(text);
    options.source = "events.jsonl";
    return import_jsonl(store, in, options, control);
}

Result<ImportReport> import_ce(EventStore& store, const std::string& text, AggregateBy by = AggregateBy::subject,
                               FileImportOptions options = {}) {
    std::istringstream in(text);
    options.source = "events.json";
    return import_cloudevents(store, in, by, options);
}

std::vector<DomainEvent> all_events(EventStore& store) {
    const auto page = store.read(ReadQuery::all());
    EXPECT_TRUE(page.has_value());
    return page ? page->events : std::vector<DomainEvent>();
}

/// "aggregate type transaction index/size payload" of each event.
Lines summary(EventStore& store) {
    Lines lines;
    for (const auto& event : all_events(store)) {
        const bool named_itself = event.transaction_id().starts_with("bafy");
        lines.push_back(fmt::format("{} {} {} {}/{} {}", event.aggregate_id(), event.event_type(),
                                    named_itself ? "-" : event.transaction_id(), event.transaction_index(),
                                    event.transaction_size(), ipld::encode_dag_json(event.payload()).value_or("?")));
    }
    return lines;
}

std::string line(const std::string& aggregate, const std::string& transaction = "", const std::string& payload = "{}") {
    return fmt::format(R"({{"aggregate_id":"{}","event_type":"T","payload":{}{}}})", aggregate, payload,
                       transaction.empty() ? "" : fmt::format(R"(,"transaction_id":"{}")", transaction)) +
           "\n";
}

TEST(JsonLines, TransactionsAreConsecutiveLinesOfOneAggregateAndId) {
    const auto store = memory_store();
    const auto report = import_lines(*store, line("a", "t1") + line("a", "t1") + line("b", "t1") + line("a") +
                                                 line("a") + line("a", "t2"));
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(summary(*store), (Lines{"a T t1 0/2 {}", "a T t1 1/2 {}", "b T t1 0/1 {}", "a T - 0/1 {}", "a T - 0/1 {}",
                                      "a T t2 0/1 {}"}));
    EXPECT_EQ(report->events, 6U);
    EXPECT_EQ(report->transactions, 5U);
    EXPECT_EQ(report->aggregate_count, 2U);
    EXPECT_FALSE(report->head);
}

TEST(JsonLines, EveryMemberIsTaken) {
    const auto store = memory_store();
    const auto report = import_lines(
        *store,
        R"({"aggregate_id":"a","event_type":"T","payload":[1,1.0,{"/":{"bytes":"AQ"}}],)"
        R"("timestamp":"2025-11-01T12:00:00.5+02:00","transaction_id":"t","correlation_id":"c","causation_id":"d",)"
        R"("traceparent":"00-x"})"
        "\r\n\n   \n"
        R"({"payload":null,"event_type":"U","aggregate_id":"a","timestamp":-1})");
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(summary(*store), (Lines{R"(a T t 0/1 [1,1.0,{"/":{"bytes":"AQ"}}])", "a U - 0/1 null"}));
    const auto events = all_events(*store);
    EXPECT_EQ(to_rfc3339(events[0].timestamp()), "2025-11-01T10:00:00.500Z");
    EXPECT_EQ(events[0].correlation_id(), "c");
    EXPECT_EQ(events[0].causation_id(), "d");
    EXPECT_EQ(events[0].traceparent(), "00-x");
    EXPECT_EQ(to_micros(events[1].timestamp()), -1);
    EXPECT_EQ(report->head, events[1].cid());
}

TEST(JsonLines, WithoutATimeItIsNow) {
    const ManualClock clock(from_micros(42));
    const auto store = memory_store();
    ImportControl control;
    control.clock = &clock;
    ASSERT_TRUE(import_lines(*store, line("a"), {}, control));
    EXPECT_EQ(to_micros(all_events(*store).at(0).timestamp()), 42);
}

struct Bad {
    const char* line;
    const char* place; ///< What the message begins with.
    const char* says;
};

TEST(JsonLines, TheFirstBadLineEndsIt) {
    for (const auto& [bad, place, says] : std::vector<Bad>{
             {"{", "events.jsonl:2:2:", ""},
             {R"({"aggregate_id":"a",})", "events.jsonl:2:21:", ""},
             {"[]", "events.jsonl:2:", "not an object"},
             {"7", "events.jsonl:2:", "not an object"},
             {R"({"event_type":"T","payload":{}})", "events.jsonl:2:", "'aggregate_id' is missing"},
             {R"({"aggregate_id":"a","payload":{}})", "events.jsonl:2:", "'event_type' is missing"},
             {R"({"aggregate_id":"a","event_type":"T"})", "events.jsonl:2:", "'payload' is missing"},
             {R"({"aggregate_id":7,"event_type":"T","payload":{}})", "events.jsonl:2:", "not a string"},
             {R"({"aggregate_id":"a.b","event_type":"T","payload":{}})", "events.jsonl:2:", "a.b"},
             {R"({"aggregate_id":"","event_type":"T","payload":{}})", "events.jsonl:2:", "aggregate id"},
             {R"({"aggregate_id":"a","event_type":"T U","payload":{}})", "events.jsonl:2:", "event type"},
             {R"({"aggregate_id":"a","event_type":"T","payload":{},"timestamp":"yesterday"})",
              "events.jsonl:2:", "yesterday"},
             {R"({"aggregate_id":"a","event_type":"T","payload":{},"timestamp":1.5})", "events.jsonl:2:", "timestamp"},
             {R"({"aggregate_id":"a","event_type":"T","payload":{},"timestamp":99999999999999999999})",
              "events.jsonl:2:", ""},
             {R"({"aggregate_id":"a","event_type":"T","payload":{},"transactionid":"t"})",
              "events.jsonl:2:", "transactionid"},
             {R"({"aggregate_id":"a","event_type":"T","payload":{"/":1}})", "events.jsonl:2:", ""},
             {R"({"aggregate_id":"a","aggregate_id":"a","event_type":"T","payload":{}})", "events.jsonl:2:", ""},
             {R"({"aggregate_id":"a","event_type":"T","payload":{},"transaction_id":"\n"})", "events.jsonl:2:", ""},
         }) {
        SCOPED_TRACE(bad);
        const auto store = memory_store();
        const auto report = import_lines(*store, line("a") + bad + "\n" + line("a"));
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code, Errc::invalid_input) << report.error().text();
        EXPECT_TRUE(report.error().message.starts_with(place)) << report.error().message;
        EXPECT_NE(report.error().text().find(says), std::string::npos) << report.error().text();
        EXPECT_EQ(report.error().field("line"), "2");
        EXPECT_EQ(report.error().field("imported_events"), "1");
        EXPECT_EQ(report.error().field("imported_transactions"), "1");
        EXPECT_EQ(all_events(*store).size(), 1U);
    }
}

TEST(JsonLines, ATransactionWithABadLineInItIsNotKeptByHalf) {
    const auto store = memory_store();
    const auto report =
        import_lines(*store, line("a", "t1") + line("a", "t2") + line("a", "t2") + "bad\n" + line("a", "t2"));
    ASSERT_FALSE(report);
    EXPECT_EQ(summary(*store), (Lines{"a T t1 0/1 {}"}));
}

TEST(JsonLines, BadLinesCanBeSkipped) {
    const auto store = memory_store();
    Lines told;
    FileImportOptions options;
    options.skip_invalid = true;
    options.skipped = [&](const Error& error) { told.push_back(error.message.substr(0, 15)); };
    const auto report = import_lines(*store, line("a") + "bad\n" + line("b c") + line("a"), options);
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(report->skipped, 2U);
    EXPECT_EQ(report->events, 2U);
    EXPECT_EQ(told, (Lines{"events.jsonl:2:", "events.jsonl:3:"}));
}

TEST(JsonLines, NamedTransactionsAreImportedOnce) {
    const auto store = memory_store();
    const auto text = line("a", "t1") + line("a", "t1") + line("a") + line("b", "t1");
    ASSERT_TRUE(import_lines(*store, text));
    const auto again = import_lines(*store, text + line("b", "t2"));
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->skipped, 3U);
    EXPECT_EQ(again->events, 2U) << "a line without a name is appended again";
    EXPECT_EQ(all_events(*store).size(), 6U);

    const auto longer = import_lines(*store, line("a", "t1") + line("a", "t1") + line("a", "t1"));
    ASSERT_FALSE(longer);
    EXPECT_EQ(longer.error().code, Errc::conflict);
    EXPECT_EQ(all_events(*store).size(), 6U);
}

TEST(JsonLines, ATransactionDoesNotGoOnAfterOthers) {
    const auto store = memory_store();
    const auto report = import_lines(*store, line("a", "t1") + line("a", "t2") + line("a", "t1"));
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().field("line"), "3");
    EXPECT_EQ(report.error().field("transaction"), "t1");
    EXPECT_EQ(all_events(*store).size(), 2U);
}

TEST(JsonLines, ManyLinesComeInBatchesAndCanBeStopped) {
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += line(fmt::format("a{}", i % 3), "", fmt::format(R"({{"n":{}}})", i));
    const auto store = memory_store();
    ImportControl control;
    std::uint64_t reported = 0;
    control.progress = [&](const ImportProgress& progress) { reported = progress.events; };
    auto report = import_lines(*store, text, {}, control);
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(report->events, 10'000U);
    EXPECT_EQ(reported, 10'000U);
    EXPECT_EQ(events_of(*store, "a0").size(), 3334U);

    const auto other = memory_store();
    int left = 5000;
    control.stop = [&] { return --left == 0; };
    report = import_lines(*other, text, {}, control);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->stopped);
    EXPECT_EQ(report->events, 5000U);
}

TEST(JsonLines, NothingIsNothing) {
    for (const char* text : {"", "\n", " \n\t\n"}) {
        const auto store = memory_store();
        const auto report = import_lines(*store, text);
        ASSERT_TRUE(report);
        EXPECT_EQ(report->events, 0U);
    }
}

const std::string minimal = R"({"specversion":"1.0","id":"1","source":"/s","type":"com.example.made"})";
const std::string rich =
    R"({"specversion":"1.0","id":"A 1","source":"https://example.org/orders","type":"order.placed","subject":"order 7",)"
    R"("time":"2025-11-01T12:00:00.123456789Z","datacontenttype":"application/json","extra":true,"count":3,)"
    R"("data":{"/":"not a link","n":[1,1.5,-2,null,18446744073709551615],"nested":{"z":1,"a":{}}}})";
const std::string binary =
    R"({"specversion":"1.0","id":"2","source":"/s","type":"t","subject":"order 7","data_base64":"AQID"})";

TEST(CloudEvents, BecomeEventsByTypeAndSubject) {
    const auto store = memory_store();
    const auto report = import_ce(*store, rich + "\n" + minimal + "\n" + binary);
    ASSERT_TRUE(report) << report.error().text();
    const auto events = all_events(*store);
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0].aggregate_id(), "order%207");
    EXPECT_EQ(events[0].event_type(), "order%2Eplaced");
    EXPECT_EQ(to_rfc3339(events[0].timestamp()), "2025-11-01T12:00:00.123456Z");
    EXPECT_EQ(events[0].transaction_id(), "https://example.org/orders A 1");
    EXPECT_EQ(events[1].aggregate_id(), "/s") << "without a subject it is the source";
    EXPECT_EQ(events[2].aggregate_id(), "order%207");

    const auto by_source = memory_store();
    ASSERT_TRUE(import_ce(*by_source, rich, AggregateBy::source));
    EXPECT_EQ(all_events(*by_source).at(0).aggregate_id(), "https://example%2Eorg/orders");
}

TEST(CloudEvents, ComeOutAsTheyWentIn) {
    for (const auto& text : {minimal, rich, binary}) {
        const auto store = memory_store();
        ASSERT_TRUE(import_ce(*store, text));
        const auto out = to_cloudevent(all_events(*store).at(0));
        ASSERT_TRUE(out) << out.error().text();
        EXPECT_EQ(nlohmann::json::parse(out->dump()), nlohmann::json::parse(text));
    }
}

TEST(CloudEvents, MayStandInABatchInLinesOrAlone) {
    const auto pretty = nlohmann::ordered_json::parse(rich).dump(4);
    for (const auto& [text, count] :
         std::vector<std::pair<std::string, std::size_t>>{{"[" + rich + "," + minimal + "]", 2},
                                                          {"\n[\n" + pretty + ",\n" + minimal + "\n]\n", 2},
                                                          {rich + "\n\n" + minimal + "\n", 2},
                                                          {pretty, 1},
                                                          {minimal, 1},
                                                          {"[]", 0},
                                                          {"", 0}}) {
        const auto store = memory_store();
        const auto report = import_ce(*store, text);
        ASSERT_TRUE(report) << report.error().text();
        EXPECT_EQ(report->events, count) << text;
    }
}

TEST(CloudEvents, AreImportedOnce) {
    const auto store = memory_store();
    ASSERT_TRUE(import_ce(*store, rich + "\n" + minimal));
    const auto again = import_ce(*store, rich + "\n" + minimal + "\n" + binary);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->skipped, 2U);
    EXPECT_EQ(again->events, 1U);
}

TEST(CloudEvents, WhatIsNoneIsRefused) {
    for (const auto& [text, says] : std::vector<std::pair<std::string, std::string>>{
             {R"({"id":"1","source":"/s","type":"t"})", "specversion"},
             {R"({"specversion":"0.3","id":"1","source":"/s","type":"t"})", "0.3"},
             {R"({"specversion":"1.0","source":"/s","type":"t"})", "'id' is missing"},
             {R"({"specversion":"1.0","id":"","source":"/s","type":"t"})", "'id' is empty"},
             {R"({"specversion":"1.0","id":1,"source":"/s","type":"t"})", "'id' is a number"},
             {R"({"specversion":"1.0","id":"1","source":"/s","type":"t","time":"noon"})", "noon"},
             {R"({"specversion":"1.0","id":"1","source":"/s","type":"t","data":1,"data_base64":"AQ"})", "data_base64"},
             {R"({"specversion":"1.0","id":"1","source":"/s","type":")" + std::string(300, 't') + R"("})",
              "event type"},
             {R"({"specversion":"1.0","id":"1","source":"/s","type":"t","data":)" + std::string(200, '[') +
                  std::string(200, ']') + "}",
              "nested"},
             {"7", "not an object"},
             {"{", "not JSON"},
             {"[1", "not JSON"},
             {"[" + minimal + ",{}]", "events.json:2: "},
         }) {
        SCOPED_TRACE(text);
        const auto store = memory_store();
        const auto report = import_ce(*store, text);
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code, Errc::invalid_input);
        EXPECT_NE(report.error().text().find(says), std::string::npos) << report.error().text();
    }
}

TEST(CloudEvents, OfEventsThatAreNone) {
    const auto store = memory_store();
    ASSERT_TRUE(import_lines(*store, line("a", "t", R"({"n":1,"link":{"/":{"bytes":"AQ"}}})")));
    const auto event = all_events(*store).at(0);
    const auto out = to_cloudevent(event);
    ASSERT_TRUE(out) << out.error().text();
    EXPECT_EQ((*out)["specversion"], "1.0");
    EXPECT_EQ((*out)["id"], event.cid().to_string());
    EXPECT_EQ((*out)["source"], "urn:cim:a");
    EXPECT_EQ((*out)["type"], "T");
    EXPECT_EQ((*out)["subject"], "a");
    EXPECT_EQ((*out)["data"].dump(), R"({"link":{"/":{"bytes":"AQ"}},"n":1})");
    const auto copy = memory_store();
    EXPECT_TRUE(import_ce(*copy, out->dump()));
}

TEST(PlainJson, IsDataAndBack) {
    for (const char* text : {"null", "true", "0", "-1", "18446744073709551615", "-9223372036854775808", "1.5", "\"a\"",
                             "[]", "{}", R"({"/":{"bytes":"x"},"a":[{}]})"}) {
        const auto json = parse_json(text);
        ASSERT_TRUE(json);
        const auto value = to_value(*json);
        ASSERT_TRUE(value);
        const auto block = ipld::encode(*value);
        ASSERT_TRUE(block);
        const auto back = to_json(*ipld::View::parse(*block));
        ASSERT_TRUE(back);
        EXPECT_EQ(back->dump(), text);
    }
}

} // namespace
} // namespace cim::importer
