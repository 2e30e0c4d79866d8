// The playback clock: a place in the history, a speed, and what moves it. It never looks at the time itself: tick() is told how
// much of it went by, so that tests need not wait.

import type { History } from "./changes";

/** What the position counts: time of the events, their number, or time of the events at the pace at which they happened. */
export type Timeline = "time" | "sequence" | "real";

/** At speed 1 a whole history takes so long, except in real time. */
export const wholeHistory = 60;
export const minSpeed = 0.1;
export const maxSpeed = 1000;

export class Clock {
    timeline: Timeline = "time";
    playing = false;
    following = true;
    speed = 1;
    reverse = false;
    /** A range of `value`s, played round and round. */
    loop: [number, number] | null = null;
    /** Where it is: seconds since the epoch, or a number of events. */
    value = 0;

    constructor(readonly history: History) {}

    get begin(): number {
        if (this.timeline === "sequence" || this.history.events === 0) return 0;
        return this.history.due.data[0];
    }
    get end(): number {
        if (this.timeline === "sequence") return this.history.events;
        return this.history.events === 0 ? 0 : this.history.due.data[this.history.events - 1];
    }

    /** Units of the timeline a second at speed 1. */
    get pace(): number {
        if (this.timeline === "real") return 1;
        return Math.max((this.end - this.begin) / wholeHistory, this.timeline === "time" ? 1e-3 : 1 / 4);
    }

    /** How many events have happened. */
    get position(): number {
        if (this.following) return this.history.events;
        return this.positionOf(this.value);
    }

    positionOf(value: number): number {
        if (this.timeline === "sequence") return Math.min(Math.floor(value), this.history.events);
        return value < this.begin ? 0 : this.history.eventsDue(value);
    }

    /** Where an event count lies on the timeline. Before the first event is a little before its time. */
    valueOf(position: number): number {
        if (this.timeline === "sequence") return position;
        if (position === 0 || this.history.events === 0) return this.begin - this.before;
        return this.history.due.data[Math.min(position, this.history.events) - 1];
    }

    /** The stretch ahead of the first event, in which there is nothing yet. */
    get before(): number {
        return this.timeline === "sequence" ? 0 : Math.max((this.end - this.begin) / 200, 1e-6);
    }

    setTimeline(timeline: Timeline): void {
        if (timeline === this.timeline) return;
        const position = this.position;
        this.timeline = timeline;
        this.loop = null;
        this.value = this.valueOf(position);
    }

    setSpeed(speed: number): boolean {
        if (!Number.isFinite(speed) || speed < minSpeed || speed > maxSpeed) return false;
        this.speed = speed;
        return true;
    }

    play(): void {
        if (this.following) this.value = this.valueOf(this.history.events);
        this.following = false;
        const [from, to] = this.ends();
        // At the end there is nothing to play: it starts over.
        if (!this.reverse && this.value >= to) this.value = from;
        if (this.reverse && this.value <= from) this.value = to;
        this.playing = true;
    }

    pause(): void {
        if (this.following) this.value = this.valueOf(this.history.events);
        this.following = false;
        this.playing = false;
    }

    follow(): void {
        this.following = true;
        this.playing = false;
        this.reverse = false;
        this.loop = null;
        this.value = this.end;
    }

    seek(value: number): void {
        this.following = false;
        this.value = Math.min(Math.max(value, this.begin - this.before), this.end);
    }

    private ends(): [number, number] {
        return this.loop ?? [this.begin - this.before, this.end];
    }

    tick(seconds: number): void {
        if (this.following) {
            this.value = this.end;
            return;
        }
        if (!this.playing) return;
        const [from, to] = this.ends();
        const step = seconds * this.speed * this.pace * (this.reverse ? -1 : 1);
        let value = this.value + step;
        if (this.loop && to > from) {
            if (value > to || value < from) value = this.reverse ? to : from;
        } else if (value >= to || value <= from) {
            value = Math.min(Math.max(value, from), to);
            if (value === (this.reverse ? from : to)) this.playing = false;
        }
        this.value = value;
    }
}
