"use strict";
// Every error of the SDK. Compare with `instanceof`, or with `NetraError.is` where two copies of the package may meet.
Object.defineProperty(exports, "__esModule", { value: true });
exports.CLASS_BY_CODE = exports.DeadlineExceededError = exports.UnavailableError = exports.UpstreamFailedError = exports.InternalError = exports.ServerError = exports.RateLimitedError = exports.UnsupportedMediaTypeError = exports.PayloadTooLargeError = exports.PreconditionFailedError = exports.IdempotencyInProgressError = exports.AmbiguousRunError = exports.ThreadBusyError = exports.ConflictError = exports.GoneError = exports.NotFoundError = exports.ForbiddenError = exports.UnauthorizedError = exports.IdempotencyKeyReusedError = exports.ValidationFailedError = exports.InvalidRequestError = exports.ApiError = exports.SessionLostError = exports.WaitTimeoutError = exports.RunCancelledError = exports.RunFailedError = exports.StreamBrokenError = exports.UnexpectedAnswerError = exports.OutcomeUnknownError = exports.TimedOutError = exports.ConnectionFailedError = exports.ConfigurationError = exports.NetraError = void 0;
exports.refusalError = refusalError;
exports.reasonOf = reasonOf;
const MARK = Symbol.for("netra.error");
/** What all errors of this SDK are. */
class NetraError extends Error {
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
exports.NetraError = NetraError;
/** The client cannot work like this: no key, a wrong address, a key in a browser. */
class ConfigurationError extends NetraError {
    name = "ConfigurationError";
}
exports.ConfigurationError = ConfigurationError;
/** No answer was received. */
class ConnectionFailedError extends NetraError {
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
exports.ConnectionFailedError = ConnectionFailedError;
/** No answer was received in time. */
class TimedOutError extends ConnectionFailedError {
    name = "TimedOutError";
}
exports.TimedOutError = TimedOutError;
/** The answer was lost, and the request may not be repeated by itself: it may have been carried out. */
class OutcomeUnknownError extends ConnectionFailedError {
    name = "OutcomeUnknownError";
}
exports.OutcomeUnknownError = OutcomeUnknownError;
/** An answer that is not Netra's: a proxy's page, or broken JSON. */
class UnexpectedAnswerError extends NetraError {
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
exports.UnexpectedAnswerError = UnexpectedAnswerError;
/** A stream of events broke, and coming back did not help. Go on after `lastSeq`. */
class StreamBrokenError extends NetraError {
    name = "StreamBrokenError";
    lastSeq;
    constructor(message, lastSeq, cause) {
        super(`${message}; the last event is ${lastSeq}`, { cause });
        this.lastSeq = lastSeq;
    }
}
exports.StreamBrokenError = StreamBrokenError;
/** The run failed. */
class RunFailedError extends NetraError {
    name = "RunFailedError";
    runId;
    code;
    constructor(runId, code, message) {
        super(`run ${runId} failed: ${code}: ${message}`);
        this.runId = runId;
        this.code = code;
    }
}
exports.RunFailedError = RunFailedError;
/** The run was cancelled. */
class RunCancelledError extends NetraError {
    name = "RunCancelledError";
    runId;
    constructor(runId) {
        super(`run ${runId} was cancelled`);
        this.runId = runId;
    }
}
exports.RunCancelledError = RunCancelledError;
/** The wait ended before the run, which goes on. */
class WaitTimeoutError extends NetraError {
    name = "WaitTimeoutError";
    runId;
    lastSeq;
    constructor(runId, lastSeq) {
        super(`run ${runId} has not ended yet; its last event is ${lastSeq}`);
        this.runId = runId;
        this.lastSeq = lastSeq;
    }
}
exports.WaitTimeoutError = WaitTimeoutError;
/** The session is lost: sign in again. */
class SessionLostError extends NetraError {
    name = "SessionLostError";
}
exports.SessionLostError = SessionLostError;
/** An answer that refuses a request. */
class ApiError extends NetraError {
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
exports.ApiError = ApiError;
class InvalidRequestError extends ApiError {
    name = "InvalidRequestError";
}
exports.InvalidRequestError = InvalidRequestError;
class ValidationFailedError extends InvalidRequestError {
    name = "ValidationFailedError";
}
exports.ValidationFailedError = ValidationFailedError;
class IdempotencyKeyReusedError extends InvalidRequestError {
    name = "IdempotencyKeyReusedError";
}
exports.IdempotencyKeyReusedError = IdempotencyKeyReusedError;
class UnauthorizedError extends ApiError {
    name = "UnauthorizedError";
}
exports.UnauthorizedError = UnauthorizedError;
class ForbiddenError extends ApiError {
    name = "ForbiddenError";
}
exports.ForbiddenError = ForbiddenError;
class NotFoundError extends ApiError {
    name = "NotFoundError";
}
exports.NotFoundError = NotFoundError;
class GoneError extends ApiError {
    name = "GoneError";
}
exports.GoneError = GoneError;
class ConflictError extends ApiError {
    name = "ConflictError";
}
exports.ConflictError = ConflictError;
class ThreadBusyError extends ConflictError {
    name = "ThreadBusyError";
}
exports.ThreadBusyError = ThreadBusyError;
class AmbiguousRunError extends ConflictError {
    name = "AmbiguousRunError";
}
exports.AmbiguousRunError = AmbiguousRunError;
class IdempotencyInProgressError extends ConflictError {
    name = "IdempotencyInProgressError";
}
exports.IdempotencyInProgressError = IdempotencyInProgressError;
class PreconditionFailedError extends ApiError {
    name = "PreconditionFailedError";
}
exports.PreconditionFailedError = PreconditionFailedError;
class PayloadTooLargeError extends ApiError {
    name = "PayloadTooLargeError";
}
exports.PayloadTooLargeError = PayloadTooLargeError;
class UnsupportedMediaTypeError extends ApiError {
    name = "UnsupportedMediaTypeError";
}
exports.UnsupportedMediaTypeError = UnsupportedMediaTypeError;
class RateLimitedError extends ApiError {
    name = "RateLimitedError";
}
exports.RateLimitedError = RateLimitedError;
class ServerError extends ApiError {
    name = "ServerError";
}
exports.ServerError = ServerError;
class InternalError extends ServerError {
    name = "InternalError";
}
exports.InternalError = InternalError;
class UpstreamFailedError extends ServerError {
    name = "UpstreamFailedError";
}
exports.UpstreamFailedError = UpstreamFailedError;
class UnavailableError extends ServerError {
    name = "UnavailableError";
}
exports.UnavailableError = UnavailableError;
class DeadlineExceededError extends ServerError {
    name = "DeadlineExceededError";
}
exports.DeadlineExceededError = DeadlineExceededError;
/** The class of each error code in sdks/spec/errors.json; a test holds the two equal. */
exports.CLASS_BY_CODE = {
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
function refusalError(refusal) {
    const other = refusal.status >= 500 ? ServerError : ApiError;
    return new (exports.CLASS_BY_CODE[refusal.code] ?? CLASS_BY_STATUS[refusal.status] ?? other)(refusal);
}
/** The words of a failed `fetch`, whose own message ("fetch failed") says nothing. */
function reasonOf(cause) {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    return inner instanceof Error ? `: ${inner.message}` : "";
}
