"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Health = exports.Audit = exports.Keys = exports.Workloads = exports.Threads = exports.Auth = exports.Sessions = exports.Agent = void 0;
exports.configuration = configuration;
const errors_ts_1 = require("./errors.js");
const pages_ts_1 = require("./pages.js");
const request_ts_1 = require("./request.js");
const runs_ts_1 = require("./runs.js");
const tokens_ts_1 = require("./tokens.js");
/** Limits of one request to add calls; more are sent in several. */
const MOST_ROWS = 10_000;
const MOST_CHARACTERS = 30 * 2 ** 20;
function read(transport, path, call, more = {}) {
    return transport.send({ method: "GET", path, safety: "G", ...more }, call);
}
function write(transport, path, safety, json, call, more = {}) {
    return transport.send({ method: "POST", path, safety, json, ...more }, call);
}
async function remove(transport, path, options = {}) {
    await transport.send({ method: "DELETE", path, safety: "D", missingOk: options.missingOk ?? false }, options);
}
function pages(transport, path, params, call) {
    const load = async (cursor) => {
        const query = { ...params, cursor };
        const found = await read(transport, path, call, { query });
        return new pages_ts_1.Page(found.data, found.pagination, cursor, load);
    };
    return new pages_ts_1.PagePromise(() => load(params.cursor));
}
function at(path, id) {
    return `${path}/${encodeURIComponent(id)}`;
}
/** The path of something of a workload. */
function of(id, what) {
    return at("/api/workloads", id) + what;
}
/** Asks questions and follows runs. */
class Agent {
    #transport;
    #idleMs;
    constructor(transport, idleMs) {
        this.#transport = transport;
        this.#idleMs = idleMs;
    }
    /** Asks a question. A repetition after a lost answer returns the same run. */
    async execute(ask, call) {
        const accepted = await write(this.#transport, "/api/agent/execute", "K", ask, call);
        return new runs_ts_1.Run(this.#transport, this.#idleMs, accepted.run_id, accepted);
    }
    /** The handle of a run. Asks nothing. */
    attach(id) {
        return new runs_ts_1.Run(this.#transport, this.#idleMs, id);
    }
    status(id, call) {
        return this.attach(id).status(call);
    }
    cancel(id, call) {
        return this.attach(id).cancel(call);
    }
    /** Follows a run over lost connections, each event once. Leaving the loop closes the connection. */
    events(id, options) {
        return (0, runs_ts_1.follow)(this.#transport, id, this.#idleMs, options);
    }
    /** The runs of the user that meet every filter, the newest first. */
    history(params = {}, call) {
        return pages(this.#transport, "/api/agent/history", params, call);
    }
}
exports.Agent = Agent;
/** Lists and ends sessions. */
class Sessions {
    #transport;
    constructor(transport) {
        this.#transport = transport;
    }
    list(call) {
        return read(this.#transport, "/api/auth/sessions", call);
    }
    end(id, options) {
        return remove(this.#transport, at("/api/auth/sessions", id), options);
    }
    endAll(options) {
        return remove(this.#transport, "/api/auth/sessions", options);
    }
}
exports.Sessions = Sessions;
/** Signs in and out. */
class Auth {
    sessions;
    #transport;
    constructor(transport) {
        this.#transport = transport;
        this.sessions = new Sessions(transport);
    }
    register(body, call) {
        return write(this.#transport, "/api/auth/register", "K", body, call, { isPublic: true });
    }
    /** Gets new tokens now. The client does so by itself before they expire. */
    async refresh() {
        const { credentials } = this.#transport;
        if (!credentials.canRenew)
            throw new errors_ts_1.ConfigurationError("the client has no refresh token");
        await credentials.renew(this.#transport, credentials.tokens?.accessToken);
        return credentials.tokens;
    }
    /** Trades the code of a sign-in with Google for tokens, which the client then uses. */
    async exchange(code, call) {
        const answer = await write(this.#transport, "/api/auth/exchange", "K", { code }, call, { isPublic: true });
        await this.#transport.credentials.keep((0, tokens_ts_1.tokensOf)(answer));
        return answer;
    }
    /** The address of Google's sign-in page. The answer sets a cookie: meant for browsers. */
    authorize(options = {}, call) {
        return read(this.#transport, "/api/auth/google/authorize", call, { query: { redirect_uri: options.redirectUri } });
    }
    me(call) {
        return read(this.#transport, "/api/auth/me", call);
    }
    signOut(call) {
        return write(this.#transport, "/api/auth/logout", "P", undefined, call);
    }
    changePassword(current, next, call) {
        return write(this.#transport, "/api/auth/password", "O", { current_password: current, new_password: next }, call);
    }
    /** A ticket that opens one WebSocket within 30 seconds. */
    ticket(call) {
        return write(this.#transport, "/api/auth/ws-ticket", "P", undefined, call);
    }
}
exports.Auth = Auth;
/** Reads and deletes conversations. */
class Threads {
    #transport;
    constructor(transport) {
        this.#transport = transport;
    }
    list(params = {}, call) {
        return pages(this.#transport, "/api/threads", params, call);
    }
    get(id, call) {
        return read(this.#transport, at("/api/threads", id), call);
    }
    rename(id, title, call) {
        return write(this.#transport, at("/api/threads", id), "P", { title }, call, { method: "PATCH" });
    }
    delete(id, options) {
        return remove(this.#transport, at("/api/threads", id), options);
    }
}
exports.Threads = Threads;
/** Keeps workloads and their calls. */
class Workloads {
    #transport;
    constructor(transport) {
        this.#transport = transport;
    }
    create(name, call) {
        return write(this.#transport, "/api/workloads", "K", { name }, call);
    }
    list(params = {}, call) {
        return pages(this.#transport, "/api/workloads", params, call);
    }
    get(id, call) {
        return read(this.#transport, at("/api/workloads", id), call);
    }
    rename(id, name, call) {
        return write(this.#transport, at("/api/workloads", id), "P", { name }, call, { method: "PATCH" });
    }
    delete(id, options) {
        return remove(this.#transport, at("/api/workloads", id), options);
    }
    /** Stored calls with their cost, the newest first unless `sort` says otherwise. */
    listEvents(id, params = {}, call) {
        return pages(this.#transport, of(id, "/events"), params, call);
    }
    /** What came in by telemetry: calls of each emitter, those without usage, and advice. */
    intake(id, call) {
        return read(this.#transport, of(id, "/intake"), call);
    }
    /** What was decided about the recommendations on a workload, the latest first. */
    decisions(id, call) {
        return read(this.#transport, of(id, "/decisions"), call);
    }
    /**
     * Plans, adopts, dismisses or reopens a recommendation, named by its `key`. A first decision names the run that
     * shows it. With `etag`, only that version is changed: otherwise `PreconditionFailedError`.
     */
    decide(id, key, decision, { etag, ...call } = {}) {
        if (etag)
            call.headers = { ...call.headers, "If-Match": etag };
        return write(this.#transport, at(of(id, "/decisions"), key), "O", decision, call, { method: "PUT" });
    }
    /** What an adopted recommendation brought: the calls before it against those since. */
    verification(id, key, call) {
        return read(this.#transport, at(of(id, "/decisions"), key) + "/verification", call);
    }
    /** What a change would cost and bring. */
    simulate(id, proposal, call) {
        return write(this.#transport, of(id, "/simulate"), "P", proposal, call);
    }
    /** What moved the bill from one period to another. */
    explain(id, periods, call) {
        return write(this.#transport, of(id, "/explain"), "P", periods, call);
    }
    /**
     * Adds calls, in requests of at most 10,000 rows; the keys of the requests are KEY-0, KEY-1, ….
     * A call without an id gets one, so that a repetition counts it once.
     */
    async addEvents(id, calls, call = {}) {
        const key = call.idempotencyKey ?? `js-${(0, request_ts_1.newId)()}`;
        const sum = { workload_id: id, accepted: 0, duplicates: 0, rejected: 0, results: [], notes: [] };
        let number = 0;
        let before = 0;
        for (const lines of batches(calls)) {
            const part = await write(this.#transport, of(id, "/events"), "K", undefined, { ...call, idempotencyKey: `${key}-${number++}` }, { body: lines.join("\n"), media: "application/x-ndjson" });
            sum.accepted += part.accepted;
            sum.duplicates += part.duplicates;
            sum.rejected += part.rejected;
            sum.notes?.push(...(part.notes ?? []));
            for (const row of part.results)
                sum.results.push({ ...row, line: row.line + before });
            before += lines.length;
        }
        return sum;
    }
}
exports.Workloads = Workloads;
function* batches(calls) {
    let lines = [];
    let size = 0;
    for (const one of calls) {
        const line = JSON.stringify(one.id == null ? { ...one, id: (0, request_ts_1.newId)() } : one);
        if (lines.length === MOST_ROWS || (lines.length > 0 && size + line.length > MOST_CHARACTERS)) {
            yield lines;
            lines = [];
            size = 0;
        }
        lines.push(line);
        size += line.length;
    }
    if (lines.length > 0)
        yield lines;
}
/** Keeps API keys. */
class Keys {
    #transport;
    constructor(transport) {
        this.#transport = transport;
    }
    /** Makes an API key. Its secret is shown once. */
    create(body, call) {
        return write(this.#transport, "/api/keys", "K", body, call);
    }
    list(call) {
        return read(this.#transport, "/api/keys", call);
    }
    revoke(id, options) {
        return remove(this.#transport, at("/api/keys", id), options);
    }
    revokeAll(options) {
        return remove(this.#transport, "/api/keys", options);
    }
}
exports.Keys = Keys;
/** Reads the security log; needs an administrator. */
class Audit {
    #transport;
    constructor(transport) {
        this.#transport = transport;
    }
    /** The security events that meet every filter, the newest first. */
    list(params = {}, call) {
        return pages(this.#transport, "/api/audit", params, call);
    }
}
exports.Audit = Audit;
/** Asks how the service is. */
class Health {
    #transport;
    constructor(transport) {
        this.#transport = transport;
    }
    check(call) {
        return read(this.#transport, "/health", call);
    }
    /** Whether the service takes requests. Not ready is an answer, not an error. */
    ready(call) {
        return read(this.#transport, "/health/ready", call, { takes: 503 });
    }
    dependencies(call) {
        return read(this.#transport, "/health/dependencies", call);
    }
}
exports.Health = Health;
/** What the service says of itself. */
function configuration(transport, call) {
    return read(transport, "/api/config", call);
}
