/* Aim: a C program that mirrors a log into records of its own ends with the state that every host must end with.
 * Method: tests/one_truth; the records are read from the model a few at a time, and proved by cim_parts. */
#include "support.h"

#define LONGEST 4096

static void append_history(cim_store* store, uint64_t* events) {
    FILE* file = fopen(CIM_ONE_TRUTH_DIR "/history.txt", "r");
    char line[LONGEST];
    EXPECT(file != NULL);
    while (fgets(line, sizeof line, file)) {
        char* payload = strchr(line, ' ');
        cim_transaction* transaction = NULL;
        *payload++ = 0;
        payload[strcspn(payload, "\n")] = 0;
        OK(cim_transaction_new(text("graph-1"), text(""), &transaction));
        OK(cim_transaction_add_json(transaction, text(line), text(payload), NULL));
        OK(cim_store_append(store, transaction, NULL, NULL));
        cim_transaction_close(&transaction);
        ++*events;
    }
    fclose(file);
}

static cim_text id_of(const cim_model* model, uint32_t index) {
    cim_node node;
    CIM_INIT(node);
    if (index == CIM_NO_INDEX) return text("");
    OK(cim_model_read_nodes(model, &index, 1, &node));
    return node.id;
}

static void add_pieces(const cim_model* model, cim_parts* parts) {
    uint32_t index;
    size_t count;
    for (size_t first = 0; cim_model_nodes(model, first, &index, 1, &count) == CIM_OK && count == 1; ++first) {
        cim_node node;
        CIM_INIT(node);
        OK(cim_model_read_nodes(model, &index, 1, &node));
        OK(cim_parts_add_node(parts, node.id, node.type, id_of(model, node.parent), &node.transform, node.properties));
    }
    for (size_t first = 0; cim_model_edges(model, first, &index, 1, &count) == CIM_OK && count == 1; ++first) {
        cim_edge edge;
        CIM_INIT(edge);
        OK(cim_model_read_edges(model, &index, 1, &edge));
        OK(cim_parts_add_edge(parts, edge.id, edge.type, id_of(model, edge.source), id_of(model, edge.target),
                              edge.properties));
    }
    cim_subgraph subgraph;
    CIM_INIT(subgraph);
    for (size_t first = 0; cim_model_subgraphs(model, first, &subgraph, 1, &count) == CIM_OK && count == 1; ++first) {
        cim_text nodes[64];
        EXPECT(subgraph.node_count <= 64);
        for (size_t i = 0; i < subgraph.node_count; ++i) nodes[i] = id_of(model, subgraph.nodes[i]);
        OK(cim_parts_add_subgraph(parts, subgraph.id, subgraph.label, subgraph.collapsed, nodes, subgraph.node_count));
    }
}

int main(void) {
    char expected[128];
    FILE* file = fopen(CIM_ONE_TRUTH_DIR "/state.txt", "r");
    EXPECT(file != NULL && fscanf(file, "%127s", expected) == 1);
    fclose(file);

    cim_store* store = memory_store();
    uint64_t events = 0;
    append_history(store, &events);
    cim_bridge* bridge = open_bridge(store);
    cim_statistics statistics;
    CIM_INIT(statistics);
    cim_frame frame;
    CIM_INIT(frame);
    do {
        OK(cim_bridge_pump(bridge, NULL, &frame));
        OK(cim_bridge_statistics(bridge, &statistics));
        rest();
    } while (statistics.events < events);

    cim_parts* parts = NULL;
    cim_cid state;
    OK(cim_parts_new(&parts));
    add_pieces(frame.model, parts);
    OK(cim_parts_state_cid(parts, &state));
    if (strcmp(state.text, expected) != 0) {
        fprintf(stderr, "the state is %s and should be %s\n", state.text, expected);
        return 1;
    }
    cim_parts_close(&parts);
    cim_bridge_close(&bridge);
    cim_store_close(&store);
    return 0;
}
