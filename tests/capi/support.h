/* What the C tests share: checks that say where they failed, and texts. */
#ifndef CIM_TESTS_CAPI_SUPPORT_H
#define CIM_TESTS_CAPI_SUPPORT_H

#include <cim/cim.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline cim_text text(const char* chars) {
    cim_text made = {chars, chars ? strlen(chars) : 0};
    return made;
}

static inline void fail_at(const char* file, int line, const char* what, cim_code code) {
    cim_error error;
    CIM_INIT(error);
    cim_last_error(&error);
    fprintf(stderr, "%s:%d: %s gave %s\n  last error: %s: %.*s\n", file, line, what, cim_code_name(code),
            cim_code_name(error.code), (int)error.message.size, error.message.data ? error.message.data : "");
    exit(1);
}

/* The call must give that code. */
#define EXPECT_CODE(call, expected)                                                                                    \
    do {                                                                                                               \
        const cim_code code_ = (call);                                                                                 \
        if (code_ != (expected)) fail_at(__FILE__, __LINE__, #call, code_);                                            \
    } while (0)
#define OK(call) EXPECT_CODE(call, CIM_OK)
#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) fail_at(__FILE__, __LINE__, #condition " is not so; it", CIM_OK);                            \
    } while (0)

static inline void rest(void) {
    const struct timespec millisecond = {0, 1000000};
    nanosleep(&millisecond, NULL);
}

static inline cim_store* memory_store(void) {
    cim_store* store = NULL;
    OK(cim_store_open(text("sqlite::memory:"), CIM_OPEN_CREATE, &store));
    return store;
}

/* A transaction of one node. */
static inline cim_transaction* node(const char* id) {
    cim_transaction* transaction = NULL;
    char payload[256];
    OK(cim_transaction_new(text("graph-1"), text(""), &transaction));
    snprintf(payload, sizeof payload,
             "{\"node_id\":\"%s\",\"node_type\":\"Document\",\"properties\":{\"title\":\"T\"}}", id);
    OK(cim_transaction_add_json(transaction, text("NodeCreated"), text(payload), NULL));
    return transaction;
}

static inline void append_node(cim_store* store, const char* id) {
    cim_transaction* transaction = node(id);
    OK(cim_store_append(store, transaction, NULL, NULL));
    cim_transaction_close(&transaction);
}

static inline cim_bridge* open_bridge(cim_store* store) {
    cim_bridge* bridge = NULL;
    cim_bridge_options options = {0};
    CIM_INIT(options);
    options.graph = text("graph-1");
    OK(cim_bridge_open(store, &options, &bridge));
    return bridge;
}

/* Pumps until the shown graph has so many nodes. */
static inline cim_frame pump_until_nodes(cim_bridge* bridge, uint64_t nodes) {
    for (int i = 0; i < 20000; ++i) {
        cim_frame frame;
        cim_model_info info;
        CIM_INIT(frame);
        CIM_INIT(info);
        OK(cim_bridge_pump(bridge, NULL, &frame));
        OK(cim_model_get_info(frame.model, &info));
        if (info.nodes == nodes) return frame;
        rest();
    }
    fail_at(__FILE__, __LINE__, "pumping for nodes", CIM_TIMEOUT);
    exit(1);
}

#endif
