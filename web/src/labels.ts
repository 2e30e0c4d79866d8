// Names over the picture: the most important first, and none where another one stands.

import type { Graph } from "./graph";
import type { History, Subgraph } from "./changes";
import type { Scene } from "./scene";

const cell = 26;

export class Labels {
    private readonly context: CanvasRenderingContext2D;
    private ranked: number[] = [];
    private rankedAt = -Infinity;
    // Writing a text with its rim costs far more than showing it again.
    private readonly sprites = new Map<string, HTMLCanvasElement>();
    private ratio = 1;

    constructor(private readonly canvas: HTMLCanvasElement) {
        this.context = canvas.getContext("2d")!;
    }

    resize(width: number, height: number, ratio: number): void {
        this.ratio = ratio;
        this.sprites.clear();
        this.canvas.width = Math.round(width * ratio);
        this.canvas.height = Math.round(height * ratio);
        this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    }

    /** Called when the graph is another. */
    forget(): void {
        this.rankedAt = -Infinity;
    }

    private rank(history: History, graph: Graph, lit: (node: number) => boolean, now: number): void {
        if (now - this.rankedAt < 0.4) return;
        this.rankedAt = now;
        // Of many, only those with some edges: sorting all would cost more than the picture.
        const nodes: number[] = [];
        const least = graph.nodes > 20_000 ? 12 : graph.nodes > 3000 ? 3 : 0;
        for (let n = 0; n < history.nodes; ++n) if (graph.nodeAlive[n] && graph.degree[n] >= least && lit(n)) nodes.push(n);
        nodes.sort((a, b) => graph.degree[b] - graph.degree[a] || a - b);
        this.ranked = nodes.slice(0, 400);
    }

    draw(history: History, graph: Graph, scene: Scene, first: number[], lit: (node: number) => boolean, ink: string, paper: string, now: number): void {
        const { context } = this;
        const width = this.canvas.width;
        const height = this.canvas.height;
        context.save();
        context.setTransform(1, 0, 0, 1, 0, 0);
        context.clearRect(0, 0, width, height);
        context.restore();
        this.rank(history, graph, lit, now);
        for (const subgraph of graph.subgraphs.values()) this.outline(subgraph, graph, scene, ink);
        const taken = new Set<number>();
        const at = { x: 0, y: 0, depth: 0, radius: 0 };
        let drawn = 0;
        const put = (node: number, important: boolean): void => {
            if (!graph.nodeAlive[node] || !scene.project(node, at)) return;
            if (!important && at.radius < 1.6) return;
            const size = important ? 14 : Math.round(Math.min(15, Math.max(10.5, 8 + at.radius * 0.42)));
            const sprite = this.sprite(graph.labelOf(node), size, important || at.radius > 14, ink, paper);
            const w = sprite.width / this.ratio;
            const x = at.x - w / 2;
            const y = at.y + at.radius + size + 1;
            // On a coarse grid, so that looking for room costs as much as the label is wide.
            const cells: number[] = [];
            for (let cx = Math.floor((x - 4) / cell); cx <= Math.floor((x + w + 4) / cell); ++cx) {
                for (let cy = Math.floor((y - size) / 15); cy <= Math.floor((y + 3) / 15); ++cy) cells.push(cx * 4096 + cy);
            }
            if (!important && cells.some((c) => taken.has(c))) return;
            cells.forEach((c) => taken.add(c));
            context.globalAlpha = important ? 1 : Math.min(1, 0.5 + at.radius / 18);
            context.drawImage(sprite, Math.round(x * this.ratio) / this.ratio, Math.round((y - size - 3) * this.ratio) / this.ratio, w, sprite.height / this.ratio);
            ++drawn;
        };
        for (const node of first) put(node, true);
        for (const node of this.ranked) {
            if (drawn >= 70) break;
            if (!first.includes(node)) put(node, false);
        }
        context.globalAlpha = 1;
    }

    private sprite(text: string, size: number, bold: boolean, ink: string, paper: string): HTMLCanvasElement {
        const label = text.length > 32 ? `${text.slice(0, 30)}…` : text;
        const key = `${size} ${bold ? 1 : 0} ${ink} ${label}`;
        const known = this.sprites.get(key);
        if (known) return known;
        if (this.sprites.size > 1000) this.sprites.clear();
        const made = document.createElement("canvas");
        const c = made.getContext("2d")!;
        const font = `${bold ? 600 : 500} ${size}px Inter, ui-sans-serif, system-ui, "DejaVu Sans", sans-serif`;
        c.font = font;
        made.width = Math.ceil((c.measureText(label).width + 6) * this.ratio);
        made.height = Math.ceil((size + 9) * this.ratio);
        c.scale(this.ratio, this.ratio);
        c.font = font;
        c.lineWidth = 3.5;
        c.lineJoin = "round";
        c.strokeStyle = paper;
        c.strokeText(label, 3, size + 3);
        c.fillStyle = ink;
        c.fillText(label, 3, size + 3);
        this.sprites.set(key, made);
        return made;
    }

    /** A subgraph's boundary: the hull of its members, with its name. */
    private outline(subgraph: Subgraph, graph: Graph, scene: Scene, ink: string): void {
        const points: [number, number][] = [];
        const at = { x: 0, y: 0, depth: 0, radius: 0 };
        for (const node of subgraph.nodes) {
            if (!graph.nodeAlive[node] || !scene.project(node, at)) continue;
            const r = at.radius + 10;
            for (let i = 0; i < 8; ++i) points.push([at.x + r * Math.cos((i * Math.PI) / 4), at.y + r * Math.sin((i * Math.PI) / 4)]);
        }
        if (points.length === 0) return;
        const hull = convexHull(points);
        const c = this.context;
        c.beginPath();
        hull.forEach(([x, y], i) => (i === 0 ? c.moveTo(x, y) : c.lineTo(x, y)));
        c.closePath();
        c.fillStyle = c.strokeStyle = ink;
        c.lineWidth = 1.2;
        c.globalAlpha = subgraph.collapsed ? 0.12 : 0.05;
        c.fill();
        c.globalAlpha = 0.45;
        c.setLineDash(subgraph.collapsed ? [] : [5, 5]);
        c.stroke();
        c.setLineDash([]);
        const top = hull.reduce((a, b) => (b[1] < a[1] ? b : a));
        c.font = '600 12px Inter, ui-sans-serif, system-ui, "DejaVu Sans", sans-serif';
        const text = (subgraph.label || subgraph.id).slice(0, 40) + (subgraph.collapsed ? " (collapsed)" : "");
        c.globalAlpha = 0.8;
        c.fillText(text, top[0] - c.measureText(text).width / 2, top[1] - 5);
        c.globalAlpha = 1;
    }
}

/** Andrew's monotone chain. */
export function convexHull(points: [number, number][]): [number, number][] {
    const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const half = (from: [number, number][]): [number, number][] => {
        const chain: [number, number][] = [];
        for (const p of from) {
            while (chain.length >= 2) {
                const [a, b] = [chain[chain.length - 2], chain[chain.length - 1]];
                if ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0) break;
                chain.pop();
            }
            chain.push(p);
        }
        chain.pop();
        return chain;
    };
    return [...half(sorted), ...half(sorted.reverse())];
}
