/** What all errors of this SDK are. */
export declare class NetraError extends Error {
    readonly name: string;
    constructor(message: string, options?: {
        cause?: unknown;
    });
    /** Whether a value is an error of this SDK, also of another copy of it. */
    static is(value: unknown): value is NetraError;
}
/** The client cannot work like this: no key, a wrong address, a key in a browser. */
export declare class ConfigurationError extends NetraError {
    readonly name: string;
}
/** What is known of a request that got no answer. */
export interface RequestFacts {
    method: string;
    path: string;
    idempotencyKey?: string | undefined;
    cause?: unknown;
}
/** No answer was received. */
export declare class ConnectionFailedError extends NetraError {
    readonly name: string;
    readonly method: string;
    readonly path: string;
    readonly idempotencyKey: string | undefined;
    constructor(message: string, facts: RequestFacts);
}
/** No answer was received in time. */
export declare class TimedOutError extends ConnectionFailedError {
    readonly name: string;
}
/** The answer was lost, and the request may not be repeated by itself: it may have been carried out. */
export declare class OutcomeUnknownError extends ConnectionFailedError {
    readonly name: string;
}
/** An answer that is not Netra's: a proxy's page, or broken JSON. */
export declare class UnexpectedAnswerError extends NetraError {
    readonly name: string;
    readonly status: number;
    /** The first 500 characters. */
    readonly start: string;
    constructor(message: string, status: number, body: string, cause?: unknown);
}
/** A stream of events broke, and coming back did not help. Go on after `lastSeq`. */
export declare class StreamBrokenError extends NetraError {
    readonly name: string;
    readonly lastSeq: number;
    constructor(message: string, lastSeq: number, cause?: unknown);
}
/** The run failed. */
export declare class RunFailedError extends NetraError {
    readonly name: string;
    readonly runId: string;
    readonly code: string;
    constructor(runId: string, code: string, message: string);
}
/** The run was cancelled. */
export declare class RunCancelledError extends NetraError {
    readonly name: string;
    readonly runId: string;
    constructor(runId: string);
}
/** The wait ended before the run, which goes on. */
export declare class WaitTimeoutError extends NetraError {
    readonly name: string;
    readonly runId: string;
    readonly lastSeq: number;
    constructor(runId: string, lastSeq: number);
}
/** The session is lost: sign in again. */
export declare class SessionLostError extends NetraError {
    readonly name: string;
}
/** The facts of an answer that refuses a request. */
export interface Refusal {
    status: number;
    code: string;
    message: string;
    details: Record<string, unknown>;
    requestId: string;
    retryAfterS: number | undefined;
    headers: Headers;
    idempotencyKey: string | undefined;
}
/** An answer that refuses a request. */
export declare class ApiError extends NetraError {
    readonly name: string;
    readonly status: number;
    readonly code: string;
    readonly details: Record<string, unknown>;
    readonly requestId: string;
    /** Seconds that the service asks to wait. */
    readonly retryAfterS: number | undefined;
    readonly headers: Headers;
    readonly idempotencyKey: string | undefined;
    constructor(refusal: Refusal);
}
export declare class InvalidRequestError extends ApiError {
    readonly name: string;
}
export declare class ValidationFailedError extends InvalidRequestError {
    readonly name: string;
}
export declare class IdempotencyKeyReusedError extends InvalidRequestError {
    readonly name: string;
}
export declare class UnauthorizedError extends ApiError {
    readonly name: string;
}
export declare class ForbiddenError extends ApiError {
    readonly name: string;
}
export declare class NotFoundError extends ApiError {
    readonly name: string;
}
export declare class GoneError extends ApiError {
    readonly name: string;
}
export declare class ConflictError extends ApiError {
    readonly name: string;
}
export declare class ThreadBusyError extends ConflictError {
    readonly name: string;
}
export declare class AmbiguousRunError extends ConflictError {
    readonly name: string;
}
export declare class IdempotencyInProgressError extends ConflictError {
    readonly name: string;
}
export declare class PreconditionFailedError extends ApiError {
    readonly name: string;
}
export declare class PayloadTooLargeError extends ApiError {
    readonly name: string;
}
export declare class UnsupportedMediaTypeError extends ApiError {
    readonly name: string;
}
export declare class RateLimitedError extends ApiError {
    readonly name: string;
}
export declare class ServerError extends ApiError {
    readonly name: string;
}
export declare class InternalError extends ServerError {
    readonly name: string;
}
export declare class UpstreamFailedError extends ServerError {
    readonly name: string;
}
export declare class UnavailableError extends ServerError {
    readonly name: string;
}
export declare class DeadlineExceededError extends ServerError {
    readonly name: string;
}
type ApiErrorClass = new (refusal: Refusal) => ApiError;
/** The class of each error code in sdks/spec/errors.json; a test holds the two equal. */
export declare const CLASS_BY_CODE: Readonly<Record<string, ApiErrorClass>>;
/** Returns the error of an answer, by its code, else by its status. */
export declare function refusalError(refusal: Refusal): ApiError;
/** The words of a failed `fetch`, whose own message ("fetch failed") says nothing. */
export declare function reasonOf(cause: unknown): string;
export {};
