import { describe, expect, it } from "vitest";
import { History, type ChangeLine } from "../src/changes";
import { Clock } from "../src/clock";

/** A history whose events happen at those seconds. */
function historyAt(...seconds: number[]): History {
    const history = new History();
    const line: ChangeLine = {
        index: 0, node: 0, edge: 0, sequences: seconds.map((_, i) => i + 1), times: seconds.map((s) => s * 1e6),
        types: seconds.map(() => 0), aggregates: seconds.map(() => 0), ends: seconds.map(() => 1), changes: seconds.map(() => []),
    };
    history.decode(line);
    return history;
}

describe("the clock", () => {
    it("plays a whole history in a minute at speed 1", () => {
        const clock = new Clock(historyAt(1000, 2000, 7000));
        clock.seek(clock.begin);
        clock.play();
        for (let i = 0; i < 59; ++i) clock.tick(1);
        expect(clock.playing).toBe(true);
        expect(clock.position).toBe(2);
        clock.tick(1.5);
        expect([clock.playing, clock.position]).toEqual([false, 3]);
    });
    it("shows nothing before the first event", () => {
        const clock = new Clock(historyAt(1000, 2000));
        clock.seek(-Infinity);
        expect(clock.position).toBe(0);
    });
    it("goes back to nothing when it plays in reverse", () => {
        const clock = new Clock(historyAt(1000, 2000, 7000));
        clock.follow();
        clock.reverse = true;
        clock.play();
        for (let i = 0; i < 70; ++i) clock.tick(1);
        expect([clock.playing, clock.position]).toEqual([false, 0]);
    });
    it.each([["0.1", true], ["1000", true], ["0.05", false], ["1001", false], ["0", false], ["-1", false], ["x", false]])("takes the speed %s: %s", (text, ok) => {
        const clock = new Clock(historyAt(1, 2));
        expect(clock.setSpeed(Number(text))).toBe(ok);
    });
    it("stays in its loop", () => {
        const clock = new Clock(historyAt(0, 100, 200, 300));
        clock.pause();
        clock.loop = [100, 200];
        clock.seek(100);
        clock.play();
        for (let i = 0; i < 500; ++i) {
            clock.tick(0.3);
            expect(clock.value).toBeGreaterThanOrEqual(100);
            expect(clock.value).toBeLessThanOrEqual(200);
        }
        expect(clock.playing).toBe(true);
    });
    it("keeps its place when the timeline changes", () => {
        const clock = new Clock(historyAt(0, 100, 200, 300));
        clock.seek(100);
        for (const timeline of ["sequence", "real", "time", "sequence"] as const) {
            clock.setTimeline(timeline);
            expect(clock.position).toBe(2);
        }
    });
    it("follows what comes, until somebody takes it", () => {
        const history = historyAt(0, 100);
        const clock = new Clock(history);
        clock.tick(1);
        expect(clock.position).toBe(2);
        clock.pause();
        history.decode({ index: 2, node: 0, edge: 0, sequences: [3], times: [150e6], types: [0], aggregates: [0], ends: [1], changes: [[]] });
        expect(clock.position).toBe(2);
        clock.follow();
        expect(clock.position).toBe(3);
    });
    it("shows an event only when all before it have happened", () => {
        const clock = new Clock(historyAt(0, 300, 100, 400));
        clock.seek(150);
        expect(clock.position).toBe(1);
        clock.seek(300);
        expect(clock.position).toBe(3);
    });
});
