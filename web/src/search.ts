// The search field: the server looks for names, ids, types and properties in the graph of the moment.

import { element } from "./inspector";
import { colourOf } from "./palette";
import type { Api } from "./stream";

interface Found {
    found: number;
    nodes: { id: string; type: string; label: string; where: string }[];
}

const shown = 50;

export function attachSearch(input: HTMLInputElement, list: HTMLElement, api: Api, at: () => number, kinds: () => string[], select: (id: string) => void): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let searches = 0;
    input.oninput = () => {
        clearTimeout(timer);
        timer = setTimeout(search, 180);
    };

    async function search(): Promise<void> {
        const mine = ++searches;
        const q = input.value.trim();
        list.hidden = q === "";
        if (q === "") return;
        try {
            const answer = await api.json<Found>("api/search", { q, at: at() });
            if (mine !== searches) return;
            const items = answer.nodes.slice(0, shown).map((node) => {
                const dot = element("span", { text: "●" });
                dot.style.color = colourOf(node.type, Math.max(kinds().indexOf(node.type), 0));
                const button = element("button", {}, dot, element("span", { text: node.label }), element("span", { class: "id", text: node.id }));
                button.onclick = () => {
                    list.hidden = true;
                    select(node.id);
                };
                return element("li", {}, button);
            });
            const number = answer.found.toLocaleString("en");
            items.push(element("li", { class: "id", text: answer.found === 0 ? "Nothing has it at this moment." : answer.found > shown ? `${number} found, ${shown} shown` : "" }));
            list.replaceChildren(...items);
        } catch (problem) {
            if (mine === searches) list.replaceChildren(element("li", { text: (problem as Error).message }));
        }
    }
}
