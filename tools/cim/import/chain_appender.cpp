#include "chain_appender.hpp"

#include "base/try.hpp"

#include <utility>

namespace cim::importer {
namespace {

// Enough that the store's cost for each append does not count, little enough to lose nothing by an interruption.
constexpr std::size_t batch_events = 4000;
constexpr std::size_t batch_bytes = 2u << 20;

} // namespace

ChainAppender::ChainAppender(EventStore& store, AggregateId aggregate, ChainHead start, const Clock& clock,
                             Acknowledged acknowledged)
    : store_(&store),
      builder_(std::move(aggregate), start, clock),
      acknowledged_(std::move(acknowledged)),
      head_(std::move(start)) {}

ChainAppender::~ChainAppender() = default;

Result<> ChainAppender::add(const Transaction& transaction) {
    CIM_TRY_ASSIGN(auto chained, builder_.build(transaction));
    if (batch_.events + chained.events().size() > store_->limits().append_events) CIM_TRY(send());
    batch_.events += chained.events().size();
    for (const auto& event : chained.events()) batch_.bytes += event.block.size();
    batch_.transactions.push_back(std::move(chained));
    if (batch_.events < batch_events && batch_.bytes < batch_bytes) return {};
    return send();
}

Result<> ChainAppender::finish() {
    CIM_TRY(send());
    return receive();
}

/// Starts the append of the batch, once the one before it is done: the order of the chain is the order of the appends.
Result<> ChainAppender::send() {
    CIM_TRY(receive());
    if (batch_.transactions.empty()) return {};
    running_ = std::async(std::launch::async, [store = store_, batch = std::exchange(batch_, {})] {
        auto appended = store->append_chained(batch.transactions);
        Receipt receipt{{}, batch.events, batch.transactions.size(), batch.transactions.back().head()};
        if (!appended) receipt.result = fail(std::move(appended).error());
        return receipt;
    });
    return {};
}

Result<> ChainAppender::receive() {
    if (!running_.valid()) return {};
    Receipt receipt = running_.get();
    CIM_TRY(std::move(receipt.result));
    events_ += receipt.events;
    transactions_ += receipt.transactions;
    head_ = std::move(receipt.head);
    if (acknowledged_) acknowledged_(events_, transactions_);
    return {};
}

} // namespace cim::importer
