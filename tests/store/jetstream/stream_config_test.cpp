// Aim: a stream that could lose or change what was acknowledged is refused, and each difference is named.
// Method: a table of one wrong setting each.
#include "store/jetstream/stream_config.hpp"

#include <gtest/gtest.h>

namespace cim::jetstream {
namespace {

NatsSettings settings() {
    NatsSettings made;
    made.stream = "s";
    return made;
}

TEST(StreamConfigTest, AcceptsWhatItMakes) {
    EXPECT_TRUE(check_config(wanted_config(settings()), settings(), true));
    auto replicated = settings();
    replicated.replicas = 3;
    EXPECT_EQ(wanted_config(replicated).num_replicas, 3);
    EXPECT_TRUE(check_config(wanted_config(replicated), settings(), true)) << "nobody asked for a number";
    EXPECT_FALSE(check_config(wanted_config(settings()), replicated, true));
}

TEST(StreamConfigTest, NamesEachDifference) {
    struct Case {
        const char* name;
        void (*spoil)(StreamConfig&);
        const char* is;
    };
    const Case cases[] = {
        {"subjects", [](StreamConfig& c) { c.subjects = {"other.>"}; }, "other.>"},
        {"subjects", [](StreamConfig& c) { c.subjects.emplace_back("more"); }, "event.store.>, more"},
        {"retention", [](StreamConfig& c) { c.retention = "interest"; }, "interest"},
        {"storage", [](StreamConfig& c) { c.storage = "memory"; }, "memory"},
        {"max_age", [](StreamConfig& c) { c.max_age = 3600'000'000'000; }, "3600s"},
        {"max_msgs_per_subject", [](StreamConfig& c) { c.max_msgs_per_subject = 1; }, "1"},
        {"discard",
         [](StreamConfig& c) {
             c.max_bytes = 1000;
             c.discard = "old";
         },
         "old"},
        {"no_ack", [](StreamConfig& c) { c.no_ack = true; }, "true"},
        {"sealed", [](StreamConfig& c) { c.sealed = true; }, "true"},
        {"deny_delete", [](StreamConfig& c) { c.deny_delete = false; }, "false"},
        {"deny_purge", [](StreamConfig& c) { c.deny_purge = false; }, "false"},
        {"allow_rollup_hdrs", [](StreamConfig& c) { c.allow_rollup_hdrs = true; }, "true"},
        {"allow_direct", [](StreamConfig& c) { c.allow_direct = false; }, "false"},
        {"allow_atomic", [](StreamConfig& c) { c.allow_atomic = false; }, "false"},
        {"allow_msg_ttl", [](StreamConfig& c) { c.allow_msg_ttl = true; }, "true"},
        {"duplicate_window", [](StreamConfig& c) { c.duplicate_window = 5'000'000'000; }, "5s"},
        {"persist_mode", [](StreamConfig& c) { c.persist_mode = "async"; }, "async"},
        {"mirror", [](StreamConfig& c) { c.is_mirror = true; }, "true"},
        {"sources", [](StreamConfig& c) { c.has_sources = true; }, "true"},
    };
    for (const auto& [name, spoil, is] : cases) {
        auto config = wanted_config(settings());
        spoil(config);
        const auto checked = check_config(config, settings(), true);
        ASSERT_FALSE(checked) << name;
        EXPECT_EQ(checked.error().code, Errc::store_foreign) << name;
        EXPECT_EQ(checked.error().field(name), is) << name;
        EXPECT_NE(checked.error().message.find(std::string(name) + " is "), std::string::npos)
            << checked.error().message;
    }
}

TEST(StreamConfigTest, ReadsWhatItWouldNotWriteTo) {
    auto mirror = wanted_config(settings());
    mirror.subjects.clear();
    mirror.is_mirror = true;
    mirror.allow_atomic = false;
    EXPECT_TRUE(check_config(mirror, settings(), false));
    EXPECT_FALSE(check_config(mirror, settings(), true));
    auto limited = wanted_config(settings());
    limited.max_bytes = 1'000'000;
    EXPECT_TRUE(check_config(limited, settings(), true)) << "a stream that refuses what is new loses nothing";
}

} // namespace
} // namespace cim::jetstream
