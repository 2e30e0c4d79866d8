import { describe, expect, it } from "vitest";
import { History, Op, type ChangeLine } from "../src/changes";
import { Graph } from "../src/graph";
import { LineSplitter } from "../src/stream";
import { subjectPattern } from "../src/subject";

const line = (changes: unknown[][], more: Partial<ChangeLine> = {}): ChangeLine => ({
    index: 0, node: 0, edge: 0, type_names: [0, "T"], aggregate_names: [0, "a"], node_kinds: [0, "Doc", "Task"], edge_kinds: [0, "needs"],
    sequences: changes.map((_, i) => i + 1), times: changes.map((_, i) => i * 1e6), types: changes.map(() => 0),
    aggregates: changes.map(() => 0), ends: changes.map(() => 1), changes, ...more,
});

const three = [
    [Op.addNode, 0, "a", 0, Op.addNode, 1, "b", "Bee"],
    [Op.addEdge, 0, 0, 1],
    [Op.relabel, 0, "Ay"],
    [Op.removeEdge, 0, Op.removeNode, 1],
];

describe("decoding", () => {
    it("reads names, elements and labels", () => {
        const history = new History();
        history.decode(line(three));
        expect([history.events, history.nodes, history.edges]).toEqual([4, 2, 1]);
        expect(history.nodeIds).toEqual(["a", "b"]);
        const graph = new Graph(history);
        graph.goTo(4);
        expect([graph.nodes, graph.edges, graph.labelOf(0)]).toEqual([1, 0, "Ay"]);
    });
    it("leaves out what it has when a line comes again, and takes what is new in it", () => {
        const whole = new History();
        whole.decode(line(three));
        const again = new History();
        again.decode(line(three.slice(0, 2)));
        again.decode(line(three));
        expect([again.events, again.nodes, again.edges, again.op.length]).toEqual([whole.events, whole.nodes, whole.edges, whole.op.length]);
        expect([...again.opStart.data.subarray(0, 5)]).toEqual([...whole.opStart.data.subarray(0, 5)]);
    });
    it("refuses a line that leaves something out", () => {
        expect(() => new History().decode(line(three, { index: 1 }))).toThrow(/goes on at event 1/);
    });
    it("refuses operations it does not know", () => {
        expect(() => new History().decode(line([[99, 1]]))).toThrow(/99/);
    });
    it("keeps names with HTML, emoji and great length as they are", () => {
        const history = new History();
        const names = ["<img src=x onerror=alert(1)>", "🦑", "x".repeat(100_000)];
        history.decode(line([names.flatMap((name) => [Op.addNode, 0, name, 0])]));
        expect(history.nodeIds).toEqual(names);
    });
    it("splits lines wherever the network did, also inside a character", () => {
        const bytes = new TextEncoder().encode('{"a":"é🦑"}\n{"b":1}\nrest');
        for (let cut = 0; cut <= bytes.length; ++cut) {
            const splitter = new LineSplitter();
            expect([...splitter.push(bytes.subarray(0, cut)), ...splitter.push(bytes.subarray(cut))]).toEqual(['{"a":"é🦑"}', '{"b":1}']);
        }
    });
});

describe("the graph", () => {
    it("comes to the same state by any way through a random history", () => {
        const seed = Number(import.meta.env.VITE_SEED ?? Date.now() % 1_000_000);
        console.log(`SEED=${seed}`);
        let state = seed || 1;
        const random = (n: number): number => (state = (state * 48271) % 2147483647) % n;
        // A history made by keeping an own account of what is there.
        const alive = new Set<number>();
        const edges = new Map<number, [number, number]>();
        let [nodes, edgeCount] = [0, 0];
        const changes: unknown[][] = [];
        for (let event = 0; event < 500; ++event) {
            const ops: unknown[] = [];
            for (let i = random(4); i >= 0; --i) {
                const some = [...alive];
                const kind = random(6);
                if (kind < 2 || some.length < 2) {
                    ops.push(Op.addNode, random(2), `n${nodes}`, 0);
                    alive.add(nodes++);
                } else if (kind === 2) {
                    const [a, b] = [some[random(some.length)], some[random(some.length)]];
                    ops.push(Op.addEdge, 0, a, b);
                    edges.set(edgeCount++, [a, b]);
                } else if (kind === 3) {
                    ops.push(Op.relabel, some[random(some.length)], `label ${event}`);
                } else if (kind === 4) {
                    const gone = some[random(some.length)];
                    for (const [edge, ends] of edges) if (ends.includes(gone)) (ops.push(Op.removeEdge, edge), edges.delete(edge));
                    ops.push(Op.removeNode, gone);
                    alive.delete(gone);
                } else {
                    ops.push(Op.touchNode, some[random(some.length)]);
                }
            }
            changes.push(ops);
        }
        const history = new History();
        history.decode(line(changes));
        const look = (graph: Graph): string =>
            JSON.stringify([graph.nodes, graph.edges, [...graph.nodeAlive.subarray(0, nodes)], [...graph.edgeAlive.subarray(0, edgeCount)], [...graph.degree.subarray(0, nodes)], Array.from({ length: nodes }, (_, n) => (graph.nodeAlive[n] ? graph.labelOf(n) : ""))]);
        const straight: string[] = [];
        const walker = new Graph(history);
        for (let at = 0; at <= history.events; ++at) {
            walker.goTo(at);
            straight.push(look(walker));
        }
        for (let i = 0; i < 200; ++i) {
            const at = random(history.events + 1);
            walker.goTo(at);
            expect(look(walker)).toBe(straight[at]);
        }
        walker.goTo(0);
        expect([walker.nodes, walker.edges]).toEqual([0, 0]);
    });
});

describe("subject patterns", () => {
    it.each([
        ["a.>", "a", false], ["*.>", "a", false], ["*", "a.b", false], ["a.*", "a", false], ["A.b", "a.b", false],
        ["*.>", "a.b", true], ["a.*.c.>", "a.b.c.d", true], [">", "a", true], ["event.store.*.NodeCreated", "event.store.g.NodeCreated", true],
    ])("%s on %s: %s", (pattern, subject, matches) => expect(subjectPattern(pattern)!(subject)).toBe(matches));
    it.each(["", "a..b", ".a", "a.", "a.>.b", "a b", "a*"])("'%s' is none", (text) => expect(subjectPattern(text)).toBeNull());
});
