// Aim: whole chains that an independent implementation made come out of the builder byte for byte, and verify.
// Method: the file event-blocks/event-blocks.json of the fixtures, which is optional; see tests/event/golden.hpp for
// what is always there.
#include <cim/dag_json.hpp>

#include "event/support.hpp"
#include "ipld/support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace cim {
namespace {

std::optional<nlohmann::json> read_fixture() {
    const char* chosen = std::getenv("CIM_FIXTURES");
    const std::filesystem::path folder = chosen != nullptr ? chosen : CIM_TEST_SHARED_DIR;
    std::ifstream file(folder / "event-blocks" / "event-blocks.json");
    if (!file) return std::nullopt;
    return nlohmann::json::parse(file);
}

Transaction transaction_of(const nlohmann::json& chain) {
    Transaction transaction{AggregateId(chain.at("aggregate_id").get<std::string>())};
    for (const auto& event : chain.at("events"))
        transaction.add(event.at("event_type").get<std::string>(),
                        ipld::decode_dag_json(event.at("payload").dump()).value(),
                        from_micros(event.at("timestamp").get<std::int64_t>()));
    return transaction;
}

TEST(EventBlockFixtures, ChainsComeOutByteForByte) {
    const auto fixture = read_fixture();
    if (!fixture) GTEST_SKIP() << "no event-blocks/event-blocks.json in the folder that CIM_FIXTURES names";
    std::size_t events = 0;
    for (const auto& chain : fixture->at("chains")) {
        const auto transaction = transaction_of(chain);
        const auto built = ChainBuilder(transaction.aggregate_id, {}).build(transaction);
        ASSERT_TRUE(built) << built.error().text();
        EXPECT_EQ(built->head().cid->to_string(), chain.at("head").get<std::string>());

        const auto& expected = chain.at("events");
        ASSERT_EQ(built->events().size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i, ++events) {
            const auto& event = built->events()[i];
            EXPECT_EQ(test::to_hex(event.block), expected[i].at("block_hex").get<std::string>());
            EXPECT_EQ(event.cid.to_string(), expected[i].at("cid").get<std::string>());
            const auto parsed = EventBlock::parse(event.block);
            ASSERT_TRUE(parsed) << parsed.error().text();
            const auto& previous = expected[i].at("previous_cid");
            EXPECT_EQ(parsed->previous_cid ? parsed->previous_cid->to_string() : "",
                      previous.is_null() ? "" : previous.get<std::string>());
        }

        std::vector<test::Row> log;
        test::append(log, *built);
        ChainVerifier verifier;
        const auto verified = verifier.add(test::events_of(log));
        EXPECT_TRUE(verified) << verified.error().text();
    }
    EXPECT_GE(events, 1u);
    RecordProperty("events", static_cast<int>(events));
}

} // namespace
} // namespace cim
