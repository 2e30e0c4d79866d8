#include "stream/memory_store.hpp"

#include "base/try.hpp"
#include "event/event_page_builder.hpp"

#include <algorithm>
#include <stdexcept>

namespace cim::test {

namespace {

bool wanted(const MemoryStore::Row& row, const ReadQuery& query) {
    const auto position = query.aggregate ? row.aggregate_sequence : row.sequence;
    if (query.aggregate && row.aggregate != query.aggregate->str()) return false;
    if (position <= query.after || position > query.upto) return false;
    if (query.from && row.timestamp < *query.from) return false;
    if (query.until && row.timestamp >= *query.until) return false;
    return query.types.empty() || std::ranges::find(query.types, EventType(row.type)) != query.types.end();
}

Result<> add_to(detail::EventPageBuilder& page, const MemoryStore::Row& row) {
    return page.add({.block = row.block,
                     .cid = row.cid,
                     .sequence = GlobalSequence(row.sequence),
                     .aggregate_sequence = AggregateSequence(row.aggregate_sequence),
                     .aggregate_id = row.aggregate,
                     .transaction_id = row.transaction,
                     .transaction_index = row.index,
                     .transaction_size = row.size});
}

} // namespace

class MemoryFeed final : public EventFeed {
  public:
    MemoryFeed(MemoryStore& store, GlobalSequence after) : store_(&store), position_(after) {}

    Result<std::vector<DomainEvent>> next(std::size_t max_events, std::chrono::milliseconds timeout) override {
        std::unique_lock lock(store_->mutex_);
        store_->grew_.wait_for(lock, timeout, [this] { return closed_ || store_->last_ > position_.value(); });
        if (closed_) return fail(Errc::closed, "the feed was closed");
        detail::EventPageBuilder page;
        auto whole = position_; // the end of the last transaction in the page
        for (const auto& row : store_->rows_) {
            if (row.sequence <= position_.value()) continue;
            if (row.index == 0 && page.size() != 0 && page.size() + row.size > max_events) break;
            CIM_TRY(add_to(page, row));
            whole = GlobalSequence(row.sequence);
        }
        position_ = whole;
        return page.finish();
    }
    [[nodiscard]] GlobalSequence position() const noexcept override { return position_; }
    void close() noexcept override {
        const std::scoped_lock lock(store_->mutex_);
        closed_ = true;
        store_->grew_.notify_all();
    }

  private:
    MemoryStore* store_;
    GlobalSequence position_;
    bool closed_ = false;
};

Result<std::vector<AppendReceipt>> MemoryStore::append_chained(std::span<const ChainedTransaction> transactions) {
    const std::scoped_lock lock(mutex_);
    std::vector<AppendReceipt> receipts;
    for (const auto& transaction : transactions) {
        auto& head = heads_[transaction.aggregate_id().str()];
        if (head != transaction.start())
            return fail(Conflict{transaction.aggregate_id(), transaction.start(), head}.to_error());
        AppendReceipt receipt{transaction.head(), GlobalSequence(last_ + 1), {}};
        std::uint32_t index = 0;
        for (const auto& event : transaction.events()) {
            rows_.push_back({Bytes(event.block.begin(), event.block.end()), event.cid, event.timestamp,
                             std::string(event.event_type), transaction.aggregate_id().str(),
                             transaction.start().sequence.value() + index + 1, ++last_, transaction.id().str(), index,
                             static_cast<std::uint32_t>(transaction.events().size())});
            ++index;
        }
        receipt.last = GlobalSequence(last_);
        head = transaction.head();
        ++transactions_;
        receipts.push_back(receipt);
    }
    grew_.notify_all();
    return receipts;
}

Result<EventPage> MemoryStore::read(const ReadQuery& query) {
    if (on_read) on_read();
    const std::scoped_lock lock(mutex_);
    ++reads;
    if (query.aggregate && !heads_.contains(query.aggregate->str())) return fail(Errc::not_found, "no such aggregate");
    return read_locked(query);
}

Result<EventPage> MemoryStore::read_locked(const ReadQuery& query) const {
    detail::EventPageBuilder page;
    EventPage result;
    const auto limit = std::min(query.limit, most_in_page);
    const bool backwards = query.direction == Direction::backwards;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const auto& row = rows_[backwards ? rows_.size() - 1 - i : i];
        if (!wanted(row, query)) continue;
        if (page.size() == limit) {
            const auto position = query.aggregate ? row.aggregate_sequence : row.sequence;
            result.next = query;
            if (backwards)
                result.next->upto = position;
            else
                result.next->after = position - 1;
            break;
        }
        CIM_TRY(add_to(page, row));
    }
    result.events = page.finish();
    return result;
}

Result<std::unique_ptr<EventFeed>> MemoryStore::follow(GlobalSequence after) {
    if (on_follow) on_follow();
    return std::make_unique<MemoryFeed>(*this, after);
}

Result<ChainHead> MemoryStore::head(const AggregateId& aggregate) {
    if (on_head) on_head();
    const std::scoped_lock lock(mutex_);
    const auto found = heads_.find(aggregate.str());
    return found == heads_.end() ? ChainHead{} : found->second;
}

Result<std::vector<AggregateInfo>> MemoryStore::aggregates(const AggregateId& after, std::size_t limit) {
    const std::scoped_lock lock(mutex_);
    std::vector<AggregateInfo> infos;
    for (auto at = heads_.upper_bound(after.str()); at != heads_.end() && infos.size() < limit; ++at)
        infos.push_back({AggregateId(at->first), at->second, {}, {}, {}});
    return infos;
}

Result<StoreInfo> MemoryStore::info() {
    const std::scoped_lock lock(mutex_);
    return StoreInfo{url, rows_.size(), transactions_, heads_.size(), GlobalSequence(last_), false};
}

std::size_t MemoryStore::find(const std::string& aggregate, std::uint64_t sequence) const {
    const auto found = std::ranges::find_if(
        rows_, [&](const Row& row) { return row.aggregate == aggregate && row.aggregate_sequence == sequence; });
    if (found == rows_.end()) throw std::logic_error("the test wants to damage an event that is not there");
    return static_cast<std::size_t>(found - rows_.begin());
}

void MemoryStore::lose(const std::string& aggregate, std::uint64_t sequence) {
    const std::scoped_lock lock(mutex_);
    rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(find(aggregate, sequence)));
}

void MemoryStore::change(const std::string& aggregate, std::uint64_t sequence,
                         const std::function<void(Row&)>& change) {
    const std::scoped_lock lock(mutex_);
    change(rows_[find(aggregate, sequence)]);
}

void MemoryStore::cut_off_after(const std::string& aggregate, std::uint64_t sequence) {
    const std::scoped_lock lock(mutex_);
    heads_[aggregate] =
        sequence == 0 ? ChainHead{} : ChainHead{AggregateSequence(sequence), rows_[find(aggregate, sequence)].cid};
    std::erase_if(rows_,
                  [&](const Row& row) { return row.aggregate == aggregate && row.aggregate_sequence > sequence; });
}

void MemoryStore::claim_head(const std::string& aggregate, const ChainHead& head) {
    const std::scoped_lock lock(mutex_);
    heads_[aggregate] = head;
}

void MemoryStore::forget_everything() {
    const std::scoped_lock lock(mutex_);
    rows_.clear();
    heads_.clear();
    last_ = 0;
    transactions_ = 0;
}

} // namespace cim::test
