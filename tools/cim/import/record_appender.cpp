#include "record_appender.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"
#include "event/transaction_rules.hpp"

#include <fmt/format.h>

#include <utility>

namespace cim::importer {
namespace {

constexpr std::size_t batch_events = 4000;
constexpr std::size_t batch_bytes = 2u << 20;

// Neither part has a line feed in it.
std::string joined(const AggregateId& aggregate, const TransactionId& id) { return aggregate.str() + '\n' + id.str(); }

} // namespace

RecordAppender::RecordAppender(EventStore& store, const ImportControl& control) : store_(store), control_(control) {}

Result<> RecordAppender::add(ImportRecord record, std::size_t size) {
    CIM_TRY(check_token(record.aggregate.str(), "aggregate id"));
    CIM_TRY(check_token(record.event_type, "event type"));
    CIM_TRY(detail::check_labels(record.transaction_id, record.trace));

    const bool goes_on = open_ && !record.transaction_id.empty() && open_->id == record.transaction_id &&
                         open_->aggregate_id == record.aggregate;
    if (!goes_on) {
        CIM_TRY(close_open());
        if (!record.transaction_id.empty() && closed_.contains(joined(record.aggregate, record.transaction_id))) {
            return fail(Errc::invalid_input,
                        fmt::format("transaction '{}' of '{}' goes on here, after other events came between",
                                    record.transaction_id.str(), record.aggregate.str()),
                        "put the events of a transaction next to each other, or give the later ones another id",
                        {{"transaction", record.transaction_id.str()}});
        }
        name_aggregate(record.aggregate);
        open_.emplace(record.aggregate, record.transaction_id);
        open_->trace = std::move(record.trace);
    }
    open_->add(record.event_type, std::move(record.payload), record.timestamp);
    batch_bytes_ += size;
    return {};
}

Result<> RecordAppender::finish() {
    CIM_TRY(close_open());
    CIM_TRY(send());
    if (report_.aggregate_count == 1) {
        CIM_TRY_ASSIGN(auto head, store_.head(report_.aggregates.front()));
        report_.head = std::move(head.cid);
    }
    return {};
}

Result<> RecordAppender::abandon() {
    if (open_ && !open_->id.empty()) open_.reset();
    return finish();
}

Result<> RecordAppender::close_open() {
    if (!open_) return {};
    Transaction transaction = *std::exchange(open_, std::nullopt);
    if (!transaction.id.empty()) {
        closed_.insert(joined(transaction.aggregate_id, transaction.id));
        CIM_TRY_ASSIGN(const auto* ids, stored_ids(transaction.aggregate_id));
        if (const auto found = ids->find(transaction.id.str()); found != ids->end()) {
            if (found->second == transaction.events.size()) {
                skip(transaction.events.size());
                return {};
            }
            return fail(Errc::conflict,
                        fmt::format("transaction '{}' of '{}' has {} events here and {} in the store",
                                    transaction.id.str(), transaction.aggregate_id.str(), transaction.events.size(),
                                    found->second),
                        "a transaction that is stored does not change; give these events another transaction id",
                        {{"aggregate", transaction.aggregate_id.str()}, {"transaction", transaction.id.str()}});
        }
    }
    if (batch_events_ + transaction.events.size() > store_.limits().append_events) CIM_TRY(send());
    batch_events_ += transaction.events.size();
    batch_.push_back({std::move(transaction), ExpectedHead::any()});
    return batch_events_ < batch_events && batch_bytes_ < batch_bytes ? Result<>() : send();
}

Result<> RecordAppender::send() {
    batch_bytes_ = 0;
    const auto events = std::exchange(batch_events_, 0);
    const auto requests = std::exchange(batch_, {});
    if (requests.empty()) return {};
    CIM_TRY(store_.append(requests, *control_.clock));
    report_.events += events;
    report_.transactions += requests.size();
    if (control_.progress) control_.progress({report_.events, report_.transactions, std::nullopt});
    return {};
}

/// Which transactions an aggregate had before this import; read once, when the first named one comes.
Result<const RecordAppender::Ids*> RecordAppender::stored_ids(const AggregateId& aggregate) {
    const auto [place, is_new] = stored_.try_emplace(aggregate.str());
    if (!is_new) return &place->second;
    CIM_TRY_ASSIGN(const auto head, store_.head(aggregate));
    if (head.sequence.value() == 0) return &place->second;
    auto query = ReadQuery::of(aggregate);
    query.upto = head.sequence.value();
    query.limit = 10'000;
    for (std::optional<ReadQuery> next = query; next;) {
        CIM_TRY_ASSIGN(auto page, store_.read(*next));
        for (const auto& event : page.events) {
            if (event.transaction_index() == 0) {
                place->second.emplace(event.transaction_id(), event.transaction_size());
            }
        }
        next = std::move(page.next);
    }
    return &place->second;
}

void RecordAppender::name_aggregate(const AggregateId& aggregate) {
    if (!aggregates_.insert(aggregate.str()).second) return;
    ++report_.aggregate_count;
    if (report_.aggregates.size() < ImportReport::max_named_aggregates) report_.aggregates.push_back(aggregate);
}

} // namespace cim::importer
