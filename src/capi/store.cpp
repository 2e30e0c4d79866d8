#include <cim/chain.hpp>
#include <cim/dag_json.hpp>

#include "base/try.hpp"
#include "capi/handles.hpp"

#include <set>

using namespace cim; // NOLINT(google-build-using-namespace): these entries are C and lie in no namespace
using namespace cim::capi;

namespace {

Result<> add_event(cim_transaction* transaction, cim_text event_type, ipld::Value payload, const int64_t* timestamp) {
    transaction->transaction.add(view(event_type), std::move(payload),
                                 timestamp != nullptr ? std::optional(from_micros(*timestamp)) : std::nullopt);
    return {};
}

Result<> verify(EventStore& store, std::string_view aggregate, cim_verification& result) {
    ChainVerifier verifier;
    auto query = std::optional(aggregate.empty() ? ReadQuery::all() : ReadQuery::of(AggregateId(aggregate)));
    while (query) {
        CIM_TRY_ASSIGN(auto page, store.read(*query));
        CIM_TRY(verifier.add(page.events));
        query = std::move(page.next);
    }
    std::set<AggregateId> aggregates;
    for (const auto& slice : verifier.slices()) aggregates.insert(slice.aggregate);
    result.events = verifier.events();
    result.aggregates = aggregates.size();
    return {};
}

} // namespace

extern "C" {

cim_code cim_store_open(cim_text url, uint32_t mode, cim_store** store) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check_text(url, "url"));
        CIM_TRY(check_out(store, "store"));
        if (mode > CIM_OPEN_READ_ONLY) return bad_argument("mode", "it is none of CIM_OPEN_...");
        CIM_TRY_ASSIGN(auto opened, open_store(view(url), {.mode = static_cast<OpenOptions::Mode>(mode)}));
        auto handle = std::make_unique<cim_store>();
        handle->store = std::move(opened);
        *store = handle.release();
        return {};
    });
}

void cim_store_close(cim_store** store) noexcept { capi::close(store); }

cim_code cim_store_get_info(cim_store* store, cim_store_info* info) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(store, "store"));
        CIM_TRY(check_size(info, "info"));
        CIM_TRY_ASSIGN(const auto found, store->store->info());
        write_struct(info, {.struct_size = 0,
                            .read_only = found.read_only,
                            .events = found.events,
                            .transactions = found.transactions,
                            .aggregates = found.aggregates,
                            .last_sequence = found.last.value()});
        return {};
    });
}

cim_code cim_store_head(cim_store* store, cim_text aggregate, cim_head* head) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(store, "store"));
        CIM_TRY(check_text(aggregate, "aggregate"));
        CIM_TRY(check_size(head, "head"));
        CIM_TRY_ASSIGN(const auto found, store->store->head(AggregateId(view(aggregate))));
        cim_head out{.struct_size = 0, .reserved = 0, .sequence = found.sequence.value(), .cid = {}};
        capi::write(found.cid, out.cid);
        write_struct(head, out);
        return {};
    });
}

cim_code cim_store_verify(cim_store* store, cim_text aggregate, cim_verification* result) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(store, "store"));
        CIM_TRY(check_text(aggregate, "aggregate"));
        CIM_TRY(check_size(result, "result"));
        cim_verification out{};
        CIM_TRY(verify(*store->store, view(aggregate), out));
        write_struct(result, out);
        return {};
    });
}

cim_code cim_transaction_new(cim_text aggregate, cim_text id, cim_transaction** transaction) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check_text(aggregate, "aggregate"));
        CIM_TRY(check_text(id, "id"));
        CIM_TRY(check_out(transaction, "transaction"));
        CIM_TRY(check_token(view(aggregate), "aggregate id"));
        *transaction = new cim_transaction(Transaction(AggregateId(view(aggregate)), TransactionId(view(id))));
        return {};
    });
}

void cim_transaction_close(cim_transaction** transaction) noexcept { capi::close(transaction); }

cim_code cim_transaction_add(cim_transaction* transaction, cim_text event_type, cim_bytes payload,
                             const int64_t* timestamp) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(transaction, "transaction"));
        CIM_TRY(check_text(event_type, "event_type"));
        CIM_TRY(check_bytes(payload, "payload"));
        CIM_TRY(check_token(view(event_type), "event type"));
        CIM_TRY_ASSIGN(auto value, ipld::decode(view(payload)));
        return add_event(transaction, event_type, std::move(value), timestamp);
    });
}

cim_code cim_transaction_add_json(cim_transaction* transaction, cim_text event_type, cim_text payload,
                                  const int64_t* timestamp) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(transaction, "transaction"));
        CIM_TRY(check_text(event_type, "event_type"));
        CIM_TRY(check_text(payload, "payload"));
        CIM_TRY(check_token(view(event_type), "event type"));
        CIM_TRY_ASSIGN(auto value, ipld::decode_dag_json(view(payload)));
        return add_event(transaction, event_type, std::move(value), timestamp);
    });
}

cim_code cim_store_append(cim_store* store, const cim_transaction* transaction, const cim_text* expected,
                          cim_receipt* receipt) noexcept {
    return run([&]() -> Result<> {
        CIM_TRY(check(store, "store"));
        CIM_TRY(check(transaction, "transaction"));
        if (receipt != nullptr) CIM_TRY(check_size(receipt, "receipt"));
        CIM_TRY_ASSIGN(const auto head, expected_head(expected));
        CIM_TRY_ASSIGN(const auto done, store->store->append(transaction->transaction, head));
        if (receipt == nullptr) return {};
        cim_receipt out{.struct_size = 0,
                        .already_present = done.already_present,
                        .first_sequence = done.first.value(),
                        .last_sequence = done.last.value(),
                        .head_sequence = done.head.sequence.value(),
                        .head = {}};
        capi::write(done.head.cid, out.head);
        write_struct(receipt, out);
        return {};
    });
}
}
