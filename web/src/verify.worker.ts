// Verification in the browser, by an implementation that shares nothing with the server's. The page says which blocks come next,
// because a block does not tell its place in the log.

import { ChainChecker, type Finding } from "./chain";
import { Api } from "./stream";

export type ToVerifier =
    | { kind: "start"; base: string; token: string }
    | { kind: "reset" }
    /** The next `count` blocks, which come after that event. */
    | { kind: "next"; after: number; count: number };
export interface FromVerifier {
    kind: "progress" | "done";
    checked: number;
    anchored: boolean;
    finding: Finding | null;
    lastCid: string | null;
    /** Milliseconds of work so far, without waiting. */
    spent: number;
}

let api: Api;
let checker = new ChainChecker();
let spent = 0;

self.onmessage = ({ data }: MessageEvent<ToVerifier>) => {
    if (data.kind === "start") api = new Api(data.base, data.token);
    if (data.kind === "reset") {
        checker = new ChainChecker();
        spent = 0;
    }
    if (data.kind === "next") void next(data.after, data.count);
};

function report(kind: "progress" | "done"): void {
    const { checked, anchored, finding, lastCid } = checker;
    self.postMessage({ kind, checked, anchored, finding, lastCid, spent } satisfies FromVerifier);
}

async function next(after: number, count: number): Promise<void> {
    const mine = checker;
    try {
        const response = await api.get("api/blocks", { after, limit: count });
        if (!response.ok) throw new Error(String(response.status));
        const reader = response.body!.getReader();
        const limit = mine.checked + count;
        mine.begin();
        let told = performance.now();
        while (mine === checker) {
            const { done, value } = await reader.read();
            if (done) break;
            const start = performance.now();
            mine.push(value, limit);
            const now = performance.now();
            spent += now - start;
            if (mine.finding) break;
            if (now - told > 100) {
                told = now;
                report("progress");
            }
        }
        reader.cancel().catch(() => {});
    } catch {
        // The server is away; the stream of changes tells, and the page asks again when it is back.
    }
    if (mine === checker) report("done");
}
