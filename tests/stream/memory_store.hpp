// An EventStore in memory for tests of what stands on stores: it does as it is told, and also what no store should do.
// Rows can be lost, damaged or relabelled, heads can be claimed that are not there, and hooks run inside its calls, so
// that a test can append, or let time pass, exactly between two of them.
#pragma once

#include <cim/event_store.hpp>

#include "store/memory_documents.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace cim::test {

class MemoryStore final : public EventStore {
  public:
    struct Row {
        Bytes block;
        Cid cid;
        Timestamp timestamp;
        std::string type;
        std::string aggregate;
        std::uint64_t aggregate_sequence;
        std::uint64_t sequence;
        std::string transaction;
        std::uint32_t index;
        std::uint32_t size;
    };

    using EventStore::append;
    Result<std::vector<AppendReceipt>> append_chained(std::span<const ChainedTransaction> transactions) override;
    Result<EventPage> read(const ReadQuery& query) override;
    Result<std::unique_ptr<EventFeed>> follow(GlobalSequence after) override;
    Result<ChainHead> head(const AggregateId& aggregate) override;
    Result<std::vector<AggregateInfo>> aggregates(const AggregateId& after, std::size_t limit) override;
    Result<StoreInfo> info() override;
    DocumentStore& documents() noexcept override { return kept_documents; }

    // Faults, by the aggregate sequence of an event; it must be there.
    void lose(const std::string& aggregate, std::uint64_t sequence);
    void change(const std::string& aggregate, std::uint64_t sequence, const std::function<void(Row&)>& change);
    /// Also what head() says from now on.
    void cut_off_after(const std::string& aggregate, std::uint64_t sequence);
    void forget_everything();
    /// The next append must continue this; rows stay as they are.
    void claim_head(const std::string& aggregate, const ChainHead& head);

    // Run inside a call before anything is looked at, without a lock: they may use the store.
    std::function<void()> on_read;
    std::function<void()> on_head;
    std::function<void()> on_follow;

    MemoryDocuments kept_documents;
    std::size_t most_in_page = ReadQuery::max_page; ///< Smaller than what is asked for: pages are the store's to size.
    std::size_t reads = 0;                          ///< Calls of read().
    std::string url = "memory:";

  private:
    friend class MemoryFeed;
    [[nodiscard]] Result<EventPage> read_locked(const ReadQuery& query) const;
    [[nodiscard]] std::size_t find(const std::string& aggregate, std::uint64_t sequence) const;

    std::mutex mutex_; // guards all that follows
    std::condition_variable grew_;
    std::vector<Row> rows_; // in log order
    std::map<std::string, ChainHead> heads_;
    std::uint64_t last_ = 0;
    std::uint64_t transactions_ = 0;
};

} // namespace cim::test
