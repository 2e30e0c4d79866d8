/* Aim: a C program follows a log, mirrors its graph, publishes, replays and proves what it has. Method: a log in
 * memory, and the functions as cim.h says. */
#include "support.h"

static void follows_and_mirrors(void) {
    cim_store* store = memory_store();
    append_node(store, "a");
    append_node(store, "b");
    cim_bridge* bridge = open_bridge(store);
    cim_frame frame = pump_until_nodes(bridge, 2);

    /* Mutations come in pieces into an array that is too small for them. */
    uint64_t seen = 0;
    for (;;) {
        cim_mutation one[1];
        size_t count = 0;
        CIM_INIT(one[0]);
        OK(cim_bridge_mutations(bridge, one, 1, &count));
        if (count == 0) break;
        EXPECT(one[0].kind == CIM_ADD_NODE && one[0].source == CIM_SOURCE_NATS &&
               one[0].outcome == CIM_OUTCOME_APPLIED);
        EXPECT(one[0].id.size == 1 && (one[0].id.data[0] == 'a' || one[0].id.data[0] == 'b'));
        EXPECT(one[0].aggregate.size == 7 && one[0].sequence > 0 && one[0].transaction_id.size > 0);
        ++seen;
    }
    EXPECT(seen == frame.mutations);

    append_node(store, "c");
    frame = pump_until_nodes(bridge, 3);
    EXPECT(!frame.rebuilt && frame.added_nodes == 1);
    uint32_t added[8];
    size_t count = 0;
    OK(cim_bridge_changes(bridge, CIM_ADDED_NODES, added, 8, &count));
    EXPECT(count == 1);
    cim_node read[1];
    CIM_INIT(read[0]);
    OK(cim_model_read_nodes(frame.model, added, 1, read));
    EXPECT(read[0].id.size == 1 && read[0].id.data[0] == 'c' && read[0].parent == CIM_NO_INDEX);
    EXPECT(read[0].properties.size > 1 && read[0].transform.scale[0] == 1.0f);

    cim_mutation move = {0};
    CIM_INIT(move);
    move.kind = CIM_TRANSFORM;
    move.id = text("c");
    move.vector[0] = 2;
    OK(cim_bridge_apply_local(bridge, &move));
    CIM_INIT(frame);
    OK(cim_bridge_pump(bridge, NULL, &frame));
    EXPECT(frame.updated_nodes == 1 && frame.mutations == 1);
    OK(cim_model_read_nodes(frame.model, added, 1, read));
    EXPECT(read[0].transform.translation[0] == 2.0f);
    EXPECT_CODE(cim_bridge_save_snapshot(bridge, NULL), CIM_UNSUPPORTED);
    OK(cim_bridge_resync(bridge));
    pump_until_nodes(bridge, 3);

    cim_bridge_close(&bridge);
    cim_store_close(&store);
}

static cim_outcome outcome_of(cim_bridge* bridge, uint64_t id) {
    for (int i = 0; i < 20000; ++i) {
        cim_frame frame;
        CIM_INIT(frame);
        OK(cim_bridge_pump(bridge, NULL, &frame));
        for (;;) {
            cim_outcome outcome;
            size_t count = 0;
            CIM_INIT(outcome);
            OK(cim_bridge_outcomes(bridge, &outcome, 1, &count));
            if (count == 0) break;
            if (outcome.id == id) return outcome;
        }
        rest();
    }
    fail_at(__FILE__, __LINE__, "waiting for an outcome", CIM_TIMEOUT);
    exit(1);
}

static void publishes_and_keeps_snapshots(void) {
    cim_store* store = memory_store();
    cim_bridge* bridge = open_bridge(store);
    cim_transaction* first = node("a");
    uint64_t id = 0;
    OK(cim_bridge_publish(bridge, first, NULL, &id));
    cim_outcome outcome = outcome_of(bridge, id);
    EXPECT(outcome.code == CIM_OK && outcome.head_sequence == 1 && outcome.cid.text[0] == 'b');
    const cim_text none = text("");
    OK(cim_bridge_publish(bridge, first, &none, &id));
    outcome = outcome_of(bridge, id);
    EXPECT(outcome.code == CIM_CONFLICT && outcome.message.size > 0);
    cim_transaction_close(&first);

    pump_until_nodes(bridge, 1);
    OK(cim_bridge_save_snapshot(bridge, &id));
    outcome = outcome_of(bridge, id);
    EXPECT(outcome.code == CIM_OK && outcome.kind == CIM_REQUEST_SNAPSHOT);
    cim_bridge_close(&bridge);

    cim_bridge_options options = {0};
    CIM_INIT(options);
    options.graph = text("graph-1");
    options.history = CIM_HISTORY_SNAPSHOT;
    OK(cim_bridge_open(store, &options, &bridge));
    const cim_model* model = NULL;
    cim_cid state;
    OK(cim_bridge_model(bridge, &model));
    OK(cim_model_state_cid(model, &state));
    EXPECT(strcmp(state.text, outcome.cid.text) == 0);
    cim_bridge_close(&bridge);
    cim_store_close(&store);
}

static void replays(void) {
    cim_store* store = memory_store();
    append_node(store, "a");
    append_node(store, "b");
    append_node(store, "c");
    cim_bridge* bridge = open_bridge(store);
    pump_until_nodes(bridge, 3);
    EXPECT_CODE(cim_bridge_replay_play(bridge), CIM_NOT_FOUND);

    cim_events* events = NULL;
    cim_slice* slice = NULL;
    OK(cim_events_open(store, &events));
    OK(cim_events_fetch(events, text("graph-1"), NULL, &slice));
    cim_replay_options options = {0};
    CIM_INIT(options);
    options.paused = 1;
    OK(cim_bridge_replay_slice(bridge, slice, &options));
    cim_slice_close(&slice);
    OK(cim_bridge_replay_step(bridge, 2));
    cim_frame frame = pump_until_nodes(bridge, 2);
    EXPECT(frame.replaying && frame.rebuilt);
    OK(cim_bridge_replay_step(bridge, -1));
    pump_until_nodes(bridge, 1);
    OK(cim_bridge_replay_seek_sequence(bridge, 3));
    pump_until_nodes(bridge, 3);
    EXPECT_CODE(cim_bridge_replay_seek_sequence(bridge, 4), CIM_NOT_FOUND);
    EXPECT_CODE(cim_bridge_replay_set_speed(bridge, 0), CIM_INVALID_ARGUMENT);
    cim_replay_status status;
    CIM_INIT(status);
    OK(cim_bridge_replay_status(bridge, &status));
    EXPECT(status.state == CIM_REPLAY_PAUSED && status.event == 3 && status.events == 3);
    OK(cim_bridge_replay_end(bridge));
    CIM_INIT(frame);
    OK(cim_bridge_pump(bridge, NULL, &frame));
    EXPECT(frame.rebuilt && !frame.replaying);

    uint64_t id = 0;
    OK(cim_bridge_replay_start(bridge, &options, &id));
    EXPECT(outcome_of(bridge, id).code == CIM_OK);
    cim_bridge_close(&bridge); /* in the middle of it */
    cim_events_close(&events);
    cim_store_close(&store);
}

static void proves_its_own_pieces(void) {
    cim_store* store = memory_store();
    append_node(store, "a");
    append_node(store, "b");
    cim_bridge* bridge = open_bridge(store);
    const cim_frame frame = pump_until_nodes(bridge, 2);
    cim_cid ours, theirs;
    OK(cim_model_state_cid(frame.model, &theirs));

    uint32_t indexes[4];
    cim_node nodes[4];
    size_t count = 0;
    OK(cim_model_nodes(frame.model, 0, indexes, 4, &count));
    EXPECT(count == 2);
    CIM_INIT(nodes[0]);
    OK(cim_model_read_nodes(frame.model, indexes, count, nodes));
    cim_parts* parts = NULL;
    OK(cim_parts_new(&parts));
    while (count-- > 0)
        OK(cim_parts_add_node(parts, nodes[count].id, nodes[count].type, text(""), &nodes[count].transform,
                              nodes[count].properties));
    OK(cim_parts_state_cid(parts, &ours));
    EXPECT(strcmp(ours.text, theirs.text) == 0);
    OK(cim_parts_add_node(parts, nodes[0].id, nodes[0].type, text(""), NULL, nodes[0].properties));
    EXPECT_CODE(cim_parts_state_cid(parts, &ours), CIM_INVALID_DAG_CBOR); /* twice the same id */
    cim_parts_close(&parts);
    cim_bridge_close(&bridge);
    cim_store_close(&store);
}

int main(void) {
    follows_and_mirrors();
    publishes_and_keeps_snapshots();
    replays();
    proves_its_own_pieces();
    return 0;
}
