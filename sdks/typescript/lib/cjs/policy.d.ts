/** What a repetition of a request does; see sdks/spec/methods.json. */
export type Safety = "G" | "K" | "P" | "O" | "D";
/** How an attempt ended. `notSent`: the service saw nothing. `ambiguous`: the request may have been carried out. */
export type Happening = "answered" | "notSent" | "ambiguous";
export type Decision = "again" | "giveUp" | "renew" | "unknown";
export interface Attempt {
    happening: Happening;
    status?: number | undefined;
    code?: string | undefined;
    retryAfterS?: number | undefined;
}
export declare function decide(safety: Safety, attempt: Attempt, canRenew: boolean, maxRetryAfterS: number): Decision;
/** Milliseconds before attempt number `attempt` + 1; `random` is in [0, 1). */
export declare function delayMs(attempt: number, retryAfterS: number | undefined, random: number): number;
/** Seconds of a Retry-After header. */
export declare function retryAfterOf(headers: Headers): number | undefined;
