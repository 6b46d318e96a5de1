/** Waits, and throws the signal's reason when it is aborted first. Leaves no timer and no listener behind. */
export declare function sleep(ms: number, signal?: AbortSignal): Promise<void>;
/** A timer that does not keep the program running, where the platform can say so. */
export declare function background(run: () => void, ms: number): ReturnType<typeof setTimeout>;
/** One abort controller that follows an outer signal; `end` lets go of it. */
export declare class Scope {
    #private;
    readonly controller: AbortController;
    constructor(outer?: AbortSignal);
    get signal(): AbortSignal;
    end(): void;
}
