// The graph at a position of the history: which nodes and edges are there, under which label, and since when. Applying an event
// and taking it back are the same walk in two directions.

import { History, Op, type Subgraph } from "./changes";

/** Told of what changes, so that the picture can follow. `animate` is false where more changes than anybody could see. */
export interface GraphListener {
    nodeChanged(node: number, what: "added" | "removed" | "touched" | "placed", animate: boolean): void;
    edgeChanged(edge: number, what: "added" | "removed" | "touched", animate: boolean): void;
}

const none: GraphListener = { nodeChanged() {}, edgeChanged() {} };

export class Graph {
    /** How many events are in it. */
    position = 0;
    nodeAlive = new Uint8Array(1024);
    edgeAlive = new Uint8Array(1024);
    degree = new Int32Array(1024);
    label = new Int32Array(1024);
    place = new Int32Array(1024).fill(-1);
    readonly subgraphs = new Map<number, Subgraph>();
    nodes = 0;
    edges = 0;
    listener: GraphListener = none;

    constructor(readonly history: History) {}

    /** Jumps of more events than this are not animated one by one. */
    static readonly animated = 5000;

    goTo(position: number): void {
        const target = Math.max(0, Math.min(position, this.history.events));
        this.room();
        const animate = Math.abs(target - this.position) <= Graph.animated;
        while (this.position < target) this.apply(this.position++, animate);
        while (this.position > target) this.undo(--this.position, animate);
    }

    labelOf(node: number): string {
        return this.history.labels[this.label[node]] ?? "";
    }

    private room(): void {
        const nodes = this.history.nodes;
        const edges = this.history.edges;
        if (nodes > this.nodeAlive.length) {
            const size = Math.max(nodes, this.nodeAlive.length * 2);
            const grow = <T extends Uint8Array | Int32Array>(from: T, to: T): T => (to.set(from), to);
            this.nodeAlive = grow(this.nodeAlive, new Uint8Array(size));
            this.degree = grow(this.degree, new Int32Array(size));
            this.label = grow(this.label, new Int32Array(size));
            this.place = grow(this.place, new Int32Array(size).fill(-1));
        }
        if (edges > this.edgeAlive.length) {
            const grown = new Uint8Array(Math.max(edges, this.edgeAlive.length * 2));
            grown.set(this.edgeAlive);
            this.edgeAlive = grown;
        }
    }

    private apply(event: number, animate: boolean): void {
        const h = this.history;
        const end = h.opStart.data[event + 1];
        for (let i = h.opStart.data[event]; i < end; ++i) this.run(h.op.data[i], h.opSubject.data[i], h.opAfter.data[i], animate);
    }

    private undo(event: number, animate: boolean): void {
        const h = this.history;
        for (let i = h.opStart.data[event + 1] - 1; i >= h.opStart.data[event]; --i) {
            const op = h.op.data[i];
            const inverse = op === Op.addNode ? Op.removeNode : op === Op.removeNode ? Op.addNode : op === Op.addEdge ? Op.removeEdge : op === Op.removeEdge ? Op.addEdge : op;
            this.run(inverse, h.opSubject.data[i], h.opBefore.data[i], animate, op !== Op.removeNode);
        }
    }

    private run(op: number, subject: number, meaning: number, animate: boolean, fresh = true): void {
        const h = this.history;
        switch (op) {
            case Op.addNode:
                this.nodeAlive[subject] = 1;
                ++this.nodes;
                // One that comes back when time runs backwards has the label with which it went.
                if (fresh) this.label[subject] = h.nodeLabel.data[subject];
                return this.listener.nodeChanged(subject, "added", animate);
            case Op.removeNode:
                this.nodeAlive[subject] = 0;
                --this.nodes;
                return this.listener.nodeChanged(subject, "removed", animate);
            case Op.touchNode:
                return this.listener.nodeChanged(subject, "touched", animate);
            case Op.relabel:
                this.label[subject] = meaning;
                return this.listener.nodeChanged(subject, "touched", animate);
            case Op.place:
                this.place[subject] = meaning;
                return this.listener.nodeChanged(subject, "placed", animate);
            case Op.addEdge:
            case Op.removeEdge: {
                const added = op === Op.addEdge;
                this.edgeAlive[subject] = added ? 1 : 0;
                this.edges += added ? 1 : -1;
                this.degree[h.edgeSource.data[subject]] += added ? 1 : -1;
                this.degree[h.edgeTarget.data[subject]] += added ? 1 : -1;
                return this.listener.edgeChanged(subject, added ? "added" : "removed", animate);
            }
            case Op.touchEdge:
                return this.listener.edgeChanged(subject, "touched", animate);
            case Op.subgraph:
                if (meaning < 0) this.subgraphs.delete(subject);
                else this.subgraphs.set(subject, h.subgraphStates[meaning]);
                return;
        }
    }
}
