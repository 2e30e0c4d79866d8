// Aim: a store's URL means what the reader thinks, and what cannot be understood is refused by name.
// Method: a table, invalid ones first.
#include "store/open/store_url.hpp"

#include <gtest/gtest.h>

namespace cim {
namespace {

using sqlite::Synchronous;

TEST(StoreUrlTest, RefusesWhatItDoesNotUnderstand) {
    struct Case {
        const char* url;
        Errc code;
    };
    const Case cases[] = {
        {"", Errc::invalid_argument},
        {"sqlite:", Errc::invalid_argument},
        {"sqlite:?synchronous=full", Errc::invalid_argument},
        {"sqlite:a.db?", Errc::invalid_argument},
        {"sqlite:a.db?sync=full", Errc::invalid_argument},
        {"sqlite:a.db?synchronous=off", Errc::invalid_argument},
        {"sqlite:a.db?synchronous=full&x", Errc::invalid_argument},
        {"sqlite://host/a.db", Errc::invalid_argument},
        {"postgres://host/db", Errc::invalid_argument},
        {"http:a", Errc::invalid_argument},
    };
    for (const auto& [url, code] : cases) {
        const auto parsed = parse_store_url(url);
        ASSERT_FALSE(parsed) << url;
        EXPECT_EQ(parsed.error().code, code) << url;
        EXPECT_FALSE(parsed.error().advice.empty()) << url;
        EXPECT_EQ(parsed.error().field("url"), url);
    }
}

TEST(StoreUrlTest, FindsPathAndOptions) {
    struct Case {
        const char* url;
        StoreUrl means;
    };
    const Case cases[] = {
        {"history.db", {"history.db"}},
        {"/var/lib/cim/a b.db", {"/var/lib/cim/a b.db"}},
        {"./odd:name.db", {"./odd:name.db"}},
        {"folder/odd:name.db", {"folder/odd:name.db"}},
        {"what?.db", {"what?.db"}},
        {"sqlite:history.db", {"history.db"}},
        {"sqlite:/abs/history.db", {"/abs/history.db"}},
        {"sqlite:///abs/history.db", {"/abs/history.db"}},
        {"sqlite:odd:name.db", {"odd:name.db"}},
        {"sqlite::memory:", {":memory:"}},
        {"sqlite:a.db?synchronous=full", {"a.db"}},
        {"sqlite:a.db?synchronous=normal", {"a.db", Synchronous::normal}},
    };
    for (const auto& [url, means] : cases) {
        const auto parsed = parse_store_url(url);
        ASSERT_TRUE(parsed) << url << ": " << parsed.error().text();
        EXPECT_EQ(parsed->path, means.path) << url;
        EXPECT_EQ(parsed->synchronous, means.synchronous) << url;
        EXPECT_EQ(parsed->kind, StoreKind::sqlite) << url;
    }
}

TEST(StoreUrlTest, LeavesTheRestToTheStoreItself) {
    for (const auto* url : {"nats://localhost:4222/events", "tls://localhost:4222/events", "nats://user:secret@"})
        EXPECT_EQ(parse_store_url(url)->kind, StoreKind::jetstream) << url;
}

} // namespace
} // namespace cim
