// The picture: nodes as instanced discs and edges as instanced lines, in three.js.
//
// Places lie in a texture by number of the node, and ages and animations are worked out by the graphics card from moments
// at which things came, changed and went. A frame costs the page's thread the same for any number of nodes, unless some change.

import * as THREE from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import type { Graph, GraphListener } from "./graph";
import type { History } from "./changes";
import { colourOf, rgb } from "./palette";

const textureWidth = 1024;
const never = -1e6;

const nodeVertex = /* glsl */ `
precision highp float;
uniform sampler2D before; uniform sampler2D places; uniform float blend; uniform float time; uniform float scale; uniform vec2 half_size; uniform float calm;
attribute float node; attribute vec4 look; attribute vec4 moments; attribute float light;
varying vec2 at; varying vec3 tint; varying float alpha; varying float glow; varying float pixels;
vec3 placeOf(float n) {
    ivec2 at = ivec2(int(mod(n, ${textureWidth}.0)), int(n / ${textureWidth}.0));
    return mix(texelFetch(before, at, 0).xyz, texelFetch(places, at, 0).xyz, blend);
}
void main() {
    float age = time - moments.x;
    float gone = time - moments.z;
    bool alive = moments.w > 0.5;
    if (!alive && gone > 0.7) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); return; }
    float grow = 1.0 - pow(1.0 - clamp(age / 0.6, 0.0, 1.0), 3.0);
    grow *= 1.0 + calm * 0.6 * sin(clamp(age / 0.6, 0.0, 1.0) * 3.1416);
    if (!alive) grow *= 1.0 - clamp(gone / 0.7, 0.0, 1.0);
    vec4 view = modelViewMatrix * vec4(placeOf(node), 1.0);
    float touched = exp(-max(time - moments.y, 0.0) * 2.2);
    float born = exp(-max(age, 0.0) * 1.6);
    float radius = max(look.w, 0.1) * grow * (1.0 + calm * 0.35 * touched);
    float size = max(radius * scale / -view.z, 1.1);
    glow = max(touched, born) * (alive ? 1.0 : 0.0) * light;
    // At rest there is no light round it, and nothing to fill.
    float halo = glow > 0.02 ? 2.0 + 1.6 * glow : 1.12;
    gl_Position = projectionMatrix * view;
    if (view.z > -1.0) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); return; }
    gl_Position.xy += position.xy * size * halo / half_size * gl_Position.w;
    at = position.xy * halo;
    tint = look.rgb;
    alpha = light * (alive ? 1.0 : 1.0 - clamp(gone / 0.7, 0.0, 1.0));
    pixels = size;
}`;

const nodeFragment = /* glsl */ `
precision highp float;
uniform vec3 paper; uniform float dark;
varying vec2 at; varying vec3 tint; varying float alpha; varying float glow; varying float pixels;
void main() {
    float d = length(at);
    float edge = 1.0 / max(pixels, 1.0);
    float disc = 1.0 - smoothstep(1.0 - edge, 1.0 + edge, d);
    float shade = 0.90 + 0.22 * (at.y * 0.6 - at.x * 0.4) * disc;
    vec3 body = tint * shade + 0.10 * smoothstep(0.75, 0.0, length(at - vec2(-0.35, 0.4)));
    float rim = smoothstep(0.72, 1.0, d) * disc;
    body = mix(body, mix(tint, paper, 0.45), rim * 0.55);
    float around = exp(-max(d - 0.8, 0.0) * (2.6 - glow)) * (1.0 - disc) * (0.6 * glow) * mix(0.5, 1.0, dark);
    float fade = 1.0 - smoothstep(1.5, 2.0 + 1.6 * glow, d);
    vec3 colour = mix(tint + 0.25 * glow, body, disc);
    float a = (disc + around * fade) * alpha;
    if (a < 0.01) discard;
    gl_FragColor = vec4(colour, a);
}`;

const edgeVertex = /* glsl */ `
precision highp float;
uniform sampler2D before; uniform sampler2D places; uniform float blend; uniform float time; uniform vec2 size; uniform float fog;
attribute vec2 ends; attribute vec4 look; attribute vec4 moments; attribute float light;
varying vec3 tint; varying float alpha; varying float side; varying float pulse;
vec3 placeOf(float n) {
    ivec2 at = ivec2(int(mod(n, ${textureWidth}.0)), int(n / ${textureWidth}.0));
    return mix(texelFetch(before, at, 0).xyz, texelFetch(places, at, 0).xyz, blend);
}
void main() {
    bool alive = moments.w > 0.5;
    float gone = time - moments.z;
    if (!alive && gone > 0.4) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); return; }
    vec4 a = modelViewMatrix * vec4(placeOf(ends.x), 1.0);
    vec4 b = modelViewMatrix * vec4(placeOf(ends.y), 1.0);
    if (a.z > -2.0 || b.z > -2.0) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); return; }
    float born = clamp((time - moments.x) / 0.45, 0.0, 1.0);
    b = mix(a, b, born);
    vec4 pa = projectionMatrix * a;
    vec4 pb = projectionMatrix * b;
    vec2 from = pa.xy / pa.w * size;
    vec2 to = pb.xy / pb.w * size;
    vec2 way = to - from;
    vec2 normal = length(way) > 0.01 ? normalize(vec2(-way.y, way.x)) : vec2(0.0, 1.0);
    float flash = max(exp(-max(time - moments.y, 0.0) * 2.0), exp(-max(time - moments.x, 0.0) * 2.0)) * light;
    float width = look.w * (1.0 + 1.4 * flash) + 0.5;
    vec4 p = position.x < 0.5 ? pa : pb;
    p.xy += normal * position.y * width / size * p.w;
    gl_Position = p;
    side = position.y * width;
    pulse = flash;
    float depth = clamp((-mix(a, b, position.x).z) / fog, 0.0, 1.0);
    tint = look.rgb;
    alpha = light * (alive ? 1.0 : 1.0 - gone / 0.4) * mix(1.0, 0.45, depth);
}`;

const edgeFragment = /* glsl */ `
precision highp float;
uniform float strength;
varying vec3 tint; varying float alpha; varying float side; varying float pulse;
void main() {
    float cover = clamp(1.2 - abs(side), 0.0, 1.0);
    float a = cover * alpha * (strength + 0.75 * pulse);
    if (a < 0.004) discard;
    gl_FragColor = vec4(mix(tint, vec3(1.0), 0.25 * pulse), a);
}`;

/** Attributes of instances that grow, and are sent to the graphics card only where they changed. */
class Instances {
    readonly geometry = new THREE.InstancedBufferGeometry();
    private readonly arrays = new Map<string, { size: number; attribute: THREE.InstancedBufferAttribute; low: number; high: number }>();
    private capacity = 0;
    count = 0;

    constructor(corners: number[], index: number[], private readonly sizes: Record<string, number>) {
        this.geometry.setAttribute("position", new THREE.Float32BufferAttribute(corners, 3));
        this.geometry.setIndex(index);
        this.room(1024);
        this.geometry.instanceCount = 0;
    }

    room(count: number): void {
        if (count <= this.capacity) return;
        const capacity = Math.max(count, this.capacity * 2, 1024);
        for (const [name, size] of Object.entries(this.sizes)) {
            const data = new Float32Array(capacity * size);
            const old = this.arrays.get(name);
            if (old) data.set(old.attribute.array as Float32Array);
            const attribute = new THREE.InstancedBufferAttribute(data, size);
            attribute.setUsage(THREE.DynamicDrawUsage);
            this.geometry.setAttribute(name, attribute);
            this.arrays.set(name, { size, attribute, low: old?.low ?? Infinity, high: old?.high ?? -1 });
        }
        this.capacity = capacity;
        // Other arrays than before are sent whole; three.js knows a geometry's buffers by their attributes.
        this.geometry.dispose();
    }

    array(name: string): Float32Array {
        return this.arrays.get(name)!.attribute.array as Float32Array;
    }

    /** That attribute of an instance is another one now; without a name, all are. */
    touch(instance: number, name?: string): void {
        for (const [own, entry] of this.arrays) {
            if (name !== undefined && own !== name) continue;
            if (instance < entry.low) entry.low = instance;
            if (instance > entry.high) entry.high = instance;
        }
    }

    flush(): void {
        this.geometry.instanceCount = this.count;
        for (const entry of this.arrays.values()) {
            if (entry.high < 0) continue;
            entry.attribute.clearUpdateRanges();
            entry.attribute.addUpdateRange(entry.low * entry.size, (entry.high - entry.low + 1) * entry.size);
            entry.attribute.needsUpdate = true;
            entry.low = Infinity;
            entry.high = -1;
        }
    }
}

export interface Theme {
    dark: boolean;
    paper: string;
    ink: string;
}

export class Scene implements GraphListener {
    readonly renderer: THREE.WebGLRenderer;
    readonly camera = new THREE.PerspectiveCamera(45, 1, 1, 20_000);
    readonly controls: OrbitControls;
    private readonly scene = new THREE.Scene();
    private readonly nodes = new Instances([-1, -1, 0, 1, -1, 0, 1, 1, 0, -1, 1, 0], [0, 1, 2, 0, 2, 3], { node: 1, look: 4, moments: 4, light: 1 });
    private readonly edges = new Instances([0, -1, 0, 1, -1, 0, 1, 1, 0, 0, 1, 0], [0, 1, 2, 0, 2, 3], { ends: 2, look: 4, moments: 4, light: 1 });
    private readonly nodeMaterial: THREE.ShaderMaterial;
    private readonly edgeMaterial: THREE.ShaderMaterial;
    private before: THREE.DataTexture;
    private places: THREE.DataTexture;
    /** x, y, z, - by number of the node, as the layout last said. */
    positions = new Float32Array(0);
    private blendStart = 0;
    private blendTime = 0.05;
    time = 0;
    calm = 1;
    private width = 1;
    private height = 1;
    /** The camera keeps all in view until somebody takes it. */
    autoFrame = true;
    private strength = 0.34;
    private target = { centre: new THREE.Vector3(), distance: 200 };
    private flat = false;
    turning = true;
    /** Pixels by which the picture stands higher, because there is more below it than above. */
    shift = 0;

    constructor(canvas: HTMLCanvasElement, private history: History, private graph: Graph) {
        this.renderer = new THREE.WebGLRenderer({ canvas, antialias: true, preserveDrawingBuffer: false, powerPreference: "high-performance" });
        this.before = this.texture(new Float32Array(textureWidth * 4));
        this.places = this.texture(new Float32Array(textureWidth * 4));
        const shared = { before: { value: this.before }, places: { value: this.places }, blend: { value: 1 }, time: { value: 0 } };
        const options = { transparent: true, depthWrite: false, depthTest: false };
        this.nodeMaterial = new THREE.ShaderMaterial({
            vertexShader: nodeVertex, fragmentShader: nodeFragment, ...options,
            uniforms: { ...shared, scale: { value: 1 }, half_size: { value: new THREE.Vector2() }, calm: { value: 1 }, paper: { value: new THREE.Color() }, dark: { value: 1 } },
        });
        this.edgeMaterial = new THREE.ShaderMaterial({
            vertexShader: edgeVertex, fragmentShader: edgeFragment, ...options,
            uniforms: { ...shared, size: { value: new THREE.Vector2() }, strength: { value: 0.34 }, fog: { value: 2000 } },
        });
        const edgeMesh = new THREE.Mesh(this.edges.geometry, this.edgeMaterial);
        const nodeMesh = new THREE.Mesh(this.nodes.geometry, this.nodeMaterial);
        edgeMesh.frustumCulled = nodeMesh.frustumCulled = false;
        edgeMesh.renderOrder = 1;
        nodeMesh.renderOrder = 2;
        this.scene.add(edgeMesh, nodeMesh);
        this.camera.position.set(0, 40, 260);
        this.controls = new OrbitControls(this.camera, canvas);
        this.controls.enableDamping = true;
        this.controls.dampingFactor = 0.12;
        this.controls.autoRotateSpeed = 0.35;
        this.controls.addEventListener("start", () => {
            this.autoFrame = false;
            this.focused = -1;
        });
    }

    reset(history: History, graph: Graph): void {
        this.history = history;
        this.graph = graph;
        this.nodes.count = this.edges.count = 0;
        this.positions = new Float32Array(0);
        this.focus(-1);
    }

    private texture(data: Float32Array): THREE.DataTexture {
        const texture = new THREE.DataTexture(data, textureWidth, data.length / 4 / textureWidth, THREE.RGBAFormat, THREE.FloatType);
        texture.needsUpdate = true;
        return texture;
    }

    /** Rows for nodes and edges that came into the history. */
    grow(): void {
        const h = this.history;
        this.nodes.room(h.nodes);
        const look = this.nodes.array("look");
        const moments = this.nodes.array("moments");
        const light = this.nodes.array("light");
        const number = this.nodes.array("node");
        for (let n = this.nodes.count; n < h.nodes; ++n) {
            number[n] = n;
            look.set(rgb(colourOf(h.nodeKinds[h.nodeKind.data[n]], h.nodeKind.data[n])), n * 4);
            look[n * 4 + 3] = 2;
            moments.set([never, never, never, 0], n * 4);
            light[n] = 1;
            this.nodes.touch(n);
        }
        this.nodes.count = h.nodes;
        this.edges.room(h.edges);
        const edgeLook = this.edges.array("look");
        const edgeMoments = this.edges.array("moments");
        const ends = this.edges.array("ends");
        const edgeLight = this.edges.array("light");
        for (let e = this.edges.count; e < h.edges; ++e) {
            const [source, target] = [h.edgeSource.data[e], h.edgeTarget.data[e]];
            ends[e * 2] = source;
            ends[e * 2 + 1] = target;
            // An edge has the colour of what it comes from.
            const kind = h.nodeKind.data[source];
            edgeLook.set(rgb(colourOf(h.nodeKinds[kind], kind)), e * 4);
            edgeLook[e * 4 + 3] = 0.6;
            edgeMoments.set([never, never, never, 0], e * 4);
            edgeLight[e] = 1;
            this.edges.touch(e);
        }
        this.edges.count = h.edges;
    }

    private mark(instances: Instances, row: number, what: "added" | "removed" | "touched" | "placed", animate: boolean): void {
        const moments = instances.array("moments");
        const when = animate ? this.time : never;
        if (what === "added") {
            moments[row * 4] = when;
            moments[row * 4 + 3] = 1;
        } else if (what === "removed") {
            moments[row * 4 + 2] = when;
            moments[row * 4 + 3] = 0;
        } else if (animate) {
            moments[row * 4 + 1] = when;
        }
        instances.touch(row, "moments");
        this.wake();
    }

    nodeChanged(node: number, what: "added" | "removed" | "touched" | "placed", animate: boolean): void {
        this.mark(this.nodes, node, what, animate);
    }

    edgeChanged(edge: number, what: "added" | "removed" | "touched", animate: boolean): void {
        this.mark(this.edges, edge, what, animate);
        this.sizeOf(this.history.edgeSource.data[edge]);
        this.sizeOf(this.history.edgeTarget.data[edge]);
    }

    radius(node: number): number {
        return 1.8 + 0.8 * Math.log2(1 + this.graph.degree[node]);
    }

    private sizeOf(node: number): void {
        this.nodes.array("look")[node * 4 + 3] = this.radius(node);
        this.nodes.touch(node, "look");
    }

    /** How bright each node and edge is: 1, or less for what is not looked at. */
    lights(nodes: (node: number) => number, edges: (edge: number) => number): void {
        this.wake();
        const light = this.nodes.array("light");
        for (let n = 0; n < this.nodes.count; ++n) light[n] = nodes(n);
        const edgeLight = this.edges.array("light");
        for (let e = 0; e < this.edges.count; ++e) edgeLight[e] = edges(e);
        if (this.nodes.count > 0) [0, this.nodes.count - 1].forEach((n) => this.nodes.touch(n, "light"));
        if (this.edges.count > 0) [0, this.edges.count - 1].forEach((e) => this.edges.touch(e, "light"));
    }

    /** New places; gives back the buffer of those before the last for use again. */
    place(places: Float32Array<ArrayBuffer>): ArrayBuffer | null {
        const height = Math.ceil(places.length / 4 / textureWidth);
        const old = this.before;
        this.before = this.places;
        const reuse = old.image.height === height && old.image.data !== this.before.image.data ? old : null;
        const freed = reuse ? (reuse.image.data as unknown as Float32Array).buffer : null;
        if (reuse) {
            reuse.image.data = places as never;
            reuse.needsUpdate = true;
            this.places = reuse;
        } else {
            if (old !== this.before) old.dispose();
            this.places = this.texture(places);
            // Another size: nothing to come from.
            this.before = this.places;
        }
        this.positions = places;
        this.blendTime = Math.min(Math.max(this.time - this.blendStart, 0.016), 0.5);
        this.blendStart = this.time;
        for (const material of [this.nodeMaterial, this.edgeMaterial]) {
            material.uniforms.before.value = this.before;
            material.uniforms.places.value = this.places;
        }
        return freed as ArrayBuffer | null;
    }

    resize(width: number, height: number, pixelRatio: number): void {
        this.wake();
        this.width = width;
        this.height = height;
        this.renderer.setPixelRatio(pixelRatio);
        this.renderer.setSize(width, height, false);
        this.camera.aspect = width / Math.max(height, 1);
        // The middle of the picture is the middle of what the panels leave free of it.
        this.camera.setViewOffset(width, height, 0, this.shift, width, height);
        this.camera.updateProjectionMatrix();
    }

    theme(theme: Theme): void {
        this.wake();
        this.renderer.setClearColor(new THREE.Color(theme.paper), 1);
        (this.nodeMaterial.uniforms.paper.value as THREE.Color).set(theme.paper);
        this.nodeMaterial.uniforms.dark.value = theme.dark ? 1 : 0;
        this.strength = theme.dark ? 0.34 : 0.5;
    }

    setFlat(flat: boolean): void {
        this.flat = flat;
        this.controls.enableRotate = !flat;
        this.controls.mouseButtons.LEFT = flat ? THREE.MOUSE.PAN : THREE.MOUSE.ROTATE;
        if (flat) this.camera.position.set(this.controls.target.x, this.controls.target.y, this.controls.target.z + this.camera.position.distanceTo(this.controls.target));
        this.autoFrame = true;
    }

    /** Where the graph is and how far away one sees all of it. */
    measure(): void {
        const p = this.positions;
        const alive = this.graph.nodeAlive;
        const count = Math.min(this.history.nodes, p.length / 4);
        let [x, y, z, n] = [0, 0, 0, 0];
        for (let i = 0; i < count; ++i) {
            if (!alive[i]) continue;
            x += p[i * 4];
            y += p[i * 4 + 1];
            z += p[i * 4 + 2];
            ++n;
        }
        if (n === 0) return;
        this.target.centre.set(x / n, y / n, z / n);
        // Nearly all of it: one that flew off does not make the rest small.
        const distances = new Float32Array(n);
        let at = 0;
        const { centre } = this.target;
        for (let i = 0; i < count; ++i) {
            if (alive[i]) distances[at++] = Math.hypot(p[i * 4] - centre.x, p[i * 4 + 1] - centre.y, this.flat ? 0 : p[i * 4 + 2] - centre.z);
        }
        distances.sort();
        const radius = distances[Math.min(n - 1, Math.floor(n * 0.985))] + 10;
        const free = Math.max(1 - (2.6 * this.shift) / this.height, 0.4);
        const half = Math.tan((this.camera.fov * Math.PI) / 360) * Math.min(free, this.camera.aspect);
        this.target.distance = Math.max((radius * (this.flat ? 1.04 : 0.9)) / half, 60);
    }

    private frameAll(seconds: number): void {
        const ease = 1 - Math.exp(-seconds * 2.2);
        const still = this.camera.position.length();
        const offset = this.camera.position.clone().sub(this.controls.target);
        const distance = offset.length();
        const one = this.focused >= 0 && this.graph.nodeAlive[this.focused] === 1;
        this.controls.target.lerp(one ? this.positionOf(this.focused) : this.target.centre, ease);
        offset.setLength(distance + (this.target.distance * (one ? 0.55 : 1) - distance) * ease);
        this.camera.position.copy(this.controls.target).add(offset);
        if (Math.abs(this.camera.position.length() - still) > 0.0005 * this.target.distance) this.wake();
    }

    /** At once, for a first picture. */
    jump(): void {
        this.measure();
        const offset = this.camera.position.clone().sub(this.controls.target).setLength(this.target.distance);
        this.controls.target.copy(this.target.centre);
        this.camera.position.copy(this.target.centre).add(offset);
    }

    /** Goes with that node, or shows all with -1, until somebody takes the camera. */
    focus(node: number): void {
        this.wake();
        this.focused = node;
        this.autoFrame = true;
    }
    private focused = -1;

    positionOf(node: number, out = new THREE.Vector3()): THREE.Vector3 {
        const p = this.positions;
        return node * 4 + 2 < p.length ? out.set(p[node * 4], p[node * 4 + 1], p[node * 4 + 2]) : out.set(0, 0, 0);
    }

    /** Something moves, or may, until then. */
    private busyUntil = 2;
    wake(): void {
        this.busyUntil = this.time + 1.6;
    }

    /** Draws a frame if it would be another one than the last; answers whether. `smooth`: frames come fast enough for the
     * picture to turn by itself. */
    render(seconds: number, smooth: boolean): boolean {
        if (this.autoFrame) this.frameAll(seconds);
        this.controls.autoRotate = smooth && this.turning && !this.flat && this.autoFrame && this.calm > 0;
        if (this.controls.update(seconds)) this.busyUntil = Math.max(this.busyUntil, this.time + 0.1);
        if (this.time > this.busyUntil && this.time - this.blendStart > this.blendTime + 0.1) return false;
        this.nodes.flush();
        this.edges.flush();
        const blend = this.calm > 0 ? Math.min((this.time - this.blendStart) / this.blendTime, 1) : 1;
        const scale = this.height / (2 * Math.tan((this.camera.fov * Math.PI) / 360));
        for (const material of [this.nodeMaterial, this.edgeMaterial]) {
            material.uniforms.blend.value = blend;
            material.uniforms.time.value = this.time;
        }
        const node = this.nodeMaterial.uniforms;
        node.scale.value = scale;
        node.half_size.value.set(this.width / 2, this.height / 2);
        node.calm.value = this.calm;
        this.edgeMaterial.uniforms.size.value.set(this.width / 2, this.height / 2);
        // Few edges can be told apart however strong they are.
        this.edgeMaterial.uniforms.strength.value = this.strength * (this.graph.edges < 400 ? 1.9 : 1);
        this.edgeMaterial.uniforms.fog.value = this.target.distance * 2.2;
        this.renderer.render(this.scene, this.camera);
        return true;
    }

    /** Pixels from the upper left corner, and the distance; null behind the camera. */
    project(node: number, out: { x: number; y: number; depth: number; radius: number }): boolean {
        const v = this.scratch;
        this.positionOf(node, v).applyMatrix4(this.camera.matrixWorldInverse);
        const depth = -v.z;
        if (depth < 1) return false;
        const f = this.height / (2 * Math.tan((this.camera.fov * Math.PI) / 360));
        out.x = this.width / 2 + (v.x / depth) * f;
        out.y = this.height / 2 - this.shift - (v.y / depth) * f;
        out.depth = depth;
        out.radius = (this.radius(node) * f) / depth;
        return out.x > -200 && out.x < this.width + 200 && out.y > -50 && out.y < this.height + 50;
    }
    private readonly scratch = new THREE.Vector3();

    /** The node at that pixel; -1 if there is none. */
    pick(x: number, y: number, lit: (node: number) => boolean): number {
        const at = { x: 0, y: 0, depth: 0, radius: 0 };
        let best = -1;
        let nearest = Infinity;
        for (let n = 0; n < this.history.nodes; ++n) {
            if (!this.graph.nodeAlive[n] || !lit(n) || !this.project(n, at)) continue;
            const distance = Math.hypot(at.x - x, at.y - y);
            if (distance > Math.max(at.radius + 2, 7)) continue;
            const score = at.depth + distance * 4;
            if (score < nearest) [nearest, best] = [score, n];
        }
        return best;
    }
}
