// Every error of the SDK. Compare with `instanceof`, or with `NetraError.is` where two copies of the package may meet.
const MARK = Symbol.for("netra.error");
/** What all errors of this SDK are. */
export class NetraError extends Error {
    name = "NetraError";
    constructor(message, options) {
        super(message, options);
        Object.defineProperty(this, MARK, { value: true });
    }
    /** Whether a value is an error of this SDK, also of another copy of it. */
    static is(value) {
        return typeof value === "object" && value !== null && value[MARK] === true;
    }
}
/** The client cannot work like this: no key, a wrong address, a key in a browser. */
export class ConfigurationError extends NetraError {
    name = "ConfigurationError";
}
/** No answer was received. */
export class ConnectionFailedError extends NetraError {
    name = "ConnectionFailedError";
    method;
    path;
    idempotencyKey;
    constructor(message, facts) {
        super(`${message}: ${facts.method} ${facts.path}${reasonOf(facts.cause)}`, { cause: facts.cause });
        this.method = facts.method;
        this.path = facts.path;
        this.idempotencyKey = facts.idempotencyKey;
    }
}
/** No answer was received in time. */
export class TimedOutError extends ConnectionFailedError {
    name = "TimedOutError";
}
/** The answer was lost, and the request may not be repeated by itself: it may have been carried out. */
export class OutcomeUnknownError extends ConnectionFailedError {
    name = "OutcomeUnknownError";
}
/** An answer that is not Netra's: a proxy's page, or broken JSON. */
export class UnexpectedAnswerError extends NetraError {
    name = "UnexpectedAnswerError";
    status;
    /** The first 500 characters. */
    start;
    constructor(message, status, body, cause) {
        super(`${message} (status ${status}): ${JSON.stringify(body.slice(0, 500))}`, { cause });
        this.status = status;
        this.start = body.slice(0, 500);
    }
}
/** A stream of events broke, and coming back did not help. Go on after `lastSeq`. */
export class StreamBrokenError extends NetraError {
    name = "StreamBrokenError";
    lastSeq;
    constructor(message, lastSeq, cause) {
        super(`${message}; the last event is ${lastSeq}`, { cause });
        this.lastSeq = lastSeq;
    }
}
/** The run failed. */
export class RunFailedError extends NetraError {
    name = "RunFailedError";
    runId;
    code;
    constructor(runId, code, message) {
        super(`run ${runId} failed: ${code}: ${message}`);
        this.runId = runId;
        this.code = code;
    }
}
/** The run was cancelled. */
export class RunCancelledError extends NetraError {
    name = "RunCancelledError";
    runId;
    constructor(runId) {
        super(`run ${runId} was cancelled`);
        this.runId = runId;
    }
}
/** The wait ended before the run, which goes on. */
export class WaitTimeoutError extends NetraError {
    name = "WaitTimeoutError";
    runId;
    lastSeq;
    constructor(runId, lastSeq) {
        super(`run ${runId} has not ended yet; its last event is ${lastSeq}`);
        this.runId = runId;
        this.lastSeq = lastSeq;
    }
}
/** The session is lost: sign in again. */
export class SessionLostError extends NetraError {
    name = "SessionLostError";
}
/** An answer that refuses a request. */
export class ApiError extends NetraError {
    name = "ApiError";
    status;
    code;
    details;
    requestId;
    /** Seconds that the service asks to wait. */
    retryAfterS;
    headers;
    idempotencyKey;
    constructor(refusal) {
        super(`${refusal.code} (${refusal.status}): ${refusal.message} [request ${refusal.requestId}]`);
        this.status = refusal.status;
        this.code = refusal.code;
        this.details = refusal.details;
        this.requestId = refusal.requestId;
        this.retryAfterS = refusal.retryAfterS;
        this.headers = refusal.headers;
        this.idempotencyKey = refusal.idempotencyKey;
    }
}
export class InvalidRequestError extends ApiError {
    name = "InvalidRequestError";
}
export class ValidationFailedError extends InvalidRequestError {
    name = "ValidationFailedError";
}
export class IdempotencyKeyReusedError extends InvalidRequestError {
    name = "IdempotencyKeyReusedError";
}
export class UnauthorizedError extends ApiError {
    name = "UnauthorizedError";
}
export class ForbiddenError extends ApiError {
    name = "ForbiddenError";
}
export class NotFoundError extends ApiError {
    name = "NotFoundError";
}
export class GoneError extends ApiError {
    name = "GoneError";
}
export class ConflictError extends ApiError {
    name = "ConflictError";
}
export class ThreadBusyError extends ConflictError {
    name = "ThreadBusyError";
}
export class AmbiguousRunError extends ConflictError {
    name = "AmbiguousRunError";
}
export class IdempotencyInProgressError extends ConflictError {
    name = "IdempotencyInProgressError";
}
export class PreconditionFailedError extends ApiError {
    name = "PreconditionFailedError";
}
export class PayloadTooLargeError extends ApiError {
    name = "PayloadTooLargeError";
}
export class UnsupportedMediaTypeError extends ApiError {
    name = "UnsupportedMediaTypeError";
}
export class RateLimitedError extends ApiError {
    name = "RateLimitedError";
}
export class ServerError extends ApiError {
    name = "ServerError";
}
export class InternalError extends ServerError {
    name = "InternalError";
}
export class UpstreamFailedError extends ServerError {
    name = "UpstreamFailedError";
}
export class UnavailableError extends ServerError {
    name = "UnavailableError";
}
export class DeadlineExceededError extends ServerError {
    name = "DeadlineExceededError";
}
/** The class of each error code in sdks/spec/errors.json; a test holds the two equal. */
export const CLASS_BY_CODE = {
    AMBIGUOUS_RUN: AmbiguousRunError,
    CONFLICT: ConflictError,
    FORBIDDEN: ForbiddenError,
    GONE: GoneError,
    HEADERS_TOO_LARGE: InvalidRequestError,
    IDEMPOTENCY_IN_PROGRESS: IdempotencyInProgressError,
    IDEMPOTENCY_KEY_REUSED: IdempotencyKeyReusedError,
    INTERNAL_ERROR: InternalError,
    INVALID_REQUEST: InvalidRequestError,
    METHOD_NOT_ALLOWED: InvalidRequestError,
    NOT_FOUND: NotFoundError,
    PAYLOAD_TOO_LARGE: PayloadTooLargeError,
    PRECONDITION_FAILED: PreconditionFailedError,
    PROCESSING_ERROR: ServerError,
    RATE_LIMITED: RateLimitedError,
    REQUEST_TIMEOUT: InvalidRequestError,
    SERVICE_UNAVAILABLE: UnavailableError,
    THREAD_BUSY: ThreadBusyError,
    TIMEOUT: DeadlineExceededError,
    UNAUTHORIZED: UnauthorizedError,
    UNREADABLE_FILE: InvalidRequestError,
    UNSUPPORTED_MEDIA_TYPE: UnsupportedMediaTypeError,
    UPSTREAM_ERROR: UpstreamFailedError,
    URI_TOO_LONG: InvalidRequestError,
    VALIDATION_ERROR: ValidationFailedError,
};
const CLASS_BY_STATUS = {
    400: InvalidRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    412: PreconditionFailedError,
    413: PayloadTooLargeError,
    415: UnsupportedMediaTypeError,
    422: ValidationFailedError,
    429: RateLimitedError,
    502: UpstreamFailedError,
    503: UnavailableError,
    504: DeadlineExceededError,
};
/** Returns the error of an answer, by its code, else by its status. */
export function refusalError(refusal) {
    const other = refusal.status >= 500 ? ServerError : ApiError;
    return new (CLASS_BY_CODE[refusal.code] ?? CLASS_BY_STATUS[refusal.status] ?? other)(refusal);
}
/** The words of a failed `fetch`, whose own message ("fetch failed") says nothing. */
export function reasonOf(cause) {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    return inner instanceof Error ? `: ${inner.message}` : "";
}
