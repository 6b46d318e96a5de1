import { Agent, Audit, Auth, Health, Keys, Threads, Workloads } from "./resources.ts";
import { Transport } from "./request.ts";
import type { CallOptions, Logger } from "./request.ts";
import type { Run } from "./runs.ts";
import type { OnTokens, Renewal, Tokens } from "./tokens.ts";
import type { Advice, Ask, PublicConfiguration } from "./types.ts";
export interface NetraOptions {
    /** Without it, and without `tokens`, NETRA_API_KEY is read. */
    apiKey?: string | (() => Promise<string>) | undefined;
    tokens?: Tokens | undefined;
    onTokens?: OnTokens;
    /** How a page of the service renews its tokens by the cookie that holds the refresh token. Used with `tokens`. */
    renewal?: Renewal;
    /** A path prefix is kept. Without it NETRA_BASE_URL is read, then http://127.0.0.1:8000. */
    baseUrl?: string | undefined;
    fetch?: typeof fetch;
    /** Bounds a whole call, its retries included (60,000). */
    timeoutMs?: number;
    maxRetries?: number;
    /** The longest Retry-After that is waited for (60,000). */
    maxRetryAfterMs?: number;
    /** Bounds the silence of a stream before it is opened again (45,000: three heartbeats). */
    idleTimeoutMs?: number;
    logger?: Logger;
    headers?: Record<string, string>;
    /** An API key in a page is readable by every script of the page. */
    allowKeyInBrowser?: boolean;
}
/** A result with the run and the thread that it belongs to. */
export interface Answer {
    advice: Advice;
    run: Run;
    threadId: string;
}
/** A client of one service with one credential. */
export declare class Netra {
    readonly agent: Agent;
    readonly auth: Auth;
    readonly threads: Threads;
    readonly workloads: Workloads;
    readonly keys: Keys;
    readonly audit: Audit;
    readonly health: Health;
    /** For `recorder` and `live`, which are functions of their own so that a bundle holds what it uses. */
    readonly transport: Transport;
    constructor(options?: NetraOptions);
    /** Signs in with a password. The client renews its tokens by itself. */
    static signIn(options: NetraOptions & {
        email: string;
        password: string;
    }, call?: CallOptions): Promise<Netra>;
    config(call?: CallOptions): Promise<PublicConfiguration>;
    /** Asks a question and waits for the answer. */
    ask(ask: Ask, call?: CallOptions): Promise<Answer>;
}
