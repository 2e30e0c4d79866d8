/* Aim: a C program appends, reads back what is verified, and subscribes. Method: a log in memory. */
#include "support.h"

int main(void) {
    EXPECT(cim_abi_version() == CIM_ABI_VERSION);
    EXPECT(strlen(cim_version()) > 0);
    EXPECT(strcmp(cim_code_name(CIM_CHAIN_BROKEN), "chain_broken") == 0);
    EXPECT(strcmp(cim_code_name(12345), "unknown") == 0);

    cim_store* store = memory_store();
    cim_transaction* transaction = NULL;
    OK(cim_transaction_new(text("graph-1"), text("first"), &transaction));
    const uint8_t empty_map[] = {0xa0};
    const cim_bytes payload = {empty_map, 1};
    const int64_t time = 1000000;
    OK(cim_transaction_add(transaction, text("GraphCreated"), payload, &time));
    OK(cim_transaction_add_json(transaction, text("NodeCreated"), text("{\"node_id\":\"n\",\"node_type\":\"T\"}"),
                                &time));
    cim_receipt receipt;
    CIM_INIT(receipt);
    const cim_text none = text("");
    OK(cim_store_append(store, transaction, &none, &receipt));
    EXPECT(receipt.head_sequence == 2 && receipt.first_sequence == 1 && receipt.last_sequence == 2);
    EXPECT(!receipt.already_present && strlen(receipt.head.text) == 59);
    OK(cim_store_append(store, transaction, &none, &receipt));
    EXPECT(receipt.already_present);

    cim_head head;
    CIM_INIT(head);
    OK(cim_store_head(store, text("graph-1"), &head));
    EXPECT(head.sequence == 2 && strcmp(head.cid.text, receipt.head.text) == 0);
    OK(cim_store_head(store, text("nobody"), &head));
    EXPECT(head.sequence == 0 && head.cid.text[0] == 0);
    const cim_cid seen = receipt.head;
    const cim_text at = text(seen.text);
    OK(cim_store_append(store, transaction, &at, &receipt)); /* the same again, behind itself */
    EXPECT(receipt.head_sequence == 4);
    OK(cim_store_append(store, transaction, &at, &receipt));
    EXPECT(receipt.already_present);
    cim_transaction_close(&transaction);

    cim_verification verified;
    CIM_INIT(verified);
    OK(cim_store_verify(store, text(""), &verified));
    EXPECT(verified.events == 4 && verified.aggregates == 1);
    EXPECT_CODE(cim_store_verify(store, text("nobody"), &verified), CIM_NOT_FOUND);

    cim_events* events = NULL;
    cim_slice* slice = NULL;
    OK(cim_events_open(store, &events));
    cim_fetch_options options = {0};
    CIM_INIT(options);
    options.after_sequence = 1;
    options.max_events = 1;
    OK(cim_events_fetch(events, text("graph-1"), &options, &slice));
    cim_slice_info info;
    CIM_INIT(info);
    OK(cim_slice_get_info(slice, &info));
    EXPECT(info.events == 1 && info.last_sequence == 2 && !info.complete && info.transaction_id.size > 0);
    cim_event event;
    size_t count = 0;
    CIM_INIT(event);
    OK(cim_slice_read(slice, 0, &event, 1, &count));
    EXPECT(count == 1 && event.aggregate_sequence == 2 && event.timestamp == time && event.transaction_size == 2);
    EXPECT(event.event_type.size == strlen("NodeCreated") && strcmp(event.cid.text, head.cid.text) != 0);
    cim_text json;
    OK(cim_slice_payload_json(slice, 0, &json));
    EXPECT(json.size == strlen("{\"node_id\":\"n\",\"node_type\":\"T\"}"));
    EXPECT_CODE(cim_slice_payload_json(slice, 1, &json), CIM_INVALID_ARGUMENT);
    cim_slice_close(&slice);
    OK(cim_events_fetch_window(events, 0, 2000000, text("event.store.*.NodeCreated"), 5000, &slice));
    OK(cim_slice_get_info(slice, &info));
    EXPECT(info.events == 2);
    cim_slice_close(&slice);
    EXPECT_CODE(cim_events_fetch(events, text("nobody"), NULL, &slice), CIM_NOT_FOUND);
    cim_events_close(&events);

    cim_subscriptions* subscriptions = NULL;
    uint64_t id = 0;
    OK(cim_subscriptions_open(store, &subscriptions));
    OK(cim_subscribe(subscriptions, text("event.store.>"), NULL, &id));
    OK(cim_subscription_poll(subscriptions, id, 10000, &slice));
    OK(cim_slice_get_info(slice, &info));
    EXPECT(info.events > 0 && info.last_sequence >= 2);
    OK(cim_subscription_acknowledge(subscriptions, id, info.last_sequence));
    cim_slice_close(&slice);
    OK(cim_unsubscribe(subscriptions, id));
    EXPECT_CODE(cim_subscription_poll(subscriptions, id, 0, &slice), CIM_NOT_FOUND);
    EXPECT_CODE(cim_subscribe(subscriptions, text("a..b"), NULL, &id), CIM_INVALID_PATTERN);
    cim_subscriptions_close(&subscriptions);

    cim_store_info about;
    CIM_INIT(about);
    OK(cim_store_get_info(store, &about));
    EXPECT(about.events == 4 && about.aggregates == 1 && about.last_sequence == 4);
    cim_store_close(&store);
    return 0;
}
