#include <cim/event.hpp>
#include <cim/subject.hpp>

#include "event/event_record.hpp"

namespace cim {

const Cid& DomainEvent::cid() const noexcept { return record_->cid; }
const std::optional<Cid>& DomainEvent::previous_cid() const noexcept { return record_->fields.previous_cid; }
std::string_view DomainEvent::aggregate_id() const noexcept { return record_->fields.aggregate_id; }
std::string_view DomainEvent::event_type() const noexcept { return record_->fields.event_type; }
Timestamp DomainEvent::timestamp() const noexcept { return record_->fields.timestamp; }
ipld::View DomainEvent::payload() const noexcept { return record_->fields.payload; }
ByteView DomainEvent::block() const noexcept { return record_->block; }

GlobalSequence DomainEvent::sequence() const noexcept { return record_->sequence; }
AggregateSequence DomainEvent::aggregate_sequence() const noexcept { return record_->aggregate_sequence; }

std::string_view DomainEvent::transaction_id() const noexcept { return record_->transaction->id; }
std::uint32_t DomainEvent::transaction_index() const noexcept { return record_->transaction_index; }
std::uint32_t DomainEvent::transaction_size() const noexcept { return record_->transaction_size; }
std::string_view DomainEvent::correlation_id() const noexcept { return record_->transaction->correlation_id; }
std::string_view DomainEvent::causation_id() const noexcept { return record_->transaction->causation_id; }
std::string_view DomainEvent::traceparent() const noexcept { return record_->transaction->traceparent; }

std::string DomainEvent::subject(std::string_view prefix) const {
    const auto aggregate = aggregate_id();
    const auto type = event_type();
    std::string subject;
    subject.reserve(prefix.size() + aggregate.size() + type.size() + 2);
    subject.append(prefix).append(1, '.').append(aggregate).append(1, '.').append(type);
    return subject;
}

} // namespace cim
