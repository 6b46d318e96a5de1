import { ConfigurationError } from "./errors.js";
import { Agent, Audit, Auth, Health, Keys, Threads, Workloads, configuration } from "./resources.js";
import { Transport, VERSION, baseUrlOf, environment } from "./request.js";
import { Credentials, tokensOf } from "./tokens.js";
/** A client of one service with one credential. */
export class Netra {
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
        const apiKey = options.apiKey ?? (options.tokens === undefined ? environment("NETRA_API_KEY") : undefined);
        if (isPage && apiKey !== undefined && options.allowKeyInBrowser !== true) {
            throw new ConfigurationError("an API key in a page is readable by every script of the page; sign in instead, or set allowKeyInBrowser");
        }
        if (typeof apiKey === "string" && /\s/.test(apiKey))
            throw new ConfigurationError("the API key contains white space");
        this.transport = new Transport({
            baseUrl: baseUrlOf(options.baseUrl),
            fetch: options.fetch ?? ((...given) => fetch(...given)),
            timeoutMs: options.timeoutMs ?? 60_000,
            maxRetries: options.maxRetries ?? 2,
            maxRetryAfterMs: options.maxRetryAfterMs ?? 60_000,
            logger: options.logger,
            headers: options.headers ?? {},
            userAgent: isPage ? undefined : `netra-js/${VERSION}${platform()}`,
        }, new Credentials(apiKey, options.tokens, options.onTokens, options.renewal));
        this.agent = new Agent(this.transport, options.idleTimeoutMs ?? 45_000);
        this.auth = new Auth(this.transport);
        this.threads = new Threads(this.transport);
        this.workloads = new Workloads(this.transport);
        this.keys = new Keys(this.transport);
        this.audit = new Audit(this.transport);
        this.health = new Health(this.transport);
    }
    /** Signs in with a password. The client renews its tokens by itself. */
    static async signIn(options, call) {
        const { email, password, ...rest } = options;
        const client = new Netra({ ...rest, tokens: { accessToken: "" } });
        const answer = await client.transport.send({ method: "POST", path: "/api/auth/login", safety: "O", isPublic: true, json: { email, password } }, call);
        await client.transport.credentials.keep(tokensOf(answer));
        return client;
    }
    config(call) {
        return configuration(this.transport, call);
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
function platform() {
    const { process } = globalThis;
    return process?.versions?.node === undefined ? "" : ` (Node/${process.versions.node})`;
}
