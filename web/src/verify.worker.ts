// One of several that verify in the browser, by an implementation that shares nothing with the server's: it fetches a stretch of
// blocks and checks it by itself. The page says which, because a block does not tell its place in the log.

import { ChainChecker, type Stretch } from "./chain";
import { Api } from "./stream";

export type ToVerifier =
    | { kind: "start"; base: string; token: string }
    /** The events from number `first` on, which come after that sequence. */
    | { kind: "check"; task: number; first: number; after: number; count: number };
export interface FromVerifier {
    task: number;
    stretch: Stretch;
}

let api: Api;

self.onmessage = ({ data }: MessageEvent<ToVerifier>) => {
    if (data.kind === "start") api = new Api(data.base, data.token);
    else void check(data.task, data.first, data.after, data.count);
};

async function check(task: number, first: number, after: number, count: number): Promise<void> {
    const checker = new ChainChecker(first);
    try {
        const response = await api.get("api/blocks", { after, limit: count });
        if (!response.ok) throw new Error(String(response.status));
        const reader = response.body!.getReader();
        while (true) {
            const { done, value } = await reader.read();
            if (done) break;
            checker.push(value, count);
        }
    } catch {
        // The server is away; the stream of changes tells, and the page asks again when it is back.
    }
    self.postMessage({ task, stretch: checker.stretch() } satisfies FromVerifier);
}
