// Reads a cim store from a NATS server with stock libraries and nothing of cim's, and verifies every hash and every link:
// docs/formats/nats.md in a hundred lines.
//
//     npm ci && node verify-chain.mjs nats://localhost:4222 STREAM [PREFIX]
//
// Prints the head of each chain. Exit status 1 where anything does not hold.
import { createHash } from "node:crypto";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import * as dagCbor from "@ipld/dag-cbor";
import { CID } from "multiformats/cid";
import * as Digest from "multiformats/hashes/digest";

const [server, stream, prefix = "event.store"] = process.argv.slice(2);
if (!server || !stream) {
    console.error("usage: verify-chain.mjs SERVER STREAM [PREFIX]");
    process.exit(2);
}

const sha256 = 0x12;
const cidOf = (block) => CID.createV1(dagCbor.code, Digest.create(sha256, createHash("sha256").update(block).digest()));

class Broken extends Error {}
const hold = (condition, message, what) => {
    if (!condition) throw new Broken(`message ${message.seq} on '${message.subject}': ${what}`);
};

// One chain for each aggregate: how many events it has, and the CID of the last.
const chains = new Map();
let open = null; // the transaction that is not complete yet
let events = 0;

function verify(message) {
    const header = (name) => message.headers?.get(name) || undefined;
    const tokens = message.subject.slice(prefix.length + 1).split(".");
    hold(tokens.length === 2 && header("Cid"), message, "not an event of cim's");

    const cid = CID.parse(header("Cid"));
    hold(cid.equals(cidOf(message.data)), message, `does not hash to ${cid}`);
    const block = dagCbor.decode(message.data);
    hold(block.aggregate_id === tokens[0] && block.event_type === tokens[1], message, "is filed under another subject");

    const chain = chains.get(block.aggregate_id) ?? { length: 0, head: null };
    const previous = block.previous_cid;
    hold(Number(header("Aggregate-Sequence")) === chain.length + 1, message, "is not the next of its chain");
    hold(chain.head ? previous !== null && chain.head.equals(previous) : previous === null, message, "does not link to the one before it");
    hold((header("Previous-Cid") ?? null) === (previous === null ? null : previous.toString()), message, "has another link in its header");
    chains.set(block.aggregate_id, { length: chain.length + 1, head: cid });

    const id = header("Transaction-Id");
    const index = Number(header("Transaction-Index") ?? 0);
    const size = Number(header("Transaction-Size") ?? 1);
    hold(open ? open.id === id && open.index + 1 === index : index === 0, message, "comes in the middle of another transaction");
    open = index + 1 < size ? { id, index } : null;
    ++events;
}

const connection = await connect({ servers: server });
try {
    const manager = await jetstreamManager(connection);
    const last = await manager.streams.getMessage(stream, { last_by_subj: `${prefix}.>` });
    if (last) {
        const consumer = await jetstream(connection).consumers.get(stream);
        for await (const message of await consumer.consume()) {
            verify(message);
            if (message.seq >= last.seq) break;
        }
    }
    if (open) throw new Broken(`the log ends in the middle of transaction '${open.id}'`);
    for (const [aggregate, { length, head }] of [...chains].sort()) console.log(`${aggregate} ${length} ${head}`);
    console.log(`${events} events in ${chains.size} aggregates: every CID and link holds`);
} catch (error) {
    if (!(error instanceof Broken)) throw error;
    console.error(error.message);
    process.exitCode = 1;
} finally {
    await connection.close();
}
