#include "store/jetstream/jetstream_store.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"
#include "store/jetstream/appender.hpp"
#include "store/jetstream/documents.hpp"
#include "store/jetstream/feed.hpp"
#include "store/jetstream/listing.hpp"
#include "store/jetstream/page_reader.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace cim::jetstream {

namespace {

// Of nats-server 2.12, the first with atomic batches. Servers before 2.11 name none, and take conditions that they do
// not know without a word.
constexpr int needed_level = 2;

class JetStreamStore final : public EventStore {
  public:
    JetStreamStore(const std::shared_ptr<Session>& session, std::chrono::milliseconds patience)
        : session_(session),
          pages_(session),
          appender_(session, pages_, patience),
          listing_(session),
          documents_(session) {}

    Result<std::vector<AppendReceipt>> append_chained(std::span<const ChainedTransaction> transactions) override;
    Result<EventPage> read(const ReadQuery& query) override { return pages_.read(query); }
    Result<std::unique_ptr<EventFeed>> follow(GlobalSequence after) override;
    Result<ChainHead> head(const AggregateId& aggregate) override;
    Result<std::vector<AggregateInfo>> aggregates(const AggregateId& after, std::size_t limit) override {
        return listing_.aggregates(after, limit);
    }
    Result<StoreInfo> info() override;
    Result<StoreInfo> summary() override;
    Result<StoreDescription> describe(std::size_t most_problems) override;
    StoreLimits limits() const noexcept override {
        return {.append_events = session_->settings().max_batch, .parallel_reads = false};
    }
    DocumentStore& documents() noexcept override { return documents_; }

  private:
    const std::shared_ptr<Session> session_;
    PageReader pages_;
    Appender appender_;
    Listing listing_;
    Documents documents_;
};

Result<std::vector<AppendReceipt>> JetStreamStore::append_chained(std::span<const ChainedTransaction> transactions) {
    if (session_->read_only())
        return fail(Errc::store_read_only,
                    fmt::format("store '{}' was opened for reading only", session_->settings().shown()),
                    "open it for writing", {{"url", session_->settings().shown()}});
    if (transactions.empty()) return std::vector<AppendReceipt>();
    return appender_.append(transactions);
}

Result<std::unique_ptr<EventFeed>> JetStreamStore::follow(GlobalSequence after) {
    CIM_TRY_ASSIGN(auto reader, session_->reader({.filters = {}, .start = after.value() + 1}));
    return std::make_unique<Feed>(session_, std::move(reader), after);
}

Result<ChainHead> JetStreamStore::head(const AggregateId& aggregate) {
    CIM_TRY_ASSIGN(auto head, session_->head(aggregate));
    if (head.sequence > 0) appender_.remember(aggregate, head);
    return std::move(head.head);
}

Result<StoreInfo> JetStreamStore::info() {
    CIM_TRY_ASSIGN(auto info, summary());
    return listing_.count(std::move(info));
}

Result<StoreInfo> JetStreamStore::summary() {
    CIM_TRY_ASSIGN(auto info, listing_.size());
    info.url = session_->settings().shown();
    info.read_only = session_->read_only();
    return info;
}

Result<StoreDescription> JetStreamStore::describe(std::size_t most_problems) {
    const auto& settings = session_->settings();
    CIM_TRY_ASSIGN(const auto level, session_->api().level());
    CIM_TRY_ASSIGN(const auto info, session_->api().stream_info());
    if (!info) return fail(to_error({404, server_errors::stream_not_found, ""}, settings));
    StoreDescription description;
    description.kind = "jetstream";
    description.settings = to_settings(info->config);
    description.settings.emplace_back("created", info->created);
    description.settings.emplace_back("api_level", std::to_string(level));
    description.settings.emplace_back("max_batch", std::to_string(settings.max_batch));
    if (most_problems == 0) return description;
    if (level < needed_level)
        description.problems.push_back(
            fmt::format("api_level is {}, not {} or more: the server is too old", level, needed_level));
    for (auto& problem : differences(info->config, settings, true))
        description.problems.push_back(fmt::format("{} is {}, not {}", problem.name, problem.found, problem.wanted));
    if (description.problems.size() > most_problems) description.problems.resize(most_problems);
    return description;
}

Result<> check_level(Api& api) {
    CIM_TRY_ASSIGN(const auto level, api.level());
    if (level >= needed_level) return {};
    return fail(
        Errc::unsupported,
        fmt::format("the NATS server {} is too old to be written to: its JetStream API level is {}, and {} is needed",
                    api.settings().shown(), level, needed_level),
        "use nats-server 2.12 or newer (2.14.4 or newer is advised); older ones ignore the conditions that keep "
        "writers apart",
        {{"level", std::to_string(level)}, {"needed", std::to_string(needed_level)}});
}

Result<> open_stream(Api& api, OpenOptions::Mode mode) {
    const bool for_writing = mode != OpenOptions::Mode::read_only;
    if (for_writing) CIM_TRY(check_level(api));
    CIM_TRY_ASSIGN(auto found, api.stream_info());
    if (!found && mode != OpenOptions::Mode::read_write_create)
        return fail(Errc::not_found,
                    fmt::format("there is no stream '{}' at {}", api.settings().stream, api.settings().shown()),
                    "open it for writing to make it", {{"stream", api.settings().stream}});
    if (!found) {
        // What comes back is what the server made of it: an old one leaves out what it does not know.
        CIM_TRY_ASSIGN(found, api.create_stream(wanted_config(api.settings())));
    }
    return check_config(found->config, api.settings(), for_writing);
}

} // namespace

Result<std::unique_ptr<EventStore>> open(std::string_view url, const OpenOptions& options) {
    CIM_TRY_ASSIGN(auto settings,
                   parse_nats_url(url, [](const char* name) -> const char* { return std::getenv(name); }));
    CIM_TRY_ASSIGN(auto connection, Connection::open(settings));
    auto api = std::make_shared<Api>(std::move(connection), settings);
    CIM_TRY(open_stream(*api, options.mode));
    const auto session = std::make_shared<Session>(std::move(api), options.mode == OpenOptions::Mode::read_only);
    const auto patience = std::max<std::chrono::milliseconds>(options.busy_timeout, settings.timeout);
    return std::make_unique<JetStreamStore>(session, patience);
}

} // namespace cim::jetstream
