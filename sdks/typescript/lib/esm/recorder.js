import { ApiError, RateLimitedError } from "./errors.js";
import { newId } from "./request.js";
import { background, sleep } from "./time.js";
const BATCH_BYTES = 2 ** 20;
const MOST_ROWS = 10_000;
const SLOWEST_MS = 30_000;
/** Sends calls in the background. `record` never waits and never throws for the network. */
export class Recorder {
    #transport;
    #path;
    #options;
    #queue = [];
    #bytes = 0;
    #sent = 0;
    #dropped = 0;
    #inFlight = 0;
    #isClosed = false;
    #isUrgent = false;
    #reportedAt = 0;
    #timer;
    #sending;
    #waiting = [];
    #stop = new AbortController();
    #pace;
    #batch;
    constructor(transport, workloadId, options = {}) {
        this.#transport = transport;
        this.#path = `/api/workloads/${encodeURIComponent(workloadId)}/events`;
        this.#options = { maxQueue: 10_000, maxBytes: 8 * 2 ** 20, batch: 1_000, intervalMs: 1_000, ...options };
        this.#pace = this.#options.intervalMs;
        this.#batch = this.#options.batch;
    }
    /** Takes a call. When the queue is full the call is dropped and counted. */
    record(call) {
        if (this.#isClosed)
            return this.#drop(1, "the recorder is closed");
        let line;
        try {
            line = JSON.stringify(call.id == null ? { ...call, id: newId() } : call);
        }
        catch (cause) {
            return this.#drop(1, `the call cannot be encoded: ${String(cause)}`);
        }
        if (this.#queue.length >= this.#options.maxQueue || this.#bytes + line.length > this.#options.maxBytes) {
            return this.#drop(1, "the queue is full");
        }
        this.#queue.push(line);
        this.#bytes += line.length;
        if (this.#queue.length >= this.#batch || this.#bytes >= BATCH_BYTES)
            this.#begin();
        else
            this.#timer ??= background(() => this.#begin(), this.#pace);
    }
    stats() {
        return { sent: this.#sent, pending: this.#queue.length + this.#inFlight, dropped: this.#dropped };
    }
    /** Sends what waits. Returns when that is done, or after `timeoutMs`. */
    async flush(timeoutMs = 10_000) {
        this.#isUrgent = true;
        this.#begin();
        let timer;
        if (this.#queue.length + this.#inFlight > 0) {
            await new Promise((resolve) => {
                this.#waiting.push(resolve);
                timer = setTimeout(resolve, timeoutMs);
            });
        }
        clearTimeout(timer);
        this.#isUrgent = false;
        return this.stats();
    }
    /** Flushes and refuses calls from then on. What could not be sent in time is dropped and counted. */
    async close(timeoutMs = 5_000) {
        this.#isClosed = true;
        const found = await this.flush(timeoutMs);
        this.#stop.abort(new Error("the recorder was closed"));
        clearTimeout(this.#timer);
        await this.#sending;
        this.#dropped += this.#queue.length + this.#inFlight;
        this.#queue = [];
        this.#inFlight = 0;
        return { ...found, dropped: this.#dropped };
    }
    #drop(count, reason) {
        this.#dropped += count;
        if (Date.now() - this.#reportedAt < 1_000)
            return;
        this.#reportedAt = Date.now();
        this.#options.onDrop?.(this.#dropped, reason);
    }
    #begin() {
        clearTimeout(this.#timer);
        this.#timer = undefined;
        this.#sending ??= this.#drain().finally(() => {
            this.#sending = undefined;
            if (this.#queue.length > 0 && !this.#stop.signal.aborted)
                this.#timer ??= background(() => this.#begin(), this.#pace);
        });
    }
    async #drain() {
        await Promise.resolve(); // lets the caller go on first
        do {
            const lines = this.#taken();
            if (lines.length === 0)
                break;
            if (!(await this.#deliver(lines)))
                return;
        } while (this.#isUrgent || this.#queue.length >= this.#batch);
        if (this.#queue.length === 0)
            for (const done of this.#waiting.splice(0))
                done();
    }
    #taken() {
        let rows = 0;
        for (let size = 0; rows < this.#queue.length && rows < this.#batch; rows++) {
            size += this.#queue[rows]?.length ?? 0;
            if (rows > 0 && size > BATCH_BYTES)
                break;
        }
        const lines = this.#queue.splice(0, rows);
        for (const line of lines)
            this.#bytes -= line.length;
        this.#inFlight = lines.length;
        return lines;
    }
    /** Sends one batch, under one key, until the service has answered. False when the recorder was closed. */
    async #deliver(lines) {
        const idempotencyKey = `js-${newId()}`;
        const { signal } = this.#stop;
        for (let pause = 250;; pause = Math.min(SLOWEST_MS, pause * 2)) {
            try {
                const answer = await this.#transport.send({ method: "POST", path: this.#path, safety: "K", body: lines.join("\n"), media: "application/x-ndjson" }, { idempotencyKey, signal });
                this.#settled(lines.length, answer);
                return true;
            }
            catch (cause) {
                if (signal.aborted)
                    return false;
                if (cause instanceof ApiError && isFinal(cause)) {
                    this.#inFlight = 0;
                    this.#drop(lines.length, cause.message);
                    this.#transport.options.logger?.warn("a batch was refused", { count: lines.length, error: cause.message });
                    return true;
                }
                if (cause instanceof RateLimitedError) {
                    this.#pace = Math.min(SLOWEST_MS, this.#pace * 2);
                    this.#batch = Math.min(MOST_ROWS, this.#batch * 2);
                    pause = Math.max(pause, (cause.retryAfterS ?? 0) * 1_000);
                }
                try {
                    await sleep(Math.min(SLOWEST_MS, pause), signal);
                }
                catch {
                    return false;
                }
            }
        }
    }
    #settled(rows, answer) {
        const rejected = answer.results.filter((row) => row.status === "rejected");
        this.#sent += rows - rejected.length;
        this.#inFlight = 0;
        this.#pace = Math.max(this.#options.intervalMs, this.#pace * 0.9);
        this.#batch = Math.max(this.#options.batch, Math.floor(this.#batch * 0.9));
        if (rejected.length === 0)
            return;
        const first = rejected[0];
        this.#transport.options.logger?.warn("calls were rejected", { count: rejected.length, first: `${first?.code}: ${first?.message}` });
        this.#options.onRejected?.(rejected);
    }
}
/** Whether a repetition would be refused too. */
function isFinal(refused) {
    return refused.status >= 400 && refused.status < 500 && ![408, 409, 429].includes(refused.status);
}
