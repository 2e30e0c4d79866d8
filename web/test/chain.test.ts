import { encode } from "@ipld/dag-cbor";
import { sha256 } from "@noble/hashes/sha2";
import { CID } from "multiformats/cid";
import { create } from "multiformats/hashes/digest";
import { describe, expect, it } from "vitest";
import { ChainChecker } from "../src/chain";

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

function check(blocks: Made[], step = 1 << 20): ChainChecker {
    const checker = new ChainChecker();
    checker.begin();
    const bytes = car(blocks);
    for (let at = 0; at < bytes.length; at += step) checker.push(bytes.subarray(at, at + step), Infinity);
    return checker;
}

describe("a chain", () => {
    it("is verified, however the bytes are cut", () => {
        for (const step of [1, 7, 100, 1 << 20]) {
            const checker = check(chain(20), step);
            expect([checker.checked, checker.anchored, checker.finding]).toEqual([20, true, null]);
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
        checker.begin();
        checker.push(car(chain(2)), Infinity);
        checker.push(new Uint8Array([4, 1, 0x55, 0, 0]), Infinity);
        expect([checker.checked, checker.finding]).toEqual([2, null]);
    });
});
