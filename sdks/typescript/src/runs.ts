import { ApiError, ConnectionFailedError, NetraError, RunCancelledError, RunFailedError, SessionLostError, StreamBrokenError, WaitTimeoutError } from "./errors.ts";
import { Cursor } from "./cursor.ts";
import { eventOf } from "./events.ts";
import type { RunEvent } from "./events.ts";
import type { CallOptions, Transport } from "./request.ts";
import { SseParser } from "./sse.ts";
import { Scope, sleep } from "./time.ts";
import type { Advice, RunAccepted, RunError, RunStatus } from "./types.ts";

/** Milliseconds of silence after which `wait` asks for the status as well. */
const SILENCE_MS = 20_000;
const IDLE = Symbol("the stream was silent for too long");

export interface EventOptions {
  /** The `seq` of the last event that is known. */
  after?: number;
  signal?: AbortSignal;
}

export interface WaitOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
}

/** A part of the answer as it is worded. `restarted`: it belongs to a later attempt, which replaces all that came before. */
export interface TextPiece {
  text: string;
  attempt: number;
  restarted: boolean;
}

/** Follows a run over lost connections, each event once. */
export async function* follow(
  transport: Transport, id: string, idleMs: number, options: EventOptions = {},
): AsyncGenerator<RunEvent, void, undefined> {
  const cursor = new Cursor(options.after ?? 0);
  for (;;) {
    let cause: unknown = "the connection ended";
    try {
      for await (const event of connection(transport, id, cursor.after, idleMs, options.signal)) {
        if (event === "end") return;
        if (!cursor.takes(event)) continue;
        yield event;
        if (event.type === "agent_result") return;
      }
    } catch (failure) {
      cause = failure;
    }
    if (options.signal?.aborted) throw options.signal.reason;
    await sleep(Math.max(waitOf(cause, transport), cursor.lost(cause, Math.random())), options.signal);
    transport.options.logger?.warn("stream opened again", { run_id: id, after: cursor.after });
  }
}

/** Milliseconds that a refusal asks for. Throws what coming back does not mend. */
function waitOf(cause: unknown, transport: Transport): number {
  if (cause instanceof StreamBrokenError || cause instanceof SessionLostError || cause instanceof RangeError) throw cause;
  if (!(cause instanceof ApiError)) return 0;
  const waitMs = (cause.retryAfterS ?? 0) * 1_000;
  if ((cause.status !== 429 && cause.status !== 503) || waitMs > transport.options.maxRetryAfterMs) throw cause;
  return waitMs;
}

async function* connection(
  transport: Transport, id: string, after: number, idleMs: number, signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent | "end", void, undefined> {
  const scope = new Scope(signal);
  let timer = setTimeout(() => scope.controller.abort(IDLE), idleMs);
  try {
    const headers = new Headers({ Accept: "text/event-stream" });
    if (after > 0) headers.set("Last-Event-ID", String(after));
    const response = await transport.open(`/api/agent/stream/${encodeURIComponent(id)}`, headers, scope.signal);
    if (response.status === 204 || response.body === null) {
      yield "end";
      return;
    }
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const parser = new SseParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      for (const event of parser.push(decoder.decode(value, { stream: true }))) yield eventOf(event.type, event.data);
      timer = setTimeout(() => scope.controller.abort(IDLE), idleMs);
    }
  } finally {
    clearTimeout(timer);
    scope.controller.abort();
    scope.end();
  }
}

/** The handle of a run. */
export class Run {
  readonly id: string;
  /** Undefined for an attached run. */
  readonly accepted: RunAccepted | undefined;
  readonly #transport: Transport;
  readonly #idleMs: number;

  constructor(transport: Transport, idleMs: number, id: string, accepted?: RunAccepted) {
    this.#transport = transport;
    this.#idleMs = idleMs;
    this.id = id;
    this.accepted = accepted;
  }

  get threadId(): string | undefined {
    return this.accepted?.thread_id;
  }

  status(call?: CallOptions): Promise<RunStatus> {
    return this.#transport.send({ method: "GET", path: `/api/agent/status/${encodeURIComponent(this.id)}`, safety: "G" }, call);
  }

  cancel(call?: CallOptions): Promise<RunStatus> {
    return this.#transport.send({ method: "POST", path: `/api/agent/runs/${encodeURIComponent(this.id)}/cancel`, safety: "K" }, call);
  }

  events(options?: EventOptions): AsyncGenerator<RunEvent, void, undefined> {
    return follow(this.#transport, this.id, this.#idleMs, options);
  }

  /** The result. When the time is over first, `WaitTimeoutError`, and the run goes on. */
  async wait(options: WaitOptions = {}): Promise<Advice> {
    const scope = new Scope(options.signal);
    const watch = { last: 0, beat: Date.now() };
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => scope.controller.abort(IDLE), options.timeoutMs);
    try {
      return await Promise.race([this.#followed(scope.signal, watch), this.#polled(scope.signal, watch)]);
    } catch (cause) {
      if (scope.signal.aborted && !(cause instanceof NetraError)) throw new WaitTimeoutError(this.id, watch.last);
      throw cause;
    } finally {
      clearTimeout(timer);
      scope.controller.abort();
      scope.end();
    }
  }

  async #followed(signal: AbortSignal, watch: { last: number; beat: number }): Promise<Advice> {
    for await (const event of this.events({ signal })) {
      watch.last = event.seq;
      watch.beat = Date.now();
      if (event.type === "agent_result") return this.#ended(event.result, event.cancelled === true, event.error);
    }
    const status = await this.status({ signal });
    return this.#ended(status.result, status.status === "cancelled", status.error);
  }

  /** Asks for the status while no event comes: a proxy may hold the stream back until its end. */
  async #polled(signal: AbortSignal, watch: { last: number; beat: number }): Promise<Advice> {
    for (let pause = 500; ; ) {
      const silent = Date.now() - watch.beat;
      if (silent < SILENCE_MS) {
        pause = 500;
        await sleep(SILENCE_MS - silent, signal);
        continue;
      }
      await sleep(pause, signal);
      pause = Math.min(5_000, pause * 2);
      const status = await this.status({ signal }).catch((cause: unknown) => {
        if (cause instanceof ConnectionFailedError) return undefined;
        throw cause;
      });
      if (status !== undefined && status.status !== "processing") return this.#ended(status.result, status.status === "cancelled", status.error);
    }
  }

  #ended(advice: Advice | null, isCancelled: boolean, fault: RunError | null | undefined): Advice {
    if (advice !== null) return advice;
    if (isCancelled) throw new RunCancelledError(this.id);
    throw new RunFailedError(this.id, fault?.code ?? "PROCESSING_ERROR", fault?.message ?? "the service gave no reason");
  }

  /** The answer as it is worded. The last piece is the whole report, where it differs from the pieces. */
  async *text(options?: EventOptions): AsyncGenerator<TextPiece, void, undefined> {
    let attempt = 0;
    let so = "";
    for await (const event of this.events(options)) {
      if (event.type === "agent_update" && event.text) {
        const next = event.attempt ?? 1;
        const restarted = next > attempt && so !== "";
        if (next > attempt) so = "";
        attempt = next;
        so += event.text;
        yield { text: event.text, attempt, restarted };
      }
      const report = event.type === "agent_result" ? event.result?.report : undefined;
      if (report !== undefined && report !== so) yield { text: report, attempt, restarted: so !== "" };
    }
  }
}
