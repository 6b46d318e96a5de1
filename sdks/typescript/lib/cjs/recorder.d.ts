import type { Transport } from "./request.ts";
import type { RowOutcome, WorkloadEvent } from "./types.ts";
export interface RecorderOptions {
    /** Calls that wait at most (10,000). */
    maxQueue?: number;
    /** Characters that wait at most (8 MiB). */
    maxBytes?: number;
    /** Calls of a request (1,000); more while the service limits the rate. */
    batch?: number;
    /** Milliseconds between two requests at most (1,000). */
    intervalMs?: number;
    /** At most once a second: how many calls were dropped so far, and why. */
    onDrop?: (count: number, reason: string) => void;
    onRejected?: (rows: RowOutcome[]) => void;
}
/** What became of the recorded calls so far. */
export interface Flushed {
    /** Calls that the service has; rejected ones are not among them. */
    sent: number;
    pending: number;
    dropped: number;
}
/** Sends calls in the background. `record` never waits and never throws for the network. */
export declare class Recorder {
    #private;
    constructor(transport: Transport, workloadId: string, options?: RecorderOptions);
    /** Takes a call. When the queue is full the call is dropped and counted. */
    record(call: WorkloadEvent): void;
    stats(): Flushed;
    /** Sends what waits. Returns when that is done, or after `timeoutMs`. */
    flush(timeoutMs?: number): Promise<Flushed>;
    /** Flushes and refuses calls from then on. What could not be sent in time is dropped and counted. */
    close(timeoutMs?: number): Promise<Flushed>;
}
