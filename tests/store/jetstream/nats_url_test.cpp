// Aim: a URL means what its reader thinks, what cannot be understood is refused by name, and no secret is ever shown.
// Method: tables, invalid ones first, with an environment of the test's own.
#include "store/jetstream/login.hpp"
#include "store/jetstream/nats_url.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace cim::jetstream {
namespace {

std::map<std::string, std::string>& environment() {
    static std::map<std::string, std::string> variables;
    return variables;
}
const char* look_up(const char* name) {
    const auto found = environment().find(name);
    return found == environment().end() ? nullptr : found->second.c_str();
}

class NatsUrlTest : public testing::Test {
  protected:
    void SetUp() override { environment().clear(); }
    static NatsSettings parse(std::string_view url) {
        auto parsed = parse_nats_url(url, look_up);
        EXPECT_TRUE(parsed) << url << ": " << parsed.error().text();
        return parsed ? *std::move(parsed) : NatsSettings{};
    }
};

TEST_F(NatsUrlTest, RefusesWhatItDoesNotUnderstand) {
    const std::pair<const char*, const char*> cases[] = {
        {"http://host/stream", "begin with nats:// or tls://"},
        {"nats://", "stream is missing"},
        {"nats://host", "stream is missing"},
        {"nats://host/", "stream is missing"},
        {"nats:///stream", "host is missing"},
        {"nats://a,,b/stream", "host is missing"},
        {"nats://:4222/stream", "host is missing"},
        {"nats://host:0/stream", "'0' is no port"},
        {"nats://host:70000/stream", "'70000' is no port"},
        {"nats://host:x/stream", "'x' is no port"},
        {"nats://host/a.b", "'a.b' cannot be the name"},
        {"nats://host/a%20b", "cannot be the name"},
        {"nats://host/a*", "cannot be the name"},
        {"nats://host/a/b", "cannot be the name"},
        {"nats://host/s?colour=red", "'colour' is no option"},
        {"nats://host/s?replicas=0", "replicas=0"},
        {"nats://host/s?replicas=9", "replicas=9"},
        {"nats://host/s?max_batch=0", "max_batch=0"},
        {"nats://host/s?timeout=5", "timeout=5"},
        {"nats://host/s?timeout=0s", "timeout=0s"},
        {"nats://host/s?timeout=9999999999s", "timeout="},
        {"nats://host/s?tls=maybe", "tls=maybe"},
        {"nats://host/s?prefix=a..b", "prefix=a..b"},
        {"nats://host/s?prefix=a.>", "prefix=a.>"},
        {"nats://host/s?inbox_prefix=", "inbox_prefix="},
        {"nats://host/s?domain=a.b", "domain=a.b"},
        {"nats://host/s?cert=c.pem", "needs its key"},
        {"nats://host/s?key=k.pem", "needs its key"},
        {"nats://token@host/s?creds=a.creds", "several ways to log in"},
        {"nats://host/s?nkey=a&creds=b", "several ways to log in"},
    };
    for (const auto& [url, why] : cases) {
        const auto parsed = parse_nats_url(url, look_up);
        ASSERT_FALSE(parsed) << url;
        EXPECT_EQ(parsed.error().code, Errc::invalid_argument) << url;
        EXPECT_NE(parsed.error().message.find(why), std::string::npos) << url << ": " << parsed.error().message;
        EXPECT_FALSE(parsed.error().advice.empty()) << url;
    }
}

TEST_F(NatsUrlTest, FindsHostsStreamAndOptions) {
    const auto plain = parse("nats://localhost/events");
    EXPECT_EQ(plain.servers, std::vector<std::string>{"nats://localhost:4222"});
    EXPECT_EQ(plain.stream, "events");
    EXPECT_EQ(plain.prefix, "event.store");
    EXPECT_EQ(plain.max_batch, 1000u);
    EXPECT_EQ(plain.timeout, std::chrono::seconds(5));
    EXPECT_FALSE(plain.tls);

    const auto several = parse("tls://a:1,b,[::1]:3/s?prefix=x.y&replicas=3&max_batch=8000&timeout=250ms&domain=hub"
                               "&inbox_prefix=_MINE.a&ca=%2Fetc%2Fca.pem&cert=c&key=k&creds=u.creds");
    EXPECT_EQ(several.servers, (std::vector<std::string>{"tls://a:1", "tls://b:4222", "tls://[::1]:3"}));
    EXPECT_TRUE(several.tls);
    EXPECT_EQ(several.prefix, "x.y");
    EXPECT_EQ(several.replicas, 3);
    EXPECT_EQ(several.max_batch, 8000u);
    EXPECT_EQ(several.timeout, std::chrono::milliseconds(250));
    EXPECT_EQ(several.domain, "hub");
    EXPECT_EQ(several.inbox_prefix, "_MINE.a");
    EXPECT_EQ(several.ca_file, "/etc/ca.pem");
    EXPECT_EQ(several.creds_file, "u.creds");
    EXPECT_TRUE(parse("nats://h/s?tls=first").tls_first);
}

TEST_F(NatsUrlTest, TakesWhoWeAreFromTheUrlAndElseFromTheEnvironment) {
    auto& variables = environment();
    variables = {{"CIM_NATS_USER", "eve"}, {"CIM_NATS_PASSWORD", "from env"}, {"CIM_NATS_CA", "ca.pem"}};
    const auto named = parse("nats://ann:p%40ss@host/s");
    EXPECT_EQ(named.user, "ann");
    EXPECT_EQ(named.password, "p@ss");
    EXPECT_EQ(named.ca_file, "ca.pem");
    const auto unnamed = parse("nats://host/s");
    EXPECT_EQ(unnamed.user, "eve");
    EXPECT_EQ(unnamed.password, "from env");
    EXPECT_EQ(parse("nats://secret@host/s").token, "secret");
    EXPECT_EQ(parse("nats://secret@host/s").user, "");
    variables = {{"CIM_NATS_TOKEN", "t"}};
    EXPECT_EQ(parse("nats://host/s").token, "t");
    variables = {{"CIM_NATS_CREDS", "u.creds"}};
    EXPECT_EQ(parse("nats://host/s").creds_file, "u.creds");
    variables = {{"CIM_NATS_NKEY", "u.nk"}};
    EXPECT_EQ(parse("nats://host/s").nkey_file, "u.nk");
}

TEST_F(NatsUrlTest, ShowsNoSecret) {
    environment() = {{"CIM_NATS_PASSWORD", "hunter2"}};
    EXPECT_EQ(parse("nats://ann:hunter2@host:1,other/s?timeout=1s&prefix=x&creds=").shown(),
              "nats://host:1,other:4222/s?prefix=x");
    EXPECT_EQ(parse("tls://hunter2@host/s?tls=first").shown(), "tls://host:4222/s?tls=first");
    for (const auto* wrong : {"nats://ann:hunter2@host/a.b", "nats://hunter2@host", "nats://ann:hunter2@host/s?x=y"}) {
        const auto refused = parse_nats_url(wrong, look_up);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().text().find("hunter2"), std::string::npos) << wrong;
        for (const auto& [name, value] : refused.error().fields)
            EXPECT_EQ(value.find("hunter2"), std::string::npos) << wrong;
    }
}

// A seed that everybody knows, with its public key as the `nk` tool gives it.
TEST_F(NatsUrlTest, KnowsThePublicKeyOfASeed) {
    const auto key = public_nkey("SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY");
    ASSERT_TRUE(key) << key.error().text();
    EXPECT_EQ(*key, "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4");
    for (const auto* wrong : {"", "SU", "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU4VY",
                              "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"})
        EXPECT_FALSE(public_nkey(wrong)) << wrong;
}

} // namespace
} // namespace cim::jetstream
