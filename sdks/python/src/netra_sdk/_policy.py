"""What one call does, without I/O: a generator that asks for sending, sleeping and signing, and decides.

Time and randomness are arguments, so the whole policy is tested in simulated time. `_transport` and
`_async_transport` carry out what the generator asks for.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from netra_sdk import errors

T = TypeVar("T")
Query = Mapping[str, str | Sequence[str]]  # several values of one name are sent one after another

TIMEOUT_S = 60.0  # a whole call, repeats included
ATTEMPT_S = 30.0  # one attempt
CONNECT_S = 10.0  # of an attempt, until the connection stands
RETRIES = 2
RETRY_AFTER_MAX_S = 60.0  # a longer wait is the caller's decision
BACKOFF_FIRST_S = 0.5
BACKOFF_MAX_S = 8.0

SAFE = "G"  # reads
KEYED = "K"  # repeated under one idempotency key
PURE = "P"  # doing it twice changes nothing
ONCE = "O"  # never repeated after an ambiguous loss
DELETE = "D"  # a 404 after an ambiguous loss counts as done
_REPEATABLE = frozenset({SAFE, KEYED, PURE, DELETE})
_GATEWAY = frozenset({408, 502, 504})  # without our envelope: the request may or may not have arrived


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T]):
    """One operation with its arguments: what to send, and how to read the answer."""

    method: str
    path: str
    template: str  # the path without its ids, for the log
    safety: str
    read: Callable[[bytes], T]
    params: Query = field(default_factory=dict[str, "str | Sequence[str]"])
    body: bytes | None = None
    content_type: str = "application/json"
    is_public: bool = False
    statuses: frozenset[int] = frozenset()  # refusals that are answers
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    idempotency_key: str | None = None
    empty: T | None = None  # the answer where there is nothing left to delete


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How the calls of a client behave."""

    timeout: float = TIMEOUT_S
    max_retries: int = RETRIES
    max_retry_after: float = RETRY_AFTER_MAX_S


@dataclass(frozen=True, kw_only=True)
class Sign:
    """Ask for the `Authorization` header; `stale` is the one that was refused."""

    stale: str | None = None


@dataclass(frozen=True, kw_only=True)
class Send:
    """Ask for one attempt."""

    method: str
    path: str
    params: Query
    headers: Mapping[str, str]
    body: bytes | None
    timeout: float
    template: str
    attempt: int


@dataclass(frozen=True, kw_only=True)
class Sleep:
    """Ask for a pause."""

    seconds: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Lost:
    """Nothing came back: `was_sent` unless the connection never stood."""

    why: str
    was_sent: bool


@dataclass(frozen=True, kw_only=True)
class Response(Generic[T]):
    """A decoded answer with its status and headers."""

    value: T
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str | None:
        """The id under which the service logged the request."""
        return self.headers.get("x-request-id")

    @property
    def raw(self) -> Any:
        """The answer's JSON as it came, with the fields that this version does not know."""
        return msgspec.json.decode(self.body) if self.body else None


Step = Sign | Send | Sleep
Steps = Generator[Step, Any, Response[T]]


def steps(
    call: Call[T],
    options: Options,
    *,
    headers: Mapping[str, str],
    clock: Callable[[], float] = time.monotonic,
    chance: Callable[[], float] = random.random,
) -> Steps[T]:
    """Yield the steps of `call` and return its decoded answer. Raises the errors of `errors`."""
    return (yield from _Attempts(call, options, headers=headers, clock=clock, chance=chance).all())


class _Attempts(Generic[T]):
    """The state of one call over its attempts."""

    def __init__(
        self,
        call: Call[T],
        options: Options,
        *,
        headers: Mapping[str, str],
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self._call = call
        self._options = options
        self._clock = clock
        self._chance = chance
        self._deadline = clock() + options.timeout
        self._headers = {**headers, **call.headers}
        self._key = call.idempotency_key
        if call.method == "POST":
            self._key = self._key or f"python-{uuid.uuid4()}"
            self._headers["idempotency-key"] = self._key
        if call.body is not None:
            self._headers["content-type"] = call.content_type
        self._authorization: str | None = None
        self._request_id = ""
        self._may_be_done = False  # an answer of an earlier attempt was lost
        self._has_renewed = False

    def all(self) -> Steps[T]:
        attempt = 0
        if not self._call.is_public:
            self._authorization = yield Sign()
        while True:
            got = yield self._send(attempt)
            if isinstance(got, Answer) and self._is_good(got):
                return self._decoded(got)
            if (
                isinstance(got, Answer)
                and got.status == 401
                and not self._has_renewed
                and self._authorization
            ):
                self._has_renewed = True
                renewed = yield Sign(stale=self._authorization)
                if renewed is not None:
                    self._authorization = renewed
                    continue
            wait = self._wait(got, attempt)
            yield wait
            attempt += 1

    def _send(self, attempt: int) -> Send:
        left = self._deadline - self._clock()
        if left <= 0:
            raise errors.TimedOutError(
                f"{self._what()} took longer than {self._options.timeout:g} s", request_id=self._request_id
            )
        self._request_id = f"sdk-{uuid.uuid4()}"
        headers = {**self._headers, "x-request-id": self._request_id}
        if self._authorization is not None:
            headers["authorization"] = self._authorization
        return Send(
            method=self._call.method,
            path=self._call.path,
            params=self._call.params,
            headers=headers,
            body=self._call.body,
            timeout=min(ATTEMPT_S, left),
            template=self._call.template,
            attempt=attempt,
        )

    def _is_good(self, answer: Answer) -> bool:
        is_gone = self._call.safety == DELETE and self._may_be_done and answer.status == 404
        return answer.status < 300 or answer.status in self._call.statuses or is_gone

    def _decoded(self, answer: Answer) -> Response[T]:
        try:
            if answer.status == 404 and self._call.empty is not None:
                value = self._call.empty
            else:
                value = self._call.read(answer.body)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
            message = f"{self._what()}: the answer cannot be read: {error}"
            raise errors.UnexpectedAnswerError(message, status=answer.status, body=answer.body) from error
        return Response(value=value, status=answer.status, headers=answer.headers, body=answer.body)

    def _wait(self, got: Answer | Lost, attempt: int) -> Sleep:
        """Return the pause before the next attempt, or raise the error of the last one."""
        error, may_repeat, least = self._judged(got)
        if not may_repeat or attempt >= self._options.max_retries or least > self._options.max_retry_after:
            raise error
        backoff = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2.0**attempt) * (0.5 + self._chance() / 2)
        pause = max(least, backoff)
        if self._clock() + pause >= self._deadline:
            raise error
        return Sleep(seconds=pause, reason=str(error))

    def _judged(self, got: Answer | Lost) -> tuple[errors.NetraError, bool, float]:
        """Return the error, whether a repeat may help and is allowed, and the least pause before it."""
        if isinstance(got, Lost):
            return self._lost(got.why, was_sent=got.was_sent)
        error = error_of(got, key=self._key, what=self._what())
        if isinstance(error, errors.UnexpectedAnswerError):
            if got.status in _GATEWAY:
                return self._lost(f"a gateway answered {got.status}", was_sent=True, error=error)
            return error, False, 0.0
        least = errors.seconds(got.headers.get("retry-after")) or 0.0
        is_refused = got.status in {429, 503}  # nothing was done
        is_pending = isinstance(error, errors.IdempotencyInProgressError)
        return error, is_refused or is_pending, least

    def _lost(
        self, why: str, *, was_sent: bool, error: errors.NetraError | None = None
    ) -> tuple[errors.NetraError, bool, float]:
        message = f"{self._what()}: {why}"
        if not was_sent:
            return errors.ConnectionFailedError(message, request_id=self._request_id), True, 0.0
        self._may_be_done = True
        if self._call.safety in _REPEATABLE:
            timed_out = self._clock() >= self._deadline
            kind = errors.TimedOutError if timed_out else errors.ConnectionFailedError
            return error or kind(message, request_id=self._request_id), True, 0.0
        unknown = errors.OutcomeUnknownError(
            f"{message}; it may have been done", request_id=self._request_id, idempotency_key=self._key
        )
        return unknown, False, 0.0

    def _what(self) -> str:
        return f"{self._call.method} {self._call.template}"


class _Error(msgspec.Struct):
    code: str
    message: str
    details: dict[str, Any] = {}


class _Envelope(msgspec.Struct):
    error: _Error
    request_id: str | None = None


def error_of(
    answer: Answer, *, key: str | None = None, what: str = "the request"
) -> errors.ApiError | errors.UnexpectedAnswerError:
    """Return the error that an answer is."""
    try:
        envelope = msgspec.json.decode(answer.body, type=_Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError):
        message = f"{what}: status {answer.status} without the API's error"
        return errors.UnexpectedAnswerError(message, status=answer.status, body=answer.body)
    error = envelope.error
    return errors.class_of(error.code, answer.status)(
        status=answer.status,
        code=error.code,
        message=error.message,
        details=error.details,
        request_id=envelope.request_id or answer.headers.get("x-request-id"),
        headers=answer.headers,
        idempotency_key=key,
    )
