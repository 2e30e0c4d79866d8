// The layout off the page's thread: commands come in batches, places go out, at most one message for each that was taken.

import { Forces } from "./forces";

import { Command, type FromLayout, type ToLayout } from "./layout";

const slice = 12;
const lead = 24; // slices worked ahead of the first message, so that a graph does not unfold from a point before one's eyes

let forces = new Forces();
let free: ArrayBuffer | null = new ArrayBuffer(0);
let nodes = 0;
let working = false;
let dirty = false;

const channel = new MessageChannel();
channel.port1.onmessage = () => work();

function wake(): void {
    if (working) return;
    working = true;
    channel.port2.postMessage(0);
}

function run(commands: Float64Array): void {
    for (let i = 0; i < commands.length; ) {
        switch (commands[i]) {
            case Command.addNode:
                forces.addNode(commands[i + 1], commands[i + 2]);
                i += 3;
                break;
            case Command.removeNode:
                forces.removeNode(commands[i + 1]);
                i += 2;
                break;
            case Command.addEdge:
                forces.addEdge(commands[i + 1], commands[i + 2], commands[i + 3], commands[i + 4]);
                i += 5;
                break;
            case Command.removeEdge:
                forces.removeEdge(commands[i + 1]);
                i += 2;
                break;
            case Command.pin:
                forces.pin(commands[i + 1], commands[i + 2], commands[i + 3], commands[i + 4]);
                i += 5;
                break;
            default:
                forces.unpin(commands[i + 1]);
                i += 2;
        }
    }
}

let ahead = 0;

function work(): void {
    const moved = forces.work(slice, () => performance.now());
    dirty ||= moved;
    if (ahead < lead) ++ahead;
    else if (dirty && free) send();
    working = false;
    if (moved) wake();
    else if (dirty && free) send();
}

function send(): void {
    const size = forces.capacity * 4;
    const places = free && free.byteLength === size * 4 ? new Float32Array(free) : new Float32Array(size);
    free = null;
    for (let i = 0, at = 0; i < nodes; ++i, at += 4) {
        places[at] = forces.x[i];
        places[at + 1] = forces.y[i];
        places[at + 2] = forces.z[i];
    }
    dirty = false;
    const message: FromLayout = { places, nodes, heat: forces.heat };
    (self as unknown as Worker).postMessage(message, [places.buffer]);
}

self.onmessage = ({ data }: MessageEvent<ToLayout>) => {
    if (data.kind === "commands") {
        nodes = Math.max(nodes, data.nodes);
        forces.room(data.nodes, data.edges);
        run(data.commands);
        dirty = true;
        wake();
    } else if (data.kind === "dimensions") {
        forces.setDimensions(data.dimensions);
        wake();
    } else if (data.kind === "taken") {
        free = data.buffer;
        if (dirty) wake();
    } else {
        forces = new Forces();
        nodes = 0;
        ahead = 0;
    }
};
