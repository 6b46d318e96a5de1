import type { RunEvent } from "./events.ts";
import type { CallOptions, Transport } from "./request.ts";
import type { Advice, RunAccepted, RunStatus } from "./types.ts";
export interface EventOptions {
    /** The `seq` of the last event that is known. */
    after?: number;
    signal?: AbortSignal;
}
export interface WaitOptions {
    signal?: AbortSignal;
    timeoutMs?: number;
}
/** A part of the answer as it is worded. `restarted`: it belongs to a later attempt, which replaces all that came before. */
export interface TextPiece {
    text: string;
    attempt: number;
    restarted: boolean;
}
/** Follows a run over lost connections, each event once. */
export declare function follow(transport: Transport, id: string, idleMs: number, options?: EventOptions): AsyncGenerator<RunEvent, void, undefined>;
/** The handle of a run. */
export declare class Run {
    #private;
    readonly id: string;
    /** Undefined for an attached run. */
    readonly accepted: RunAccepted | undefined;
    constructor(transport: Transport, idleMs: number, id: string, accepted?: RunAccepted);
    get threadId(): string | undefined;
    status(call?: CallOptions): Promise<RunStatus>;
    cancel(call?: CallOptions): Promise<RunStatus>;
    events(options?: EventOptions): AsyncGenerator<RunEvent, void, undefined>;
    /** The result. When the time is over first, `WaitTimeoutError`, and the run goes on. */
    wait(options?: WaitOptions): Promise<Advice>;
    /** The answer as it is worded. The last piece is the whole report, where it differs from the pieces. */
    text(options?: EventOptions): AsyncGenerator<TextPiece, void, undefined>;
}
