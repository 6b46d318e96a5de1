// Every error of the SDK. Compare with `instanceof`, or with `NetraError.is` where two copies of the package may meet.

const MARK: symbol = Symbol.for("netra.error");

/** What all errors of this SDK are. */
export class NetraError extends Error {
  override readonly name: string = "NetraError";

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    Object.defineProperty(this, MARK, { value: true });
  }

  /** Whether a value is an error of this SDK, also of another copy of it. */
  static is(value: unknown): value is NetraError {
    return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[MARK] === true;
  }
}

/** The client cannot work like this: no key, a wrong address, a key in a browser. */
export class ConfigurationError extends NetraError {
  override readonly name: string = "ConfigurationError";
}

/** What is known of a request that got no answer. */
export interface RequestFacts {
  method: string;
  path: string;
  idempotencyKey?: string | undefined;
  cause?: unknown;
}

/** No answer was received. */
export class ConnectionFailedError extends NetraError {
  override readonly name: string = "ConnectionFailedError";
  readonly method: string;
  readonly path: string;
  readonly idempotencyKey: string | undefined;

  constructor(message: string, facts: RequestFacts) {
    super(`${message}: ${facts.method} ${facts.path}${reasonOf(facts.cause)}`, { cause: facts.cause });
    this.method = facts.method;
    this.path = facts.path;
    this.idempotencyKey = facts.idempotencyKey;
  }
}

/** No answer was received in time. */
export class TimedOutError extends ConnectionFailedError {
  override readonly name: string = "TimedOutError";
}

/** The answer was lost, and the request may not be repeated by itself: it may have been carried out. */
export class OutcomeUnknownError extends ConnectionFailedError {
  override readonly name: string = "OutcomeUnknownError";
}

/** An answer that is not Netra's: a proxy's page, or broken JSON. */
export class UnexpectedAnswerError extends NetraError {
  override readonly name: string = "UnexpectedAnswerError";
  readonly status: number;
  /** The first 500 characters. */
  readonly start: string;

  constructor(message: string, status: number, body: string, cause?: unknown) {
    super(`${message} (status ${status}): ${JSON.stringify(body.slice(0, 500))}`, { cause });
    this.status = status;
    this.start = body.slice(0, 500);
  }
}

/** A stream of events broke, and coming back did not help. Go on after `lastSeq`. */
export class StreamBrokenError extends NetraError {
  override readonly name: string = "StreamBrokenError";
  readonly lastSeq: number;

  constructor(message: string, lastSeq: number, cause?: unknown) {
    super(`${message}; the last event is ${lastSeq}`, { cause });
    this.lastSeq = lastSeq;
  }
}

/** The run failed. */
export class RunFailedError extends NetraError {
  override readonly name: string = "RunFailedError";
  readonly runId: string;
  readonly code: string;

  constructor(runId: string, code: string, message: string) {
    super(`run ${runId} failed: ${code}: ${message}`);
    this.runId = runId;
    this.code = code;
  }
}

/** The run was cancelled. */
export class RunCancelledError extends NetraError {
  override readonly name: string = "RunCancelledError";
  readonly runId: string;

  constructor(runId: string) {
    super(`run ${runId} was cancelled`);
    this.runId = runId;
  }
}

/** The wait ended before the run, which goes on. */
export class WaitTimeoutError extends NetraError {
  override readonly name: string = "WaitTimeoutError";
  readonly runId: string;
  readonly lastSeq: number;

  constructor(runId: string, lastSeq: number) {
    super(`run ${runId} has not ended yet; its last event is ${lastSeq}`);
    this.runId = runId;
    this.lastSeq = lastSeq;
  }
}

/** The session is lost: sign in again. */
export class SessionLostError extends NetraError {
  override readonly name: string = "SessionLostError";
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
export class ApiError extends NetraError {
  override readonly name: string = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly details: Record<string, unknown>;
  readonly requestId: string;
  /** Seconds that the service asks to wait. */
  readonly retryAfterS: number | undefined;
  readonly headers: Headers;
  readonly idempotencyKey: string | undefined;

  constructor(refusal: Refusal) {
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
  override readonly name: string = "InvalidRequestError";
}
export class ValidationFailedError extends InvalidRequestError {
  override readonly name: string = "ValidationFailedError";
}
export class IdempotencyKeyReusedError extends InvalidRequestError {
  override readonly name: string = "IdempotencyKeyReusedError";
}
export class UnauthorizedError extends ApiError {
  override readonly name: string = "UnauthorizedError";
}
export class ForbiddenError extends ApiError {
  override readonly name: string = "ForbiddenError";
}
export class NotFoundError extends ApiError {
  override readonly name: string = "NotFoundError";
}
export class GoneError extends ApiError {
  override readonly name: string = "GoneError";
}
export class ConflictError extends ApiError {
  override readonly name: string = "ConflictError";
}
export class ThreadBusyError extends ConflictError {
  override readonly name: string = "ThreadBusyError";
}
export class AmbiguousRunError extends ConflictError {
  override readonly name: string = "AmbiguousRunError";
}
export class IdempotencyInProgressError extends ConflictError {
  override readonly name: string = "IdempotencyInProgressError";
}
export class PreconditionFailedError extends ApiError {
  override readonly name: string = "PreconditionFailedError";
}
export class PayloadTooLargeError extends ApiError {
  override readonly name: string = "PayloadTooLargeError";
}
export class UnsupportedMediaTypeError extends ApiError {
  override readonly name: string = "UnsupportedMediaTypeError";
}
export class RateLimitedError extends ApiError {
  override readonly name: string = "RateLimitedError";
}
export class ServerError extends ApiError {
  override readonly name: string = "ServerError";
}
export class InternalError extends ServerError {
  override readonly name: string = "InternalError";
}
export class UpstreamFailedError extends ServerError {
  override readonly name: string = "UpstreamFailedError";
}
export class UnavailableError extends ServerError {
  override readonly name: string = "UnavailableError";
}
export class DeadlineExceededError extends ServerError {
  override readonly name: string = "DeadlineExceededError";
}

type ApiErrorClass = new (refusal: Refusal) => ApiError;

/** The class of each error code in sdks/spec/errors.json; a test holds the two equal. */
export const CLASS_BY_CODE: Readonly<Record<string, ApiErrorClass>> = {
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

const CLASS_BY_STATUS: Readonly<Record<number, ApiErrorClass>> = {
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
export function refusalError(refusal: Refusal): ApiError {
  const other = refusal.status >= 500 ? ServerError : ApiError;
  return new (CLASS_BY_CODE[refusal.code] ?? CLASS_BY_STATUS[refusal.status] ?? other)(refusal);
}

/** The words of a failed `fetch`, whose own message ("fetch failed") says nothing. */
export function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return inner instanceof Error ? `: ${inner.message}` : "";
}
