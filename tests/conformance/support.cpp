#include "conformance/support.hpp"

#include "nats/nats_server.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

namespace cim::test {

namespace {

class SqliteFile final : public StoreHome {
  public:
    SqliteFile() {
        static std::atomic<int> number{0};
        folder_ = std::filesystem::temp_directory_path() /
                  ("cim-conformance-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
        std::filesystem::create_directories(folder_);
    }
    ~SqliteFile() override { std::filesystem::remove_all(folder_); }
    Result<std::unique_ptr<EventStore>> open(const OpenOptions& options) override {
        return open_store("sqlite:" + (folder_ / "store.db").string(), options);
    }

  private:
    std::filesystem::path folder_;
};

class SqliteMemory final : public StoreHome {
  public:
    Result<std::unique_ptr<EventStore>> open(const OpenOptions& options) override {
        return open_store("sqlite::memory:", options);
    }
};

// A stream of its own on a server that all tests of this program share.
class JetStream final : public StoreHome {
  public:
    Result<std::unique_ptr<EventStore>> open(const OpenOptions& options) override {
        return open_store(server().url(stream_) + "&prefix=" + stream_, options);
    }

  private:
    static NatsServer& server() {
        static NatsServer started;
        return started;
    }
    static std::string next_name() {
        static std::atomic<int> number{0};
        return "conformance-" + std::to_string(++number);
    }
    const std::string stream_ = next_name();
};

} // namespace

std::vector<StoreKind> store_kinds() {
    return {{"sqlite_file", true, [] { return std::make_unique<SqliteFile>(); }},
            {"sqlite_memory", false, [] { return std::make_unique<SqliteMemory>(); }},
            {"jetstream", true, [] { return std::make_unique<JetStream>(); }}};
}

void StoreTest::SetUp() {
    home = GetParam().make_home();
    store = reopen();
    ASSERT_NE(store, nullptr);
}

std::unique_ptr<EventStore> StoreTest::reopen(const OpenOptions& options) {
    auto opened = home->open(options);
    EXPECT_TRUE(opened) << opened.error().text();
    return opened ? *std::move(opened) : nullptr;
}

Transaction make_transaction(std::string_view aggregate, std::size_t events, std::uint64_t mark, std::string_view id) {
    Transaction transaction{AggregateId(aggregate), TransactionId(id)};
    for (std::size_t i = 0; i < events; ++i)
        transaction.add(i % 2 == 0 ? "NodeCreated" : "EdgeConnected", {{"mark", mark}, {"number", i}},
                        from_micros(static_cast<std::int64_t>(1'000'000 + mark * 1000 + i)));
    return transaction;
}

ChainedTransaction chain(const Transaction& transaction, const ChainHead& start) {
    auto built = ChainBuilder(transaction.aggregate_id, start).build(transaction);
    EXPECT_TRUE(built) << built.error().text();
    return *std::move(built);
}

AppendReceipt append(EventStore& store, const Transaction& transaction) {
    auto receipt = store.append(transaction, ExpectedHead::any());
    EXPECT_TRUE(receipt) << receipt.error().text();
    return receipt ? *std::move(receipt) : AppendReceipt{};
}

std::vector<DomainEvent> read_all(EventStore& store, ReadQuery query) {
    std::vector<DomainEvent> events;
    while (true) {
        auto page = store.read(query);
        EXPECT_TRUE(page) << page.error().text();
        if (!page) return events;
        EXPECT_LE(page->events.size(), query.limit);
        events.insert(events.end(), page->events.begin(), page->events.end());
        if (!page->next) return events;
        EXPECT_FALSE(page->events.empty()) << "a page that continues has events";
        query = *std::move(page->next);
    }
}

std::vector<std::string> places(const std::vector<DomainEvent>& events) {
    std::vector<std::string> texts;
    for (const auto& event : events)
        texts.push_back(std::string(event.aggregate_id()) + "/" + std::to_string(event.aggregate_sequence().value()));
    return texts;
}

void expect_verified(EventStore& store) {
    ChainVerifier verifier;
    const auto added = verifier.add(read_all(store, ReadQuery::all()));
    EXPECT_TRUE(added) << added.error().text();
    for (const auto& slice : verifier.slices()) {
        EXPECT_TRUE(slice.anchored);
        const auto head = store.head(slice.aggregate);
        ASSERT_TRUE(head) << head.error().text();
        EXPECT_EQ(*head, (ChainHead{slice.last, slice.head}));
    }
}

std::uint64_t random_seed(std::uint64_t salt) {
    const char* given = std::getenv("CIM_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : 20251101 + salt;
}

} // namespace cim::test
