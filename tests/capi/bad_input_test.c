/* Aim: no argument, size, order of calls or thread makes the library do anything but give a code. Method: each of them,
 * in turn. What cim.h calls undefined is not done. */
#include "support.h"

#include <pthread.h>

static void* from_another_thread(void* argument) {
    cim_bridge* bridge = argument;
    cim_frame frame;
    cim_mutation mutation = {0};
    cim_status status;
    size_t count = 7;
    CIM_INIT(frame);
    CIM_INIT(mutation);
    CIM_INIT(status);
    EXPECT_CODE(cim_bridge_pump(bridge, NULL, &frame), CIM_WRONG_THREAD);
    EXPECT_CODE(cim_bridge_mutations(bridge, &mutation, 1, &count), CIM_WRONG_THREAD);
    EXPECT(count == 0);
    EXPECT_CODE(cim_bridge_status(bridge, &status), CIM_WRONG_THREAD);
    EXPECT_CODE(cim_bridge_replay_end(bridge), CIM_WRONG_THREAD);
    OK(cim_bridge_bind_thread(bridge)); /* handed over while nobody uses it */
    OK(cim_bridge_pump(bridge, NULL, &frame));
    return NULL;
}

static void refuses_null(cim_store* store, cim_bridge* bridge) {
    cim_text null_with_size = {NULL, 3};
    cim_store* other = NULL;
    EXPECT_CODE(cim_store_open(text("sqlite::memory:"), CIM_OPEN_CREATE, NULL), CIM_INVALID_ARGUMENT);
    EXPECT_CODE(cim_store_open(null_with_size, CIM_OPEN_CREATE, &other), CIM_INVALID_ARGUMENT);
    EXPECT_CODE(cim_store_open(text("sqlite::memory:"), 9, &other), CIM_INVALID_ARGUMENT);
    EXPECT_CODE(cim_store_open(text(NULL), CIM_OPEN_CREATE, &other), CIM_INVALID_ARGUMENT);
    EXPECT(other == NULL);
    EXPECT_CODE(cim_store_get_info(NULL, NULL), CIM_INVALID_ARGUMENT);
    EXPECT_CODE(cim_store_get_info(store, NULL), CIM_INVALID_ARGUMENT);
    EXPECT_CODE(cim_store_append(store, NULL, NULL, NULL), CIM_INVALID_ARGUMENT);
    EXPECT_CODE(cim_bridge_open(NULL, NULL, &bridge), CIM_INVALID_ARGUMENT);
    EXPECT_CODE(cim_bridge_pump(bridge, NULL, NULL), CIM_INVALID_ARGUMENT);
    EXPECT_CODE(cim_bridge_pump(NULL, NULL, NULL), CIM_INVALID_ARGUMENT);
    EXPECT_CODE(cim_bridge_changes(bridge, CIM_ADDED_NODES, NULL, 0, NULL), CIM_INVALID_ARGUMENT);
    EXPECT_CODE(cim_bridge_publish(bridge, NULL, NULL, NULL), CIM_INVALID_ARGUMENT);
    EXPECT_CODE(cim_bridge_apply_local(bridge, NULL), CIM_INVALID_ARGUMENT);
    EXPECT_CODE(cim_bridge_replay_slice(bridge, NULL, NULL), CIM_INVALID_ARGUMENT);
    EXPECT_CODE(cim_model_get_info(NULL, NULL), CIM_INVALID_ARGUMENT);
    EXPECT_CODE(cim_parts_state_cid(NULL, NULL), CIM_INVALID_ARGUMENT);
    EXPECT_CODE(cim_slice_read(NULL, 0, NULL, 0, NULL), CIM_INVALID_ARGUMENT);
    EXPECT_CODE(cim_last_error(NULL), CIM_INVALID_ARGUMENT);

    /* A handle of another kind is told from the one that was meant. */
    cim_store_info info;
    CIM_INIT(info);
    EXPECT_CODE(cim_store_get_info((cim_store*)(void*)bridge, &info), CIM_INVALID_ARGUMENT);
    cim_error error;
    cim_text name;
    CIM_INIT(error);
    OK(cim_last_error(&error));
    EXPECT(error.code == CIM_INVALID_ARGUMENT && error.message.size > 0);
    OK(cim_last_error_field(text("name"), &name));
    EXPECT(name.size == 5 && memcmp(name.data, "store", 5) == 0);
    EXPECT_CODE(cim_last_error_field(text("no such"), &name), CIM_NOT_FOUND);
}

/* A struct of a later version of this header. */
typedef struct longer_info {
    cim_store_info known;
    uint64_t new_field;
} longer_info;

static void minds_struct_sizes(cim_store* store, cim_bridge* bridge) {
    cim_store_info info = {0};
    EXPECT_CODE(cim_store_get_info(store, &info), CIM_INVALID_ARGUMENT); /* forgotten */
    info.struct_size = 8;
    EXPECT_CODE(cim_store_get_info(store, &info), CIM_INVALID_ARGUMENT); /* of no version */
    longer_info later = {.known = {.struct_size = sizeof(longer_info)}, .new_field = 99};
    OK(cim_store_get_info(store, &later.known));
    EXPECT(later.known.struct_size == sizeof(longer_info) && later.new_field == 0);
    cim_bridge_options options = {.struct_size = 4};
    cim_bridge* none = NULL;
    EXPECT_CODE(cim_bridge_open(store, &options, &none), CIM_INVALID_ARGUMENT);
    EXPECT(none == NULL);
    cim_mutation mutation = {0};
    size_t count = 3;
    EXPECT_CODE(cim_bridge_mutations(bridge, &mutation, 1, &count), CIM_INVALID_ARGUMENT);
    EXPECT(count == 0);
    OK(cim_bridge_mutations(bridge, NULL, 0, &count)); /* no room, and none wanted */
}

static void refuses_bad_values(cim_store* store, cim_bridge* bridge) {
    cim_transaction* transaction = NULL;
    EXPECT_CODE(cim_transaction_new(text("a.b"), text(""), &transaction), CIM_INVALID_TOKEN);
    OK(cim_transaction_new(text("a"), text(""), &transaction));
    const uint8_t truncated[] = {0xa1};
    const cim_bytes payload = {truncated, 1};
    EXPECT_CODE(cim_transaction_add(transaction, text("T"), payload, NULL), CIM_INVALID_DAG_CBOR);
    EXPECT_CODE(cim_transaction_add_json(transaction, text("T"), text("{"), NULL), CIM_INVALID_DAG_JSON);
    EXPECT_CODE(cim_transaction_add_json(transaction, text("a b"), text("{}"), NULL), CIM_INVALID_TOKEN);
    EXPECT_CODE(cim_store_append(store, transaction, NULL, NULL), CIM_INVALID_ARGUMENT); /* of no events */
    const cim_text no_cid = text("nonsense");
    EXPECT_CODE(cim_store_append(store, transaction, &no_cid, NULL), CIM_INVALID_CID);
    cim_transaction_close(&transaction);
    cim_transaction_close(&transaction); /* does nothing */
    cim_transaction_close(NULL);

    cim_mutation mutation = {0};
    CIM_INIT(mutation);
    mutation.kind = 99;
    EXPECT_CODE(cim_bridge_apply_local(bridge, &mutation), CIM_INVALID_ARGUMENT);
    mutation.kind = CIM_TRANSFORM;
    mutation.id = text("nobody");
    mutation.operation = 99;
    EXPECT_CODE(cim_bridge_apply_local(bridge, &mutation), CIM_INVALID_ARGUMENT);
    mutation.operation = CIM_TRANSLATE;
    OK(cim_bridge_apply_local(bridge, &mutation)); /* an unknown node is an outcome */
    mutation.vector[0] = strtof("nan", NULL);
    mutation.id = text("a");
    OK(cim_bridge_apply_local(bridge, &mutation));
    cim_frame frame;
    CIM_INIT(frame);
    OK(cim_bridge_pump(bridge, NULL, &frame));
    cim_mutation given[2];
    size_t count = 0;
    CIM_INIT(given[0]);
    OK(cim_bridge_mutations(bridge, given, 2, &count));
    EXPECT(count == 2 && given[0].outcome == CIM_OUTCOME_UNKNOWN_NODE &&
           given[1].outcome == CIM_OUTCOME_INVALID_NUMBER);

    uint32_t index = 12345;
    cim_node nodes;
    CIM_INIT(nodes);
    EXPECT_CODE(cim_model_read_nodes(frame.model, &index, 1, &nodes), CIM_NOT_FOUND);
    EXPECT_CODE(cim_model_find_node(frame.model, text("nobody"), &index), CIM_NOT_FOUND);
    EXPECT_CODE(cim_bridge_changes(bridge, 77, &index, 1, &count), CIM_INVALID_ARGUMENT);

    cim_bridge_options options = {0};
    cim_bridge* none = NULL;
    CIM_INIT(options);
    options.mapping = text("{");
    EXPECT_CODE(cim_bridge_open(store, &options, &none), CIM_INVALID_MAPPING);
    options.mapping = text("");
    options.history = 9;
    EXPECT_CODE(cim_bridge_open(store, &options, &none), CIM_INVALID_ARGUMENT);
}

int main(void) {
    cim_store* store = memory_store();
    append_node(store, "a");
    cim_bridge* bridge = open_bridge(store);
    pump_until_nodes(bridge, 1);
    refuses_null(store, bridge);
    minds_struct_sizes(store, bridge);
    refuses_bad_values(store, bridge);

    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, from_another_thread, bridge) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
    cim_frame frame;
    CIM_INIT(frame);
    EXPECT_CODE(cim_bridge_pump(bridge, NULL, &frame), CIM_WRONG_THREAD);
    OK(cim_bridge_bind_thread(bridge));
    OK(cim_bridge_pump(bridge, NULL, &frame));

    cim_bridge_close(&bridge);
    EXPECT(bridge == NULL);
    cim_bridge_close(&bridge);
    cim_store_close(&store);
    cim_store_close(&store);
    return 0;
}
