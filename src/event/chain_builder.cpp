#include <cim/transaction.hpp>

#include "base/printable.hpp"
#include "base/try.hpp"
#include "event/block_layout.hpp"
#include "event/transaction_rules.hpp"
#include "ipld/quick_check.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace cim {

namespace {

// Where an event's block and the text of its type stand while the buffer may still move.
struct Place {
    std::size_t block;
    std::size_t event_type;
};

Result<> check_block_size(std::size_t size) {
    if (size <= EventBlock::max_size) return {};
    return fail(Errc::limit_exceeded,
                fmt::format("an event block of {} bytes, the limit is {}", size, EventBlock::max_size),
                "keep large data elsewhere and put a link to it into the payload",
                {{"name", "block"}, {"limit", std::to_string(EventBlock::max_size)}, {"needed", std::to_string(size)}});
}

// Appends one block to `out`, which is spoilt after an error.
Result<Place> append_block(const Transaction::NewEvent& event, std::string_view aggregate_id, Timestamp now,
                           const Cid* previous, Bytes& out) {
    CIM_TRY(check_token(event.type.str(), "event type"));
    const auto start = out.size();
    detail::append_block_head(out);
    const auto payload_at = out.size();
    CIM_TRY(ipld::encode_to(event.payload, out));
    // What can be encoded may still be nested deeper than what parse() takes back.
    const auto payload = ByteView(out).subspan(payload_at);
    if (ipld::end_of_valid_item(payload, detail::payload_options.max_depth) == nullptr)
        CIM_TRY(ipld::validate(payload, detail::payload_options));
    const auto event_type_at = detail::append_block_tail({.timestamp = event.timestamp.value_or(now),
                                                          .event_type = event.type.str(),
                                                          .aggregate_id = aggregate_id,
                                                          .previous_cid = previous},
                                                         out);
    CIM_TRY(check_block_size(out.size() - start));
    return Place{start, event_type_at};
}

} // namespace

ChainBuilder::ChainBuilder(AggregateId aggregate, ChainHead start, const Clock& clock)
    : aggregate_id_(std::move(aggregate)), head_(std::move(start)), clock_(&clock) {}

Result<ChainedTransaction> ChainBuilder::build(const Transaction& transaction) {
    CIM_TRY(check_token(aggregate_id_.str(), "aggregate id"));
    if (transaction.aggregate_id != aggregate_id_)
        return fail(Errc::invalid_argument,
                    fmt::format("a transaction of aggregate '{}' for the chain of '{}'",
                                printable(transaction.aggregate_id.str()), aggregate_id_.str()),
                    {}, {{"name", "aggregate_id"}, {"value", printable(transaction.aggregate_id.str())}});
    CIM_TRY(detail::check_event_count(transaction.events.size()));
    CIM_TRY(detail::check_start(head_));
    CIM_TRY(detail::check_labels(transaction.id, transaction.trace));

    const auto now = clock_->now();
    ChainedTransaction chained;
    std::vector<Place> places;
    places.reserve(transaction.events.size());
    chained.events_.reserve(transaction.events.size());
    const Cid* previous = head_.cid ? &*head_.cid : nullptr;
    for (const auto& event : transaction.events) {
        auto place = append_block(event, aggregate_id_.str(), now, previous, chained.blocks_);
        if (!place) return fail(std::move(place).error().with("index", std::to_string(places.size())));
        auto cid = Cid::of_dag_cbor(ByteView(chained.blocks_).subspan(place->block));
        chained.events_.push_back({{}, std::move(cid), event.timestamp.value_or(now), {}});
        previous = &chained.events_.back().cid;
        places.push_back(*place);
    }

    const ByteView bytes(chained.blocks_);
    for (std::size_t i = 0; i < places.size(); ++i) {
        const auto end = i + 1 < places.size() ? places[i + 1].block : bytes.size();
        const auto type_size = transaction.events[i].type.str().size();
        chained.events_[i].block = bytes.subspan(places[i].block, end - places[i].block);
        chained.events_[i].event_type = as_text(bytes.subspan(places[i].event_type, type_size));
    }
    chained.aggregate_id_ = aggregate_id_;
    chained.id_ = transaction.id.empty() ? TransactionId(chained.events_.front().cid.to_string()) : transaction.id;
    chained.trace_ = transaction.trace;
    chained.start_ = head_;
    head_ = chained.head();
    return chained;
}

} // namespace cim
