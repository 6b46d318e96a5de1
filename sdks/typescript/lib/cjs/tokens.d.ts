import type { Transport } from "./request.ts";
import type { LoginResponse } from "./types.ts";
/** Milliseconds before the end of an access token at which a new one is got. */
export declare const EARLY_MS = 60000;
export interface Tokens {
    accessToken: string;
    refreshToken?: string | undefined;
    /** Milliseconds since 1970. */
    expiresAt?: number | undefined;
}
/** Stores new tokens. It is awaited before they are used. */
export type OnTokens = (tokens: Tokens) => void | Promise<void>;
/** Gets new tokens in another way than by the refresh token: a page of the service by its cookie. */
export type Renewal = () => Promise<Tokens>;
export declare function tokensOf(answer: LoginResponse): Tokens;
/** What signs requests: an API key, or tokens that are renewed once for all who wait. */
export declare class Credentials {
    #private;
    constructor(apiKey: string | (() => Promise<string>) | undefined, tokens: Tokens | undefined, onTokens: OnTokens | undefined, renewal?: Renewal);
    get tokens(): Tokens | undefined;
    get canRenew(): boolean;
    bearer(transport: Transport): Promise<string | undefined>;
    keep(tokens: Tokens): Promise<void>;
    /** Gets new tokens, once for all who wait. `old` is the access token that was refused. */
    renew(transport: Transport, old: string | undefined): Promise<void>;
}
