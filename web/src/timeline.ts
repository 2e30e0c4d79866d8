// The histogram of events over the timeline, with the position, the loop, and what the filter leaves.

import type { Clock } from "./clock";
import type { History } from "./changes";

export function dateText(seconds: number, span: number): string {
    const iso = new Date(seconds * 1000).toISOString();
    if (span > 86_400 * 400) return iso.slice(0, 7);
    if (span > 86_400 * 3) return iso.slice(0, 10);
    return span > 120 ? iso.slice(11, 16) : iso.slice(11, 19);
}

export class Timeline {
    private readonly context: CanvasRenderingContext2D;
    private bins = new Float32Array(0);
    private kept = new Float32Array(0);
    private built = "";
    private width = 1;
    private height = 1;
    /** Being dragged: from where, and whether it selects a range. */
    private drag: { from: number; selects: boolean } | null = null;

    constructor(
        private readonly canvas: HTMLCanvasElement,
        private readonly clock: Clock,
        private readonly history: () => History,
        private readonly keeps: () => ((event: number) => boolean) | null,
        private readonly changed: (what: "seek" | "range") => void,
    ) {
        this.context = canvas.getContext("2d")!;
        canvas.addEventListener("pointerdown", (e) => {
            if (e.button !== 0) return;
            canvas.setPointerCapture(e.pointerId);
            this.drag = { from: this.valueAt(e.offsetX), selects: e.shiftKey };
            if (!e.shiftKey) this.seek(e.offsetX);
        });
        canvas.addEventListener("pointermove", (e) => {
            if (!this.drag) return;
            if (!this.drag.selects) return this.seek(e.offsetX);
            const to = this.valueAt(e.offsetX);
            this.clock.loop = [Math.min(this.drag.from, to), Math.max(this.drag.from, to)];
            this.changed("range");
        });
        const end = (): void => {
            if (this.drag?.selects && this.clock.loop && this.clock.loop[0] >= this.clock.loop[1]) this.clock.loop = null;
            this.drag = null;
        };
        canvas.addEventListener("pointerup", end);
        canvas.addEventListener("pointercancel", end);
    }

    resize(width: number, height: number, ratio: number): void {
        this.width = width;
        this.height = height;
        this.canvas.width = Math.round(width * ratio);
        this.canvas.height = Math.round(height * ratio);
        this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
        this.built = "";
    }

    forget(): void {
        this.built = "";
    }

    private valueAt(x: number): number {
        const { begin, end, before } = this.clock;
        return begin - before + (Math.min(Math.max(x, 0), this.width) / this.width) * (end - begin + before);
    }

    private xOf(value: number): number {
        const { begin, end, before } = this.clock;
        return end > begin ? ((value - begin + before) / (end - begin + before)) * this.width : this.width;
    }

    private seek(x: number): void {
        this.clock.seek(this.valueAt(x));
        this.changed("seek");
    }

    private build(): void {
        const history = this.history();
        const key = `${history.events} ${this.clock.timeline === "sequence"} ${this.width}`;
        if (key === this.built) return;
        // While a history comes in, its histogram is made anew only now and then.
        this.built = key;
        const count = Math.max(1, Math.floor(this.width / 4));
        this.bins = new Float32Array(count);
        this.kept = new Float32Array(count);
        const keeps = this.keeps();
        const { begin, end, before } = this.clock;
        const scale = count / Math.max(end - begin + before, 1e-9);
        for (let i = 0; i < history.events; ++i) {
            const value = this.clock.timeline === "sequence" ? i + 0.5 : history.due.data[i];
            const bin = Math.min(count - 1, Math.floor((value - begin + before) * scale));
            ++this.bins[bin];
            if (!keeps || keeps(i)) ++this.kept[bin];
        }
    }

    draw(style: { ink: string; soft: string; accent: string; line: string }): void {
        this.build();
        const { context: c, width, height } = this;
        c.clearRect(0, 0, width, height);
        const base = height - 15;
        const most = this.bins.reduce((a, b) => Math.max(a, b), 1);
        const at = this.xOf(this.clock.following ? this.clock.end : this.clock.value);
        // A commit of a thousand files should not make all others vanish.
        const tall = (n: number): number => (n === 0 ? 0 : Math.max(1.5, Math.pow(n / most, 0.45) * (base - 6)));
        const step = width / this.bins.length;
        if (this.clock.loop) {
            const [from, to] = this.clock.loop.map((v) => this.xOf(v));
            c.fillStyle = style.accent;
            c.globalAlpha = 0.16;
            c.fillRect(from, 0, Math.max(to - from, 1), base);
            c.globalAlpha = 1;
        }
        for (let i = 0; i < this.bins.length; ++i) {
            if (this.bins[i] === 0) continue;
            const past = (i + 0.5) * step <= at;
            const h = tall(this.bins[i]);
            c.globalAlpha = past ? 0.3 : 0.14;
            c.fillStyle = past ? style.accent : style.soft;
            c.fillRect(i * step, base - h, Math.max(step - 1, 1), h);
            if (this.kept[i] === 0) continue;
            const k = tall(this.kept[i]);
            c.globalAlpha = past ? 0.95 : 0.4;
            c.fillRect(i * step, base - k, Math.max(step - 1, 1), k);
        }
        c.globalAlpha = 1;
        c.fillStyle = style.line;
        c.fillRect(0, base, width, 1);
        this.ticks(style.soft, base);
        c.fillStyle = style.ink;
        c.fillRect(Math.min(Math.max(at - 1, 0), width - 2), 0, 2, base + 4);
        c.beginPath();
        c.arc(Math.min(Math.max(at, 4), width - 4), base + 2, 4, 0, 7);
        c.fill();
    }

    private ticks(ink: string, base: number): void {
        const c = this.context;
        const { begin, end } = this.clock;
        if (end <= begin) return;
        c.font = '11px Inter, ui-sans-serif, system-ui, "DejaVu Sans", sans-serif';
        c.fillStyle = ink;
        const count = Math.max(2, Math.floor(this.width / 130));
        for (let i = 0; i <= count; ++i) {
            const value = begin + ((end - begin) * i) / count;
            const text = this.clock.timeline === "sequence" ? Math.round(value).toLocaleString("en") : dateText(value, end - begin);
            const w = c.measureText(text).width;
            const x = Math.min(Math.max(this.xOf(value) - w / 2, 0), this.width - w);
            c.fillText(text, x, base + 13);
        }
    }
}
