#include <cim/dag_json.hpp>

#include "base/try.hpp"
#include "capi/handles.hpp"

#include <chrono>

using namespace cim; // NOLINT(google-build-using-namespace): these entries are C and lie in no namespace
using namespace cim::capi;

namespace {

cim_slice* new_slice(EventStreamTransaction slice) {
    auto handle = std::make_unique<cim_slice>();
    handle->slice = std::move(slice);
    return handle.release();
}

cim_event described(const DomainEvent& event) {
    cim_event out{.struct_size = 0,
                  .transaction_index = event.transaction_index(),
                  .transaction_size = event.transaction_size(),
                  .reserved = 0,
                  .sequence = event.sequence().value(),
                  .aggregate_sequence = event.aggregate_sequence().value(),
                  .timestamp = to_micros(event.timestamp()),
                  .aggregate = text(event.aggregate_id()),
                  .event_type = text(event.event_type()),
                  .transaction_id = text(event.transaction_id()),
                  .payload = bytes(event.payload().encoded()),
                  .block = bytes(event.block()),
                  .cid = {}};
    capi::write(event.cid(), out.cid);
    return out;
}

} // namespace

extern "C" {

void cim_slice_close(cim_slice** slice) noexcept { capi::close(slice); }

cim_code cim_slice_get_info(const cim_slice* slice, cim_slice_info* info) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(slice, "slice"));
        CIM_TRY(check_size(info, "info"));
        const auto& of = slice->slice;
        write_struct(info, {.struct_size = 0,
                            .complete = of.complete,
                            .events = of.events.size(),
                            .last_sequence = of.last_sequence,
                            .transaction_id = text(of.transaction_id.str())});
        return {};
    });
}

cim_code cim_slice_read(const cim_slice* slice, size_t first, cim_event* events, size_t capacity,
                        size_t* count) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY_ASSIGN(const auto out, OutArray<cim_event>::of(events, capacity, count, "events"));
        CIM_TRY(check(slice, "slice"));
        const auto& from = slice->slice.events;
        for (auto at = first; at < from.size() && *count < out.capacity(); ++at)
            out.write((*count)++, described(from[at]));
        return {};
    });
}

cim_code cim_slice_payload_json(cim_slice* slice, size_t event, cim_text* json) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(slice, "slice"));
        CIM_TRY(check_out(json, "json"));
        const auto& events = slice->slice.events;
        if (event >= events.size()) return bad_argument("event", "the slice has no such event");
        CIM_TRY_ASSIGN(slice->json, ipld::encode_dag_json(events[event].payload()));
        *json = text(slice->json);
        return {};
    });
}

cim_code cim_events_open(cim_store* store, cim_events** events) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(store, "store"));
        CIM_TRY(check_out(events, "events"));
        *events = new cim_events(*store->store);
        return {};
    });
}

void cim_events_close(cim_events** events) noexcept { capi::close(events); }

cim_code cim_events_fetch(cim_events* events, cim_text aggregate, const cim_fetch_options* options,
                          cim_slice** slice) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(events, "events"));
        CIM_TRY(check_text(aggregate, "aggregate"));
        CIM_TRY(check_out(slice, "slice"));
        CIM_TRY_ASSIGN(const auto asked, read_options(options, "options"));
        TransactionOptions how;
        if (asked.max_events != 0) how.max_events = asked.max_events;
        if (asked.timeout_ms != 0) how.timeout = std::chrono::milliseconds(asked.timeout_ms);
        how.replay_policy = ReplayPolicy::after_sequence(asked.after_sequence);
        CIM_TRY_ASSIGN(auto fetched, events->service.fetch_transaction(AggregateId(view(aggregate)), how));
        *slice = new_slice(std::move(fetched));
        return {};
    });
}

cim_code cim_events_fetch_window(cim_events* events, int64_t from, int64_t until, cim_text subject, uint32_t timeout_ms,
                                 cim_slice** slice) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(events, "events"));
        CIM_TRY(check_text(subject, "subject"));
        CIM_TRY(check_out(slice, "slice"));
        EventFilter filter;
        if (subject.size != 0) {
            CIM_TRY_ASSIGN(auto pattern, SubjectPattern::parse(view(subject)));
            filter = EventFilter::by_subject(std::move(pattern));
        }
        CIM_TRY_ASSIGN(auto fetched, events->service.fetch_time_window(from_micros(from), from_micros(until), filter,
                                                                       std::chrono::milliseconds(timeout_ms)));
        *slice = new_slice(std::move(fetched));
        return {};
    });
}

cim_code cim_subscriptions_open(cim_store* store, cim_subscriptions** subscriptions) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(store, "store"));
        CIM_TRY(check_out(subscriptions, "subscriptions"));
        *subscriptions = new cim_subscriptions(*store->store);
        return {};
    });
}

void cim_subscriptions_close(cim_subscriptions** subscriptions) noexcept { capi::close(subscriptions); }

cim_code cim_subscribe(cim_subscriptions* subscriptions, cim_text subject, const cim_subscribe_options* options,
                       uint64_t* id) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(subscriptions, "subscriptions"));
        CIM_TRY(check_text(subject, "subject"));
        CIM_TRY(check_out(id, "id"));
        CIM_TRY_ASSIGN(const auto asked, read_options(options, "options"));
        CIM_TRY(check_text(asked.name, "name"));
        SubscriptionOptions how;
        how.name = view(asked.name);
        if (asked.buffer_events != 0) how.buffer_events = asked.buffer_events;
        if (asked.batch_events != 0) how.batch_events = asked.batch_events;
        switch (asked.start) {
        case CIM_START_BEGINNING: break;
        case CIM_START_NOW: how.start = SubscriptionStart::now(); break;
        case CIM_START_AFTER: how.start = SubscriptionStart::after(GlobalSequence(asked.after_sequence)); break;
        default: return bad_argument("start", "it is none of CIM_START_...");
        }
        // Taken as GraphUpdate is: at once, and not held back for more.
        CIM_TRY_ASSIGN(const auto made,
                       subscriptions->manager.subscribe(view(subject), {}, GraphUpdate{}, std::move(how)));
        *id = made.value();
        return {};
    });
}

cim_code cim_unsubscribe(cim_subscriptions* subscriptions, uint64_t id) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(subscriptions, "subscriptions"));
        return subscriptions->manager.unsubscribe(SubscriptionId(id));
    });
}

cim_code cim_subscription_poll(cim_subscriptions* subscriptions, uint64_t id, uint32_t timeout_ms,
                               cim_slice** slice) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(subscriptions, "subscriptions"));
        CIM_TRY(check_out(slice, "slice"));
        auto handle = std::make_unique<cim_slice>(); // before the batch, which would be lost without it
        CIM_TRY_ASSIGN(auto batch,
                       subscriptions->manager.poll(SubscriptionId(id), std::chrono::milliseconds(timeout_ms)));
        handle->slice.events = std::move(batch.events);
        handle->slice.last_sequence = batch.position.value();
        *slice = handle.release();
        return {};
    });
}

cim_code cim_subscription_acknowledge(cim_subscriptions* subscriptions, uint64_t id, uint64_t position) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(subscriptions, "subscriptions"));
        return subscriptions->manager.acknowledge(SubscriptionId(id), GlobalSequence(position));
    });
}
}
