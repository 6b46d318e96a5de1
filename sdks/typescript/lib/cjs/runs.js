"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Run = void 0;
exports.follow = follow;
const errors_ts_1 = require("./errors.js");
const cursor_ts_1 = require("./cursor.js");
const events_ts_1 = require("./events.js");
const sse_ts_1 = require("./sse.js");
const time_ts_1 = require("./time.js");
/** Milliseconds of silence after which `wait` asks for the status as well. */
const SILENCE_MS = 20_000;
const IDLE = Symbol("the stream was silent for too long");
/** Follows a run over lost connections, each event once. */
async function* follow(transport, id, idleMs, options = {}) {
    const cursor = new cursor_ts_1.Cursor(options.after ?? 0);
    for (;;) {
        let cause = "the connection ended";
        try {
            for await (const event of connection(transport, id, cursor.after, idleMs, options.signal)) {
                if (event === "end")
                    return;
                if (!cursor.takes(event))
                    continue;
                yield event;
                if (event.type === "agent_result")
                    return;
            }
        }
        catch (failure) {
            cause = failure;
        }
        if (options.signal?.aborted)
            throw options.signal.reason;
        await (0, time_ts_1.sleep)(Math.max(waitOf(cause, transport), cursor.lost(cause, Math.random())), options.signal);
        transport.options.logger?.warn("stream opened again", { run_id: id, after: cursor.after });
    }
}
/** Milliseconds that a refusal asks for. Throws what coming back does not mend. */
function waitOf(cause, transport) {
    if (cause instanceof errors_ts_1.StreamBrokenError || cause instanceof errors_ts_1.SessionLostError || cause instanceof RangeError)
        throw cause;
    if (!(cause instanceof errors_ts_1.ApiError))
        return 0;
    const waitMs = (cause.retryAfterS ?? 0) * 1_000;
    if ((cause.status !== 429 && cause.status !== 503) || waitMs > transport.options.maxRetryAfterMs)
        throw cause;
    return waitMs;
}
async function* connection(transport, id, after, idleMs, signal) {
    const scope = new time_ts_1.Scope(signal);
    let timer = setTimeout(() => scope.controller.abort(IDLE), idleMs);
    try {
        const headers = new Headers({ Accept: "text/event-stream" });
        if (after > 0)
            headers.set("Last-Event-ID", String(after));
        const response = await transport.open(`/api/agent/stream/${encodeURIComponent(id)}`, headers, scope.signal);
        if (response.status === 204 || response.body === null) {
            yield "end";
            return;
        }
        const reader = response.body.getReader();
        const decoder = new TextDecoder();
        const parser = new sse_ts_1.SseParser();
        for (;;) {
            const { done, value } = await reader.read();
            if (done)
                return;
            clearTimeout(timer);
            for (const event of parser.push(decoder.decode(value, { stream: true })))
                yield (0, events_ts_1.eventOf)(event.type, event.data);
            timer = setTimeout(() => scope.controller.abort(IDLE), idleMs);
        }
    }
    finally {
        clearTimeout(timer);
        scope.controller.abort();
        scope.end();
    }
}
/** The handle of a run. */
class Run {
    id;
    /** Undefined for an attached run. */
    accepted;
    #transport;
    #idleMs;
    constructor(transport, idleMs, id, accepted) {
        this.#transport = transport;
        this.#idleMs = idleMs;
        this.id = id;
        this.accepted = accepted;
    }
    get threadId() {
        return this.accepted?.thread_id;
    }
    status(call) {
        return this.#transport.send({ method: "GET", path: `/api/agent/status/${encodeURIComponent(this.id)}`, safety: "G" }, call);
    }
    cancel(call) {
        return this.#transport.send({ method: "POST", path: `/api/agent/runs/${encodeURIComponent(this.id)}/cancel`, safety: "K" }, call);
    }
    events(options) {
        return follow(this.#transport, this.id, this.#idleMs, options);
    }
    /** The result. When the time is over first, `WaitTimeoutError`, and the run goes on. */
    async wait(options = {}) {
        const scope = new time_ts_1.Scope(options.signal);
        const watch = { last: 0, beat: Date.now() };
        const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => scope.controller.abort(IDLE), options.timeoutMs);
        try {
            return await Promise.race([this.#followed(scope.signal, watch), this.#polled(scope.signal, watch)]);
        }
        catch (cause) {
            if (scope.signal.aborted && !(cause instanceof errors_ts_1.NetraError))
                throw new errors_ts_1.WaitTimeoutError(this.id, watch.last);
            throw cause;
        }
        finally {
            clearTimeout(timer);
            scope.controller.abort();
            scope.end();
        }
    }
    async #followed(signal, watch) {
        for await (const event of this.events({ signal })) {
            watch.last = event.seq;
            watch.beat = Date.now();
            if (event.type === "agent_result")
                return this.#ended(event.result, event.cancelled === true, event.error);
        }
        const status = await this.status({ signal });
        return this.#ended(status.result, status.status === "cancelled", status.error);
    }
    /** Asks for the status while no event comes: a proxy may hold the stream back until its end. */
    async #polled(signal, watch) {
        for (let pause = 500;;) {
            const silent = Date.now() - watch.beat;
            if (silent < SILENCE_MS) {
                pause = 500;
                await (0, time_ts_1.sleep)(SILENCE_MS - silent, signal);
                continue;
            }
            await (0, time_ts_1.sleep)(pause, signal);
            pause = Math.min(5_000, pause * 2);
            const status = await this.status({ signal }).catch((cause) => {
                if (cause instanceof errors_ts_1.ConnectionFailedError)
                    return undefined;
                throw cause;
            });
            if (status !== undefined && status.status !== "processing")
                return this.#ended(status.result, status.status === "cancelled", status.error);
        }
    }
    #ended(advice, isCancelled, fault) {
        if (advice !== null)
            return advice;
        if (isCancelled)
            throw new errors_ts_1.RunCancelledError(this.id);
        throw new errors_ts_1.RunFailedError(this.id, fault?.code ?? "PROCESSING_ERROR", fault?.message ?? "the service gave no reason");
    }
    /** The answer as it is worded. The last piece is the whole report, where it differs from the pieces. */
    async *text(options) {
        let attempt = 0;
        let so = "";
        for await (const event of this.events(options)) {
            if (event.type === "agent_update" && event.text) {
                const next = event.attempt ?? 1;
                const restarted = next > attempt && so !== "";
                if (next > attempt)
                    so = "";
                attempt = next;
                so += event.text;
                yield { text: event.text, attempt, restarted };
            }
            const report = event.type === "agent_result" ? event.result?.report : undefined;
            if (report !== undefined && report !== so)
                yield { text: report, attempt, restarted: so !== "" };
        }
    }
}
exports.Run = Run;
