import type { Netra } from "./client.ts";
import { Cursor } from "./cursor.ts";
import type { RunEvent } from "./events.ts";
import type { CallOptions } from "./request.ts";
import type { Run } from "./runs.ts";
import type { Advice, Ask, RunStatus } from "./types.ts";
export interface LiveOptions {
    /** For platforms without a WebSocket of their own, such as Node before 22. */
    WebSocket?: typeof WebSocket;
}
interface Frame {
    type: string;
    data: Record<string, unknown>;
}
/** A run whose events come over the WebSocket. Iterate over it once. */
export declare class LiveRun implements AsyncIterable<RunEvent> {
    #private;
    readonly run: Run;
    readonly cursor: Cursor;
    constructor(run: Run, after: number);
    get id(): string;
    /** Takes an event; returns whether the run is over. */
    give(frame: Frame): boolean;
    end(error: unknown): void;
    [Symbol.asyncIterator](): AsyncGenerator<RunEvent, void, undefined>;
    wait(): Promise<Advice>;
}
/** Follows any number of runs over one WebSocket, and survives its loss. */
export declare class Live {
    #private;
    private constructor();
    /** Opens a WebSocket. Close it when it is no longer needed. */
    static open(client: Netra, options?: LiveOptions): Promise<Live>;
    /** Asks a question and follows its run. A lost connection neither loses nor repeats the question. */
    ask(ask: Ask, call?: CallOptions): Promise<LiveRun>;
    /** Follows a run from the event after `after` on. */
    subscribe(runId: string, after?: number): LiveRun;
    stop(runId: string, call?: CallOptions): Promise<RunStatus>;
    /** Waits for the answer to a ping. */
    ping(): Promise<void>;
    /** Closes the connection. Runs go on. */
    close(): void;
}
export {};
