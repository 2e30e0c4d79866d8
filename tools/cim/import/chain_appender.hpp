// Builds one aggregate's chain and appends it, many whole transactions at a time, while the next are being built.
#pragma once

#include <cim/event_store.hpp>
#include <cim/transaction.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <vector>

namespace cim::importer {

/// Not for use by several threads at once. The store must outlive it. The destructor waits for an append that runs and
/// drops what was not yet given to the store.
class ChainAppender {
  public:
    /// `acknowledged` is called, from the thread that calls add() or finish(), with how many events and transactions
    /// the store has taken in all.
    using Acknowledged = std::function<void(std::uint64_t events, std::uint64_t transactions)>;
    ChainAppender(EventStore& store, AggregateId aggregate, ChainHead start, const Clock& clock,
                  Acknowledged acknowledged);
    ~ChainAppender();
    ChainAppender(const ChainAppender&) = delete;
    ChainAppender& operator=(const ChainAppender&) = delete;

    /// Chains the transaction and hands a full batch over. Errors: what ChainBuilder::build and append_chained report;
    /// after one, finish() tells what was taken.
    [[nodiscard]] Result<> add(const Transaction& transaction);
    /// Appends what is left and waits for it.
    [[nodiscard]] Result<> finish();

    [[nodiscard]] std::uint64_t events() const noexcept { return events_; }             ///< Acknowledged.
    [[nodiscard]] std::uint64_t transactions() const noexcept { return transactions_; } ///< Acknowledged.
    [[nodiscard]] const ChainHead& head() const noexcept { return head_; }              ///< Acknowledged.

  private:
    struct Batch {
        std::vector<ChainedTransaction> transactions;
        std::size_t events = 0;
        std::size_t bytes = 0;
    };
    struct Receipt {
        Result<> result;
        std::size_t events;
        std::size_t transactions;
        ChainHead head;
    };
    Result<> send();
    Result<> receive();

    EventStore* store_;
    ChainBuilder builder_;
    Acknowledged acknowledged_;
    Batch batch_;
    std::future<Receipt> running_;
    std::uint64_t events_ = 0;
    std::uint64_t transactions_ = 0;
    ChainHead head_;
};

} // namespace cim::importer
