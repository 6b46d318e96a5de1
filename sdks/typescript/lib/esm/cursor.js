import { StreamBrokenError } from "./errors.js";
/** Connections in a row without an event after which a stream is given up. */
export const MOST_CONNECTS = 10;
const BASE_MS = 250;
const MOST_MS = 5_000;
/** Where a stream is. Pure: it knows no clock. */
export class Cursor {
    after;
    /** Connections in a row without an event. */
    connects = 0;
    constructor(after) {
        this.after = after;
    }
    /** Whether an event is new. Throws where events are missing. */
    takes(event) {
        if (event.seq !== 0 && event.seq <= this.after)
            return false;
        const skipped = event.type === "agent_update" ? (event.skipped ?? 0) : 0;
        if (event.seq > this.after + 1 + skipped)
            throw new StreamBrokenError("events are missing", this.after);
        if (event.seq !== 0)
            this.after = event.seq;
        this.connects = 0;
        return true;
    }
    /** Counts a lost connection and returns the milliseconds to wait. Throws when coming back does not help. */
    lost(cause, random) {
        this.connects += 1;
        if (this.connects >= MOST_CONNECTS)
            throw new StreamBrokenError(`${MOST_CONNECTS} connections brought no event`, this.after, cause);
        if (this.connects === 1)
            return 0;
        return (0.5 + 0.5 * random) * Math.min(MOST_MS, BASE_MS * 2 ** (this.connects - 2));
    }
}
