// Saving what is shown: the picture as it is here, the graph as the server writes it.

import { element } from "./inspector";
import type { Scene } from "./scene";
import type { Api } from "./stream";

function save(name: string, content: Blob): void {
    const link = element("a");
    link.href = URL.createObjectURL(content);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function attachSaving(menu: HTMLDetailsElement, api: Api, scene: Scene, canvases: HTMLCanvasElement[], at: () => number, notice: (text: string) => void): void {
    menu.querySelectorAll<HTMLElement>("button").forEach((button) => {
        button.onclick = async () => {
            menu.open = false;
            const format = button.dataset.format!;
            const moment = at();
            if (format === "png") {
                scene.wake();
                scene.render(0, false);
                const both = document.createElement("canvas");
                [both.width, both.height] = [canvases[0].width, canvases[0].height];
                const c = both.getContext("2d")!;
                for (const canvas of canvases) c.drawImage(canvas, 0, 0, both.width, both.height);
                both.toBlob((blob) => blob && save(`graph-${moment}.png`, blob));
                return;
            }
            try {
                const response = await api.get("api/export", { at: moment, format });
                if (!response.ok) throw new Error((await response.json()).error.message);
                save(`graph-${moment}.${format}`, await response.blob());
            } catch (problem) {
                notice(`It could not be exported: ${(problem as Error).message}`);
            }
        };
    });
}
