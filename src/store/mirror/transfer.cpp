#include "store/mirror/transfer.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

namespace cim::mirror {

namespace {

constexpr std::size_t most_bytes = std::size_t{8} << 20; // of blocks in one append, unless a transaction alone has more

Error incomplete(const DomainEvent& event, std::uint64_t have) {
    return {Errc::incomplete_transaction,
            fmt::format("transaction '{}' of aggregate '{}' has {} of its {} events in the source",
                        printable(event.transaction_id()), printable(event.aggregate_id()), have,
                        event.transaction_size()),
            "events were lost from the source: restore it, or copy from where it is whole",
            {{"aggregate", std::string(event.aggregate_id())},
             {"transaction", std::string(event.transaction_id())},
             {"have", std::to_string(have)},
             {"size", std::to_string(event.transaction_size())}}};
}

// What the source says of the place before a transaction; whether the target agrees is the target's to say.
ChainHead start_of(const DomainEvent& first) {
    const auto sequence = first.aggregate_sequence().value();
    return {AggregateSequence(sequence == 0 ? 0 : sequence - 1), first.previous_cid()};
}

} // namespace

Result<> Transfer::add(std::span<const DomainEvent> events) {
    for (const auto& event : events) {
        auto added = check_follows(event);
        if (added) open_.push_back(event);
        if (added && event.ends_transaction()) added = close_transaction();
        if (added) continue;
        (void)flush(); // what came before is good, and the error that counts is the first
        return added;
    }
    return {};
}

Result<> Transfer::check_follows(const DomainEvent& event) const {
    if (event.transaction_index() != open_.size())
        return open_.empty() ? fail(incomplete(event, event.transaction_size() - event.transaction_index()))
                             : fail(incomplete(open_.back(), open_.size()));
    if (!open_.empty() && (event.aggregate_id() != open_.back().aggregate_id() ||
                           event.transaction_id() != open_.back().transaction_id()))
        return fail(incomplete(open_.back(), open_.size()));
    return {};
}

Result<> Transfer::close_transaction() {
    std::size_t bytes = 0;
    std::vector<ChainedTransaction::ForeignBlock> blocks;
    blocks.reserve(open_.size());
    for (const auto& event : open_) {
        blocks.push_back({event.block(), event.cid()});
        bytes += event.block().size();
    }
    const auto& first = open_.front();
    TraceContext trace{std::string(first.correlation_id()), std::string(first.causation_id()),
                       std::string(first.traceparent())};
    CIM_TRY_ASSIGN(auto chained, ChainedTransaction::from_blocks(start_of(first), TransactionId(first.transaction_id()),
                                                                 std::move(trace), blocks));
    if (!batch_.empty() && (batch_size_ + open_.size() > batch_events_ || batch_bytes_ + bytes > most_bytes))
        CIM_TRY(flush());
    batch_.push_back(std::move(chained));
    batch_size_ += open_.size();
    batch_bytes_ += bytes;
    batch_end_ = {open_.back().sequence(), open_.back().cid()};
    open_.clear();
    return {};
}

Result<> Transfer::flush() {
    if (batch_.empty()) return {};
    const auto receipts = target_.append_chained(batch_);
    if (!receipts) {
        const auto conflict = Conflict::from(receipts.error());
        return fail(conflict ? diverged(*conflict) : receipts.error());
    }
    for (std::size_t i = 0; i < batch_.size(); ++i)
        if ((*receipts)[i].already_present) progress_.already_present += batch_[i].events().size();
    progress_.events += batch_size_;
    progress_.transactions += batch_.size();
    progress_.position = batch_end_;
    batch_.clear();
    batch_size_ = 0;
    batch_bytes_ = 0;
    return {};
}

Result<> Transfer::finish() {
    if (!open_.empty()) return fail(incomplete(open_.back(), open_.size()));
    return flush();
}

// The target has events where ours should go, or lacks those before them: which is the first that differs?
Error Transfer::diverged(const Conflict& conflict) const {
    const auto report = [&](AggregateSequence sequence, const std::string& expected, const std::string& actual) {
        return Error(
            Errc::history_rewritten,
            fmt::format("aggregate '{}' has another history in the target: event {} is {} in the source and {} there",
                        printable(conflict.aggregate.str()), sequence.value(), expected, actual),
            "copy into an empty store, or find out who appended to the target",
            {{"aggregate", conflict.aggregate.str()},
             {"sequence", std::to_string(sequence.value())},
             {"expected", expected},
             {"actual", actual}});
    };
    const auto text = [](const std::optional<Cid>& cid) { return cid ? cid->to_string() : std::string("none"); };
    for (const auto& transaction : batch_) {
        if (transaction.aggregate_id() != conflict.aggregate) continue;
        auto there = target_.read(ReadQuery::of(conflict.aggregate, transaction.start().sequence));
        if (!there) continue;
        for (std::size_t i = 0; i < transaction.events().size(); ++i) {
            const auto sequence = AggregateSequence(transaction.start().sequence.value() + i + 1);
            const auto& ours = transaction.events()[i].cid;
            if (i >= there->events.size()) break;
            if (there->events[i].cid() != ours)
                return report(sequence, ours.to_string(), there->events[i].cid().to_string());
        }
    }
    return report(conflict.expected.sequence, text(conflict.expected.cid),
                  conflict.actual.sequence < conflict.expected.sequence ? std::string("none")
                                                                        : text(conflict.actual.cid));
}

} // namespace cim::mirror
