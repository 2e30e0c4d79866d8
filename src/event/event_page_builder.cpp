#include "event/event_page_builder.hpp"

#include <cim/chain.hpp>

#include "event/block_reader.hpp"
#include "event/event_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <string>
#include <type_traits>

namespace cim::detail {

namespace {

// Small first, because a live feed mostly gives out one event at a time; then quickly so large that malloc maps the
// chunk and, once the first such chunk is freed, keeps memory of that size for the next page. Chunks that it gives back
// to the system each time would cost more in page faults than all the parsing.
constexpr std::size_t first_chunk = 4 * 1024;
constexpr std::size_t chunk_growth = 16;
constexpr std::size_t largest_chunk = 1024 * 1024;
constexpr std::size_t first_records = 8;
constexpr std::size_t most_records = 4096;

} // namespace

// What a page owns. Nothing that was handed out moves, so views and pointers stay good until the slab dies.
class EventSlab {
  public:
    ByteView keep(ByteView bytes) {
        if (bytes.empty()) return {};
        std::byte* copy = take(bytes.size());
        std::memcpy(copy, bytes.data(), bytes.size());
        return {copy, bytes.size()};
    }

    std::string_view keep(std::string_view text) { return as_text(keep(as_bytes(text))); }

    // The texts of a transaction; the same object again while they are those of the event before.
    const TransactionText* keep(const TransactionText& text) {
        if (transaction_ != nullptr && *transaction_ == text) return transaction_;
        static_assert(std::is_trivially_destructible_v<TransactionText>);
        constexpr std::size_t alignment = alignof(TransactionText);
        void* room = take(sizeof(TransactionText) + alignment - 1);
        std::size_t space = sizeof(TransactionText) + alignment - 1;
        room = std::align(alignment, sizeof(TransactionText), room, space);
        const TransactionText kept{keep(text.id), keep(text.correlation_id), keep(text.causation_id),
                                   keep(text.traceparent)};
        transaction_ = new (room) TransactionText(kept);
        return transaction_;
    }

    // A new record, to be filled in place.
    EventRecord& add(const StoredEvent& event, ByteView block) {
        if (records_.empty() || records_.back().size() == records_.back().capacity()) {
            const auto wanted = records_.empty() ? first_records : 2 * records_.back().capacity();
            records_.emplace_back().reserve(std::min(wanted, most_records));
        }
        return records_.back().emplace_back(event, block);
    }

    void remove_last() { records_.back().pop_back(); }

    const std::vector<std::vector<EventRecord>>& records() const noexcept { return records_; }

  private:
    std::byte* take(std::size_t size) {
        if (size > static_cast<std::size_t>(end_ - at_)) {
            // What is large gets a chunk of its own, so that the rest of the current one is not lost.
            if (size > largest_chunk / 4)
                return chunks_.emplace_back(std::make_unique_for_overwrite<std::byte[]>(size)).get();
            next_chunk_ = std::max(next_chunk_, size);
            at_ = chunks_.emplace_back(std::make_unique_for_overwrite<std::byte[]>(next_chunk_)).get();
            end_ = at_ + next_chunk_;
            next_chunk_ = std::min(chunk_growth * next_chunk_, largest_chunk);
        }
        std::byte* taken = at_;
        at_ += size;
        return taken;
    }

    std::vector<std::unique_ptr<std::byte[]>> chunks_;
    std::byte* at_ = nullptr;
    std::byte* end_ = nullptr;
    std::size_t next_chunk_ = first_chunk;
    std::vector<std::vector<EventRecord>> records_;
    const TransactionText* transaction_ = nullptr;
};

namespace {

// A row that is no event block of its aggregate: damaged, or filed so by a writer that was wrong? The hash knows.
Error explain(const StoredEvent& event, Error why) {
    const auto actual = Cid::of_dag_cbor(event.block);
    if (actual != event.cid)
        return InvalidCid{AggregateId(event.aggregate_id), event.aggregate_sequence, event.cid, actual}.to_error();

    Error error(Errc::invalid_event_block,
                fmt::format("event {} of aggregate '{}' is not an event block of it: {}",
                            event.aggregate_sequence.value(), event.aggregate_id, why.message),
                "the bytes are those that were stored under this CID, so the program that wrote them did it wrong",
                {{"aggregate", std::string(event.aggregate_id)},
                 {"sequence", std::to_string(event.aggregate_sequence.value())}});
    std::ranges::move(why.fields, std::back_inserter(error.fields));
    return error;
}

Error wrong_aggregate(std::string_view found) {
    return Error(Errc::invalid_event_block, fmt::format("its field 'aggregate_id' is '{}'", found), {},
                 {{"rule", "wrong_aggregate"}, {"field", "aggregate_id"}});
}

} // namespace

EventPageBuilder::EventPageBuilder() = default;
EventPageBuilder::EventPageBuilder(EventPageBuilder&&) noexcept = default;
EventPageBuilder& EventPageBuilder::operator=(EventPageBuilder&&) noexcept = default;
EventPageBuilder::~EventPageBuilder() = default;

Result<> EventPageBuilder::add(const StoredEvent& event) {
    if (!slab_) slab_ = std::make_shared<EventSlab>();
    const auto block = slab_->keep(event.block);
    auto& record = slab_->add(event, block);
    if (!read_event_block(block, record.fields)) {
        slab_->remove_last();
        return fail(explain(event, explain_event_block(event.block)));
    }
    if (record.fields.aggregate_id != event.aggregate_id) {
        auto error = explain(event, wrong_aggregate(record.fields.aggregate_id));
        slab_->remove_last();
        return fail(std::move(error));
    }
    record.transaction =
        slab_->keep(TransactionText{event.transaction_id, event.correlation_id, event.causation_id, event.traceparent});
    ++size_;
    bytes_ += block.size();
    return {};
}

std::vector<DomainEvent> EventPageBuilder::finish() {
    std::vector<DomainEvent> events;
    if (slab_) {
        events.reserve(size_);
        for (const auto& chunk : slab_->records())
            for (const auto& record : chunk) events.emplace_back(std::shared_ptr<const EventRecord>(slab_, &record));
    }
    slab_.reset();
    size_ = 0;
    bytes_ = 0;
    return events;
}

} // namespace cim::detail
