// The history as the page holds it: what each event is, and what it does to the picture, in flat arrays that only grow.
//
// decode() turns lines of the server's stream (docs/formats/http.md, "Changes") into these arrays. Nodes and edges keep the
// number under which they came, also when they go and others come, so that they have their place when time runs back.

export const Op = { addNode: 0, removeNode: 1, touchNode: 2, relabel: 3, addEdge: 4, removeEdge: 5, touchEdge: 6, place: 7, subgraph: 8 } as const;

export interface Subgraph {
    id: string;
    label: string;
    collapsed: boolean;
    nodes: number[];
}

/** One line of the stream that tells of events. */
export interface ChangeLine {
    index: number;
    node: number;
    edge: number;
    type_names?: [number, ...string[]];
    aggregate_names?: [number, ...string[]];
    node_kinds?: [number, ...string[]];
    edge_kinds?: [number, ...string[]];
    sequences: number[];
    times: number[];
    types: number[];
    aggregates: number[];
    ends: number[];
    changes: unknown[][];
}

/** An array of numbers that grows by doubling. */
export class Column<T extends Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array> {
    data: T;
    length = 0;
    constructor(private readonly make: (size: number) => T) {
        this.data = make(1024);
    }
    push(value: number): void {
        this.room(this.length + 1);
        this.data[this.length++] = value;
    }
    /** Room for so many, the new ones zero. */
    room(size: number): void {
        if (size <= this.data.length) return;
        let capacity = this.data.length;
        while (capacity < size) capacity *= 2;
        const grown = this.make(capacity);
        grown.set(this.data);
        this.data = grown;
    }
}

export const float64s = () => new Column((n) => new Float64Array(n));
export const int32s = () => new Column((n) => new Int32Array(n));
export const uint32s = () => new Column((n) => new Uint32Array(n));
export const uint8s = () => new Column((n) => new Uint8Array(n));

const microseconds = 1e-6;

export class History {
    // By event.
    readonly sequence = float64s();
    /** Seconds since the epoch; double precision keeps microseconds. */
    readonly time = float64s();
    /** The latest time so far: when the event appears in a replay by time. */
    readonly due = float64s();
    readonly type = uint32s();
    readonly aggregate = uint32s();
    readonly endsTransaction = uint8s();
    /** Where the event's operations begin; one more than there are events. */
    readonly opStart = uint32s();

    // By operation: what, to which, from which and to which meaning (labels, places and subgraphs by number).
    readonly op = uint8s();
    readonly opSubject = uint32s();
    readonly opBefore = int32s();
    readonly opAfter = int32s();

    // By node and edge, in the order in which they came.
    readonly nodeKind = uint32s();
    readonly nodeIds: string[] = [];
    /** The label with which it came: a number into labels. */
    readonly nodeLabel = int32s();
    readonly edgeKind = uint32s();
    readonly edgeSource = uint32s();
    readonly edgeTarget = uint32s();

    readonly labels: string[] = [];
    readonly places: [number, number, number][] = [];
    readonly subgraphStates: Subgraph[] = [];

    readonly typeNames: string[] = [];
    readonly aggregateNames: string[] = [];
    readonly nodeKinds: string[] = [];
    readonly edgeKinds: string[] = [];

    // As of the last event: what the next operations change.
    private readonly labelNow = int32s();
    private readonly placeNow = int32s();
    private readonly subgraphNow = new Map<string, number>();
    readonly subgraphIds: string[] = [];
    private readonly subgraphNumber = new Map<string, number>();

    constructor() {
        this.opStart.push(0);
    }

    get events(): number {
        return this.sequence.length;
    }
    get nodes(): number {
        return this.nodeIds.length;
    }
    get edges(): number {
        return this.edgeSource.length;
    }
    get lastSequence(): number {
        return this.events === 0 ? 0 : this.sequence.data[this.events - 1];
    }

    /** Takes in a line, leaving out what it has. Throws for one that does not continue it. */
    decode(line: ChangeLine): void {
        this.takeNames(this.typeNames, line.type_names);
        this.takeNames(this.aggregateNames, line.aggregate_names);
        this.takeNames(this.nodeKinds, line.node_kinds);
        this.takeNames(this.edgeKinds, line.edge_kinds);
        if (line.index > this.events) throw new Error(`the stream goes on at event ${line.index}, and ${this.events} are here`);
        let node = line.node;
        let edge = line.edge;
        for (let i = 0; i < line.sequences.length; ++i) {
            const known = line.index + i < this.events;
            [node, edge] = this.takeOps(line.changes[i], node, edge, known);
            if (known) continue;
            const time = line.times[i] * microseconds;
            this.due.push(this.events === 0 ? time : Math.max(time, this.due.data[this.events - 1]));
            this.sequence.push(line.sequences[i]);
            this.time.push(time);
            this.type.push(line.types[i]);
            this.aggregate.push(line.aggregates[i]);
            this.endsTransaction.push(line.ends[i]);
            this.opStart.push(this.op.length);
        }
    }

    private takeNames(names: string[], fresh?: [number, ...string[]]): void {
        if (!fresh) return;
        const [from, ...rest] = fresh;
        rest.forEach((name, i) => (names[from + i] = name));
    }

    private text(value: unknown, otherwise: string): number {
        this.labels.push(value === 0 ? otherwise : (value as string));
        return this.labels.length - 1;
    }

    private push(op: number, subject: number, before: number, after: number): void {
        this.op.push(op);
        this.opSubject.push(subject);
        this.opBefore.push(before);
        this.opAfter.push(after);
    }

    private takeOps(ops: unknown[], node: number, edge: number, known: boolean): [number, number] {
        for (let i = 0; i < ops.length; ) {
            const op = ops[i++] as number;
            switch (op) {
                case Op.addNode: {
                    const [kind, id, label] = [ops[i++] as number, ops[i++] as string, ops[i++]];
                    if (!known) {
                        const text = this.text(label, id);
                        this.nodeIds[node] = id;
                        this.nodeKind.push(kind);
                        this.nodeLabel.push(text);
                        this.labelNow.push(text);
                        this.placeNow.push(-1);
                        this.push(op, node, 0, 0);
                    }
                    ++node;
                    break;
                }
                case Op.addEdge: {
                    const [kind, source, target] = [ops[i++] as number, ops[i++] as number, ops[i++] as number];
                    if (!known) {
                        this.edgeKind.push(kind);
                        this.edgeSource.push(source);
                        this.edgeTarget.push(target);
                        this.push(op, edge, 0, 0);
                    }
                    ++edge;
                    break;
                }
                case Op.relabel: {
                    const [subject, label] = [ops[i++] as number, ops[i++]];
                    if (known) break;
                    const text = this.text(label, this.nodeIds[subject]);
                    this.push(op, subject, this.labelNow.data[subject], text);
                    this.labelNow.data[subject] = text;
                    break;
                }
                case Op.place: {
                    const subject = ops[i++] as number;
                    const place: [number, number, number] = [ops[i++] as number, ops[i++] as number, ops[i++] as number];
                    if (known) break;
                    this.places.push(place);
                    this.push(op, subject, this.placeNow.data[subject], this.places.length - 1);
                    this.placeNow.data[subject] = this.places.length - 1;
                    break;
                }
                case Op.subgraph: {
                    const [id, label, collapsed, nodes] = [ops[i++] as string, ops[i++] as string, ops[i++] === 1, ops[i++] as number[]];
                    if (known) break;
                    let number = this.subgraphNumber.get(id);
                    if (number === undefined) {
                        number = this.subgraphIds.push(id) - 1;
                        this.subgraphNumber.set(id, number);
                    }
                    const state = this.subgraphStates.push({ id, label, collapsed, nodes }) - 1;
                    this.push(op, number, this.subgraphNow.get(id) ?? -1, state);
                    this.subgraphNow.set(id, state);
                    break;
                }
                case Op.removeNode:
                case Op.touchNode:
                case Op.removeEdge:
                case Op.touchEdge: {
                    const subject = ops[i++] as number;
                    if (!known) this.push(op, subject, 0, 0);
                    break;
                }
                default:
                    throw new Error(`the stream holds the operation ${op}, which this page does not know: load it again`);
            }
        }
        return [node, edge];
    }

    /** How many events have happened by that time. */
    eventsDue(time: number): number {
        let low = 0;
        let high = this.events;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (this.due.data[middle] <= time) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    /** The end of the transaction that the `position`-th event is in; positions count events. */
    wholeTransactions(position: number): number {
        let at = position;
        while (at > 0 && at < this.events && this.endsTransaction.data[at - 1] === 0) ++at;
        return at;
    }

    nextTransaction(position: number): number {
        let at = Math.min(position + 1, this.events);
        while (at < this.events && this.endsTransaction.data[at - 1] === 0) ++at;
        return at;
    }

    previousTransaction(position: number): number {
        let at = Math.max(position - 1, 0);
        while (at > 0 && this.endsTransaction.data[at - 1] === 0) --at;
        return at;
    }
}
