"use strict";
// What follows an attempt. Pure: time and randomness are arguments.
Object.defineProperty(exports, "__esModule", { value: true });
exports.decide = decide;
exports.delayMs = delayMs;
exports.retryAfterOf = retryAfterOf;
const BASE_MS = 500;
const MOST_MS = 8_000;
function decide(safety, attempt, canRenew, maxRetryAfterS) {
    if (attempt.happening === "notSent")
        return "again";
    if (attempt.happening === "ambiguous")
        return safety === "O" ? "unknown" : "again";
    if (attempt.status === 401 && canRenew)
        return "renew";
    if (attempt.code === undefined)
        return "giveUp";
    const isPassing = attempt.status === 429 || attempt.status === 503 || attempt.code === "IDEMPOTENCY_IN_PROGRESS";
    return isPassing && (attempt.retryAfterS ?? 0) <= maxRetryAfterS ? "again" : "giveUp";
}
/** Milliseconds before attempt number `attempt` + 1; `random` is in [0, 1). */
function delayMs(attempt, retryAfterS, random) {
    const backoff = Math.min(MOST_MS, BASE_MS * 2 ** attempt);
    return Math.max((retryAfterS ?? 0) * 1_000, (0.5 + 0.5 * random) * backoff);
}
/** Seconds of a Retry-After header. */
function retryAfterOf(headers) {
    const text = headers.get("retry-after");
    const seconds = text === null || text.trim() === "" ? Number.NaN : Number(text);
    return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}
