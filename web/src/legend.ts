// The kinds of nodes with their colours and numbers; a click hides one.

import type { History } from "./changes";
import type { Graph } from "./graph";
import { element } from "./inspector";
import { colourOf } from "./palette";

const most = 14;

export function showLegend(legend: HTMLElement, history: History, graph: Graph, hidden: Set<number>, changed: () => void): void {
    const counts: number[] = history.nodeKinds.map(() => 0);
    for (let n = 0; n < history.nodes; ++n) if (graph.nodeAlive[n]) ++counts[history.nodeKind.data[n]];
    const rows = history.nodeKinds
        .map((name, kind) => ({ name, kind, count: counts[kind] }))
        .sort((a, b) => b.count - a.count)
        .slice(0, most);
    const key = rows.map((r) => r.kind).join();
    if (legend.dataset.key !== key) {
        legend.dataset.key = key;
        legend.replaceChildren(
            ...rows.map(({ name, kind }) => {
                const dot = element("i");
                dot.style.background = colourOf(name, kind);
                const button = element("button", { title: `Show or hide ${name}` }, dot, element("span", { text: name || "(no type)" }), element("span", { class: "count" }));
                button.dataset.kind = String(kind);
                button.setAttribute("aria-pressed", String(!hidden.has(kind)));
                button.onclick = () => {
                    if (!hidden.delete(kind)) hidden.add(kind);
                    button.setAttribute("aria-pressed", String(!hidden.has(kind)));
                    changed();
                };
                return button;
            }),
        );
    }
    legend.querySelectorAll<HTMLElement>("button").forEach((button, i) => {
        button.querySelector(".count")!.textContent = rows[i].count.toLocaleString("en");
    });
}
