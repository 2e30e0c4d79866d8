// Checks a CAR stream of event blocks: each block hashes to its CID, is strict dag-cbor of the event block's shape, and links to
// the block before it of its aggregate (docs/formats/event-block.md, docs/formats/car.md).

import { decode } from "@ipld/dag-cbor";
import { sha256 } from "@noble/hashes/sha2";
import { CID } from "multiformats/cid";

export interface Finding {
    /** Number of the event in the log's order, from 0. */
    event: number;
    reason: "hash" | "link" | "block" | "archive";
    message: string;
    cid: string | null;
}

interface EventBlock {
    payload: unknown;
    timestamp: number;
    event_type: string;
    aggregate_id: string;
    previous_cid: CID | null;
}

const fields = ["aggregate_id", "event_type", "payload", "previous_cid", "timestamp"];
// CIDv1, dag-cbor, sha2-256, 32 bytes: what the CID of every event block begins with.
const prefix = [0x01, 0x71, 0x12, 0x20];
const cidSize = 36;
const maxSection = 8 << 20;

function same(a: Uint8Array, b: Uint8Array): boolean {
    for (let i = 0; i < a.length; ++i) if (a[i] !== b[i]) return false;
    return a.length === b.length;
}

export function text(cid: Uint8Array): string {
    return CID.decode(cid).toString();
}

/** What was found out about a stretch of the log by itself. */
export interface Stretch {
    checked: number;
    finding: Finding | null;
    /** By aggregate, the first event in the stretch and what it links to. */
    firsts: [aggregate: string, event: number, previous: Uint8Array | null, cid: Uint8Array][];
    heads: [aggregate: string, cid: Uint8Array][];
    last: Uint8Array | null;
}

/** Checks a stretch of the log, whose first event is the one of that number. */
export class ChainChecker {
    checked = 0;
    finding: Finding | null = null;
    private readonly firsts = new Map<string, [number, Uint8Array | null, Uint8Array]>();
    private readonly heads = new Map<string, Uint8Array>();
    private last: Uint8Array | null = null;
    private pending = new Uint8Array(0);
    private inHeader = true;

    constructor(private readonly start = 0) {}

    stretch(): Stretch {
        return {
            checked: this.checked,
            finding: this.finding,
            firsts: [...this.firsts].map(([aggregate, [event, previous, cid]]) => [aggregate, event, previous, cid]),
            heads: [...this.heads],
            last: this.last,
        };
    }

    /** Takes in the next bytes, up to `limit` events in all. */
    push(bytes: Uint8Array, limit: number): void {
        if (this.finding) return;
        let data = bytes;
        if (this.pending.length > 0) {
            data = new Uint8Array(this.pending.length + bytes.length);
            data.set(this.pending);
            data.set(bytes, this.pending.length);
        }
        let at = 0;
        while (!this.finding && this.checked < limit) {
            let size = 0;
            let shift = 0;
            let start = at;
            let whole = false;
            while (start < data.length && !whole) {
                const byte = data[start++];
                size += (byte & 0x7f) * 2 ** shift;
                shift += 7;
                whole = byte < 0x80;
                if (shift > 35) return this.fail("archive", "a section's length is no number", null);
            }
            if (!whole || start + size > data.length) break;
            if (size > maxSection) return this.fail("archive", `a section of ${size} bytes`, null);
            if (this.inHeader) this.inHeader = false;
            else this.section(data.subarray(start, start + size));
            at = start + size;
        }
        this.pending = data.slice(at);
    }

    private section(section: Uint8Array): void {
        // An empty block under its own CID is how the server says that it is there.
        if (section.length === 4 && section[1] === 0x55 && section[2] === 0) return;
        const cid = section.subarray(0, cidSize);
        const block = section.subarray(cidSize);
        if (section.length <= cidSize || !prefix.every((byte, i) => cid[i] === byte)) return this.fail("archive", "a section that does not begin with an event's CID", null);
        const digest = sha256(block);
        if (!same(digest, cid.subarray(4))) {
            const actual = new Uint8Array(cidSize);
            actual.set(prefix);
            actual.set(digest, 4);
            return this.fail("hash", `the block hashes to ${text(actual)}`, cid);
        }
        let event: EventBlock;
        try {
            event = decode<EventBlock>(block);
        } catch (problem) {
            return this.fail("block", `the block is no strict dag-cbor: ${(problem as Error).message}`, cid);
        }
        if (Object.keys(event).sort().join() !== fields.join()) return this.fail("block", "the block has other fields than an event", cid);
        const known = this.heads.get(event.aggregate_id);
        const previous = event.previous_cid;
        if (known) {
            const wrong = wrongLink(previous?.bytes ?? null, known);
            if (wrong) return this.fail("link", wrong, cid);
        }
        const own = cid.slice();
        if (!known) this.firsts.set(event.aggregate_id, [this.start + this.checked, previous?.bytes ?? null, own]);
        this.heads.set(event.aggregate_id, own);
        this.last = own;
        ++this.checked;
    }

    private fail(reason: Finding["reason"], message: string, cid: Uint8Array | null): void {
        this.finding = { event: this.start + this.checked, reason, message, cid: cid ? text(cid) : null };
    }
}

function wrongLink(previous: Uint8Array | null, known: Uint8Array): string | null {
    if (!previous) return "it begins a chain that has begun already";
    return same(previous, known) ? null : `it links to ${text(previous)} and not to the event before it, ${text(known)}`;
}

/** Joins stretches, which are checked side by side, in the order of the log. */
export class ChainJoiner {
    checked = 0;
    /** False once a chain began in its middle: then nobody here knows what came before. */
    anchored = true;
    finding: Finding | null = null;
    private readonly heads = new Map<string, Uint8Array>();
    private last: Uint8Array | null = null;

    get lastCid(): string | null {
        return this.last ? text(this.last) : null;
    }

    join(stretch: Stretch): void {
        if (this.finding) return;
        for (const [aggregate, event, previous, cid] of stretch.firsts) {
            const known = this.heads.get(aggregate);
            if (!known) {
                if (previous) this.anchored = false;
                continue;
            }
            const wrong = wrongLink(previous, known);
            if (wrong && (!this.finding || event < this.finding.event)) this.finding = { event, reason: "link", message: wrong, cid: text(cid) };
        }
        if (stretch.finding && (!this.finding || stretch.finding.event < this.finding.event)) this.finding = stretch.finding;
        this.checked = this.finding ? this.finding.event : this.checked + stretch.checked;
        for (const [aggregate, cid] of stretch.heads) this.heads.set(aggregate, cid);
        if (stretch.last) this.last = stretch.last;
    }
}
