// The connection to the server: the stream of changes, taken up again where it broke off.

import type { ChangeLine } from "./changes";

export interface ServerError {
    code: string;
    message: string;
    advice?: string;
    fields?: Record<string, string>;
}

export interface ServerStatus {
    state: "loading" | "live" | "broken" | "unavailable" | "failed";
    events: number;
    last: number;
    nodes: number;
    edges: number;
    problems: number;
    unknown_types: number;
    error: ServerError | null;
}

export interface Hello {
    protocol: number;
    store: string;
    aggregate: string | null;
    /** Of the event after which the stream was asked for: it tells whether its past is the one that the page knows. */
    cid: string | null;
    status: ServerStatus;
}

export type Connection = "connecting" | "connected" | "reconnecting" | "refused" | "resting";

export interface StreamListener {
    /** Returns false if this is another history: everything is then asked for anew. */
    hello(hello: Hello): boolean;
    lines(lines: ChangeLine[]): void;
    status(status: ServerStatus): void;
    connection(state: Connection, detail: string): void;
    /** After which event to go on. */
    position(): number;
}

export const protocol = 1;

/** Longer than the server is ever silent. */
const silence = 8000;

export class Api {
    constructor(private readonly base: string, readonly token: string) {}

    url(path: string, query: Record<string, string | number> = {}, withToken = false): string {
        const url = new URL(path, this.base);
        for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
        if (withToken && this.token) url.searchParams.set("token", this.token);
        return url.toString();
    }

    async get(path: string, query: Record<string, string | number> = {}, signal?: AbortSignal): Promise<Response> {
        const headers: Record<string, string> = this.token ? { Authorization: `Bearer ${this.token}` } : {};
        return fetch(this.url(path, query), { headers, signal, cache: "no-store" });
    }

    async json<T>(path: string, query: Record<string, string | number> = {}): Promise<T> {
        const response = await this.get(path, query);
        const body = await response.json();
        if (!response.ok) throw new Error(body?.error?.message ?? response.statusText);
        return body as T;
    }
}

/** Splits a stream of bytes into lines. */
export class LineSplitter {
    private readonly decoder = new TextDecoder();
    private rest = "";
    push(bytes: Uint8Array): string[] {
        const lines = (this.rest + this.decoder.decode(bytes, { stream: true })).split("\n");
        this.rest = lines.pop() ?? "";
        return lines;
    }
}

export class ChangeStream {
    private abort = new AbortController();
    private stopped = false;
    private resting = false;
    private wake: (() => void) | null = null;

    constructor(private readonly api: Api, private readonly listener: StreamListener) {}

    /** A page that nobody sees lets its connection go, because a browser has only six for a server. */
    rest(on: boolean): void {
        if (on === this.resting) return;
        this.resting = on;
        if (on) this.abort.abort();
        this.wake?.();
    }

    stop(): void {
        this.stopped = true;
        this.abort.abort();
        this.wake?.();
    }

    async run(): Promise<void> {
        let failures = 0;
        while (!this.stopped) {
            if (this.resting) {
                this.listener.connection("resting", "");
                await this.pause(3_600_000);
                continue;
            }
            this.listener.connection(failures === 0 ? "connecting" : "reconnecting", "");
            let detail = "the server does not answer";
            try {
                const refused = await this.read(() => (failures = 0));
                if (refused) {
                    this.listener.connection("refused", refused);
                    if (await this.pause(5000)) continue;
                }
                detail = "the server ended the stream";
            } catch (problem) {
                if (problem instanceof HistoryReplaced) continue;
                if (problem instanceof SyntaxError) detail = "the server sent what is no JSON";
                else if (problem instanceof Error && problem.name !== "AbortError" && problem.name !== "TypeError") detail = problem.message;
            }
            if (this.stopped || this.resting) continue;
            ++failures;
            this.listener.connection("reconnecting", detail);
            await this.pause(Math.min(250 * 2 ** Math.min(failures, 5), 5000));
        }
    }

    private async pause(milliseconds: number): Promise<boolean> {
        await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, milliseconds);
            this.wake = () => {
                clearTimeout(timer);
                resolve();
            };
        });
        this.wake = null;
        return true;
    }

    /** Reads until the stream ends; answers why it was refused, if it was. */
    private async read(connected: () => void): Promise<string | null> {
        this.abort = new AbortController();
        let watchdog = setTimeout(() => this.abort.abort(), silence);
        try {
            const response = await this.api.get("api/changes", { after: this.listener.position() }, this.abort.signal);
            if (!response.ok) {
                const body = await response.json().catch(() => null);
                return body?.error?.message ?? `the server answers ${response.status}`;
            }
            const reader = response.body!.getReader();
            const splitter = new LineSplitter();
            while (true) {
                const { done, value } = await reader.read();
                if (done) return null;
                clearTimeout(watchdog);
                watchdog = setTimeout(() => this.abort.abort(), silence);
                const changes: ChangeLine[] = [];
                for (const text of splitter.push(value)) {
                    const line = JSON.parse(text);
                    if (line.hello) {
                        if (line.hello.protocol !== protocol) return "the server speaks another version than this page: load the page again";
                        if (!this.listener.hello(line.hello)) {
                            this.abort.abort();
                            throw new HistoryReplaced();
                        }
                        connected();
                        this.listener.connection("connected", "");
                    } else if (line.status) {
                        this.listener.status(line.status);
                    } else {
                        changes.push(line);
                    }
                }
                if (changes.length > 0) this.listener.lines(changes);
            }
        } finally {
            clearTimeout(watchdog);
        }
    }
}

class HistoryReplaced extends Error {}
