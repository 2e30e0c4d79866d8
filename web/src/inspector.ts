// What is known of one node or one event: told by the server for the moment that is shown, and by the page's own history.
// Everything is set as text, never as HTML: names come from the log.

import type { Graph } from "./graph";
import { Op, type History } from "./changes";
import type { Api } from "./stream";

interface NodeReply {
    id: string;
    type: string;
    label: string;
    properties: Record<string, unknown>;
    parent: string | null;
    edge_count: number;
    edges: { type: string; outgoing: boolean; node: string; label: string; properties: Record<string, unknown> }[];
}

interface EventReply {
    sequence: number;
    aggregate_id: string;
    aggregate_sequence: number;
    event_type: string;
    timestamp: string;
    cid: string;
    previous_cid: string | null;
    transaction_id: string;
    transaction_index: number;
    transaction_size: number;
    correlation_id?: string;
    causation_id?: string;
    payload: unknown;
}

export interface InspectorActions {
    api: Api;
    history(): History;
    graph(): Graph;
    /** What the page has found out about an event itself. */
    trust(event: number): "verified" | "not anchored" | "broken" | "unchecked";
    showNode(id: string): void;
    showEvent(event: number): void;
    goTo(event: number): void;
    close(): void;
}

export function element<K extends keyof HTMLElementTagNameMap>(name: K, options: { class?: string; text?: string; title?: string } = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
    const made = document.createElement(name);
    if (options.class) made.className = options.class;
    if (options.text !== undefined) made.textContent = options.text;
    if (options.title) made.title = options.title;
    made.append(...children);
    return made;
}

function shorten(value: unknown): string {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return text.length > 2000 ? `${text.slice(0, 2000)}… (${text.length.toLocaleString("en")} characters)` : text;
}

export function timeText(seconds: number): string {
    return new Date(seconds * 1000).toISOString().replace("T", " ").replace(".000Z", " UTC").replace("Z", " UTC");
}

const historyShown = 60;

export class Inspector {
    /** The node that is shown, by number; -1 if none is. */
    node = -1;
    event = -1;
    private asked = 0;
    private shownAt = "";

    constructor(private readonly panel: HTMLElement, private readonly actions: InspectorActions) {}

    get open(): boolean {
        return !this.panel.hidden;
    }

    close(): void {
        this.panel.hidden = true;
        this.node = this.event = -1;
        this.shownAt = "";
        ++this.asked;
    }

    private frame(title: string, ...rest: Node[]): void {
        const scroll = this.panel.scrollTop;
        const close = element("button", { class: "close", text: "✕", title: "Close (Esc)" });
        close.setAttribute("aria-label", "Close");
        close.onclick = () => this.actions.close();
        this.panel.replaceChildren(close, element("h2", { text: title }), ...rest);
        this.panel.hidden = false;
        this.panel.scrollTop = scroll;
    }

    private list(rows: [string, string | Node][]): HTMLElement {
        const list = element("dl");
        for (const [name, value] of rows) list.append(element("dt", { text: name }), element("dd", {}, value));
        return list;
    }

    /** Events that made, changed or removed the node or an edge at it, the latest first. */
    private eventsOf(node: number): number[] {
        const h = this.actions.history();
        const found: number[] = [];
        for (let event = Math.min(this.actions.graph().position, h.events) - 1; event >= 0 && found.length <= historyShown; --event) {
            for (let i = h.opStart.data[event]; i < h.opStart.data[event + 1]; ++i) {
                const op = h.op.data[i];
                const subject = h.opSubject.data[i];
                const isEdge = op === Op.addEdge || op === Op.removeEdge || op === Op.touchEdge;
                const about = isEdge ? h.edgeSource.data[subject] === node || h.edgeTarget.data[subject] === node : op !== Op.subgraph && subject === node;
                if (!about) continue;
                found.push(event);
                break;
            }
        }
        return found;
    }

    async showNode(node: number): Promise<void> {
        const h = this.actions.history();
        const graph = this.actions.graph();
        const at = graph.position === 0 ? 0 : h.sequence.data[graph.position - 1];
        const key = `node ${node} ${at}`;
        if (key === this.shownAt) return;
        this.shownAt = key;
        this.node = node;
        this.event = -1;
        const mine = ++this.asked;
        const title = graph.labelOf(node) || h.nodeIds[node];
        const kind = h.nodeKinds[h.nodeKind.data[node]];
        let reply: NodeReply | null = null;
        let problem = "";
        if (graph.nodeAlive[node]) {
            try {
                reply = await this.actions.api.json<NodeReply>("api/node", { id: h.nodeIds[node], at });
            } catch (error) {
                problem = (error as Error).message;
            }
        } else {
            problem = "It is not there at this moment.";
        }
        if (mine !== this.asked) return;
        const rows: [string, string | Node][] = [["type", kind], ["id", element("code", { text: shorten(h.nodeIds[node]) })]];
        if (reply?.parent) rows.push(["parent", reply.parent]);
        for (const [name, value] of Object.entries(reply?.properties ?? {})) rows.push([name, shorten(value)]);
        const parts: Node[] = [this.list(rows)];
        if (problem) parts.push(element("p", { text: problem }));
        if (reply && reply.edges.length > 0) {
            parts.push(element("h3", { text: `${reply.edge_count.toLocaleString("en")} edges` }));
            const list = element("ol");
            const most = [...reply.edges].sort((a, b) => Number(b.properties.count ?? 0) - Number(a.properties.count ?? 0));
            for (const edge of most.slice(0, 40)) {
                const count = edge.properties.count === undefined ? "" : ` ×${edge.properties.count}`;
                const button = element("button", {}, element("span", { class: "t", text: `${edge.outgoing ? "→" : "←"} ${edge.type}${count}` }), element("span", { class: "n", text: edge.label }));
                button.onclick = () => this.actions.showNode(edge.node);
                list.append(element("li", {}, button));
            }
            parts.push(list);
        }
        const events = this.eventsOf(node);
        parts.push(element("h3", { text: "History" }));
        const list = element("ol");
        for (const event of events.slice(0, historyShown)) {
            const button = element("button", {}, element("span", { class: "t", text: timeText(h.time.data[event]).slice(0, 16) }), element("span", { class: "n", text: h.typeNames[h.type.data[event]] }));
            button.onclick = () => this.actions.showEvent(event);
            list.append(element("li", {}, button));
        }
        if (events.length > historyShown) list.append(element("li", { text: "… and earlier ones" }));
        parts.push(list);
        this.frame(title, ...parts);
    }

    async showEvent(event: number): Promise<void> {
        const h = this.actions.history();
        this.event = event;
        this.node = -1;
        this.shownAt = `event ${event}`;
        const mine = ++this.asked;
        let reply: EventReply;
        try {
            reply = await this.actions.api.json<EventReply>("api/event", { sequence: h.sequence.data[event] });
        } catch (error) {
            if (mine === this.asked) this.frame(h.typeNames[h.type.data[event]], element("p", { text: (error as Error).message }));
            return;
        }
        if (mine !== this.asked) return;
        const trust = this.actions.trust(event);
        const badge = element("span", { class: `badge ${trust === "verified" ? "good" : trust === "broken" ? "bad" : "warn"}`, text: trust });
        const code = (text: string): Node => element("code", { text });
        const rows: [string, string | Node][] = [
            ["here", badge],
            ["time", reply.timestamp],
            ["aggregate", `${reply.aggregate_id}, event ${reply.aggregate_sequence}`],
            ["in the log", `event ${reply.sequence}`],
            ["transaction", `${reply.transaction_id} (${reply.transaction_index + 1} of ${reply.transaction_size})`],
            ["CID", code(reply.cid)],
        ];
        if (reply.previous_cid === null) {
            rows.push(["previous", "none: the first of its chain"]);
        } else {
            rows.push(["previous", code(reply.previous_cid)]);
        }
        if (reply.correlation_id) rows.push(["correlation", reply.correlation_id]);
        if (reply.causation_id) rows.push(["causation", reply.causation_id]);
        const micros = Math.round(h.time.data[event] * 1e6);
        const block = {
            payload: reply.payload,
            timestamp: micros,
            event_type: reply.event_type,
            aggregate_id: reply.aggregate_id,
            previous_cid: reply.previous_cid === null ? null : { "/": reply.previous_cid },
        };
        const goTo = element("button", { text: "Show this moment" });
        goTo.onclick = () => this.actions.goTo(event);
        const step = (by: number, text: string): HTMLButtonElement => {
            const button = element("button", { text });
            button.disabled = event + by < 0 || event + by >= h.events;
            button.onclick = () => this.actions.showEvent(event + by);
            return button;
        };
        const shown = JSON.stringify(block, null, 2);
        this.frame(
            reply.event_type,
            this.list(rows),
            element("p", {}, goTo, " ", step(-1, "Earlier"), " ", step(1, "Later")),
            element("h3", { text: "Block, as dag-json" }),
            element("pre", { text: shown.length > 20_000 ? `${shown.slice(0, 20_000)}\n… (${shown.length.toLocaleString("en")} characters)` : shown }),
        );
    }
}
