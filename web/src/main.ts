// The page: one history, one graph, one clock; everything else shows them or moves them.

import { History } from "./changes";
import { Clock, maxSpeed, minSpeed, type Timeline as TimelineKind } from "./clock";
import { Graph } from "./graph";
import { makeFilter } from "./filter";
import { Inspector, timeText } from "./inspector";
import { Labels } from "./labels";
import { Command, type FromLayout, type ToLayout } from "./layout";
import { showLegend } from "./legend";
import { edgeWeights, light } from "./lights";
import { attachSaving } from "./saving";
import { Scene } from "./scene";
import { Api, ChangeStream, type Connection, type Hello, type ServerStatus } from "./stream";
import { attachSearch } from "./search";
import { Timeline } from "./timeline";
import { Verifier } from "./verifier";

const $ = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const locale = (n: number): string => n.toLocaleString("en");

// The token is in the part of the address that no server is told, and then out of sight.
function readToken(): string {
    const given = new URLSearchParams(location.hash.slice(1)).get("token");
    if (given) {
        sessionStorage.setItem("cim-token", given);
        const rest = new URLSearchParams(location.hash.slice(1));
        rest.delete("token");
        window.history.replaceState(null, "", `#${rest}`);
    }
    return sessionStorage.getItem("cim-token") ?? "";
}

const api = new Api(new URL(".", location.href).toString(), readToken());

let history = new History();
let graph = new Graph(history);
let clock = new Clock(history);
let status: ServerStatus | null = null;
let hello: Hello | null = null;
let connection: Connection = "connecting";
let connectionDetail = "";

// -- The picture --------------------------------------------------------------------------------------------------------

const stage = $("stage");
let scene: Scene;
try {
    scene = new Scene($<HTMLCanvasElement>("picture"), history, graph);
} catch {
    notice("This browser cannot draw with WebGL 2, which the picture needs. Another browser, or hardware acceleration switched on, can.");
    throw new Error("no WebGL 2");
}
const labels = new Labels($<HTMLCanvasElement>("labels"));
const layout = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
let commands: number[] = [];
let firstPlaces = true;

function post(message: ToLayout, transfer: Transferable[] = []): void {
    layout.postMessage(message, transfer);
}

layout.onmessage = ({ data }: MessageEvent<FromLayout>) => {
    const freed = scene.place(data.places);
    post({ kind: "taken", buffer: freed ?? new ArrayBuffer(0) }, freed ? [freed] : []);
    if (firstPlaces && graph.nodes > 0) {
        firstPlaces = false;
        scene.jump();
        performance.mark("cim-first-picture");
        document.documentElement.dataset.ready = "1";
        verifyMore();
    }
    measureSoon = true;
};
let measureSoon = false;

/** A neighbour to come to life beside: another end of an edge that the same event brings. */
function neighbourOf(node: number): number {
    return firstNeighbour[node] ?? -1;
}
const firstNeighbour: number[] = [];

function listen(): void {
    graph.listener = {
        nodeChanged(node, what, animate) {
            scene.nodeChanged(node, what, animate);
            if (what === "added") {
                commands.push(Command.addNode, node, neighbourOf(node));
                const place = graph.place[node];
                if (place >= 0) commands.push(Command.pin, node, ...history.places[place]);
            } else if (what === "removed") {
                commands.push(Command.removeNode, node);
            } else if (what === "placed") {
                const place = graph.place[node];
                if (place >= 0) commands.push(Command.pin, node, ...history.places[place]);
                else commands.push(Command.unpin, node);
            }
            shown.dirty = true;
        },
        edgeChanged(edge, what, animate) {
            scene.edgeChanged(edge, what, animate);
            if (what === "added") commands.push(Command.addEdge, edge, history.edgeSource.data[edge], history.edgeTarget.data[edge], history.edgeKind.data[edge]);
            else if (what === "removed") commands.push(Command.removeEdge, edge);
            shown.dirty = true;
        },
    };
}

const shown = { dirty: true, position: -1 };

function moveTo(position: number): void {
    if (position === graph.position) return;
    graph.goTo(position);
    shown.dirty = true;
    if (commands.length > 0) {
        const batch = new Float64Array(commands);
        commands = [];
        post({ kind: "commands", commands: batch, nodes: history.nodes, edges: history.edges }, [batch.buffer]);
    }
}

// -- What is lit ----------------------------------------------------------------------------------------------------------

const hiddenKinds = new Set<number>();
let filter: ((event: number) => boolean) | null = null;
let kept: Uint8Array | null = null; // nodes that an event of the filter is about
let hovered = -1;

const lit = (node: number): boolean => !hiddenKinds.has(history.nodeKind.data[node]) && (!kept || kept[node] === 1);

function relight(): void {
    light(scene, history, graph, { hiddenKinds, kept, selected: inspector.node, weights: kindWeights });
    labels.forget();
}

let kindWeights: number[] = [];
function weighKinds(): void {
    const weights = edgeWeights(history, graph);
    if (weights.some((w, i) => Math.abs(w - (kindWeights[i] ?? 1)) > 0.03)) {
        kindWeights = weights;
        relight();
    }
}

// -- Trust ----------------------------------------------------------------------------------------------------------------

const verifier = new Verifier(api, new URL(".", location.href).toString(), history, () => {
    verifyMore();
    showTrust();
});

function verifyMore(): void {
    // The first picture has the processor for itself.
    if (connection === "connected" && (!firstPlaces || status?.state === "broken" || performance.now() > 8000)) verifier.more(status?.state === "broken");
}

function trust(event: number): "verified" | "not anchored" | "broken" | "unchecked" {
    if (event >= verifier.checked) return verifier.finding ? "broken" : "unchecked";
    return verifier.anchored ? "verified" : "not anchored";
}

function showTrust(): void {
    const chip = $("trust");
    const { finding, checked, anchored } = verifier;
    let [text, mood, title] = ["not verified yet", "warn", ""];
    if (finding) {
        text = `broken at event ${locale(finding.event + 1)}`;
        mood = "bad";
        title = `${finding.cid ?? ""}: ${finding.message}`;
        notice(`The log is broken at event ${locale(finding.event + 1)}: ${finding.message}. Shown is what comes before it. Filed under ${finding.cid ?? "no CID"}.`);
    } else if (status?.state === "broken") {
        [text, mood, title] = [`broken after event ${locale(status.last)}`, "bad", status.error?.message ?? ""];
        notice(`The server says: ${status.error?.message}`);
    } else if (history.events > 0) {
        const all = checked >= history.events;
        text = all ? (anchored ? `verified ${locale(checked)}` : `not anchored ${locale(checked)}`) : `verifying ${Math.floor((checked / history.events) * 100)} %`;
        mood = all && anchored ? "good" : "warn";
        title = "This page hashed every block and followed every link itself";
        if (!anchored) title += "; a chain begins in its middle, and nobody here knows what came before";
    } else if (status && history.events === 0 && status.state === "live") {
        [text, mood] = ["nothing to verify", "warn"];
    }
    chip.textContent = text;
    chip.className = `chip ${mood}`;
    chip.title = title;
}

// -- The connection -------------------------------------------------------------------------------------------------------

function notice(text: string, plain = false): void {
    const box = $("notice");
    box.textContent = text;
    box.className = plain ? "plain" : "";
    box.hidden = text === "";
}

function showConnection(): void {
    const chip = $("connection");
    const live = connection === "connected" && status?.state === "live";
    const text = connection === "connected" ? (status?.state === "loading" ? "loading" : status?.state === "live" ? "live" : (status?.state ?? "connected")) : connection;
    chip.textContent = text;
    chip.className = `chip ${live ? "good" : connection === "refused" || status?.state === "broken" || status?.state === "failed" ? "bad" : "warn"}`;
    chip.title = connectionDetail || status?.error?.message || `${locale(history.events)} events are here`;
}

const stream = new ChangeStream(api, {
    hello(answer) {
        hello = answer;
        status = answer.status;
        const known = verifier.checked > 0 && verifier.checked === history.events ? verifier.lastCid : null;
        const other = history.events > 0 && (answer.cid === null || (known !== null && known !== answer.cid));
        // A server that is still reading has not come to where this page is: it is not another history for that.
        if (other) {
            startOver();
            return false;
        }
        const name = answer.store.replace(/^.*[/\\]/, "");
        $("store").textContent = answer.aggregate ? `${name} · ${answer.aggregate}` : name;
        $("store").title = answer.store;
        document.title = `${name} · cim`;
        notice("");
        return true;
    },
    lines(lines) {
        for (const line of lines) history.decode(line);
        for (let e = firstNeighboursDone; e < history.edges; ++e) {
            const [a, b] = [history.edgeSource.data[e], history.edgeTarget.data[e]];
            firstNeighbour[b] ??= a;
            firstNeighbour[a] ??= b;
        }
        firstNeighboursDone = history.edges;
        scene.grow();
        timeline.forget();
        typesChanged();
        showControls();
        if (filter) setFilter();
        verifyMore();
        if (pendingLink) followLink();
    },
    status(now) {
        status = now;
        verifyMore();
        showTrust();
        showConnection();
    },
    connection(state, detail) {
        connection = state;
        connectionDetail = detail;
        if (state === "refused") notice(detail);
        if (state === "connected") {
            notice("");
            verifyMore();
        }
        showTrust();
        showConnection();
    },
    position: () => history.lastSequence,
});
let firstNeighboursDone = 0;

function startOver(): void {
    history = new History();
    graph = new Graph(history);
    const old = clock;
    clock = new Clock(history);
    clock.timeline = old.timeline;
    clock.speed = old.speed;
    timeline = makeTimeline();
    firstNeighbour.length = 0;
    firstNeighboursDone = 0;
    scene.reset(history, graph);
    listen();
    post({ kind: "reset" });
    firstPlaces = true;
    stateShown = -1;
    verifier.reset(history);
    inspector.close();
    resize();
}

document.addEventListener("visibilitychange", () => stream.rest(document.hidden));

// -- Controls -------------------------------------------------------------------------------------------------------------

const inspector = new Inspector($("inspector"), {
    api,
    history: () => history,
    graph: () => graph,
    trust,
    showNode: (id) => selectById(id),
    showEvent: (event) => void inspector.showEvent(event),
    goTo: (event) => seekTo(event + 1),
    close: () => {
        inspector.close();
        relight();
    },
});

function makeTimeline(): Timeline {
    return new Timeline($<HTMLCanvasElement>("timeline"), clock, () => history, () => filter, (what) => {
        if (what === "seek") exact = null;
        showControls();
    });
}
let timeline = makeTimeline();

function seekTo(position: number): void {
    clock.pause();
    clock.seek(clock.valueOf(position));
    exact = position;
    showControls();
}
/** A position that was asked for by number: several events may share a time. */
let exact: number | null = null;

function step(by: 1 | -1, unit: "event" | "transaction"): void {
    // From where it is wanted, which the picture may not have come to yet.
    let at = exact ?? clock.position;
    clock.pause();
    do {
        at = unit === "event" ? at + by : by > 0 ? history.nextTransaction(at) : history.previousTransaction(at);
    } while (filter && at > 0 && at < history.events && !filter(at - 1) && unit === "event");
    seekTo(Math.max(0, Math.min(at, history.events)));
}

function togglePlay(): void {
    exact = null;
    if (clock.playing) clock.pause();
    else clock.play();
    showControls();
}

function followLive(): void {
    exact = null;
    clock.follow();
    showControls();
}

function setSpeed(text: string): void {
    const ok = clock.setSpeed(Number(text.replace(",", ".")));
    $("speed").setAttribute("aria-invalid", String(!ok));
    $("speed").title = ok ? "" : `from ${minSpeed} to ${maxSpeed}`;
    if (ok) showControls();
}

function showControls(): void {
    const play = $("play");
    $("play-shape").setAttribute("d", clock.playing ? "M2 1h4v12H2zM8 1h4v12H8z" : "M2 1v12l11-6z");
    play.setAttribute("aria-label", clock.playing ? "Pause" : "Play");
    $("live").setAttribute("aria-pressed", String(clock.following));
    $("reverse").setAttribute("aria-pressed", String(clock.reverse));
    $("loop").setAttribute("aria-pressed", String(clock.loop !== null));
    const speed = $<HTMLInputElement>("speed");
    if (document.activeElement !== speed) speed.value = String(clock.speed);
    $<HTMLSelectElement>("timeline-kind").value = clock.timeline;
    const pace = clock.pace * clock.speed;
    const number = (n: number): string => (n >= 100 ? locale(Math.round(n)) : n.toPrecision(2));
    const text = clock.timeline === "sequence" ? `${number(pace)} events/s` : pace >= 86_400 ? `${number(pace / 86_400)} days/s` : pace >= 3600 ? `${number(pace / 3600)} h/s` : pace >= 60 ? `${number(pace / 60)} min/s` : `${number(pace)} s/s`;
    $("pace").textContent = text;
}

$("play").onclick = togglePlay;
$("begin").onclick = () => seekTo(0);
$("back").onclick = (e) => step(-1, e.shiftKey ? "event" : "transaction");
$("forward").onclick = (e) => step(1, e.shiftKey ? "event" : "transaction");
$("live").onclick = followLive;
$("reverse").onclick = () => {
    clock.reverse = !clock.reverse;
    if (clock.following) clock.pause();
    exact = null;
    showControls();
};
$("loop").onclick = toggleLoop;
$("speed").oninput = () => setSpeed($<HTMLInputElement>("speed").value);
$("speed").onblur = showControls;
$("timeline-kind").onchange = () => setTimeline($<HTMLSelectElement>("timeline-kind").value as TimelineKind);

function toggleLoop(): void {
    // Without a selection, the tenth of the history around the position.
    const span = (clock.end - clock.begin) / 20;
    const at = clock.following ? clock.end : clock.value;
    clock.loop = clock.loop ? null : [Math.max(at - span, clock.begin), Math.min(at + span, clock.end)];
    if (clock.loop && clock.loop[0] >= clock.loop[1]) clock.loop = null;
    if (clock.loop && clock.following) clock.pause();
    showControls();
}

function setTimeline(kind: TimelineKind): void {
    const at = exact ?? clock.position;
    clock.setTimeline(kind);
    if (!clock.playing && !clock.following) exact = at;
    timeline.forget();
    showControls();
}

let flat = false;
function setFlat(on: boolean): void {
    flat = on;
    scene.setFlat(flat);
    post({ kind: "dimensions", dimensions: flat ? 2 : 3 });
    $("flat").setAttribute("aria-pressed", String(flat));
}
$("flat").onclick = () => setFlat(!flat);
$("frame").onclick = () => scene.focus(-1);
$("theme").onclick = () => setTheme(!document.documentElement.classList.contains("light"));
$("help").onclick = () => $<HTMLDialogElement>("keys").showModal();
$("close-keys").onclick = () => $<HTMLDialogElement>("keys").close();

const style = { ink: "", soft: "", accent: "", line: "", paper: "" };
function setTheme(light: boolean): void {
    document.documentElement.classList.toggle("light", light);
    const css = getComputedStyle(document.documentElement);
    for (const name of Object.keys(style) as (keyof typeof style)[]) style[name] = css.getPropertyValue(`--${name}`).trim();
    scene.theme({ dark: !light, paper: style.paper, ink: style.ink });
}

// -- Kinds, filter, search --------------------------------------------------------------------------------------------------

let typesShown = 0;
function typesChanged(): void {
    const select = $<HTMLSelectElement>("type-filter");
    for (; typesShown < history.typeNames.length; ++typesShown) select.append(new Option(history.typeNames[typesShown], history.typeNames[typesShown]));
}

function setFilter(): void {
    const input = $<HTMLInputElement>("filter");
    const text = input.value.trim();
    const type = $<HTMLSelectElement>("type-filter").value;
    const made = makeFilter(history, text, type);
    input.setAttribute("aria-invalid", String(made === "invalid"));
    if (made === "invalid") return;
    filter = made?.keeps ?? null;
    kept = made?.nodes ?? null;
    timeline.forget();
    relight();
}
$("filter").oninput = setFilter;
$("type-filter").onchange = setFilter;

/** Of the last event in the graph. */
function sequenceNow(): number {
    return graph.position === 0 ? 0 : history.sequence.data[graph.position - 1];
}

function nodeById(id: string): number {
    // The latest of that id; an earlier one if only that is there now.
    let found = -1;
    for (let n = history.nodes - 1; n >= 0; --n) {
        if (history.nodeIds[n] !== id) continue;
        if (graph.nodeAlive[n]) return n;
        if (found < 0) found = n;
    }
    return found;
}

function select(node: number): void {
    void inspector.showNode(node).then(relight);
}

function selectById(id: string): void {
    const node = nodeById(id);
    if (node < 0) return notice(`There is no node '${id}' in this history.`, true);
    if (graph.nodeAlive[node]) scene.focus(node);
    select(node);
}

attachSearch($("query"), $("found"), api, sequenceNow, () => history.nodeKinds, selectById);

// -- Pointer, keys, links -----------------------------------------------------------------------------------------------------

let pressed = { x: 0, y: 0 };
let pointer: { x: number; y: number } | null = null;
const picture = $("picture");
picture.addEventListener("pointerdown", (e) => (pressed = { x: e.clientX, y: e.clientY }));
picture.addEventListener("pointermove", (e) => (pointer = { x: e.clientX, y: e.clientY }));
picture.addEventListener("pointerleave", () => ([pointer, hovered] = [null, -1]));
picture.addEventListener("click", (e) => {
    if (Math.hypot(e.clientX - pressed.x, e.clientY - pressed.y) > 4) return;
    const node = scene.pick(e.clientX, e.clientY, lit);
    if (node >= 0) select(node);
    else if (inspector.open) {
        inspector.close();
        relight();
    }
});

const speeds = [0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
function changeSpeed(by: 1 | -1): void {
    const next = by > 0 ? speeds.find((s) => s > clock.speed) : [...speeds].reverse().find((s) => s < clock.speed);
    if (next) setSpeed(String(next));
}

document.addEventListener("keydown", (e) => {
    const target = e.target instanceof HTMLElement ? e.target : document.body;
    if (e.key === "Escape") {
        $("found").hidden = true;
        $<HTMLDetailsElement>("export").open = false;
        if (target.matches("input")) target.blur();
        else if (inspector.open) {
            inspector.close();
            relight();
        }
        return;
    }
    if (e.ctrlKey || e.metaKey || e.altKey || target.matches("input, select, dialog *")) return;
    // A button that has the focus keeps its own keys.
    if (e.key === " " && target.matches("button, summary")) return;
    const actions: Record<string, () => void> = {
        " ": togglePlay,
        ArrowLeft: () => step(-1, e.shiftKey ? "event" : "transaction"),
        ArrowRight: () => step(1, e.shiftKey ? "event" : "transaction"),
        Home: () => seekTo(0),
        End: followLive,
        r: () => $("reverse").click(),
        ",": () => changeSpeed(-1),
        ".": () => changeSpeed(1),
        l: toggleLoop,
        s: () => setTimeline(clock.timeline === "time" ? "sequence" : clock.timeline === "sequence" ? "real" : "time"),
        "/": () => $("query").focus(),
        f: () => scene.focus(-1),
        d: () => setFlat(!flat),
        t: () => $("theme").click(),
        "?": () => $("help").click(),
    };
    const action = actions[e.key.length === 1 ? e.key.toLowerCase() : e.key];
    if (!action) return;
    e.preventDefault();
    action();
});

/** #when=TIME or #when=SEQUENCE, and #node=ID, as links have them. */
let pendingLink = location.hash.length > 1;
function followLink(): void {
    const link = new URLSearchParams(location.hash.slice(1));
    const when = link.get("when");
    const node = link.get("node");
    if (when) {
        const sequence = /^\d+$/.test(when) ? Number(when) : null;
        const time = sequence === null ? Date.parse(when) / 1000 : NaN;
        // What it names may be on its way still.
        const here = sequence === null ? history.due.data[Math.max(history.events - 1, 0)] >= time : history.lastSequence >= sequence;
        if (!here && status?.state === "loading") return;
        if (sequence !== null) {
            let position = 0;
            while (position < history.events && history.sequence.data[position] <= sequence) ++position;
            seekTo(position);
        } else if (Number.isFinite(time)) {
            seekTo(history.eventsDue(time));
        } else {
            notice(`#when=${when} is neither a time nor a sequence.`, true);
        }
    }
    moveTo(exact ?? clock.position);
    if (node) {
        if (nodeById(node) < 0 && status?.state === "loading") return;
        selectById(node);
    }
    pendingLink = false;
}
window.addEventListener("hashchange", () => {
    pendingLink = true;
    followLink();
});
let writtenLink = 0;
function writeLink(now: number): void {
    if (now - writtenLink < 0.5 || clock.playing || pendingLink) return;
    writtenLink = now;
    const link = new URLSearchParams();
    if (!clock.following && graph.position > 0) link.set("when", String(history.sequence.data[graph.position - 1]));
    if (inspector.node >= 0) link.set("node", history.nodeIds[inspector.node]);
    const hash = link.size > 0 ? `#${link}` : "";
    if (hash !== location.hash && hash !== decodeURI(location.hash)) window.history.replaceState(null, "", hash || location.pathname);
}

// -- Export -------------------------------------------------------------------------------------------------------------------

attachSaving($("export"), api, scene, [$("picture"), $("labels")], sequenceNow, notice);

// -- The state CID -------------------------------------------------------------------------------------------------------------

let stateAsked = -1;
let stateShown = -1;
let stateText = "";
let stateBusy = false;
async function showState(): Promise<void> {
    if (stateBusy || connection !== "connected" || clock.playing || history.events === 0) return;
    const position = graph.position;
    if (position === stateShown) return;
    stateBusy = true;
    stateAsked = position;
    const code = $("state-cid");
    try {
        const answer = await api.json<{ state_cid: string; nodes: number; edges: number }>("api/state", { at: sequenceNow() });
        if (stateAsked === graph.position) {
            stateShown = position;
            stateText = answer.state_cid;
            code.dataset.position = String(position);
            const agrees = answer.nodes === graph.nodes && answer.edges === graph.edges;
            code.title = agrees ? "The state CID that the server computes for this moment" : `The server counts ${answer.nodes} nodes and ${answer.edges} edges here: load the page again`;
            if (!agrees) stateText += "  (the page shows another state)";
            code.textContent = stateText;
        }
    } catch {
        await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    stateBusy = false;
}

// -- Frames --------------------------------------------------------------------------------------------------------------------

function resize(): void {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const box = stage.getBoundingClientRect();
    scene.shift = Math.min(66, box.height * 0.08);
    scene.resize(box.width, box.height, ratio);
    labels.resize(box.width, box.height, ratio);
    const line = $("timeline").getBoundingClientRect();
    timeline.resize(line.width, line.height, ratio);
}
window.addEventListener("resize", resize);

const reduced = matchMedia("(prefers-reduced-motion: reduce)");
const start = performance.now();
let last = start;
let slow = 0;
let scriptTime = 0;
let labelled = 0;
let counted = -10;
let lined = 0;
let interval = 0.016;
let hoveredBefore = -1;
let nextDraw = 0;
let drawnFrames = 0;
let drewLast = false;
const costs: number[] = [];
/** Without handing the picture over, which waits for the graphics card. */
const ownCosts: number[] = [];

function showMoment(): void {
    const at = graph.position;
    const text = at > 0 ? timeText(history.due.data[at - 1]).slice(0, 16) : history.events > 0 ? "before the first event" : status?.state === "live" ? "no events yet" : "";
    $("when").textContent = text;
    $("what").textContent = history.events === 0 ? "" : `${locale(graph.nodes)} nodes · ${locale(graph.edges)} edges · event ${locale(at)} of ${locale(history.events)}`;
    const slider = $("timeline");
    slider.setAttribute("aria-valuemin", "0");
    slider.setAttribute("aria-valuemax", String(history.events));
    slider.setAttribute("aria-valuenow", String(at));
    slider.setAttribute("aria-valuetext", text);
}

function frame(now: number): void {
    requestAnimationFrame(frame);
    const started = performance.now();
    const seconds = Math.min((now - last) / 1000, 0.25);
    last = now;
    scene.time = (now - start) / 1000;
    scene.calm = reduced.matches ? 0 : 1;
    const was = clock.playing;
    const valueBefore = clock.value;
    clock.tick(seconds);
    if (clock.value !== valueBefore || clock.following) exact = clock.playing || clock.following || was ? null : exact;
    if (was !== clock.playing) showControls();
    moveTo(exact ?? (clock.playing ? history.wholeTransactions(clock.position) : clock.position));
    if (scene.time - slow > 0.25) {
        slow = scene.time;
        // Of a large graph all is counted more rarely.
        if (shown.dirty && scene.time - counted > (history.edges > 20_000 ? 3 : 0)) {
            shown.dirty = false;
            counted = scene.time;
            showLegend($("legend"), history, graph, hiddenKinds, relight);
            weighKinds();
            labels.forget();
        }
        if (measureSoon) {
            measureSoon = false;
            scene.measure();
        }
        if (inspector.node >= 0 && !clock.playing) void inspector.showNode(inspector.node);
        showMoment();
        showConnection();
        writeLink(scene.time);
        $("state-cid").textContent = stateShown === graph.position ? stateText : "…";
        void showState();
        const sorted = [...costs].sort((a, b) => a - b);
        $("frame-cost").textContent = sorted.length > 0 ? `${sorted[sorted.length >> 1].toFixed(1)} ms a frame` : "";
    }
    if (clock.playing) showMoment();
    if (pointer) {
        hovered = scene.pick(pointer.x, pointer.y, lit);
        pointer = null;
        picture.style.cursor = hovered >= 0 ? "pointer" : "";
    }
    const important: number[] = [];
    if (inspector.node >= 0) important.push(inspector.node);
    if (hovered >= 0 && hovered !== inspector.node) important.push(hovered);
    interval += (seconds - interval) * 0.1;
    if (hovered !== hoveredBefore) scene.wake();
    hoveredBefore = hovered;
    // Where drawing takes long (no graphics card, a very large graph), as much time is left to everything else.
    if (drewLast && seconds > 0.05) nextDraw = scene.time + seconds;
    const beforeDrawing = performance.now();
    const drawn = scene.time >= nextDraw && scene.render(seconds, interval < 0.024);
    const drawing = performance.now() - beforeDrawing;
    drewLast = drawn;
    if (drawn && scene.time - labelled > 0.03) {
        labelled = scene.time;
        labels.draw(history, graph, scene, important, lit, style.ink, style.paper, scene.time);
    }
    if (scene.time - lined > 0.03) {
        lined = scene.time;
        timeline.draw(style);
    }
    scriptTime = performance.now() - started;
    if (!drawn) return;
    ++drawnFrames;
    costs.push(scriptTime);
    ownCosts.push(scriptTime - drawing);
    if (costs.length > 120) [costs, ownCosts].forEach((c) => c.shift());
}

// What tests and the film maker look at.
Object.assign(window, {
    cim: {
        state: () => ({
            events: history.events, position: graph.position, nodes: graph.nodes, edges: graph.edges, playing: clock.playing, following: clock.following,
            connection, server: status?.state ?? null, verified: verifier.checked, anchored: verifier.anchored && verifier.checked > 0, finding: verifier.finding,
            verifyMilliseconds: verifier.spent, stateCid: stateShown === graph.position ? stateText : null,
            frames: [...costs], ownFrames: [...ownCosts], drawn: drawnFrames, store: hello?.store ?? null, sequence: graph.position > 0 ? history.sequence.data[graph.position - 1] : 0,
        }),
        seekTo: (position: number) => seekTo(position),
    },
});

setTheme(matchMedia("(prefers-color-scheme: light)").matches);
listen();
showControls();
showTrust();
showConnection();
resize();
void stream.run();
requestAnimationFrame(frame);
