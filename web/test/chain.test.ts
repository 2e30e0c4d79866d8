import { encode } from "@ipld/dag-cbor";
import { sha256 } from "@noble/hashes/sha2";
import { CID } from "multiformats/cid";
import { create } from "multiformats/hashes/digest";
import { describe, expect, it } from "vitest";
import { ChainChecker, ChainJoiner } from "../src/chain";

interface Made {
    cid: CID;
    block: Uint8Array;
}
const cidOf = (block: Uint8Array): CID => CID.createV1(0x71, create(0x12, sha256(block)));

function chain(count: number, aggregate = "a", previous: CID | null = null): Made[] {
    const made: Made[] = [];
    for (let i = 0; i < count; ++i) {
        const block = encode({ payload: { n: i }, timestamp: i, event_type: "T", aggregate_id: aggregate, previous_cid: previous });
        previous = cidOf(block);
        made.push({ cid: previous, block });
    }
    return made;
}

function varint(n: number): number[] {
    return n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...varint(n >> 7)];
}

function car(blocks: Made[]): Uint8Array {
    const header = encode({ roots: [blocks[0].cid], version: 1 });
    return new Uint8Array([...varint(header.length), ...header, ...blocks.flatMap(({ cid, block }) => [...varint(cid.bytes.length + block.length), ...cid.bytes, ...block])]);
}

/** Checked in stretches of so many events, the archives cut into so many bytes. */
function check(blocks: Made[], bytesAtOnce = 1 << 20, stretch = 1000): ChainJoiner {
    const joiner = new ChainJoiner();
    for (let first = 0; first < blocks.length; first += stretch) {
        const some = blocks.slice(first, first + stretch);
        const checker = new ChainChecker(first);
        const bytes = car(some);
        for (let at = 0; at < bytes.length; at += bytesAtOnce) checker.push(bytes.subarray(at, at + bytesAtOnce), some.length);
        joiner.join(checker.stretch());
    }
    return joiner;
}

describe("a chain", () => {
    it("is verified, however the bytes are cut", () => {
        for (const step of [1, 7, 100, 1 << 20]) {
            const checker = check(chain(20), step);
            expect([checker.checked, checker.anchored, checker.finding]).toEqual([20, true, null]);
        }
    });
    it("gives the same, however it is divided", () => {
        const good = chain(12);
        const flipped = chain(12);
        flipped[7].block[20] ^= 1;
        const without = chain(12);
        without.splice(6, 1);
        for (const stretch of [1, 2, 3, 5, 7, 12]) {
            const size = 1 << 20;
            expect(check(good, size, stretch)).toMatchObject({ checked: 12, anchored: true, finding: null, lastCid: good[11].cid.toString() });
            expect(check(flipped, size, stretch)).toMatchObject({ checked: 7, finding: { event: 7, reason: "hash" } });
            expect(check(without, size, stretch)).toMatchObject({ checked: 6, finding: { event: 6, reason: "link" } });
            expect(check(good.slice(3), size, stretch)).toMatchObject({ checked: 9, anchored: false, finding: null });
            expect(check([...good, chain(1)[0]], size, stretch)).toMatchObject({ checked: 12, finding: { event: 12, reason: "link" } });
        }
    });
    it("of several aggregates is verified", () => {
        const [a, b] = [chain(3, "a"), chain(3, "b")];
        expect(check([a[0], b[0], b[1], a[1], a[2], b[2]]).checked).toBe(6);
    });
    it("that begins in its middle is not anchored", () => {
        expect(check(chain(5).slice(2)).anchored).toBe(false);
    });
    it.each([0, 3, 4])("with a flipped bit in event %i is broken there", (at) => {
        const blocks = chain(5);
        blocks[at].block[blocks[at].block.length - 1] ^= 1;
        expect(check(blocks).finding).toMatchObject({ event: at, reason: "hash", cid: blocks[at].cid.toString() });
    });
    it("with an event left out is broken after it", () => {
        const blocks = chain(5);
        blocks.splice(2, 1);
        expect(check(blocks).finding).toMatchObject({ event: 2, reason: "link" });
    });
    it("with two events in the wrong order is broken", () => {
        const [a, b, c] = chain(3);
        expect(check([a, c, b]).finding).toMatchObject({ event: 1, reason: "link" });
    });
    it("that begins twice is broken", () => {
        expect(check([...chain(2), chain(1)[0]]).finding).toMatchObject({ event: 2, reason: "link" });
    });
    it("with a block of another shape is broken", () => {
        const block = encode({ payload: 1 });
        expect(check([...chain(1), { cid: cidOf(block), block }]).finding).toMatchObject({ event: 1, reason: "block" });
    });
    it("passes over the server's heartbeats", () => {
        const checker = new ChainChecker();
        checker.push(car(chain(2)), Infinity);
        checker.push(new Uint8Array([4, 1, 0x55, 0, 0]), Infinity);
        expect([checker.checked, checker.finding]).toEqual([2, null]);
    });
});
