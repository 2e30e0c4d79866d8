// Verification of the whole history by several workers, stretch by stretch, as it comes.

import { ChainJoiner, type Finding, type Stretch } from "./chain";
import type { History } from "./changes";
import type { Api } from "./stream";
import type { FromVerifier, ToVerifier } from "./verify.worker";

const stretchSize = 4000;

export class Verifier {
    private joiner = new ChainJoiner();
    private readonly idle: Worker[] = [];
    private task = 0;
    /** Given out and not joined yet, in the order of the log. */
    private pending: { task: number; first: number; count: number; result: Stretch | null }[] = [];
    private given = 0;
    private oneMore = false;
    private stalled: ReturnType<typeof setTimeout> | undefined;
    private since = 0;
    /** Milliseconds in which something was being verified. */
    spent = 0;
    history: History;

    constructor(api: Api, base: string, history: History, private readonly changed: () => void) {
        this.history = history;
        const workers = Math.min(Math.max((navigator.hardwareConcurrency || 2) >> 1, 1), 4);
        for (let i = 0; i < workers; ++i) {
            const worker = new Worker(new URL("./verify.worker.ts", import.meta.url), { type: "module" });
            worker.onmessage = ({ data }: MessageEvent<FromVerifier>) => this.done(worker, data);
            worker.postMessage({ kind: "start", base, token: api.token } satisfies ToVerifier);
            this.idle.push(worker);
        }
    }

    get checked(): number {
        return this.joiner.checked;
    }
    get anchored(): boolean {
        return this.joiner.anchored;
    }
    get finding(): Finding | null {
        return this.joiner.finding;
    }
    get lastCid(): string | null {
        return this.joiner.lastCid;
    }

    reset(history: History): void {
        this.history = history;
        this.joiner = new ChainJoiner();
        this.pending = [];
        this.given = this.spent = 0;
        this.oneMore = false;
    }

    /** Verifies what has come. `oneMore`: also the block after it, which the server found broken. */
    more(oneMore: boolean): void {
        if (this.finding) return;
        const end = this.history.events + (oneMore ? 1 : 0);
        if (oneMore && !this.oneMore && this.given === this.history.events) this.oneMore = true;
        while (this.idle.length > 0 && this.given < end) {
            const count = Math.min(end - this.given, stretchSize);
            // Without the sequence of the event before, nobody can say after which to go on.
            if (this.given > this.history.events) return;
            const after = this.given === 0 ? 0 : this.history.sequence.data[this.given - 1];
            const worker = this.idle.pop()!;
            if (this.pending.length === 0) this.since = performance.now();
            this.pending.push({ task: ++this.task, first: this.given, count, result: null });
            worker.postMessage({ kind: "check", task: this.task, first: this.given, after, count } satisfies ToVerifier);
            this.given += count;
        }
    }

    private done(worker: Worker, { task, stretch }: FromVerifier): void {
        this.idle.push(worker);
        const entry = this.pending.find((p) => p.task === task);
        if (entry) entry.result = stretch;
        while (this.pending[0]?.result) {
            const { result, count, first } = this.pending.shift()!;
            this.joiner.join(result!);
            if (this.pending.length === 0) this.spent += performance.now() - this.since;
            if (result!.finding || result!.checked === count) continue;
            // The server went away, or has no more: it is asked again from there.
            this.pending = [];
            this.given = first + result!.checked;
            clearTimeout(this.stalled);
            this.stalled = setTimeout(() => this.changed(), 1000);
        }
        this.changed();
    }
}
