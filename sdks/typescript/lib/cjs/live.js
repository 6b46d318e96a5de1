"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Live = exports.LiveRun = void 0;
const errors_ts_1 = require("./errors.js");
const cursor_ts_1 = require("./cursor.js");
const events_ts_1 = require("./events.js");
const request_ts_1 = require("./request.js");
const time_ts_1 = require("./time.js");
const tokens_ts_1 = require("./tokens.js");
const PING_MS = 25_000;
const PINGS_MISSED = 2;
const MOST_WAIT_MS = 30_000;
const GREETING_MS = 30_000;
/** Close codes that a new connection does not mend: a defect of this client. */
const DEFECTS = new Set([1002, 1003, 1007, 1009, 4002]);
const SIGN_IN = new Set([4000, 4001]);
/** The end of a connection. */
class Closed extends errors_ts_1.NetraError {
    name = "Closed";
    code;
    constructor(code, reason) {
        super(`the WebSocket was closed with ${code} ${reason}`);
        this.code = code;
    }
}
/** A run whose events come over the WebSocket. Iterate over it once. */
class LiveRun {
    run;
    cursor;
    #queue = [];
    #isOver = false;
    #error;
    #wake;
    constructor(run, after) {
        this.run = run;
        this.cursor = new cursor_ts_1.Cursor(after);
    }
    get id() {
        return this.run.id;
    }
    /** Takes an event; returns whether the run is over. */
    give(frame) {
        if (frame.type === "status")
            this.#isOver = true;
        else if (frame.type === "error" && frame.data["seq"] === undefined)
            this.#error = faultOf(frame.data, 0);
        else
            this.#take(frame);
        this.#wake?.();
        return this.#isOver || this.#error !== undefined;
    }
    #take(frame) {
        const event = (0, events_ts_1.shaped)(frame.type, frame.data);
        try {
            if (!this.cursor.takes(event))
                return;
        }
        catch (cause) {
            this.#error = cause;
            return;
        }
        this.#queue.push(event);
        this.#isOver = event.type === "agent_result";
    }
    end(error) {
        this.#error ??= error;
        this.#wake?.();
    }
    async *[Symbol.asyncIterator]() {
        for (;;) {
            const event = this.#queue.shift();
            if (event !== undefined)
                yield event;
            else if (this.#isOver)
                return;
            else if (this.#error !== undefined)
                throw this.#error;
            else
                await new Promise((resolve) => (this.#wake = resolve));
        }
    }
    async wait() {
        for await (const event of this) {
            if (event.type !== "agent_result")
                continue;
            if (event.result !== null)
                return event.result;
            if (event.cancelled === true)
                throw new errors_ts_1.RunCancelledError(this.id);
            throw new errors_ts_1.RunFailedError(this.id, event.error?.code ?? "PROCESSING_ERROR", event.error?.message ?? "");
        }
        return this.run.wait();
    }
}
exports.LiveRun = LiveRun;
/** Follows any number of runs over one WebSocket, and survives its loss. */
class Live {
    #client;
    #WebSocket;
    #stop = new AbortController();
    #runs = new Map();
    #pongs = new Map();
    #socket;
    #timers = [];
    #missed = 0;
    #wait = 0;
    #error;
    constructor(client, kind) {
        this.#client = client;
        this.#WebSocket = kind;
    }
    /** Opens a WebSocket. Close it when it is no longer needed. */
    static async open(client, options = {}) {
        const kind = options.WebSocket ?? globalThis.WebSocket;
        if (kind === undefined)
            throw new errors_ts_1.ConfigurationError("this platform has no WebSocket: give one in the options, or use Node 22 or newer");
        const live = new Live(client, kind);
        await live.#connect();
        return live;
    }
    /** Asks a question and follows its run. A lost connection neither loses nor repeats the question. */
    async ask(ask, call) {
        return this.#follow(new LiveRun(await this.#client.agent.execute(ask, call), 0));
    }
    /** Follows a run from the event after `after` on. */
    subscribe(runId, after = 0) {
        return this.#follow(new LiveRun(this.#client.agent.attach(runId), after));
    }
    stop(runId, call) {
        return this.#client.agent.cancel(runId, call);
    }
    /** Waits for the answer to a ping. */
    ping() {
        return new Promise((resolve, reject) => {
            if (this.#socket?.readyState !== 1)
                return reject(new errors_ts_1.ConnectionFailedError("the WebSocket is not open", { method: "PING", path: "/ws" }));
            const id = (0, request_ts_1.newId)();
            this.#pongs.set(id, resolve);
            this.#send({ type: "ping", id });
        });
    }
    /** Closes the connection. Runs go on. */
    close() {
        this.#stop.abort(new Error("closed"));
        this.#finish(new errors_ts_1.ConnectionFailedError("the WebSocket was closed by this program", { method: "GET", path: "/ws" }));
        this.#socket?.close(1000);
    }
    #follow(run) {
        if (this.#error !== undefined)
            run.end(this.#error);
        else {
            this.#runs.set(run.id, run);
            if (this.#socket?.readyState === 1)
                this.#subscribe(run);
        }
        return run;
    }
    #subscribe(run) {
        this.#send({ type: "subscribe", data: { run_id: run.id, after: run.cursor.after } });
    }
    #send(message) {
        this.#socket?.send(JSON.stringify(message));
    }
    async #connect() {
        const { ticket } = await this.#client.auth.ticket({ signal: this.#stop.signal });
        const url = `${this.#client.transport.url("/ws").replace(/^http/, "ws")}?ticket=${encodeURIComponent(ticket)}`;
        const socket = new this.#WebSocket(url);
        await this.#greeted(socket);
        this.#socket = socket;
        this.#missed = 0;
        this.#wait = 0;
        for (const run of this.#runs.values())
            this.#subscribe(run);
        this.#timers = [(0, time_ts_1.background)(() => this.#beat(), PING_MS)];
        this.#authenticateLater();
    }
    /** Waits for the first frame, and hands later ones on. */
    #greeted(socket) {
        return new Promise((resolve, reject) => {
            let isOpen = false;
            let fault;
            const timer = setTimeout(() => socket.close(), GREETING_MS);
            socket.onmessage = ({ data }) => {
                const frame = JSON.parse(data);
                if (isOpen)
                    return this.#take(frame);
                if (frame.type !== "status") {
                    fault = frame.data;
                    return;
                }
                isOpen = true;
                clearTimeout(timer);
                resolve();
            };
            socket.onerror = () => undefined; // `onclose` follows
            socket.onclose = ({ code, reason }) => {
                clearTimeout(timer);
                const closed = new Closed(code, reason);
                if (isOpen)
                    void this.#comeBack(closed);
                else
                    reject(fault === undefined ? closed : faultOf(fault, SIGN_IN.has(code) ? 401 : 0));
            };
        });
    }
    #take(frame) {
        this.#missed = 0;
        if (frame.type === "pong") {
            const id = String(frame.data?.["request_id"]); // the answer to a ping without an id has no data
            this.#pongs.get(id)?.();
            this.#pongs.delete(id);
            return;
        }
        const run = this.#runs.get(String(frame.data["run_id"]));
        if (run?.give(frame))
            this.#runs.delete(run.id);
    }
    #beat() {
        if (this.#missed >= PINGS_MISSED)
            return this.#socket?.close();
        this.#missed += 1;
        this.#send({ type: "ping" });
        this.#timers[0] = (0, time_ts_1.background)(() => this.#beat(), PING_MS);
    }
    #authenticateLater() {
        const { credentials } = this.#client.transport;
        const ends = credentials.tokens?.expiresAt;
        if (!credentials.canRenew || ends === undefined)
            return;
        this.#timers[1] = (0, time_ts_1.background)(() => void this.#authenticate(), Math.max(0, ends - tokens_ts_1.EARLY_MS - Date.now()));
    }
    /** Sends a new access token before the present one ends. A failure ends in 4001, and the next connection says why. */
    async #authenticate() {
        const { credentials } = this.#client.transport;
        await credentials.renew(this.#client.transport, credentials.tokens?.accessToken).then(() => {
            this.#send({ type: "authenticate", data: { token: credentials.tokens?.accessToken } });
            this.#authenticateLater();
        }, () => undefined);
    }
    async #comeBack(cause) {
        for (const timer of this.#timers)
            clearTimeout(timer);
        this.#socket = undefined;
        for (let error = cause; !this.#stop.signal.aborted;) {
            const isFinal = (error instanceof Closed && DEFECTS.has(error.code)) || error instanceof errors_ts_1.UnauthorizedError || error instanceof errors_ts_1.SessionLostError;
            if (isFinal)
                return this.#finish(error);
            this.#client.transport.options.logger?.warn("WebSocket opened again", { cause: String(error) });
            try {
                await (0, time_ts_1.sleep)(Math.max(this.#wait, waitOf(error)), this.#stop.signal);
                this.#wait = Math.min(5_000, Math.max(250, this.#wait * 2));
                return await this.#connect();
            }
            catch (failure) {
                error = failure;
            }
        }
    }
    #finish(error) {
        this.#error ??= error;
        for (const timer of this.#timers)
            clearTimeout(timer);
        for (const run of this.#runs.values())
            run.end(error);
        this.#runs.clear();
        this.#pongs.clear();
    }
}
exports.Live = Live;
function faultOf(data, status) {
    return (0, errors_ts_1.refusalError)({
        status, code: String(data["code"]), message: String(data["message"]), details: (data["context"] ?? {}),
        requestId: String(data["request_id"] ?? ""), retryAfterS: undefined, headers: new Headers(), idempotencyKey: undefined,
    });
}
/** Milliseconds that a refusal asks for. */
function waitOf(error) {
    const seconds = error instanceof errors_ts_1.ApiError ? Number(error.details["retry_after_s"] ?? error.retryAfterS ?? 0) : 0;
    return Math.min(MOST_WAIT_MS, seconds * 1_000);
}
