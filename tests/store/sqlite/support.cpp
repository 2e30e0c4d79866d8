#include "store/sqlite/support.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

namespace cim::test {

SqliteTest::SqliteTest() {
    static std::atomic<int> number{0};
    folder = std::filesystem::temp_directory_path() /
             ("cim-sqlite-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
    std::filesystem::create_directories(folder);
    path = (folder / "store.db").string();
}

SqliteTest::~SqliteTest() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
}

std::unique_ptr<EventStore> SqliteTest::open(const OpenOptions& options) const {
    auto opened = try_open(options);
    EXPECT_TRUE(opened) << opened.error().text();
    return opened ? *std::move(opened) : nullptr;
}

sqlite::Connection SqliteTest::connect(std::chrono::milliseconds busy_timeout) const {
    auto connection = sqlite::Connection::open(path, sqlite::Access::read_write_create, busy_timeout);
    EXPECT_TRUE(connection) << connection.error().text();
    return *std::move(connection);
}

void SqliteTest::sql(const std::string& statements) const {
    const auto done = connect().run(statements);
    EXPECT_TRUE(done) << done.error().text();
}

std::int64_t SqliteTest::number(std::string_view query) const {
    auto connection = connect();
    const auto found = connection.number(query);
    EXPECT_TRUE(found) << found.error().text();
    return found.value_or(-1);
}

Transaction make_transaction(std::string_view aggregate, std::size_t events, std::uint64_t mark, std::size_t payload) {
    Transaction transaction{AggregateId(aggregate)};
    for (std::size_t i = 0; i < events; ++i)
        transaction.add("Happened", {{"mark", mark}, {"n", i}, {"data", Bytes(payload, std::byte{7})}},
                        from_micros(static_cast<std::int64_t>(mark * 1000 + i)));
    return transaction;
}

AppendReceipt append(EventStore& store, const Transaction& transaction) {
    auto receipt = store.append(transaction, ExpectedHead::any());
    EXPECT_TRUE(receipt) << receipt.error().text();
    return receipt ? *std::move(receipt) : AppendReceipt{};
}

std::vector<DomainEvent> read_all(EventStore& store) {
    std::vector<DomainEvent> events;
    auto query = ReadQuery::all();
    while (true) {
        auto page = store.read(query);
        EXPECT_TRUE(page) << page.error().text();
        if (!page) return events;
        events.insert(events.end(), page->events.begin(), page->events.end());
        if (!page->next) return events;
        query = *std::move(page->next);
    }
}

void expect_sound(EventStore& store, const std::string& path) {
    const auto events = read_all(store);
    ChainVerifier verifier;
    const auto verified = verifier.add(events);
    EXPECT_TRUE(verified) << verified.error().text();
    std::uint32_t index = 0;
    for (const auto& event : events) {
        EXPECT_EQ(event.transaction_index(), index);
        index = event.ends_transaction() ? 0 : index + 1;
    }
    EXPECT_EQ(index, 0u) << "the last transaction is whole";
    for (const auto& slice : verifier.slices())
        EXPECT_EQ(*store.head(slice.aggregate), (ChainHead{slice.last, slice.head})) << slice.aggregate.str();
    const auto problems = check_sqlite_store(path);
    ASSERT_TRUE(problems) << problems.error().text();
    EXPECT_TRUE(problems->empty()) << problems->front();
}

pid_t start_process(const std::function<int()>& work) {
    const auto process = ::fork();
    if (process == 0) ::_exit(work());
    EXPECT_GT(process, 0);
    return process;
}

int wait_for(pid_t process) {
    int status = 0;
    EXPECT_EQ(::waitpid(process, &status, 0), process);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace cim::test
