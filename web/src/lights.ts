// How bright nodes and edges are: what is selected, hidden or left out by a filter, and which edges say less than others.

import type { History } from "./changes";
import type { Graph } from "./graph";
import type { Scene } from "./scene";

/** By kind of edge. One that makes a tree of most nodes is drawn strongly, others are many and say less. */
export function edgeWeights(history: History, graph: Graph): number[] {
    const edges: number[] = [];
    const targets: Set<number>[] = [];
    for (let e = 0; e < history.edges; ++e) {
        if (!graph.edgeAlive[e]) continue;
        const kind = history.edgeKind.data[e];
        edges[kind] = (edges[kind] ?? 0) + 1;
        (targets[kind] ??= new Set()).add(history.edgeTarget.data[e]);
    }
    let tree = -1;
    edges.forEach((count, kind) => {
        if (count === targets[kind].size && count * 2 > graph.nodes && (tree < 0 || count > edges[tree])) tree = kind;
    });
    const several = tree >= 0 && edges.filter((n) => n > 0).length > 1;
    return edges.map((count, kind) => (!several ? 1 : tree === kind ? 1.7 : Math.max(0.04, Math.min(0.5, 60 / count))));
}

export interface Lit {
    hiddenKinds: Set<number>;
    /** Nodes that a filter keeps; null: all. */
    kept: Uint8Array | null;
    /** -1: none. */
    selected: number;
    weights: number[];
}

export function light(scene: Scene, history: History, graph: Graph, { hiddenKinds, kept, selected, weights }: Lit): void {
    let near: Set<number> | null = null;
    if (selected >= 0) {
        near = new Set([selected]);
        for (let e = 0; e < history.edges; ++e) {
            if (!graph.edgeAlive[e]) continue;
            if (history.edgeSource.data[e] === selected) near.add(history.edgeTarget.data[e]);
            if (history.edgeTarget.data[e] === selected) near.add(history.edgeSource.data[e]);
        }
    }
    const ofNode = (n: number): number => (hiddenKinds.has(history.nodeKind.data[n]) ? 0 : kept && !kept[n] ? 0.12 : near && !near.has(n) ? 0.22 : 1);
    scene.lights(ofNode, (e) => {
        const [a, b] = [history.edgeSource.data[e], history.edgeTarget.data[e]];
        const dim = Math.min(ofNode(a), ofNode(b));
        if (near && (a === selected || b === selected)) return Math.max(dim, 1.6);
        return (near ? 0.3 : 1) * dim * (weights[history.edgeKind.data[e]] ?? 1);
    });
}
