import type { RunEvent } from "./events.ts";
/** Connections in a row without an event after which a stream is given up. */
export declare const MOST_CONNECTS = 10;
/** Where a stream is. Pure: it knows no clock. */
export declare class Cursor {
    after: number;
    /** Connections in a row without an event. */
    connects: number;
    constructor(after: number);
    /** Whether an event is new. Throws where events are missing. */
    takes(event: RunEvent): boolean;
    /** Counts a lost connection and returns the milliseconds to wait. Throws when coming back does not help. */
    lost(cause: unknown, random: number): number;
}
