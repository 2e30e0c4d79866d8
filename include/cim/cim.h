/* The C ABI of cim: event logs, verified slices, subscriptions, and a live graph for a frame loop, for languages other
 * than C++.
 *
 * Conventions
 *  1. Functions return a cim_code: 0 (CIM_OK), or why not. Results are written only on CIM_OK, but counts are always.
 *  2. After a failure cim_last_error() has the message, for the calling thread, until the next failure in that thread.
 *  3. What xxx_open or xxx_new gives is closed by xxx_close, which takes the handle's address and makes it NULL:
 * closing it again, or closing NULL, does nothing. A handle that is used after it was closed elsewhere is undefined.
 * What was opened on a handle must be closed before it.
 *  4. A cim_text or cim_bytes is a pointer and a size, never ended by a 0. Given in, it is read during the call only;
 *     a NULL pointer is allowed with size 0. Given out, it is valid until what the function names, and not yours to
 * free.
 *  5. A struct that may grow begins with struct_size, which you set to its sizeof; 0 and sizes that never were are
 *     CIM_INVALID_ARGUMENT. Fields that your version does not have get their defaults, or are not written. Where an
 *     options pointer may be NULL, NULL means the defaults. cim_xxx_init() macros fill the size in and the rest with 0,
 *     which is the default of every field.
 *  6. Arrays are yours: pass one and its capacity, and get how many were written. There is more as long as all were
 *     written: call again. A capacity of 0 writes none.
 *  7. A cim_store and a cim_events may be used by several threads at once, a cim_subscriptions too. A cim_bridge and
 *     all that is read through it belongs to one thread at a time: the first that pumps, or the last that called
 *     cim_bridge_bind_thread; others get CIM_WRONG_THREAD. Everything else is for one thread at a time.
 *  8. Times are microseconds since 1970-01-01T00:00:00Z; durations say their unit. Nothing waits unless it has a
 * timeout.
 *  9. Payloads and properties are canonical DAG-CBOR; functions that end in _json take and give DAG-JSON.
 * 10. No function calls back, prints, exits, or lets an exception out. Running out of memory is CIM_OUT_OF_MEMORY.
 */
#ifndef CIM_CIM_H
#define CIM_CIM_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define CIM_API
#else
#define CIM_API __attribute__((visibility("default")))
#endif

/* NOLINTBEGIN(modernize-use-using): this is C. */
#ifdef __cplusplus
extern "C" {
#define CIM_NOEXCEPT noexcept
#else
#define CIM_NOEXCEPT
#endif

/* Raised when a program that was compiled against an older header would no longer work. */
#define CIM_ABI_VERSION 1

typedef int32_t cim_code;
enum {
    CIM_OK = 0,
    CIM_INVALID_ARGUMENT = 100,
    CIM_INVALID_TOKEN = 101,
    CIM_INVALID_SUBJECT = 102,
    CIM_INVALID_PATTERN = 103,
    CIM_LIMIT_EXCEEDED = 104,
    CIM_NOT_FOUND = 105,
    CIM_INVALID_MAPPING = 106,
    CIM_WRONG_THREAD = 107,
    CIM_INVALID_DAG_CBOR = 200,
    CIM_INVALID_DAG_JSON = 201,
    CIM_INVALID_CID = 202,
    CIM_INVALID_CAR = 203,
    CIM_INVALID_EVENT_BLOCK = 204,
    CIM_INVALID_INPUT = 205,
    CIM_CID_MISMATCH = 300,
    CIM_CHAIN_BROKEN = 301,
    CIM_HEAD_MISMATCH = 302,
    CIM_INCOMPLETE_TRANSACTION = 303,
    CIM_CONFLICT = 400,
    CIM_HISTORY_REWRITTEN = 401,
    CIM_STORE_UNAVAILABLE = 500,
    CIM_STORE_CORRUPT = 501,
    CIM_STORE_FOREIGN = 502,
    CIM_STORE_FULL = 503,
    CIM_STORE_READ_ONLY = 504,
    CIM_STORE_BUSY = 505,
    CIM_IO_ERROR = 506,
    CIM_TIMEOUT = 507,
    CIM_OUTCOME_UNKNOWN = 508,
    CIM_COMMAND_FAILED = 509,
    CIM_CLOSED = 510,
    CIM_UNSUPPORTED = 511,
    CIM_OUT_OF_MEMORY = 900,
    CIM_INTERNAL = 901 /* A defect of cim. */
};

typedef struct cim_text {
    const char* data;
    size_t size;
} cim_text;
typedef struct cim_bytes {
    const uint8_t* data;
    size_t size;
} cim_bytes;

/* Longest text of a CID that cim makes, with a 0 at its end. */
#define CIM_CID_TEXT_SIZE 64
/* The text of a CID, ended by a 0; empty for none. */
typedef struct cim_cid {
    char text[CIM_CID_TEXT_SIZE];
} cim_cid;

#define CIM_INIT(value) ((value).struct_size = (uint32_t)sizeof(value))

/* ---- Versions and errors ---- */

/* CIM_ABI_VERSION of the library; a program that was compiled with another must not use it. */
CIM_API uint32_t cim_abi_version(void) CIM_NOEXCEPT;
/* "0.1.0"; valid for ever. */
CIM_API const char* cim_version(void) CIM_NOEXCEPT;
/* "chain_broken"; "unknown" for a number that is no code. Valid for ever. */
CIM_API const char* cim_code_name(cim_code code) CIM_NOEXCEPT;

typedef struct cim_error {
    uint32_t struct_size;
    cim_code code;
    cim_text message; /* Until the next failure in this thread. */
    cim_text advice;  /* What to do; may be empty. */
} cim_error;
/* The last failure in this thread; code CIM_OK if there was none. */
CIM_API cim_code cim_last_error(cim_error* error) CIM_NOEXCEPT;
/* A value in its message, by name, such as "limit". CIM_NOT_FOUND, which is then not the last failure, if it has none.
 */
CIM_API cim_code cim_last_error_field(cim_text name, cim_text* value) CIM_NOEXCEPT;

/* ---- Stores ---- */

typedef struct cim_store cim_store;
enum { CIM_OPEN_CREATE = 0, CIM_OPEN_READ_WRITE = 1, CIM_OPEN_READ_ONLY = 2 };

/* By URL, as `cim --store` takes it: "sqlite:history.db", "sqlite::memory:". */
CIM_API cim_code cim_store_open(cim_text url, uint32_t mode, cim_store** store) CIM_NOEXCEPT;
CIM_API void cim_store_close(cim_store** store) CIM_NOEXCEPT;

typedef struct cim_store_info {
    uint32_t struct_size;
    uint32_t read_only;
    uint64_t events;
    uint64_t transactions;
    uint64_t aggregates;
    uint64_t last_sequence;
} cim_store_info;
CIM_API cim_code cim_store_get_info(cim_store* store, cim_store_info* info) CIM_NOEXCEPT;

typedef struct cim_head {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t sequence; /* Of the aggregate; 0 if there is no such aggregate, which is no error. */
    cim_cid cid;
} cim_head;
CIM_API cim_code cim_store_head(cim_store* store, cim_text aggregate, cim_head* head) CIM_NOEXCEPT;

typedef struct cim_verification {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t events;
    uint64_t aggregates;
} cim_verification;
/* Checks every CID and link, of one aggregate or, with an empty text, of all. What it finds is the code:
 * CIM_CID_MISMATCH, CIM_CHAIN_BROKEN; the error's fields say where. */
CIM_API cim_code cim_store_verify(cim_store* store, cim_text aggregate, cim_verification* result) CIM_NOEXCEPT;

/* ---- Transactions to append ---- */

typedef struct cim_transaction cim_transaction;
/* With an empty id it is named after its first event when it is appended. */
CIM_API cim_code cim_transaction_new(cim_text aggregate, cim_text id, cim_transaction** transaction) CIM_NOEXCEPT;
CIM_API void cim_transaction_close(cim_transaction** transaction) CIM_NOEXCEPT;
/* `timestamp` NULL: the time of the append. */
CIM_API cim_code cim_transaction_add(cim_transaction* transaction, cim_text event_type, cim_bytes payload,
                                     const int64_t* timestamp) CIM_NOEXCEPT;
CIM_API cim_code cim_transaction_add_json(cim_transaction* transaction, cim_text event_type, cim_text payload,
                                          const int64_t* timestamp) CIM_NOEXCEPT;

typedef struct cim_receipt {
    uint32_t struct_size;
    uint32_t already_present; /* A repeated append: nothing was added. */
    uint64_t first_sequence;
    uint64_t last_sequence;
    uint64_t head_sequence;
    cim_cid head;
} cim_receipt;
/* All or nothing, and durable on CIM_OK. `expected`: NULL whatever the head is; empty: the aggregate must not exist; a
 * CID: the head must be that one, else CIM_CONFLICT. The transaction stays yours. `receipt` may be NULL. */
CIM_API cim_code cim_store_append(cim_store* store, const cim_transaction* transaction, const cim_text* expected,
                                  cim_receipt* receipt) CIM_NOEXCEPT;

/* ---- Events ---- */

typedef struct cim_event {
    uint32_t struct_size; /* Set in the first element of an array that you pass. */
    uint32_t transaction_index;
    uint32_t transaction_size;
    uint32_t reserved;
    uint64_t sequence;
    uint64_t aggregate_sequence;
    int64_t timestamp;
    cim_text aggregate; /* The texts: as long as the slice. */
    cim_text event_type;
    cim_text transaction_id;
    cim_bytes payload;
    cim_bytes block; /* What the CID is the hash of. */
    cim_cid cid;
} cim_event;

/* Verified events, in order: what a fetch or a subscription gave. */
typedef struct cim_slice cim_slice;
CIM_API void cim_slice_close(cim_slice** slice) CIM_NOEXCEPT;

typedef struct cim_slice_info {
    uint32_t struct_size;
    uint32_t complete; /* 0: a bound ended it before the end of what there was. */
    uint64_t events;
    uint64_t last_sequence;  /* Where to go on: of the aggregate for cim_events_fetch, else of the log. */
    cim_text transaction_id; /* Of the slice, see cim_bridge_replay_slice. Empty for a subscription's. */
} cim_slice_info;
CIM_API cim_code cim_slice_get_info(const cim_slice* slice, cim_slice_info* info) CIM_NOEXCEPT;
/* Events from number `first` (0 ...) on. */
CIM_API cim_code cim_slice_read(const cim_slice* slice, size_t first, cim_event* events, size_t capacity,
                                size_t* count) CIM_NOEXCEPT;
/* The payload as DAG-JSON; valid until the next call of this function for this slice. */
CIM_API cim_code cim_slice_payload_json(cim_slice* slice, size_t event, cim_text* json) CIM_NOEXCEPT;

typedef struct cim_events cim_events;
CIM_API cim_code cim_events_open(cim_store* store, cim_events** events) CIM_NOEXCEPT;
CIM_API void cim_events_close(cim_events** events) CIM_NOEXCEPT;

typedef struct cim_fetch_options {
    uint32_t struct_size;
    uint32_t timeout_ms;     /* 0: 5000. */
    uint64_t max_events;     /* 0: 1000. */
    uint64_t after_sequence; /* Of the aggregate. */
} cim_fetch_options;
/* A slice of one chain: verified, or an error. */
CIM_API cim_code cim_events_fetch(cim_events* events, cim_text aggregate, const cim_fetch_options* options,
                                  cim_slice** slice) CIM_NOEXCEPT;
/* Events of all aggregates with from <= timestamp < until, whose subject matches (empty: all). */
CIM_API cim_code cim_events_fetch_window(cim_events* events, int64_t from, int64_t until, cim_text subject,
                                         uint32_t timeout_ms, cim_slice** slice) CIM_NOEXCEPT;

/* ---- Subscriptions ---- */

typedef struct cim_subscriptions cim_subscriptions;
CIM_API cim_code cim_subscriptions_open(cim_store* store, cim_subscriptions** subscriptions) CIM_NOEXCEPT;
CIM_API void cim_subscriptions_close(cim_subscriptions** subscriptions) CIM_NOEXCEPT;

enum { CIM_START_BEGINNING = 0, CIM_START_NOW = 1, CIM_START_AFTER = 2 };
typedef struct cim_subscribe_options {
    uint32_t struct_size;
    uint32_t start;          /* CIM_START_... */
    uint64_t after_sequence; /* With CIM_START_AFTER. */
    uint64_t buffer_events;  /* 0: 10,000. */
    uint64_t batch_events;   /* 0: 1000. */
    cim_text name;           /* Not empty: durable, goes on behind what was acknowledged under that name. */
} cim_subscribe_options;
CIM_API cim_code cim_subscribe(cim_subscriptions* subscriptions, cim_text subject, const cim_subscribe_options* options,
                               uint64_t* id) CIM_NOEXCEPT;
CIM_API cim_code cim_unsubscribe(cim_subscriptions* subscriptions, uint64_t id) CIM_NOEXCEPT;
/* The next batch, whole transactions; an empty slice when the time is over. */
CIM_API cim_code cim_subscription_poll(cim_subscriptions* subscriptions, uint64_t id, uint32_t timeout_ms,
                                       cim_slice** slice) CIM_NOEXCEPT;
/* Everything up to that slice's last_sequence is handled. */
CIM_API cim_code cim_subscription_acknowledge(cim_subscriptions* subscriptions, uint64_t id,
                                              uint64_t position) CIM_NOEXCEPT;

/* ---- The graph ---- */

/* A graph of a bridge; as long as the bridge, but what it gives only until the next call that changes the bridge. */
typedef struct cim_model cim_model;

typedef struct cim_transform {
    float translation[3];
    float rotation[4]; /* x, y, z, w */
    float scale[3];
} cim_transform;

#define CIM_NO_INDEX UINT32_MAX

typedef struct cim_node {
    uint32_t struct_size;
    uint32_t index;  /* Stable while the node exists; reused after it is gone. */
    uint32_t parent; /* CIM_NO_INDEX: none. */
    uint32_t reserved;
    cim_text id;
    cim_text type;
    cim_bytes properties; /* A map. */
    cim_transform transform;
} cim_node;
typedef struct cim_edge {
    uint32_t struct_size;
    uint32_t index;
    uint32_t source; /* Nodes' indexes. */
    uint32_t target;
    cim_text id;
    cim_text type;
    cim_bytes properties;
} cim_edge;
typedef struct cim_subgraph {
    uint32_t struct_size;
    uint32_t collapsed;
    cim_text id;
    cim_text label;
    const uint32_t* nodes; /* Indexes. */
    size_t node_count;
} cim_subgraph;
typedef struct cim_model_info {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t nodes;
    uint64_t edges;
    uint64_t subgraphs;
    uint64_t waiting_edges;
    uint64_t memory_bytes;
} cim_model_info;

CIM_API cim_code cim_model_get_info(const cim_model* model, cim_model_info* info) CIM_NOEXCEPT;
/* CIM_NOT_FOUND if there is none. */
CIM_API cim_code cim_model_find_node(const cim_model* model, cim_text id, uint32_t* index) CIM_NOEXCEPT;
CIM_API cim_code cim_model_find_edge(const cim_model* model, cim_text id, uint32_t* index) CIM_NOEXCEPT;
/* These elements, by index; set struct_size in the first of `nodes`. CIM_NOT_FOUND where an index is of none. */
CIM_API cim_code cim_model_read_nodes(const cim_model* model, const uint32_t* indexes, size_t count,
                                      cim_node* nodes) CIM_NOEXCEPT;
CIM_API cim_code cim_model_read_edges(const cim_model* model, const uint32_t* indexes, size_t count,
                                      cim_edge* edges) CIM_NOEXCEPT;
/* Indexes of all elements, from the `first` of them on. */
CIM_API cim_code cim_model_nodes(const cim_model* model, size_t first, uint32_t* indexes, size_t capacity,
                                 size_t* count) CIM_NOEXCEPT;
CIM_API cim_code cim_model_edges(const cim_model* model, size_t first, uint32_t* indexes, size_t capacity,
                                 size_t* count) CIM_NOEXCEPT;
/* Subgraphs by id, from the `first` of them on; their arrays until the next call of this function in this thread. */
CIM_API cim_code cim_model_subgraphs(const cim_model* model, size_t first, cim_subgraph* subgraphs, size_t capacity,
                                     size_t* count) CIM_NOEXCEPT;
CIM_API cim_code cim_model_state_cid(const cim_model* model, cim_cid* cid) CIM_NOEXCEPT;

/* A graph out of a host's own pieces, to prove that they are what the log says. */
typedef struct cim_parts cim_parts;
CIM_API cim_code cim_parts_new(cim_parts** parts) CIM_NOEXCEPT;
CIM_API void cim_parts_close(cim_parts** parts) CIM_NOEXCEPT;
/* `parent` may be empty, `transform` NULL for the identity. */
CIM_API cim_code cim_parts_add_node(cim_parts* parts, cim_text id, cim_text type, cim_text parent,
                                    const cim_transform* transform, cim_bytes properties) CIM_NOEXCEPT;
CIM_API cim_code cim_parts_add_edge(cim_parts* parts, cim_text id, cim_text type, cim_text source, cim_text target,
                                    cim_bytes properties) CIM_NOEXCEPT;
CIM_API cim_code cim_parts_add_subgraph(cim_parts* parts, cim_text id, cim_text label, uint32_t collapsed,
                                        const cim_text* nodes, size_t count) CIM_NOEXCEPT;
CIM_API cim_code cim_parts_state_cid(const cim_parts* parts, cim_cid* cid) CIM_NOEXCEPT;

/* ---- The bridge: a live graph in a frame loop ---- */

typedef struct cim_bridge cim_bridge;

enum { CIM_HISTORY_ALL = 0, CIM_HISTORY_SNAPSHOT = 1, CIM_HISTORY_NONE = 2 };
typedef struct cim_bridge_options {
    uint32_t struct_size;
    uint32_t history;               /* CIM_HISTORY_... */
    cim_text graph;                 /* The aggregate; or empty, and then: */
    cim_text subject;               /* A subject pattern; empty: "event.store.>". */
    cim_text mapping;               /* A mapping file's JSON; empty: the built-in table. */
    cim_text snapshot_name;         /* Empty: the graph's id. */
    uint64_t buffer_events;         /* 0: 65,536. */
    uint64_t max_pending_publishes; /* 0: 10,000. */
    uint64_t max_replay_events;     /* 0: 10,000,000. */
} cim_bridge_options;
/* May take its time: it loads the snapshot. The store must stay open. */
CIM_API cim_code cim_bridge_open(cim_store* store, const cim_bridge_options* options, cim_bridge** bridge) CIM_NOEXCEPT;
/* Appends what was published and waits for it. From any thread that nobody else's use of the bridge overlaps. */
CIM_API void cim_bridge_close(cim_bridge** bridge) CIM_NOEXCEPT;
/* Makes the calling thread the owner. */
CIM_API cim_code cim_bridge_bind_thread(cim_bridge* bridge) CIM_NOEXCEPT;

typedef struct cim_budget {
    uint32_t struct_size;
    uint32_t max_time_us; /* 0: 2000. */
    uint64_t max_events;  /* 0: 10,000. A transaction is whole in a frame, one at least. */
} cim_budget;
typedef struct cim_frame {
    uint32_t struct_size;
    uint32_t rebuilt;   /* Read all of the model: it is another one, or was set back. Changes are then empty. */
    uint32_t replaying; /* The model is a replay's. */
    uint32_t more;      /* The budget ended the frame, and there is more. */
    uint64_t events;
    uint64_t transactions;
    uint64_t mutations; /* How many cim_bridge_mutations will give. */
    uint64_t outcomes;  /* How many cim_bridge_outcomes will give. */
    uint64_t added_nodes, updated_nodes, removed_nodes;
    uint64_t added_edges, updated_edges, removed_edges;
    uint32_t subgraphs_changed;
    uint32_t reserved;
    const cim_model* model; /* The graph that is shown. */
} cim_frame;
/* Applies what is there as far as the budget goes, and never waits. `budget` may be NULL. What the frame has is read by
 * the functions below, until the next pump. */
CIM_API cim_code cim_bridge_pump(cim_bridge* bridge, const cim_budget* budget, cim_frame* frame) CIM_NOEXCEPT;

enum { CIM_SOURCE_NATS = 0, CIM_SOURCE_LOCAL = 1, CIM_SOURCE_REPLAY = 2 };
enum {
    CIM_ADD_NODE = 0,
    CIM_UPDATE_NODE = 1,
    CIM_REMOVE_NODE = 2,
    CIM_ADD_EDGE = 3,
    CIM_UPDATE_EDGE = 4,
    CIM_REMOVE_EDGE = 5,
    CIM_TRANSFORM = 6,
    CIM_CREATE_SUBGRAPH = 7,
    CIM_ADD_TO_SUBGRAPH = 8,
    CIM_REMOVE_FROM_SUBGRAPH = 9,
    CIM_COLLAPSE_SUBGRAPH = 10,
    CIM_EXPAND_SUBGRAPH = 11
};
enum { CIM_TARGET_NODE = 0, CIM_TARGET_NODES = 1, CIM_TARGET_SUBGRAPH = 2 };
enum { CIM_TRANSLATE = 0, CIM_SCALE = 1, CIM_ROTATE = 2, CIM_REPARENT = 3, CIM_UPDATE_PROPERTIES = 4 };
enum {
    CIM_OUTCOME_APPLIED = 0,
    CIM_OUTCOME_UNCHANGED = 1,
    CIM_OUTCOME_WAITING = 2,
    CIM_OUTCOME_UNKNOWN_NODE = 3,
    CIM_OUTCOME_UNKNOWN_EDGE = 4,
    CIM_OUTCOME_UNKNOWN_SUBGRAPH = 5,
    CIM_OUTCOME_ID_IN_USE = 6,
    CIM_OUTCOME_CYCLE = 7,
    CIM_OUTCOME_INVALID_NUMBER = 8,
    CIM_OUTCOME_TOO_MANY_WAITING = 9,
    CIM_OUTCOME_INVALID_VALUE = 10
};

/* One change of the graph. Which fields have a meaning is said by kind, target and operation. */
typedef struct cim_mutation {
    uint32_t struct_size; /* Set in the first element of an array that you pass. */
    uint32_t kind;        /* CIM_ADD_NODE ... */
    uint32_t source;      /* CIM_SOURCE_... */
    uint32_t outcome;     /* CIM_OUTCOME_...; from 3 on it was refused. */
    uint64_t sequence;    /* Of the event in the log; 0 for CIM_SOURCE_LOCAL. */
    cim_text transaction_id;
    cim_text event_type; /* Of the event; its subject is event.store.{aggregate}.{event_type}. */
    cim_text aggregate;
    cim_text id;          /* Node, edge or subgraph; for CIM_TRANSFORM the target, if it is one. */
    cim_text type;        /* ADD_NODE, ADD_EDGE; CREATE_SUBGRAPH: its label. */
    cim_text edge_source; /* ADD_EDGE. */
    cim_text edge_target;
    cim_bytes properties; /* ADD_..., UPDATE_..., CIM_UPDATE_PROPERTIES. */
    uint32_t target;      /* CIM_TRANSFORM: CIM_TARGET_... */
    uint32_t operation;   /* CIM_TRANSFORM: CIM_TRANSLATE ... */
    float vector[4];      /* Delta, factor, or rotation x y z w. */
    cim_text parent;      /* CIM_REPARENT; empty: none. */
    const cim_text* ids;  /* Nodes of a subgraph, or of CIM_TARGET_NODES; until the next call that gives mutations. */
    size_t id_count;
} cim_mutation;
/* The frame's next mutations, in order, as many as fit. */
CIM_API cim_code cim_bridge_mutations(cim_bridge* bridge, cim_mutation* mutations, size_t capacity,
                                      size_t* count) CIM_NOEXCEPT;

enum {
    CIM_REMOVED_NODES = 0,
    CIM_ADDED_NODES = 1,
    CIM_UPDATED_NODES = 2,
    CIM_REMOVED_EDGES = 3,
    CIM_ADDED_EDGES = 4,
    CIM_UPDATED_EDGES = 5
};
/* The frame's next changed elements of that kind, by index. A host that mirrors them takes CIM_REMOVED_... first: an
 * index that is removed may be in use again among the added. */
CIM_API cim_code cim_bridge_changes(cim_bridge* bridge, uint32_t kind, uint32_t* indexes, size_t capacity,
                                    size_t* count) CIM_NOEXCEPT;

enum { CIM_REQUEST_PUBLISH = 0, CIM_REQUEST_SNAPSHOT = 1, CIM_REQUEST_REPLAY = 2 };
typedef struct cim_outcome {
    uint32_t struct_size; /* Set in the first element. */
    uint32_t kind;        /* CIM_REQUEST_... */
    uint64_t id;
    cim_code code;
    uint32_t already_present;
    cim_text message;                                      /* Until the next pump; empty on CIM_OK. */
    uint64_t first_sequence, last_sequence, head_sequence; /* Of a publish. */
    cim_cid cid;                                           /* New head, or a snapshot's state. */
} cim_outcome;
/* The frame's next outcomes of publishes, snapshots and replays that were asked for. */
CIM_API cim_code cim_bridge_outcomes(cim_bridge* bridge, cim_outcome* outcomes, size_t capacity,
                                     size_t* count) CIM_NOEXCEPT;

/* Queues it; its outcome is in a later frame under `id`. `expected` as for cim_store_append. The transaction stays
 * yours and may be closed. */
CIM_API cim_code cim_bridge_publish(cim_bridge* bridge, const cim_transaction* transaction, const cim_text* expected,
                                    uint64_t* id) CIM_NOEXCEPT;
/* Shown and recorded nowhere; struct_size, kind and what belongs to it matter. Until cim_bridge_resync. */
CIM_API cim_code cim_bridge_apply_local(cim_bridge* bridge, const cim_mutation* mutation) CIM_NOEXCEPT;
CIM_API cim_code cim_bridge_resync(cim_bridge* bridge) CIM_NOEXCEPT;
CIM_API cim_code cim_bridge_save_snapshot(cim_bridge* bridge, uint64_t* id) CIM_NOEXCEPT;
/* The graph that is shown, also before the first pump; and the live one. */
CIM_API cim_code cim_bridge_model(cim_bridge* bridge, const cim_model** model) CIM_NOEXCEPT;
CIM_API cim_code cim_bridge_live_model(cim_bridge* bridge, const cim_model** model) CIM_NOEXCEPT;

enum {
    CIM_CONNECTING = 0,
    CIM_CATCHING_UP = 1,
    CIM_CONNECTED = 2,
    CIM_LAGGING = 3,
    CIM_RECONNECTING = 4,
    CIM_FAILED = 5,
    CIM_STATE_CLOSED = 6
};
typedef struct cim_status {
    uint32_t struct_size;
    uint32_t state;         /* CIM_CONNECTING ... */
    cim_code code;          /* Why it failed or reconnects, where known. */
    cim_code snapshot_code; /* Why the saved snapshot was not used; CIM_OK if it was, or if there was none. */
    cim_text message;       /* Of code; until the next call of this function. */
    uint64_t position;
    uint64_t lag;
    uint64_t buffered;
    uint64_t started_after;
} cim_status;
CIM_API cim_code cim_bridge_status(cim_bridge* bridge, cim_status* status) CIM_NOEXCEPT;

typedef struct cim_statistics {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t frames, rebuilt, wrong_thread;
    uint64_t events, transactions, mutations, repeated, unknown_type, problems;
    uint64_t replayed, local;
    uint64_t publishes_done, publishes_failed, publishes_pending;
    uint64_t replay_events_left_out;
    uint64_t longest_pump_us;
    uint64_t high_water;
} cim_statistics;
CIM_API cim_code cim_bridge_statistics(cim_bridge* bridge, cim_statistics* statistics) CIM_NOEXCEPT;

/* ---- Replay: shown in the same frames instead of the live graph ---- */

typedef struct cim_replay_options {
    uint32_t struct_size;
    uint32_t paused;
    double speed; /* Seconds a second; negative plays backwards; 0: 1. */
    uint32_t has_from, has_until;
    int64_t from;
    int64_t until;
} cim_replay_options;
/* Shows a slice that was fetched, at once; `paused` and `speed` of the options matter. */
CIM_API cim_code cim_bridge_replay_slice(cim_bridge* bridge, const cim_slice* slice,
                                         const cim_replay_options* options) CIM_NOEXCEPT;
/* Fetches the bridge's own events in the background, then shows them; the outcome is in a later frame. */
CIM_API cim_code cim_bridge_replay_start(cim_bridge* bridge, const cim_replay_options* options,
                                         uint64_t* id) CIM_NOEXCEPT;
/* Back to the live graph; nothing if there is no replay. */
CIM_API cim_code cim_bridge_replay_end(cim_bridge* bridge) CIM_NOEXCEPT;

/* Controls; CIM_NOT_FOUND without a replay. */
CIM_API cim_code cim_bridge_replay_play(cim_bridge* bridge) CIM_NOEXCEPT;
CIM_API cim_code cim_bridge_replay_pause(cim_bridge* bridge) CIM_NOEXCEPT;
CIM_API cim_code cim_bridge_replay_set_speed(cim_bridge* bridge, double speed) CIM_NOEXCEPT;
CIM_API cim_code cim_bridge_replay_seek_time(cim_bridge* bridge, int64_t time) CIM_NOEXCEPT;
CIM_API cim_code cim_bridge_replay_seek_sequence(cim_bridge* bridge, uint64_t sequence) CIM_NOEXCEPT;
CIM_API cim_code cim_bridge_replay_seek_transaction(cim_bridge* bridge, cim_text transaction) CIM_NOEXCEPT;
CIM_API cim_code cim_bridge_replay_seek_begin(cim_bridge* bridge) CIM_NOEXCEPT;
CIM_API cim_code cim_bridge_replay_seek_end(cim_bridge* bridge) CIM_NOEXCEPT;
/* Transactions; back if negative. Pauses. */
CIM_API cim_code cim_bridge_replay_step(cim_bridge* bridge, int64_t transactions) CIM_NOEXCEPT;
CIM_API cim_code cim_bridge_replay_loop(cim_bridge* bridge, int64_t from, int64_t to) CIM_NOEXCEPT;
CIM_API cim_code cim_bridge_replay_clear_loop(cim_bridge* bridge) CIM_NOEXCEPT;
CIM_API cim_code cim_bridge_replay_follow_live(cim_bridge* bridge, uint32_t on) CIM_NOEXCEPT;

enum {
    CIM_REPLAY_NONE = 0,
    CIM_REPLAY_LOADING = 1,
    CIM_REPLAY_PAUSED = 2,
    CIM_REPLAY_PLAYING = 3,
    CIM_REPLAY_FOLLOWING = 4
};
typedef struct cim_replay_status {
    uint32_t struct_size;
    uint32_t state; /* CIM_REPLAY_... */
    int64_t position, begin, end;
    double speed;
    uint64_t event; /* How many of its events are in the graph. */
    uint64_t events;
} cim_replay_status;
CIM_API cim_code cim_bridge_replay_status(cim_bridge* bridge, cim_replay_status* status) CIM_NOEXCEPT;

#ifdef __cplusplus
}
#endif
/* NOLINTEND(modernize-use-using) */
#endif
