// An EventStore in front of another, whose reads and feeds fail when a test says so. What passes through is unchanged.
#pragma once

#include <cim/event_store.hpp>

#include <atomic>
#include <memory>

namespace cim::test {

class FlakyStore final : public EventStore {
  public:
    explicit FlakyStore(EventStore& behind) : behind_(behind) {}

    /// From now on everything that reads fails, open feeds too; appends go on.
    void go_down() { down_ = true; }
    void come_back() { down_ = false; }
    std::atomic<int> refused{0}; ///< Calls that failed.

    Result<std::vector<AppendReceipt>> append_chained(std::span<const ChainedTransaction> transactions) override {
        return behind_.append_chained(transactions);
    }
    Result<EventPage> read(const ReadQuery& query) override {
        if (down_) return refuse();
        return behind_.read(query);
    }
    Result<std::unique_ptr<EventFeed>> follow(GlobalSequence after) override {
        if (down_) return refuse();
        auto feed = behind_.follow(after);
        if (!feed) return feed;
        return std::make_unique<Feed>(*this, *std::move(feed));
    }
    Result<ChainHead> head(const AggregateId& aggregate) override { return behind_.head(aggregate); }
    Result<std::vector<AggregateInfo>> aggregates(const AggregateId& after, std::size_t limit) override {
        return behind_.aggregates(after, limit);
    }
    Result<StoreInfo> info() override {
        if (down_) return refuse();
        return behind_.info();
    }
    DocumentStore& documents() noexcept override { return behind_.documents(); }

  private:
    class Feed final : public EventFeed {
      public:
        Feed(FlakyStore& store, std::unique_ptr<EventFeed> feed) : store_(store), feed_(std::move(feed)) {}
        Result<std::vector<DomainEvent>> next(std::size_t max_events, std::chrono::milliseconds timeout) override {
            if (store_.down_) return store_.refuse();
            auto events = feed_->next(max_events, std::min(timeout, std::chrono::milliseconds(5)));
            if (store_.down_) return store_.refuse(); // what was on its way is lost with the connection
            return events;
        }
        [[nodiscard]] GlobalSequence position() const noexcept override { return feed_->position(); }
        void close() noexcept override { feed_->close(); }

      private:
        FlakyStore& store_;
        std::unique_ptr<EventFeed> feed_;
    };

    std::unexpected<Error> refuse() {
        ++refused;
        return fail(Errc::store_unavailable, "the store is down");
    }

    EventStore& behind_;
    std::atomic<bool> down_{false};
};

} // namespace cim::test
