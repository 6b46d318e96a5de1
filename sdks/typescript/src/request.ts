// Sends requests under the rules of policy.ts.
import {
  ConfigurationError,
  ConnectionFailedError,
  OutcomeUnknownError,
  TimedOutError,
  UnexpectedAnswerError,
  refusalError,
} from "./errors.ts";
import type { ApiError, RequestFacts } from "./errors.ts";
import { decide, delayMs, retryAfterOf } from "./policy.ts";
import type { Happening, Safety } from "./policy.ts";
import { Scope, sleep } from "./time.ts";
import type { Credentials } from "./tokens.ts";

export const VERSION = "2.0.0";

export interface CallOptions {
  /** Cancels the call. */
  signal?: AbortSignal;
  /** Bounds the whole call, its retries included. */
  timeoutMs?: number;
  idempotencyKey?: string;
  headers?: Record<string, string>;
}

export interface RequestSpec {
  method: string;
  path: string;
  safety: Safety;
  query?: Record<string, string | number | readonly string[] | null | undefined>;
  json?: unknown;
  /** A body that is sent as it is, with its media type. */
  body?: string | Uint8Array<ArrayBuffer>;
  media?: string;
  /** Needs no credential. */
  isPublic?: boolean;
  /** A status beside 2xx that is an answer. */
  takes?: number;
  /** Takes 404 for success. */
  missingOk?: boolean;
}

export interface Logger {
  debug(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
}

export interface TransportOptions {
  baseUrl: string;
  fetch: typeof fetch;
  timeoutMs: number;
  maxRetries: number;
  maxRetryAfterMs: number;
  logger: Logger | undefined;
  headers: Record<string, string>;
  userAgent: string | undefined;
}

interface Outcome {
  happening: Happening;
  response?: Response;
  text?: string;
  refused?: ApiError;
  cause?: unknown;
  token?: string | undefined;
}

/** Bounds one attempt, in milliseconds. */
const ATTEMPT_MS = 30_000;
/** Errors of Node's `fetch` with which the service saw nothing. */
const NOT_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT", "CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT"]);
const TIMED_OUT = Symbol("timed out");

export class Transport {
  readonly options: TransportOptions;
  readonly credentials: Credentials;
  #hasWarned = false;

  constructor(options: TransportOptions, credentials: Credentials) {
    this.options = options;
    this.credentials = credentials;
  }

  url(path: string, query?: RequestSpec["query"]): string {
    const given = Object.entries(query ?? {}).flatMap(([name, value]) => {
      if (value == null) return [];
      return (Array.isArray(value) ? value : [value]).map((one) => [name, String(one)]);
    });
    const text = new URLSearchParams(given).toString();
    return this.options.baseUrl + path + (text === "" ? "" : `?${text}`);
  }

  /** Returns the decoded answer. */
  async send<T>(spec: RequestSpec, call: CallOptions = {}): Promise<T> {
    const key = spec.method === "POST" ? (call.idempotencyKey ?? `js-${newId()}`) : undefined;
    const body = spec.body ?? (spec.json === undefined ? undefined : JSON.stringify(spec.json));
    const deadline = Date.now() + (call.timeoutMs ?? this.options.timeoutMs);
    const facts: RequestFacts = { method: spec.method, path: spec.path, idempotencyKey: key };
    let wasAmbiguous = false;
    let wasRenewed = false;
    for (let attempt = 0; ; ) {
      const found = await this.#attempt(spec, call, key, body, deadline);
      if (found.response?.status === 404 && spec.safety === "D" && (spec.missingOk || wasAmbiguous)) return undefined as T;
      if (found.happening === "answered" && found.refused === undefined) return decoded<T>(found);
      wasAmbiguous ||= found.happening === "ambiguous";
      const canRenew = !spec.isPublic && !wasRenewed && this.credentials.canRenew;
      const refused = found.refused;
      const seen = { happening: found.happening, status: refused?.status, code: refused?.code, retryAfterS: refused?.retryAfterS };
      const next = decide(spec.safety, seen, canRenew, this.options.maxRetryAfterMs / 1_000);
      if (next === "renew") {
        wasRenewed = true;
        await this.credentials.renew(this, found.token);
        continue;
      }
      if (next === "unknown") throw new OutcomeUnknownError("the answer was lost and the request may have been carried out", { ...facts, cause: found.cause });
      const pause = delayMs(attempt, refused?.retryAfterS, Math.random());
      if (next === "giveUp" || attempt >= this.options.maxRetries || Date.now() + pause >= deadline) throw this.#last(found, facts);
      this.options.logger?.warn("retry", { method: spec.method, path: spec.path, attempt: attempt + 1, pause_ms: Math.round(pause) });
      await sleep(pause, call.signal);
      attempt += 1;
    }
  }

  async #attempt(spec: RequestSpec, call: CallOptions, key: string | undefined, body: string | Uint8Array<ArrayBuffer> | undefined, deadline: number): Promise<Outcome> {
    const headers = new Headers({ ...this.options.headers, ...call.headers, Accept: "application/json" });
    if (key !== undefined) headers.set("Idempotency-Key", key);
    if (body !== undefined) headers.set("Content-Type", spec.media ?? "application/json");
    const token = await this.#sign(headers, spec.isPublic ?? false);
    const scope = new Scope(call.signal);
    const timer = setTimeout(() => scope.controller.abort(TIMED_OUT), Math.max(0, Math.min(ATTEMPT_MS, deadline - Date.now())));
    const began = Date.now();
    try {
      const init: RequestInit = { method: spec.method, headers, signal: scope.signal, redirect: "manual" };
      if (body !== undefined) init.body = body;
      const response = await this.options.fetch(this.url(spec.path, spec.query), init);
      const text = await response.text();
      this.options.logger?.debug("request", {
        method: spec.method, path: spec.path, status: response.status, ms: Date.now() - began, request_id: headers.get("x-request-id"),
      });
      this.#noticeVersion(response.headers);
      return { ...judged(response, text, spec, key), token };
    } catch (cause) {
      if (call.signal?.aborted) throw call.signal.reason;
      return { happening: wasNotSent(cause) ? "notSent" : "ambiguous", cause, token };
    } finally {
      clearTimeout(timer);
      scope.end();
    }
  }

  /** Opens a stream. A refusal is thrown; the caller reads and closes the body. */
  async open(path: string, headers: Headers, signal: AbortSignal): Promise<Response> {
    for (let wasRenewed = false; ; wasRenewed = true) {
      const token = await this.#sign(headers, false);
      const response = await this.options.fetch(this.url(path), { headers, signal, redirect: "manual", cache: "no-store" });
      if (response.status === 200 || response.status === 204) return response;
      const found = judged(response, await response.text(), { method: "GET", path, safety: "G" }, undefined);
      if (response.status !== 401 || wasRenewed || !this.credentials.canRenew) throw found.refused ?? found.cause;
      await this.credentials.renew(this, token);
    }
  }

  async #sign(headers: Headers, isPublic: boolean): Promise<string | undefined> {
    headers.set("X-Request-ID", `sdk-${newId()}`);
    if (this.options.userAgent !== undefined) headers.set("User-Agent", this.options.userAgent);
    if (isPublic) return undefined;
    const token = await this.credentials.bearer(this);
    if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
    return token;
  }

  #last(found: Outcome, facts: RequestFacts): Error {
    if (found.refused !== undefined) return found.refused;
    if (found.cause instanceof UnexpectedAnswerError) return found.cause;
    if (found.cause === TIMED_OUT) return new TimedOutError("no answer was received in time", { ...facts, cause: undefined });
    return new ConnectionFailedError(`no answer was received${proxyHint()}`, { ...facts, cause: found.cause });
  }

  #noticeVersion(headers: Headers): void {
    const version = headers.get("x-api-version");
    if (version === null || version.split(".")[0] === "2" || this.#hasWarned) return;
    this.#hasWarned = true;
    this.options.logger?.warn("the service speaks another version of the API", { service: version, sdk: "2" });
  }
}

function judged(response: Response, text: string, spec: RequestSpec, key: string | undefined): Outcome {
  if (response.ok || response.status === spec.takes) return { happening: "answered", response, text };
  const envelope = parsed(text) as { error?: { code?: unknown; message?: unknown; details?: unknown }; request_id?: unknown } | undefined;
  const error = envelope?.error;
  if (typeof error?.code !== "string") {
    const cause = new UnexpectedAnswerError("the answer is not Netra's", response.status, text);
    return { happening: [408, 502, 504].includes(response.status) ? "ambiguous" : "answered", response, cause, refused: cause as never };
  }
  const refused = refusalError({
    status: response.status,
    code: error.code,
    message: String(error.message ?? ""),
    details: (error.details ?? {}) as Record<string, unknown>,
    requestId: String(envelope?.request_id ?? response.headers.get("x-request-id") ?? ""),
    retryAfterS: retryAfterOf(response.headers),
    headers: response.headers,
    idempotencyKey: key,
  });
  return { happening: "answered", response, refused };
}

function decoded<T>(found: Outcome): T {
  const { response, text } = found;
  const value = parsed(text ?? "");
  if (value === undefined) throw new UnexpectedAnswerError("the answer is not JSON", response?.status ?? 0, text ?? "");
  return value as T;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function wasNotSent(cause: unknown): boolean {
  const inner = (cause as { cause?: { code?: unknown } } | undefined)?.cause;
  return typeof inner?.code === "string" && NOT_SENT.has(inner.code);
}

/** Node's `fetch` reads no proxy variables unless it is told to. */
function proxyHint(): string {
  const set = environment("HTTPS_PROXY") ?? environment("https_proxy") ?? environment("HTTP_PROXY") ?? environment("http_proxy");
  return set === undefined ? "" : " (a proxy variable is set: Node uses it only with NODE_USE_ENV_PROXY=1)";
}

/** A variable of the environment, where the platform has one. */
export function environment(name: string): string | undefined {
  try {
    const value = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name];
    return value === "" ? undefined : value;
  } catch {
    return undefined;
  }
}

/** A random UUID, version 4; `crypto.randomUUID` exists in secure contexts only. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function baseUrlOf(given: string | undefined): string {
  const text = given ?? environment("NETRA_BASE_URL") ?? "http://127.0.0.1:8000";
  if (!/^https?:\/\/[^/]+/.test(text)) throw new ConfigurationError(`base URL ${JSON.stringify(text)}; expected http(s)://host[:port][/prefix]`);
  return text.replace(/\/+$/, "");
}
