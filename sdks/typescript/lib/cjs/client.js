"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Netra = void 0;
const errors_ts_1 = require("./errors.js");
const resources_ts_1 = require("./resources.js");
const request_ts_1 = require("./request.js");
const tokens_ts_1 = require("./tokens.js");
/** A client of one service with one credential. */
class Netra {
    agent;
    auth;
    threads;
    workloads;
    keys;
    audit;
    health;
    /** For `recorder` and `live`, which are functions of their own so that a bundle holds what it uses. */
    transport;
    constructor(options = {}) {
        const isPage = typeof globalThis.document !== "undefined";
        const apiKey = options.apiKey ?? (options.tokens === undefined ? (0, request_ts_1.environment)("NETRA_API_KEY") : undefined);
        if (isPage && apiKey !== undefined && options.allowKeyInBrowser !== true) {
            throw new errors_ts_1.ConfigurationError("an API key in a page is readable by every script of the page; sign in instead, or set allowKeyInBrowser");
        }
        if (typeof apiKey === "string" && /\s/.test(apiKey))
            throw new errors_ts_1.ConfigurationError("the API key contains white space");
        this.transport = new request_ts_1.Transport({
            baseUrl: (0, request_ts_1.baseUrlOf)(options.baseUrl),
            fetch: options.fetch ?? ((...given) => fetch(...given)),
            timeoutMs: options.timeoutMs ?? 60_000,
            maxRetries: options.maxRetries ?? 2,
            maxRetryAfterMs: options.maxRetryAfterMs ?? 60_000,
            logger: options.logger,
            headers: options.headers ?? {},
            userAgent: isPage ? undefined : `netra-js/${request_ts_1.VERSION}${platform()}`,
        }, new tokens_ts_1.Credentials(apiKey, options.tokens, options.onTokens, options.renewal));
        this.agent = new resources_ts_1.Agent(this.transport, options.idleTimeoutMs ?? 45_000);
        this.auth = new resources_ts_1.Auth(this.transport);
        this.threads = new resources_ts_1.Threads(this.transport);
        this.workloads = new resources_ts_1.Workloads(this.transport);
        this.keys = new resources_ts_1.Keys(this.transport);
        this.audit = new resources_ts_1.Audit(this.transport);
        this.health = new resources_ts_1.Health(this.transport);
    }
    /** Signs in with a password. The client renews its tokens by itself. */
    static async signIn(options, call) {
        const { email, password, ...rest } = options;
        const client = new Netra({ ...rest, tokens: { accessToken: "" } });
        const answer = await client.transport.send({ method: "POST", path: "/api/auth/login", safety: "O", isPublic: true, json: { email, password } }, call);
        await client.transport.credentials.keep((0, tokens_ts_1.tokensOf)(answer));
        return client;
    }
    config(call) {
        return (0, resources_ts_1.configuration)(this.transport, call);
    }
    /** Asks a question and waits for the answer. */
    async ask(ask, call = {}) {
        const run = await this.agent.execute(ask, call);
        const advice = await run.wait({
            ...(call.signal === undefined ? {} : { signal: call.signal }),
            ...(call.timeoutMs === undefined ? {} : { timeoutMs: call.timeoutMs }),
        });
        return { advice, run, threadId: run.threadId ?? "" };
    }
}
exports.Netra = Netra;
function platform() {
    const { process } = globalThis;
    return process?.versions?.node === undefined ? "" : ` (Node/${process.versions.node})`;
}
