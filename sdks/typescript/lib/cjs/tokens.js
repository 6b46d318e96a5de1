"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Credentials = exports.EARLY_MS = void 0;
exports.tokensOf = tokensOf;
const errors_ts_1 = require("./errors.js");
/** Milliseconds before the end of an access token at which a new one is got. */
exports.EARLY_MS = 60_000;
function tokensOf(answer) {
    return {
        accessToken: answer.access_token,
        refreshToken: answer.refresh_token ?? undefined,
        expiresAt: Date.now() + answer.expires_in * 1_000,
    };
}
/** What signs requests: an API key, or tokens that are renewed once for all who wait. */
class Credentials {
    // Private, so that no inspection and no JSON of a client shows a secret.
    #tokens;
    #apiKey;
    #onTokens;
    #renewal;
    #renewing;
    constructor(apiKey, tokens, onTokens, renewal) {
        this.#apiKey = apiKey;
        this.#tokens = tokens;
        this.#onTokens = onTokens;
        this.#renewal = renewal;
    }
    get tokens() {
        return this.#tokens;
    }
    get canRenew() {
        return this.tokens !== undefined && (this.#renewal !== undefined || this.tokens.refreshToken !== undefined);
    }
    async bearer(transport) {
        if (this.tokens === undefined)
            return typeof this.#apiKey === "function" ? await this.#apiKey() : this.#apiKey;
        const ends = this.tokens.expiresAt;
        if (this.canRenew && ends !== undefined && ends - Date.now() < exports.EARLY_MS)
            await this.renew(transport, this.tokens.accessToken);
        return this.tokens.accessToken;
    }
    async keep(tokens) {
        try {
            await this.#onTokens?.(tokens);
        }
        catch (cause) {
            throw new errors_ts_1.SessionLostError("the new tokens could not be stored; sign in again", { cause });
        }
        this.#tokens = tokens;
    }
    /** Gets new tokens, once for all who wait. `old` is the access token that was refused. */
    renew(transport, old) {
        if (this.#renewing === undefined && old !== undefined && this.tokens?.accessToken !== old)
            return Promise.resolve();
        this.#renewing ??= this.#fresh(transport).finally(() => {
            this.#renewing = undefined;
        });
        return this.#renewing;
    }
    async #fresh(transport) {
        const refresh_token = this.tokens?.refreshToken;
        const usual = async () => tokensOf(await transport.send({
            method: "POST", path: "/api/auth/refresh", safety: "K", isPublic: true, json: { refresh_token },
        }));
        let fresh;
        try {
            fresh = await (this.#renewal ?? usual)();
        }
        catch (cause) {
            if (cause instanceof errors_ts_1.UnauthorizedError || cause instanceof errors_ts_1.OutcomeUnknownError) {
                throw new errors_ts_1.SessionLostError("the session is lost; sign in again", { cause });
            }
            throw cause;
        }
        await this.keep(fresh);
    }
}
exports.Credentials = Credentials;
