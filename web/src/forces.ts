// Force layout: nodes repel each other (Barnes and Hut's tree over all of them), edges pull, everything drifts to the middle.
//
// Work comes in slices of a few milliseconds, however large the graph is: a sweep over all nodes takes as many slices as it
// needs. What moved lately is warm and moves further; what is at rest costs next to nothing. Edges of a kind that makes a tree,
// such as folders and files, decide where things are; others only lean on them, so that a tree stays legible.

const theta2 = 0.81;
const treeDepth = 40;

export class Forces {
    capacity = 0;
    x = new Float32Array(0);
    y = new Float32Array(0);
    z = new Float32Array(0);
    private vx = new Float32Array(0);
    private vy = new Float32Array(0);
    private vz = new Float32Array(0);
    private mass = new Float32Array(0);
    private alive = new Uint8Array(0);
    private pinned = new Uint8Array(0);
    private list = new Int32Array(0);
    private slot = new Int32Array(0);
    count = 0;

    private edgeSource = new Int32Array(0);
    private edgeTarget = new Int32Array(0);
    private edgeKind = new Int32Array(0);
    private edgeAlive = new Uint8Array(0);
    private edgeList = new Int32Array(0);
    private edgeSlot = new Int32Array(0);
    edges = 0;
    private degree = new Int32Array(0);
    private skeletonDegree = new Int32Array(0);

    // By kind of edge: how many there are, and how many of them enter a node that another of the kind enters already.
    private readonly ofKind: { edges: number; surplus: number; into: Map<number, number> }[] = [];
    private skeleton = -1;

    /** 1 when all is new, 0 when nothing moves any more. */
    heat = 1;
    dimensions = 3;

    // The tree: eight children a cell (four in the plane), kept between slices of a sweep.
    private cells = 0;
    private child = new Int32Array(8 * 1024);
    private cx = new Float32Array(1024);
    private cy = new Float32Array(1024);
    private cz = new Float32Array(1024);
    private cm = new Float32Array(1024);
    private size2 = new Float32Array(1024);
    private leaf = new Int32Array(1024);
    private readonly stack = new Int32Array(8 * treeDepth * 4);
    private cursor = 0;

    private random = 1;
    private chance(): number {
        this.random = (this.random * 48271) % 2147483647;
        return this.random / 2147483647 - 0.5;
    }

    room(nodes: number, edges: number): void {
        if (nodes > this.capacity) {
            const size = Math.ceil(Math.max(1024, nodes, this.capacity * 2) / 1024) * 1024;
            const f = (a: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> => {
                const b = new Float32Array(size);
                b.set(a);
                return b;
            };
            const n = (a: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
                const b = new Int32Array(size);
                b.set(a);
                return b;
            };
            [this.x, this.y, this.z, this.vx, this.vy, this.vz, this.mass] = [this.x, this.y, this.z, this.vx, this.vy, this.vz, this.mass].map(f);
            [this.list, this.slot, this.degree, this.skeletonDegree] = [this.list, this.slot, this.degree, this.skeletonDegree].map(n);
            const alive = new Uint8Array(size);
            alive.set(this.alive);
            this.alive = alive;
            const pinned = new Uint8Array(size);
            pinned.set(this.pinned);
            this.pinned = pinned;
            this.capacity = size;
        }
        if (edges > this.edgeAlive.length) {
            const size = Math.max(1024, edges, this.edgeAlive.length * 2);
            const n = (a: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
                const b = new Int32Array(size);
                b.set(a);
                return b;
            };
            [this.edgeSource, this.edgeTarget, this.edgeKind, this.edgeList, this.edgeSlot] = [this.edgeSource, this.edgeTarget, this.edgeKind, this.edgeList, this.edgeSlot].map(n);
            const alive = new Uint8Array(size);
            alive.set(this.edgeAlive);
            this.edgeAlive = alive;
        }
    }

    /** Puts a node in; one that was there before comes back to its place. */
    addNode(node: number, neighbour: number): void {
        if (this.alive[node]) return;
        this.alive[node] = 1;
        this.slot[node] = this.count;
        this.list[this.count++] = node;
        this.mass[node] = 1;
        if (this.x[node] === 0 && this.y[node] === 0 && this.z[node] === 0) {
            const near = neighbour >= 0 && this.alive[neighbour] ? neighbour : -1;
            const far = near >= 0 ? 6 : 20 + 4 * Math.cbrt(this.count);
            this.x[node] = (near >= 0 ? this.x[near] * 1.05 : 0) + far * this.chance();
            this.y[node] = (near >= 0 ? this.y[near] * 1.05 : 0) + far * this.chance();
            this.z[node] = this.dimensions === 3 ? (near >= 0 ? this.z[near] * 1.05 : 0) + far * this.chance() : 0;
        }
        this.warm();
    }

    removeNode(node: number): void {
        if (!this.alive[node]) return;
        this.alive[node] = 0;
        const last = this.list[--this.count];
        this.list[this.slot[node]] = last;
        this.slot[last] = this.slot[node];
        this.warm();
    }

    pin(node: number, x: number, y: number, z: number): void {
        this.pinned[node] = 1;
        this.x[node] = x;
        this.y[node] = y;
        this.z[node] = z;
        this.warm();
    }

    unpin(node: number): void {
        this.pinned[node] = 0;
    }

    addEdge(edge: number, source: number, target: number, kind: number): void {
        if (this.edgeAlive[edge]) return;
        this.edgeAlive[edge] = 1;
        this.edgeSource[edge] = source;
        this.edgeTarget[edge] = target;
        this.edgeKind[edge] = kind;
        this.edgeSlot[edge] = this.edges;
        this.edgeList[this.edges++] = edge;
        this.count1(edge, 1);
    }

    removeEdge(edge: number): void {
        if (!this.edgeAlive[edge]) return;
        this.edgeAlive[edge] = 0;
        const last = this.edgeList[--this.edges];
        this.edgeList[this.edgeSlot[edge]] = last;
        this.edgeSlot[last] = this.edgeSlot[edge];
        this.count1(edge, -1);
    }

    private count1(edge: number, by: 1 | -1): void {
        const target = this.edgeTarget[edge];
        this.degree[this.edgeSource[edge]] += by;
        this.degree[target] += by;
        const kind = this.edgeKind[edge];
        const of = (this.ofKind[kind] ??= { edges: 0, surplus: 0, into: new Map() });
        const before = of.into.get(target) ?? 0;
        of.edges += by;
        if (by === 1 ? before > 0 : before > 1) of.surplus += by;
        if (before + by === 0) of.into.delete(target);
        else of.into.set(target, before + by);
        this.warm();
    }

    private warm(): void {
        this.heat = Math.min(1, this.heat + 4 / (20 + this.count));
    }

    /** The kind of edge that makes a tree of most nodes, if there is one and other kinds besides. */
    private chooseSkeleton(): void {
        let best = -1;
        let most = 0;
        let kinds = 0;
        this.ofKind.forEach((of, kind) => {
            if (!of || of.edges === 0) return;
            ++kinds;
            if (of.surplus === 0 && of.edges > most) [best, most] = [kind, of.edges];
        });
        const skeleton = kinds > 1 && most * 2 > this.count ? best : -1;
        if (skeleton !== this.skeleton) {
            this.skeleton = skeleton;
            this.heat = Math.max(this.heat, 0.5);
        }
        this.skeletonDegree.fill(0);
        for (let i = 0; i < this.edges; ++i) {
            const edge = this.edgeList[i];
            if (this.skeleton >= 0 && this.edgeKind[edge] !== this.skeleton) continue;
            ++this.skeletonDegree[this.edgeSource[edge]];
            ++this.skeletonDegree[this.edgeTarget[edge]];
        }
        for (let i = 0; i < this.count; ++i) {
            const node = this.list[i];
            this.mass[node] = this.skeleton >= 0 && this.skeletonDegree[node] === 0 ? 4 : 1 + 0.2 * Math.min(this.skeletonDegree[node], 14);
        }
    }

    /** Works for about so many milliseconds; true if anything may have moved. `now` tells the time. */
    work(milliseconds: number, now: () => number): boolean {
        if (this.count === 0 || this.heat < 0.004) return false;
        const end = now() + milliseconds;
        do {
            if (this.cursor === 0) {
                this.chooseSkeleton();
                this.plant();
            }
            const stop = Math.min(this.cursor + 64, this.count);
            for (; this.cursor < stop; ++this.cursor) this.repel(this.list[this.cursor]);
            if (this.cursor >= this.count) {
                this.pull();
                this.move();
                this.cursor = 0;
                if (this.count > 20_000) break;
            }
        } while (now() < end && this.heat >= 0.004);
        return true;
    }

    private cell(size: number): number {
        const cell = this.cells++;
        if (cell >= this.leaf.length) {
            const more = this.leaf.length * 2;
            const f = (a: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> => {
                const b = new Float32Array(more);
                b.set(a);
                return b;
            };
            [this.cx, this.cy, this.cz, this.cm, this.size2] = [this.cx, this.cy, this.cz, this.cm, this.size2].map(f);
            const leaf = new Int32Array(more);
            leaf.set(this.leaf);
            this.leaf = leaf;
            const child = new Int32Array(more * 8);
            child.set(this.child);
            this.child = child;
        }
        this.child.fill(-1, cell * 8, cell * 8 + 8);
        this.cx[cell] = this.cy[cell] = this.cz[cell] = this.cm[cell] = 0;
        this.size2[cell] = size * size;
        this.leaf[cell] = -1;
        return cell;
    }

    private plant(): void {
        let low = Infinity;
        let high = -Infinity;
        for (let i = 0; i < this.count; ++i) {
            const n = this.list[i];
            const least = Math.min(this.x[n], this.y[n], this.z[n]);
            const most = Math.max(this.x[n], this.y[n], this.z[n]);
            if (least < low) low = least;
            if (most > high) high = most;
        }
        const size = Math.max(high - low, 1) * 1.001;
        this.cells = 0;
        this.cell(size);
        for (let i = 0; i < this.count; ++i) this.insert(this.list[i], low, size);
        for (let c = 0; c < this.cells; ++c) {
            this.cx[c] /= this.cm[c];
            this.cy[c] /= this.cm[c];
            this.cz[c] /= this.cm[c];
        }
    }

    private insert(node: number, low: number, size: number): void {
        let cell = 0;
        let [ox, oy, oz, edge] = [low, low, low, size];
        const [x, y, z, m] = [this.x[node], this.y[node], this.z[node], this.mass[node]];
        for (let depth = 0; ; ++depth) {
            this.cx[cell] += x * m;
            this.cy[cell] += y * m;
            this.cz[cell] += z * m;
            this.cm[cell] += m;
            if (depth === treeDepth) return;
            edge /= 2;
            const octant = (x >= ox + edge ? 1 : 0) | (y >= oy + edge ? 2 : 0) | (z >= oz + edge ? 4 : 0);
            const was = this.leaf[cell];
            if (was === -1 && this.cm[cell] === m) {
                this.leaf[cell] = node;
                return;
            }
            if (was >= 0) {
                // One node sat here alone: it goes a level down, and both go on from there.
                this.leaf[cell] = -2;
                const [px, py, pz, pm] = [this.x[was], this.y[was], this.z[was], this.mass[was]];
                const its = (px >= ox + edge ? 1 : 0) | (py >= oy + edge ? 2 : 0) | (pz >= oz + edge ? 4 : 0);
                const down = this.cell(edge);
                this.child[cell * 8 + its] = down;
                this.cx[down] = px * pm;
                this.cy[down] = py * pm;
                this.cz[down] = pz * pm;
                this.cm[down] = pm;
                this.leaf[down] = was;
            }
            let next = this.child[cell * 8 + octant];
            if (next < 0) {
                next = this.cell(edge);
                this.child[cell * 8 + octant] = next;
            }
            if (octant & 1) ox += edge;
            if (octant & 2) oy += edge;
            if (octant & 4) oz += edge;
            cell = next;
        }
    }

    private repel(node: number): void {
        const strength = 8 * this.mass[node] * this.heat;
        const [x, y, z] = [this.x[node], this.y[node], this.z[node]];
        let [fx, fy, fz] = [0, 0, 0];
        let top = 0;
        this.stack[top++] = 0;
        while (top > 0) {
            const cell = this.stack[--top];
            const dx = x - this.cx[cell];
            const dy = y - this.cy[cell];
            const dz = z - this.cz[cell];
            const d2 = dx * dx + dy * dy + dz * dz + 0.5;
            if (this.leaf[cell] >= 0 || this.size2[cell] < theta2 * d2) {
                if (this.leaf[cell] === node) continue;
                const f = this.cm[cell] / d2;
                fx += dx * f;
                fy += dy * f;
                fz += dz * f;
                continue;
            }
            for (let i = 0; i < 8; ++i) {
                const next = this.child[cell * 8 + i];
                if (next >= 0 && top < this.stack.length) this.stack[top++] = next;
            }
        }
        this.vx[node] += (fx * strength) / this.mass[node];
        this.vy[node] += (fy * strength) / this.mass[node];
        this.vz[node] += (fz * strength) / this.mass[node];
    }

    private pull(): void {
        for (let i = 0; i < this.edges; ++i) {
            const edge = this.edgeList[i];
            const a = this.edgeSource[edge];
            const b = this.edgeTarget[edge];
            if (a === b) continue;
            const inSkeleton = this.skeleton < 0 || this.edgeKind[edge] === this.skeleton;
            const dx = this.x[b] - this.x[a];
            const dy = this.y[b] - this.y[a];
            const dz = this.z[b] - this.z[a];
            const d = Math.sqrt(dx * dx + dy * dy + dz * dz) + 1e-3;
            if (!inSkeleton) {
                // What is outside of the tree goes to the middle of what it is connected to, and moves none of it.
                const f = 0.35 * this.heat * Math.max(1 - 30 / d, 0);
                if (this.skeletonDegree[a] === 0) {
                    const share = f / Math.max(this.degree[a], 1);
                    this.vx[a] += dx * share;
                    this.vy[a] += dy * share;
                    this.vz[a] += dz * share;
                }
                if (this.skeletonDegree[b] === 0) {
                    const share = f / Math.max(this.degree[b], 1);
                    this.vx[b] -= dx * share;
                    this.vy[b] -= dy * share;
                    this.vz[b] -= dz * share;
                }
                continue;
            }
            // An edge that came during the sweep is not counted yet.
            const da = Math.max(this.skeletonDegree[a], 1);
            const db = Math.max(this.skeletonDegree[b], 1);
            const least = Math.min(da, db);
            // Leaves sit close round their hub; hubs keep the distance that their leaves need.
            const rest = least > 1 ? 14 + 1.6 * (Math.sqrt(da) + Math.sqrt(db)) : 7 + 1.1 * Math.sqrt(Math.max(da, db));
            const f = ((d - rest) / d) * (least > 1 ? 0.5 : 0.7) * this.heat;
            const share = db / (da + db);
            this.vx[a] += dx * f * share;
            this.vy[a] += dy * f * share;
            this.vz[a] += dz * f * share;
            this.vx[b] -= dx * f * (1 - share);
            this.vy[b] -= dy * f * (1 - share);
            this.vz[b] -= dz * f * (1 - share);
        }
    }

    private move(): void {
        const most = 12 + 20 * this.heat;
        const flat = this.dimensions === 2;
        for (let i = 0; i < this.count; ++i) {
            const n = this.list[i];
            if (this.pinned[n]) {
                this.vx[n] = this.vy[n] = this.vz[n] = 0;
                continue;
            }
            const middle = 0.02 * this.heat;
            let vx = (this.vx[n] - this.x[n] * middle) * 0.55;
            let vy = (this.vy[n] - this.y[n] * middle) * 0.55;
            let vz = (this.vz[n] - this.z[n] * middle) * 0.55;
            const v = Math.sqrt(vx * vx + vy * vy + vz * vz);
            if (v > most) {
                vx *= most / v;
                vy *= most / v;
                vz *= most / v;
            }
            this.x[n] += vx;
            this.y[n] += vy;
            this.z[n] = flat ? this.z[n] * 0.8 : this.z[n] + vz;
            this.vx[n] = vx;
            this.vy[n] = vy;
            this.vz[n] = flat ? 0 : vz;
        }
        // A large graph comes to rest in fewer steps, because each takes it longer.
        this.heat *= this.count > 20_000 ? 0.95 : this.count > 5000 ? 0.975 : 0.985;
    }

    setDimensions(dimensions: number): void {
        if (dimensions === this.dimensions) return;
        this.dimensions = dimensions;
        if (dimensions === 3) for (let i = 0; i < this.count; ++i) this.z[this.list[i]] = 30 * this.chance();
        this.heat = Math.max(this.heat, 0.7);
    }
}
