import type { Safety } from "./policy.ts";
import type { Credentials } from "./tokens.ts";
export declare const VERSION = "2.0.0";
export interface CallOptions {
    /** Cancels the call. */
    signal?: AbortSignal;
    /** Bounds the whole call, its retries included. */
    timeoutMs?: number;
    idempotencyKey?: string;
    headers?: Record<string, string>;
}
export interface RequestSpec {
    method: string;
    path: string;
    safety: Safety;
    query?: Record<string, string | number | readonly string[] | null | undefined>;
    json?: unknown;
    /** A body that is sent as it is, with its media type. */
    body?: string | Uint8Array<ArrayBuffer>;
    media?: string;
    /** Needs no credential. */
    isPublic?: boolean;
    /** A status beside 2xx that is an answer. */
    takes?: number;
    /** Takes 404 for success. */
    missingOk?: boolean;
}
export interface Logger {
    debug(message: string, facts?: Record<string, unknown>): void;
    warn(message: string, facts?: Record<string, unknown>): void;
}
export interface TransportOptions {
    baseUrl: string;
    fetch: typeof fetch;
    timeoutMs: number;
    maxRetries: number;
    maxRetryAfterMs: number;
    logger: Logger | undefined;
    headers: Record<string, string>;
    userAgent: string | undefined;
}
export declare class Transport {
    #private;
    readonly options: TransportOptions;
    readonly credentials: Credentials;
    constructor(options: TransportOptions, credentials: Credentials);
    url(path: string, query?: RequestSpec["query"]): string;
    /** Returns the decoded answer. */
    send<T>(spec: RequestSpec, call?: CallOptions): Promise<T>;
    /** Opens a stream. A refusal is thrown; the caller reads and closes the body. */
    open(path: string, headers: Headers, signal: AbortSignal): Promise<Response>;
}
/** A variable of the environment, where the platform has one. */
export declare function environment(name: string): string | undefined;
/** A random UUID, version 4; `crypto.randomUUID` exists in secure contexts only. */
export declare function newId(): string;
export declare function baseUrlOf(given: string | undefined): string;
