"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Transport = exports.VERSION = void 0;
exports.environment = environment;
exports.newId = newId;
exports.baseUrlOf = baseUrlOf;
// Sends requests under the rules of policy.ts.
const errors_ts_1 = require("./errors.js");
const policy_ts_1 = require("./policy.js");
const time_ts_1 = require("./time.js");
exports.VERSION = "2.0.0";
/** Bounds one attempt, in milliseconds. */
const ATTEMPT_MS = 30_000;
/** Errors of Node's `fetch` with which the service saw nothing. */
const NOT_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT", "CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT"]);
const TIMED_OUT = Symbol("timed out");
class Transport {
    options;
    credentials;
    #hasWarned = false;
    constructor(options, credentials) {
        this.options = options;
        this.credentials = credentials;
    }
    url(path, query) {
        const given = Object.entries(query ?? {}).flatMap(([name, value]) => {
            if (value == null)
                return [];
            return (Array.isArray(value) ? value : [value]).map((one) => [name, String(one)]);
        });
        const text = new URLSearchParams(given).toString();
        return this.options.baseUrl + path + (text === "" ? "" : `?${text}`);
    }
    /** Returns the decoded answer. */
    async send(spec, call = {}) {
        const key = spec.method === "POST" ? (call.idempotencyKey ?? `js-${newId()}`) : undefined;
        const body = spec.body ?? (spec.json === undefined ? undefined : JSON.stringify(spec.json));
        const deadline = Date.now() + (call.timeoutMs ?? this.options.timeoutMs);
        const facts = { method: spec.method, path: spec.path, idempotencyKey: key };
        let wasAmbiguous = false;
        let wasRenewed = false;
        for (let attempt = 0;;) {
            const found = await this.#attempt(spec, call, key, body, deadline);
            if (found.response?.status === 404 && spec.safety === "D" && (spec.missingOk || wasAmbiguous))
                return undefined;
            if (found.happening === "answered" && found.refused === undefined)
                return decoded(found);
            wasAmbiguous ||= found.happening === "ambiguous";
            const canRenew = !spec.isPublic && !wasRenewed && this.credentials.canRenew;
            const refused = found.refused;
            const seen = { happening: found.happening, status: refused?.status, code: refused?.code, retryAfterS: refused?.retryAfterS };
            const next = (0, policy_ts_1.decide)(spec.safety, seen, canRenew, this.options.maxRetryAfterMs / 1_000);
            if (next === "renew") {
                wasRenewed = true;
                await this.credentials.renew(this, found.token);
                continue;
            }
            if (next === "unknown")
                throw new errors_ts_1.OutcomeUnknownError("the answer was lost and the request may have been carried out", { ...facts, cause: found.cause });
            const pause = (0, policy_ts_1.delayMs)(attempt, refused?.retryAfterS, Math.random());
            if (next === "giveUp" || attempt >= this.options.maxRetries || Date.now() + pause >= deadline)
                throw this.#last(found, facts);
            this.options.logger?.warn("retry", { method: spec.method, path: spec.path, attempt: attempt + 1, pause_ms: Math.round(pause) });
            await (0, time_ts_1.sleep)(pause, call.signal);
            attempt += 1;
        }
    }
    async #attempt(spec, call, key, body, deadline) {
        const headers = new Headers({ ...this.options.headers, ...call.headers, Accept: "application/json" });
        if (key !== undefined)
            headers.set("Idempotency-Key", key);
        if (body !== undefined)
            headers.set("Content-Type", spec.media ?? "application/json");
        const token = await this.#sign(headers, spec.isPublic ?? false);
        const scope = new time_ts_1.Scope(call.signal);
        const timer = setTimeout(() => scope.controller.abort(TIMED_OUT), Math.max(0, Math.min(ATTEMPT_MS, deadline - Date.now())));
        const began = Date.now();
        try {
            const init = { method: spec.method, headers, signal: scope.signal, redirect: "manual" };
            if (body !== undefined)
                init.body = body;
            const response = await this.options.fetch(this.url(spec.path, spec.query), init);
            const text = await response.text();
            this.options.logger?.debug("request", {
                method: spec.method, path: spec.path, status: response.status, ms: Date.now() - began, request_id: headers.get("x-request-id"),
            });
            this.#noticeVersion(response.headers);
            return { ...judged(response, text, spec, key), token };
        }
        catch (cause) {
            if (call.signal?.aborted)
                throw call.signal.reason;
            return { happening: wasNotSent(cause) ? "notSent" : "ambiguous", cause, token };
        }
        finally {
            clearTimeout(timer);
            scope.end();
        }
    }
    /** Opens a stream. A refusal is thrown; the caller reads and closes the body. */
    async open(path, headers, signal) {
        for (let wasRenewed = false;; wasRenewed = true) {
            const token = await this.#sign(headers, false);
            const response = await this.options.fetch(this.url(path), { headers, signal, redirect: "manual", cache: "no-store" });
            if (response.status === 200 || response.status === 204)
                return response;
            const found = judged(response, await response.text(), { method: "GET", path, safety: "G" }, undefined);
            if (response.status !== 401 || wasRenewed || !this.credentials.canRenew)
                throw found.refused ?? found.cause;
            await this.credentials.renew(this, token);
        }
    }
    async #sign(headers, isPublic) {
        headers.set("X-Request-ID", `sdk-${newId()}`);
        if (this.options.userAgent !== undefined)
            headers.set("User-Agent", this.options.userAgent);
        if (isPublic)
            return undefined;
        const token = await this.credentials.bearer(this);
        if (token !== undefined)
            headers.set("Authorization", `Bearer ${token}`);
        return token;
    }
    #last(found, facts) {
        if (found.refused !== undefined)
            return found.refused;
        if (found.cause instanceof errors_ts_1.UnexpectedAnswerError)
            return found.cause;
        if (found.cause === TIMED_OUT)
            return new errors_ts_1.TimedOutError("no answer was received in time", { ...facts, cause: undefined });
        return new errors_ts_1.ConnectionFailedError(`no answer was received${proxyHint()}`, { ...facts, cause: found.cause });
    }
    #noticeVersion(headers) {
        const version = headers.get("x-api-version");
        if (version === null || version.split(".")[0] === "2" || this.#hasWarned)
            return;
        this.#hasWarned = true;
        this.options.logger?.warn("the service speaks another version of the API", { service: version, sdk: "2" });
    }
}
exports.Transport = Transport;
function judged(response, text, spec, key) {
    if (response.ok || response.status === spec.takes)
        return { happening: "answered", response, text };
    const envelope = parsed(text);
    const error = envelope?.error;
    if (typeof error?.code !== "string") {
        const cause = new errors_ts_1.UnexpectedAnswerError("the answer is not Netra's", response.status, text);
        return { happening: [408, 502, 504].includes(response.status) ? "ambiguous" : "answered", response, cause, refused: cause };
    }
    const refused = (0, errors_ts_1.refusalError)({
        status: response.status,
        code: error.code,
        message: String(error.message ?? ""),
        details: (error.details ?? {}),
        requestId: String(envelope?.request_id ?? response.headers.get("x-request-id") ?? ""),
        retryAfterS: (0, policy_ts_1.retryAfterOf)(response.headers),
        headers: response.headers,
        idempotencyKey: key,
    });
    return { happening: "answered", response, refused };
}
function decoded(found) {
    const { response, text } = found;
    const value = parsed(text ?? "");
    if (value === undefined)
        throw new errors_ts_1.UnexpectedAnswerError("the answer is not JSON", response?.status ?? 0, text ?? "");
    return value;
}
function parsed(text) {
    try {
        return JSON.parse(text);
    }
    catch {
        return undefined;
    }
}
function wasNotSent(cause) {
    const inner = cause?.cause;
    return typeof inner?.code === "string" && NOT_SENT.has(inner.code);
}
/** Node's `fetch` reads no proxy variables unless it is told to. */
function proxyHint() {
    const set = environment("HTTPS_PROXY") ?? environment("https_proxy") ?? environment("HTTP_PROXY") ?? environment("http_proxy");
    return set === undefined ? "" : " (a proxy variable is set: Node uses it only with NODE_USE_ENV_PROXY=1)";
}
/** A variable of the environment, where the platform has one. */
function environment(name) {
    try {
        const value = globalThis.process?.env?.[name];
        return value === "" ? undefined : value;
    }
    catch {
        return undefined;
    }
}
/** A random UUID, version 4; `crypto.randomUUID` exists in secure contexts only. */
function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
function baseUrlOf(given) {
    const text = given ?? environment("NETRA_BASE_URL") ?? "http://127.0.0.1:8000";
    if (!/^https?:\/\/[^/]+/.test(text))
        throw new errors_ts_1.ConfigurationError(`base URL ${JSON.stringify(text)}; expected http(s)://host[:port][/prefix]`);
    return text.replace(/\/+$/, "");
}
