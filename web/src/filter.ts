// Which events are looked at: by subject pattern and by type.

import { Op, type History } from "./changes";
import { subjectPattern } from "./subject";

export interface Filter {
    keeps: (event: number) => boolean;
    /** By node: whether an event that is kept is about it. */
    nodes: Uint8Array;
}

/** Of an empty pattern and no type: null, which keeps all. */
export function makeFilter(history: History, text: string, type: string): Filter | null | "invalid" {
    const pattern = text === "" ? () => true : subjectPattern(text);
    if (pattern === null) return "invalid";
    if (text === "" && type === "") return null;
    const known = new Map<number, boolean>();
    const keeps = (event: number): boolean => {
        const [a, t] = [history.aggregate.data[event], history.type.data[event]];
        const key = a * 65_536 + t;
        let keep = known.get(key);
        if (keep === undefined) {
            const name = history.typeNames[t];
            keep = (type === "" || name === type) && pattern(`event.store.${history.aggregateNames[a]}.${name}`);
            known.set(key, keep);
        }
        return keep;
    };
    const nodes = new Uint8Array(history.nodes);
    for (let event = 0; event < history.events; ++event) {
        if (!keeps(event)) continue;
        for (let i = history.opStart.data[event]; i < history.opStart.data[event + 1]; ++i) {
            const [op, subject] = [history.op.data[i], history.opSubject.data[i]];
            if (op === Op.addEdge || op === Op.removeEdge || op === Op.touchEdge) nodes[history.edgeSource.data[subject]] = nodes[history.edgeTarget.data[subject]] = 1;
            else if (op !== Op.subgraph) nodes[subject] = 1;
        }
    }
    return { keeps, nodes };
}
