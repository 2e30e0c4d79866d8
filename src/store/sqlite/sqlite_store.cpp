#include "store/sqlite/sqlite_store.hpp"

#include <cim/sqlite_store.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"
#include "store/sqlite/append_queue.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/documents.hpp"
#include "store/sqlite/feed.hpp"
#include "store/sqlite/writer.hpp"

#include <fmt/format.h>

namespace cim::sqlite {

namespace {

// The log is cut back after a burst, and pages of large stores' indexes are kept at hand.
Result<> configure_writer(Connection& connection, Synchronous synchronous) {
    return connection.run(
        fmt::format("PRAGMA synchronous = {}; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384",
                    synchronous == Synchronous::full ? "FULL" : "NORMAL"));
}

class SqliteStore final : public EventStore {
  public:
    SqliteStore(std::string path, const StoreOptions& options, std::shared_ptr<Shared> shared,
                std::unique_ptr<Connection> connection, std::unique_ptr<Writer> writer)
        : path_(std::move(path)),
          options_(options),
          shared_(std::move(shared)),
          connection_(std::move(connection)),
          writer_(std::move(writer)),
          queue_([this](std::span<AppendCall* const> calls) { commit(calls); }),
          documents_(path_, *shared_, queue_, connection_ ? connection_.get() : shared_->only.get(), writer_.get()) {}

    Result<std::vector<AppendReceipt>> append_chained(std::span<const ChainedTransaction> transactions) override;
    Result<EventPage> read(const ReadQuery& query) override;
    Result<std::unique_ptr<EventFeed>> follow(GlobalSequence after) override;
    Result<ChainHead> head(const AggregateId& aggregate) override;
    Result<std::vector<AggregateInfo>> aggregates(const AggregateId& after, std::size_t limit) override;
    Result<StoreInfo> info() override;
    Result<StoreDescription> describe(std::size_t most_problems) override;
    DocumentStore& documents() noexcept override { return documents_; }

  private:
    void commit(std::span<AppendCall* const> calls);

    // Constant after construction. The writer's statements are finalised before its connection closes.
    const std::string path_;
    const StoreOptions options_;
    const std::shared_ptr<Shared> shared_;
    const std::unique_ptr<Connection>
        connection_;                       // nullptr: read-only, or shared with the reader of a database in memory
    const std::unique_ptr<Writer> writer_; // nullptr: read-only; used by the thread that leads the queue

    AppendQueue queue_;
    Documents documents_;
};

Result<std::vector<AppendReceipt>> SqliteStore::append_chained(std::span<const ChainedTransaction> transactions) {
    if (!writer_)
        return fail(Errc::store_read_only, fmt::format("store '{}' was opened for reading only", printable(path_)),
                    "open it for writing", {{"path", path_}});
    if (transactions.empty()) return std::vector<AppendReceipt>();
    return queue_.append(transactions);
}

void SqliteStore::commit(std::span<AppendCall* const> calls) {
    if (shared_->only) {
        // There is no second connection, so readers stay out meanwhile.
        const auto alone = shared_->readers.lease();
        writer_->commit(calls);
    } else {
        writer_->commit(calls);
    }
    shared_->committed.notify();
}

Result<EventPage> SqliteStore::read(const ReadQuery& query) {
    CIM_TRY_ASSIGN(const auto reader, shared_->readers.lease());
    return reader->read(query);
}

Result<std::unique_ptr<EventFeed>> SqliteStore::follow(GlobalSequence after) {
    return std::make_unique<Feed>(shared_, after);
}

Result<ChainHead> SqliteStore::head(const AggregateId& aggregate) {
    CIM_TRY_ASSIGN(const auto reader, shared_->readers.lease());
    return reader->head(aggregate);
}

Result<std::vector<AggregateInfo>> SqliteStore::aggregates(const AggregateId& after, std::size_t limit) {
    if (limit == 0 || limit > ReadQuery::max_page)
        return fail(Errc::invalid_argument,
                    fmt::format("a page of {} aggregates: it must be 1 to {}", limit, ReadQuery::max_page), {},
                    {{"name", "limit"}});
    CIM_TRY_ASSIGN(const auto reader, shared_->readers.lease());
    return reader->aggregates(after, limit);
}

Result<StoreInfo> SqliteStore::info() {
    CIM_TRY_ASSIGN(const auto reader, shared_->readers.lease());
    CIM_TRY_ASSIGN(const auto totals, reader->totals());
    const auto* suffix = options_.synchronous == Synchronous::normal ? "?synchronous=normal" : "";
    return StoreInfo{.url = "sqlite:" + path_ + suffix,
                     .events = totals.events,
                     .transactions = totals.transactions,
                     .aggregates = totals.aggregates,
                     .last = GlobalSequence(totals.events),
                     .read_only = !writer_ || writer_->stopped()};
}

// Through a connection of its own: what is looked at is the file, as any program finds it.
Result<StoreDescription> SqliteStore::describe(std::size_t most_problems) {
    StoreDescription description{.kind = "sqlite"};
    const auto say = [&](std::string name, std::string value) {
        description.settings.emplace_back(std::move(name), std::move(value));
    };
    say("file", path_);
    if (path_ == memory_path) return description;
    CIM_TRY_ASSIGN(auto connection, open_database(path_, {.mode = OpenOptions::Mode::read_only}));
    CIM_TRY_ASSIGN(const auto version, connection.number("PRAGMA user_version"));
    CIM_TRY_ASSIGN(const auto page_size, connection.number("PRAGMA page_size"));
    CIM_TRY_ASSIGN(const auto pages, connection.number("PRAGMA page_count"));
    say("format version", std::to_string(version));
    say("synchronous", options_.synchronous == Synchronous::full ? "full" : "normal");
    say("page size", std::to_string(page_size));
    say("bytes", std::to_string(page_size * pages));
    if (most_problems != 0) {
        CIM_TRY_ASSIGN(description.problems, check_sqlite_store(path_, most_problems));
    }
    return description;
}

Result<std::unique_ptr<EventStore>> open_memory(std::string path, const StoreOptions& options, Connection opened) {
    auto connection = std::make_unique<Connection>(std::move(opened));
    CIM_TRY_ASSIGN(auto reader, Reader::make(*connection));
    CIM_TRY_ASSIGN(auto writer, Writer::make(*connection));
    auto shared = std::make_shared<Shared>(std::move(connection), std::move(reader));
    return std::make_unique<SqliteStore>(std::move(path), options, std::move(shared), nullptr, std::move(writer));
}

} // namespace

Result<std::unique_ptr<EventStore>> open(const std::string& path, const StoreOptions& options) {
    CIM_TRY_ASSIGN(auto opened, open_database(path, options.open));
    if (path == memory_path) return open_memory(path, options, std::move(opened));

    const bool read_only = options.open.mode == OpenOptions::Mode::read_only;
    const auto access = read_only ? Access::read_only : Access::query;
    auto shared = std::make_shared<Shared>(path, access, options.open.busy_timeout);
    if (read_only) return std::make_unique<SqliteStore>(path, options, std::move(shared), nullptr, nullptr);
    CIM_TRY(configure_writer(opened, options.synchronous));
    auto connection = std::make_unique<Connection>(std::move(opened));
    CIM_TRY_ASSIGN(auto writer, Writer::make(*connection));
    return std::make_unique<SqliteStore>(path, options, std::move(shared), std::move(connection), std::move(writer));
}

} // namespace cim::sqlite
