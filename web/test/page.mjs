// The page as a browser runs it, against `cim view` on stores of its own: what it shows is what the command line says.
//
// Run by tests/web/run.py. Environment: CIM is the command, CHROMIUM the browser, CIM_SEED a seed of the random presses.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright-core";

const cim = process.env.CIM;
const folder = mkdtempSync(join(tmpdir(), "cim-page-test-"));
const running = new Set();
let browser;

process.on("exit", () => {
    for (const child of running) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
});

function run(store, ...args) {
    return execFileSync(cim, [...args, "--store", `sqlite:${folder}/${store}.db`], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

const start = 1_700_000_000;
const timeOf = (n) => new Date((start + n * 60) * 1000).toISOString();

/** Appends events, each [type, payload, transaction]; the first happens at minute `from`. */
function append(store, from, events) {
    const lines = events.map(([event_type, payload, transaction_id], i) => JSON.stringify({ aggregate_id: "g", event_type, payload, timestamp: (start + (from + i) * 60) * 1e6, ...(transaction_id && { transaction_id }) }));
    const file = join(folder, `events-${from}.jsonl`);
    writeFileSync(file, lines.join("\n") + "\n");
    run(store, "import", "jsonl", file, "-q");
}

const html = "<img src=x onerror=\"document.title='pwned'\"> 🦑";

/** Nodes that come, are renamed and go, edges with them. */
function history(count) {
    const events = [];
    for (let n = 0; n < count; ++n) {
        if (n % 11 === 10) events.push(["NodeRemoved", { node_id: `n${n - 7}` }]);
        else if (n % 5 === 4) events.push(["NodeUpdated", { node_id: `n${n - 1}`, updates: { title: `renamed ${n}` } }]);
        else if (n % 3 === 2) events.push(["EdgeConnected", { edge_id: `e${n}`, source: `n${Math.max(n - 2, 0)}`, target: `n${Math.floor(n / 4)}`, edge_type: "Needs" }]);
        else events.push(["NodeCreated", { node_id: `n${n}`, node_type: n % 2 ? "Task" : "Document", properties: { title: n === 0 ? html : `Node ${n}` } }]);
    }
    return events;
}

async function freePort() {
    const server = net.createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    return port;
}

async function serve(store, port) {
    const child = spawn(cim, ["view", "--store", `sqlite:${folder}/${store}.db`, "--port", String(port), "--json"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
    running.add(child);
    child.once("exit", () => running.delete(child));
    const line = await new Promise((resolve, reject) => {
        child.stdout.once("data", (data) => resolve(String(data)));
        child.once("exit", (code) => reject(new Error(`cim view ended with ${code}`)));
    });
    return { url: JSON.parse(line).url, stop: () => new Promise((resolve) => (child.once("exit", resolve), child.kill("SIGINT"))) };
}

const problems = [];
async function open(url) {
    const page = await browser.newPage({ viewport: { width: 760, height: 480 } });
    page.on("console", (message) => {
        // That the server is away while it is restarted is what the test wants.
        if (message.type() === "error" && !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|404/.test(message.text())) problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(error.stack));
    await page.goto(url);
    return page;
}

const state = (page) => page.evaluate(() => window.cim.state());

/** Waits until the page's state is as wanted; fails with what it is. */
async function until(page, what, wanted, seconds = 20) {
    const end = Date.now() + seconds * 1000;
    let now;
    do {
        now = await state(page);
        if (wanted(now)) return now;
        await sleep(30);
    } while (Date.now() < end);
    assert.fail(`${what}: after ${seconds} s ${JSON.stringify({ ...now, frames: undefined })}`);
}

const tests = {
    async "loads, and shows what the command line says"() {
        append("one", 0, history(300));
        const said = JSON.parse(run("one", "replay", "--json"));
        const server = await serve("one", 0);
        const page = await open(server.url);
        const now = await until(page, "verified", (s) => s.verified === 300 && s.stateCid);
        assert.deepEqual([now.events, now.position, now.nodes, now.edges, now.stateCid], [300, 300, said.nodes, said.edges, said.state_cid]);
        assert.deepEqual([now.anchored, now.finding, now.server], [true, null, "live"]);
        await page.waitForSelector('html[data-ready="1"]', { state: "attached" });
        this.page = page;
        this.server = server;
    },

    async "shows any moment as the command line does"() {
        for (const minute of [0, 17, 133, 298]) {
            const said = JSON.parse(run("one", "replay", "--json", "--until", timeOf(minute)));
            await this.page.evaluate((hash) => (location.hash = hash), `when=${timeOf(minute)}`);
            const now = await until(this.page, `minute ${minute}`, (s) => s.position === said.events && s.stateCid);
            assert.deepEqual([now.nodes, now.edges, now.stateCid], [said.nodes, said.edges, said.state_cid], `minute ${minute}`);
        }
    },

    async "scrubs, and plays backwards to nothing"() {
        const box = await this.page.locator("#timeline").boundingBox();
        await this.page.mouse.click(box.x + box.width / 2, box.y + 20);
        const middle = await until(this.page, "the middle", (s) => s.position > 100 && s.position < 200);
        assert.equal(middle.following, false);
        await this.page.fill("#speed", "100");
        await this.page.click("#reverse");
        await this.page.click("#play");
        const zero = await until(this.page, "nothing", (s) => s.position === 0 && !s.playing);
        assert.deepEqual([zero.nodes, zero.edges], [0, 0]);
        await until(this.page, "the empty state", (s) => s.stateCid === "bafyreiawcwz6od42hdze5es2k5pigsp4devkvevqhz4xwhzab4hwhv4c5e");
        await this.page.click("#reverse");
    },

    async "steps by event and by transaction"() {
        await this.page.locator("#stage").focus();
        await this.page.keyboard.press("Home");
        for (let i = 1; i <= 3; ++i) {
            await this.page.keyboard.press("ArrowRight");
            await until(this.page, `step ${i}`, (s) => s.position === i);
        }
        await this.page.keyboard.press("Shift+ArrowLeft");
        await until(this.page, "a step back", (s) => s.position === 2);
    },

    async "tells of a node, with its name as text"() {
        await this.page.evaluate(() => (location.hash = "node=n0"));
        await this.page.waitForSelector("#inspector h2");
        await until(this.page, "the place", (s) => s.position >= 0);
        assert.equal(await this.page.locator("#inspector h2").textContent(), html);
        assert.notEqual(await this.page.title(), "pwned");
        await this.page.locator("#inspector li button").last().click();
        await this.page.waitForSelector("#inspector pre");
        assert.match(await this.page.locator("#inspector pre").textContent(), /"aggregate_id": "g"/);
        assert.match(await this.page.locator("#inspector dl").textContent(), /verified/);
        await this.page.keyboard.press("Escape");
        await this.page.click("#live");
        await this.page.fill("#query", "task");
        await this.page.locator("#found button").first().waitFor();
        await this.page.fill("#query", "");
    },

    async "follows what is appended within a second"() {
        await this.page.click("#live");
        await until(this.page, "the end", (s) => s.position === 300);
        // The fastest of three, because a machine that is busy otherwise may keep any one waiting.
        const times = [];
        for (let i = 0; i < 3; ++i) {
            append("one", 300 + i, [["NodeCreated", { node_id: `late ${i}`, node_type: "Task" }]]);
            const appended = Date.now();
            await until(this.page, "the new event", (s) => s.position === 301 + i, 10);
            times.push(Date.now() - appended);
        }
        console.log(`    seen ${times.join(", ")} ms after the append`);
        assert.ok(Math.min(...times) < 1000);
        await until(this.page, "verified too", (s) => s.verified === 303);
    },

    async "comes back after the server was away"() {
        const port = Number(new URL(this.server.url).port);
        await this.server.stop();
        await until(this.page, "the break", (s) => s.connection === "reconnecting");
        append("one", 303, [["NodeCreated", { node_id: "later", node_type: "Task" }]]);
        this.server = await serve("one", port);
        const now = await until(this.page, "all of it", (s) => s.connection === "connected" && s.position === 304 && s.verified === 304);
        assert.equal(now.finding, null);
        const said = JSON.parse(run("one", "replay", "--json"));
        assert.equal((await until(this.page, "its state", (s) => s.stateCid)).stateCid, said.state_cid);
    },

    async "bears a thousand presses at random"() {
        const seed = Number(process.env.CIM_SEED ?? Date.now() % 1_000_000);
        console.log(`    CIM_SEED=${seed}`);
        await this.page.evaluate(async (first) => {
            let state = first || 1;
            const random = (n) => (state = (state * 48271) % 2147483647) % n;
            const keys = [" ", "ArrowLeft", "ArrowRight", "Home", "End", "r", ",", ".", "l", "s", "f", "d", "t", "Escape"];
            const ids = ["begin", "back", "reverse", "play", "forward", "live", "loop", "flat", "frame", "theme"];
            for (let i = 0; i < 1000; ++i) {
                const kind = random(10);
                if (kind < 4) document.dispatchEvent(new KeyboardEvent("keydown", { key: keys[random(keys.length)], shiftKey: random(3) === 0, bubbles: true }));
                else if (kind < 7) document.getElementById(ids[random(ids.length)]).click();
                else if (kind === 7) window.cim.seekTo(random(310));
                else if (kind === 8) {
                    const input = document.getElementById(random(2) ? "speed" : "filter");
                    input.value = ["", "1", "1000", "0.1", "-3", "x", "event.store.*.NodeCreated", "event.>", "a..b"][random(9)];
                    input.dispatchEvent(new Event("input"));
                } else document.querySelectorAll("#legend button")[0]?.click();
                if (random(40) === 0) await new Promise((resolve) => requestAnimationFrame(resolve));
            }
            document.getElementById("speed").value = "1";
            document.getElementById("speed").dispatchEvent(new Event("input"));
            document.getElementById("filter").value = "";
            document.getElementById("filter").dispatchEvent(new Event("input"));
        }, seed);
        await this.page.click("#live");
        const said = JSON.parse(run("one", "replay", "--json"));
        const now = await until(this.page, "the end again", (s) => s.position === 304 && s.stateCid);
        assert.deepEqual([now.nodes, now.edges, now.stateCid], [said.nodes, said.edges, said.state_cid]);
        await this.page.close();
        await this.server.stop();
    },

    async "shows a block that was tampered with as broken"() {
        append("two", 0, history(40));
        execFileSync("python3", ["-c", `import sqlite3
d = sqlite3.connect("${folder}/two.db")
block = bytearray(d.execute("SELECT block FROM events WHERE sequence = 25").fetchone()[0])
at = bytes(block).rindex(b"bafy") if b"bafy" in block else bytes(block).index(b"n") + 1
at = bytes(block).index(b"node_id") + 9 if b"node_id" in block else at
block[at] ^= 1
d.execute("UPDATE events SET block = ? WHERE sequence = 25", (bytes(block),))
d.commit()`]);
        const server = await serve("two", 0);
        const page = await open(server.url);
        const now = await until(page, "broken", (s) => s.finding);
        assert.equal(now.finding.event, 24);
        assert.deepEqual([now.events, now.verified, now.server], [24, 24, "broken"]);
        assert.match(await page.locator("#trust").textContent(), /broken at event 25/);
        assert.match(await page.locator("#notice").textContent(), /broken at event 25/);
        await page.close();
        await server.stop();
    },

    async "says that a log is empty, and fills when it is not"() {
        append("three", 0, [["NodeCreated", { node_id: "x", node_type: "T" }]]);
        execFileSync("python3", ["-c", `import sqlite3
d = sqlite3.connect("${folder}/three.db")
d.execute("PRAGMA foreign_keys = OFF")
for table in ("events", "transactions", "aggregates", "event_types"): d.execute(f"DELETE FROM {table}")
d.commit()`]);
        const server = await serve("three", 0);
        const page = await open(server.url);
        await until(page, "live", (s) => s.server === "live");
        await page.getByText("no events yet").waitFor();
        append("three", 1, [["NodeCreated", { node_id: "y", node_type: "T" }]]);
        await until(page, "one node", (s) => s.nodes === 1 && s.verified === 1);
        await page.close();
        await server.stop();
    },
};

browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-sandbox"],
});
const shared = {};
let failed = 0;
const only = process.argv[2];
for (const [name, test] of Object.entries(tests)) {
    if (only && !name.includes(only)) continue;
    const began = Date.now();
    try {
        await test.call(shared);
        console.log(`ok      ${name} (${Date.now() - began} ms)`);
    } catch (problem) {
        ++failed;
        console.log(`FAILED  ${name}\n${problem.stack}`);
    }
}
await browser.close();
if (problems.length > 0) console.log(`FAILED  ${problems.length} errors on the console:\n${[...new Set(problems)].slice(0, 10).join("\n")}`);
process.exit(failed > 0 || problems.length > 0 ? 1 : 0);
