// What the page and the layout's worker say to each other.

/** Commands as numbers: what, then its arguments. */
export const Command = { addNode: 0, removeNode: 1, addEdge: 2, removeEdge: 3, pin: 4, unpin: 5 } as const;

export type ToLayout =
    | { kind: "commands"; commands: Float64Array; nodes: number; edges: number }
    | { kind: "dimensions"; dimensions: number }
    | { kind: "taken"; buffer: ArrayBuffer }
    | { kind: "reset" };
export interface FromLayout {
    /** x, y, z and nothing, by number of the node. */
    places: Float32Array<ArrayBuffer>;
    nodes: number;
    heat: number;
}
