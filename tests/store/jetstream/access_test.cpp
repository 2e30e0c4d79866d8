// Aim: every way to log in works, what is refused is said at once and without a secret, and the permissions that
// docs/nats.md advises are enough for the store and not for destroying it. Method: real servers with users, keys and
// certificates that are made here.
#include "store/jetstream/certificates.hpp"
#include "store/jetstream/support.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>

namespace cim::test {
namespace {

using namespace std::chrono_literals;

constexpr auto seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
constexpr auto public_key = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

void expect_works(const std::string& url) {
    const auto store = open_nats(url);
    append(*store, numbered("a", 2, 1));
    EXPECT_EQ(read_all(*store).size(), 2u);
    EXPECT_EQ(store->info()->url.find("hunter2"), std::string::npos);
}

std::string expect_refused(const std::string& url, Errc code = Errc::store_unavailable) {
    const auto begun = std::chrono::steady_clock::now();
    const auto refused = open_store(url);
    EXPECT_EQ(code_of(refused), code) << url;
    if (refused) return {};
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 15s);
    EXPECT_EQ(refused.error().text().find("hunter2"), std::string::npos) << refused.error().text();
    for (const auto& [name, value] : refused.error().fields)
        EXPECT_EQ(value.find("hunter2"), std::string::npos) << name;
    EXPECT_FALSE(refused.error().advice.empty());
    return std::string(refused.error().field("nats").value_or(""));
}

TEST(JetStreamAccessTest, LogsInByUserAndPassword) {
    NatsServer server("authorization { users: [ { user: ann, password: hunter2 } ] }\n");
    const auto address = server.node().address();
    expect_works("nats://ann:hunter2@" + address + "/s");
    EXPECT_EQ(expect_refused("nats://ann:wrong-hunter2@" + address + "/s"), "login_refused");
    EXPECT_EQ(expect_refused("nats://" + address + "/s"), "login_refused");
    ::setenv("CIM_NATS_USER", "ann", 1);
    ::setenv("CIM_NATS_PASSWORD", "hunter2", 1);
    expect_works("nats://" + address + "/env?prefix=env");
    ::unsetenv("CIM_NATS_USER");
    ::unsetenv("CIM_NATS_PASSWORD");
}

TEST(JetStreamAccessTest, LogsInByToken) {
    NatsServer server("authorization { token: hunter2 }\n");
    const auto address = server.node().address();
    expect_works("nats://hunter2@" + address + "/s");
    EXPECT_EQ(expect_refused("nats://other-hunter2@" + address + "/s"), "login_refused");
    ::setenv("CIM_NATS_TOKEN", "hunter2", 1);
    expect_works("nats://" + address + "/env?prefix=env");
    ::unsetenv("CIM_NATS_TOKEN");
}

TEST(JetStreamAccessTest, LogsInByNKey) {
    NatsServer server("authorization { users: [ { nkey: " + std::string(public_key) + " } ] }\n");
    const auto address = server.node().address();
    const auto file = server.folder() / "user.nk";
    std::ofstream(file) << seed << "\n";
    expect_works("nats://" + address + "/s?nkey=" + file.string());
    EXPECT_EQ(expect_refused("nats://" + address + "/s"), "login_refused");
    expect_refused("nats://" + address + "/s?nkey=/nowhere/at.all", Errc::io_error);
    std::ofstream(file) << "no seed";
    const auto refused = open_store("nats://" + address + "/s?nkey=" + file.string());
    EXPECT_EQ(code_of(refused), Errc::invalid_argument);
}

TEST(JetStreamAccessTest, SaysWhereNobodyAnswers) {
    EXPECT_EQ(expect_refused("nats://127.0.0.1:" + std::to_string(free_port()) + "/s?timeout=1s"), "unreachable");
    TemporaryFolder folder;
    const NatsNode without(
        {.folder = folder.path() / "node", .data = {}, .extra = {}, .jetstream = false, .url_options = {}});
    expect_refused("nats://" + without.address() + "/s?timeout=1s");
}

TEST(JetStreamAccessTest, TrustsOnlyWhatItIsTold) {
    TemporaryFolder folder;
    const Certificates made(folder.path());
    const auto tls = [&](const std::string& server, const std::string& more) {
        return "tls { cert_file: \"" + made.path(server + ".pem") + "\", key_file: \"" + made.path(server + ".key") +
               "\"" + more + " }\n";
    };
    const auto url = [](const NatsServer& server, const std::string& options) {
        const auto plain = server.url("s");
        const auto port = plain.substr(17, plain.find('/', 17) - 17); // nats://127.0.0.1:PORT/
        return "tls://localhost:" + port + "/s?" + options;
    };
    const auto ca = "ca=" + made.path("ca.pem");
    {
        NatsServer server(tls("server", ""));
        expect_works(url(server, ca));
        EXPECT_EQ(expect_refused(url(server, "ca=" + made.path("other-ca.pem"))), "tls");
        expect_refused(url(server, "ca=/nowhere/ca.pem"), Errc::io_error);
        expect_refused(url(server, "ca=" + made.path("server.key")), Errc::invalid_argument);
    }
    {
        SCOPED_TRACE("an expired certificate");
        NatsServer server(tls("expired", ""));
        EXPECT_EQ(expect_refused(url(server, ca)), "tls");
    }
    {
        SCOPED_TRACE("a server that asks for ours");
        NatsServer server(tls("server", ", ca_file: \"" + made.path("ca.pem") + "\", verify: true"));
        expect_works(url(server, ca + "&cert=" + made.path("client.pem") + "&key=" + made.path("client.key")));
        expect_refused(url(server, ca));
        expect_refused(url(server, ca + "&cert=" + made.path("client.pem") + "&key=" + made.path("server.key")),
                       Errc::invalid_argument);
    }
    {
        SCOPED_TRACE("TLS first");
        NatsServer server(tls("server", ", handshake_first: true"));
        const auto opened = open_store(url(server, ca + "&tls=first"));
        if (!opened) {
            EXPECT_EQ(opened.error().code, Errc::unsupported) << opened.error().text(); // an older nats.c
        }
    }
}

// The advice of docs/nats.md, word for word.
constexpr auto advised = R"(
authorization {
  users: [
    { user: admin, password: hunter2 }
    { user: writer, password: hunter2, permissions: {
        publish: { allow: [
          "event.store.>", "$KV.s.>",
          "$JS.API.INFO", "$JS.API.STREAM.INFO.s", "$JS.API.STREAM.INFO.KV_s",
          "$JS.API.STREAM.MSG.GET.s", "$JS.API.STREAM.MSG.GET.KV_s",
          "$JS.API.CONSUMER.CREATE.s.>", "$JS.API.CONSUMER.DELETE.s.>",
          "$JS.API.CONSUMER.CREATE.KV_s.>", "$JS.API.CONSUMER.DELETE.KV_s.>",
          "$JS.API.STREAM.PURGE.KV_s", "$JS.FC.>"
        ] }
        subscribe: { allow: [ "_INBOX.>" ] } } }
    { user: reader, password: hunter2, permissions: {
        publish: { allow: [
          "$JS.API.INFO", "$JS.API.STREAM.INFO.s", "$JS.API.STREAM.INFO.KV_s",
          "$JS.API.STREAM.MSG.GET.s", "$JS.API.STREAM.MSG.GET.KV_s",
          "$JS.API.CONSUMER.CREATE.s.>", "$JS.API.CONSUMER.DELETE.s.>",
          "$JS.API.CONSUMER.CREATE.KV_s.>", "$JS.API.CONSUMER.DELETE.KV_s.>", "$JS.FC.>"
        ] }
        subscribe: { allow: [ "_INBOX.>" ] } } }
  ]
}
)";

TEST(JetStreamAccessTest, GetsByWithTheAdvisedPermissions) {
    NatsServer server(advised);
    const auto address = server.node().address();
    {
        const auto admin = open_nats("nats://admin:hunter2@" + address + "/s");
        ASSERT_TRUE(admin->documents().put("c", "made", as_bytes("by the admin")));
    }
    const auto writer = open_nats("nats://writer:hunter2@" + address + "/s");
    append(*writer, numbered("a", 3, 1));
    append(*writer, numbered("a", 1, 2));
    EXPECT_EQ(read_all(*writer).size(), 4u);
    ASSERT_TRUE(writer->documents().put("c", "k", as_bytes("v")));
    EXPECT_EQ(writer->documents().list("c")->size(), 2u);
    EXPECT_EQ(writer->info()->aggregates, 1u);
    EXPECT_EQ((*writer->follow({}))->next(10, 5s)->size(), 4u);

    const auto reader = open_nats("nats://reader:hunter2@" + address + "/s", {.mode = OpenOptions::Mode::read_only});
    EXPECT_EQ(read_all(*reader).size(), 4u);
    EXPECT_EQ(reader->aggregates()->size(), 1u);
    EXPECT_EQ((*reader->follow({}))->next(10, 5s)->size(), 4u);

    // Neither can change or destroy the stream.
    for (const auto* user : {"writer", "reader"}) {
        PlainClient plain(std::string("nats://") + user + ":hunter2@" + address, 200);
        for (const auto* verb : {"UPDATE", "DELETE", "PURGE", "MSG.DELETE", "RESTORE", "LEADER.STEPDOWN"})
            EXPECT_TRUE(plain.request(std::string("$JS.API.STREAM.") + verb + ".s").starts_with("error:"))
                << user << " " << verb;
    }
    EXPECT_EQ(writer->head(AggregateId{"a"})->sequence.value(), 4u);
}

TEST(JetStreamAccessTest, NamesTheSubjectThatIsDenied) {
    NatsServer server(advised);
    const auto address = server.node().address();
    (void)open_nats("nats://admin:hunter2@" + address + "/s");
    const auto reader = open_nats("nats://reader:hunter2@" + address + "/s?timeout=1s", {.busy_timeout = 1s});
    const auto begun = std::chrono::steady_clock::now();
    const auto refused = reader->append(numbered("a", 1, 1), ExpectedHead::none());
    ASSERT_EQ(code_of(refused), Errc::store_unavailable) << refused.error().text();
    EXPECT_EQ(refused.error().field("nats"), "denied");
    EXPECT_EQ(refused.error().field("subject"), "event.store.a.NodeCreated");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
    EXPECT_EQ(expect_refused("nats://reader:hunter2@" + address + "/other?timeout=1s"), "denied");
}

} // namespace
} // namespace cim::test
