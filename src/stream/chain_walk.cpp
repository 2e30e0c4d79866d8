#include "stream/chain_walk.hpp"

#include <cim/chain.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"
#include "stream/chain_faults.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace cim::stream {

namespace {

Error wrong_point(const DomainEvent& event, const KnownPoint& point) {
    auto error = ChainBroken{AggregateId(event.aggregate_id()), point.sequence, point.cid, event.cid()}.to_error();
    error.message = fmt::format("event {} of aggregate '{}' is {}, but {} is known to be there", point.sequence.value(),
                                printable(event.aggregate_id()), event.cid().to_string(), point.cid.to_string());
    error.advice = "the log was replaced by another, or the head that was kept belongs to another log";
    return error;
}

Error wrong_link(const DomainEvent& event, const KnownPoint& point) {
    return ChainBroken{AggregateId(event.aggregate_id()), event.aggregate_sequence(), point.cid, event.previous_cid()}
        .to_error();
}

} // namespace

Result<> ChainWalk::step(const DomainEvent& event) {
    const bool follows = last_.sequence != 0 && event.aggregate_sequence().value() == last_.sequence + 1;
    CIM_TRY(check_transaction(event, follows));
    if (!known_.empty()) CIM_TRY(check_known(event, follows));

    const bool same_transaction = follows && !last_.ends_transaction();
    last_.sequence = event.aggregate_sequence().value();
    last_.index = event.transaction_index();
    last_.size = event.transaction_size();
    if (!last_.ends_transaction() && !same_transaction) last_.transaction = event.transaction_id();
    return {};
}

// A transaction's events stand next to one another in the chain, numbered from 0. The walk may start inside one; from
// there on all must be there.
Result<> ChainWalk::check_transaction(const DomainEvent& event, bool follows) const {
    const auto index = event.transaction_index();
    const auto size = event.transaction_size();
    const auto incomplete = [&](std::string_view transaction, std::uint64_t have, std::uint64_t of) {
        return fail(incomplete_transaction(event.aggregate_id(), transaction, have, of));
    };
    if (index >= size) return incomplete(event.transaction_id(), 0, size);

    const bool starts = last_.sequence == 0 || (!follows && gaps_ == Gaps::accept);
    if (starts) {
        // Nothing can come before the first event of a chain.
        if (event.aggregate_sequence().value() == 1 && index != 0)
            return incomplete(event.transaction_id(), size - index, size);
        return {};
    }
    if (last_.ends_transaction()) {
        if (index != 0) return incomplete(event.transaction_id(), size - index, size);
        return {};
    }
    if (event.transaction_id() != last_.transaction || size != last_.size)
        return incomplete(last_.transaction, last_.index + 1, last_.size);
    if (index != last_.index + 1 || !follows)
        return incomplete(last_.transaction, index > last_.index ? size - (index - last_.index - 1) : last_.index + 1,
                          size);
    return {};
}

Result<> ChainWalk::check_known(const DomainEvent& event, bool follows) {
    const auto sequence = event.aggregate_sequence().value();
    while (next_known_ < known_.size() && known_[next_known_].sequence.value() + 1 < sequence) ++next_known_;
    for (std::size_t i = next_known_; i < known_.size() && known_[i].sequence.value() <= sequence; ++i) {
        const KnownPoint& point = known_[i];
        if (point.sequence.value() == sequence) {
            if (point.cid != event.cid()) return fail(wrong_point(event, point));
            confirmed_.push_back(point);
        } else if (!follows && point.sequence.value() + 1 == sequence) {
            if (event.previous_cid() != point.cid) return fail(wrong_link(event, point));
            confirmed_.push_back(point);
        }
    }
    return {};
}

} // namespace cim::stream
