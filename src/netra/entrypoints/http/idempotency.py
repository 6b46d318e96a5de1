"""`Idempotency-Key` for requests that change something: the same key and body replay the first response.

A response is stored after its effect, so a crash can lose it. The request is then handled again with the same
name for what it creates, which is created only once. Starting a run is not handled here: its key is stored
with the run, in one transaction.
"""

import hashlib
import re
from typing import Final

import msgspec

from netra.domain.errors import InvalidRequest, PayloadTooLarge, ValidationFailed
from netra.domain.idempotency import ANYONE, name_of
from netra.domain.ids import UserId
from netra.domain.runs.rules import IDEMPOTENCY_KEY_MAX
from netra.domain.users.model import Principal
from netra.entrypoints.asgi import App, Attempt, Message, Receive, Scope, Send, exchange_of
from netra.entrypoints.credentials import Headers, header
from netra.entrypoints.http.admission import JSON, media_type, rule_of
from netra.entrypoints.json_body import read_object
from netra.entrypoints.services import Switchboard
from netra.ports.replays import ReplayBook

KEY_HEADER: Final = "Idempotency-Key"
_KEY: Final = re.compile(rb"[ -~]{1,%d}" % IDEMPOTENCY_KEY_MAX)
# fields that hold a password; see `ReplayMiddleware`
PASSWORDS: Final = frozenset({"password", "current_password", "new_password"})
REPLAYED: Final = (b"idempotency-replayed", b"true")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A stored response."""

    status: int
    media_type: bytes
    body: bytes


def fingerprint(method: str, path: str, body: bytes, *, may_read: bool = True) -> str:
    """Return a digest that distinguishes requests under the same key.

    A request of an API key without the scope `read` has another fingerprint: its response shows less, and a
    fuller response must not be replayed to it.
    """
    parts = (
        (method.encode(), path.encode(), body)
        if may_read
        else (b"unread", method.encode(), path.encode(), body)
    )
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def key_of(headers: Headers) -> str | None:
    """Return the request's key, or None. Raises `ValidationFailed` for an invalid key."""
    value = header(headers, b"idempotency-key")
    if value is None:
        return None
    if _KEY.fullmatch(value) is None:
        sentence = f"{KEY_HEADER} must be 1 to {IDEMPOTENCY_KEY_MAX} printable ASCII characters"
        raise ValidationFailed.of(KEY_HEADER, "malformed", sentence)
    return value.decode("ascii")


class ReplayMiddleware:
    """Replays a stored response, or handles the request and stores its response if it succeeds.

    With `secrets`, the names of fields in the body, neither these nor the response are stored: a repeated
    request is handled again, and its handler finds what the first one did. The fingerprint leaves the fields
    out, because a fast hash of a password is nearly the password; the handler compares them.
    """

    def __init__(self, app: App, *, switchboard: Switchboard, secrets: frozenset[str] | None = None) -> None:
        self._app = app
        self._switchboard = switchboard
        self._secrets = secrets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; one without a key is passed on unchanged."""
        try:
            key = key_of(scope["headers"])
        except ValidationFailed:
            await _check_body(scope, receive)
            raise
        if key is None:
            await self._app(scope, receive, send)
            return
        await self._answer_once(scope, receive, send, key=key)

    async def _answer_once(self, scope: Scope, receive: Receive, send: Send, *, key: str) -> None:
        book = self._switchboard.services.ports().replays
        principal: Principal | None = scope.get("auth")
        owner_id = ANYONE if principal is None else principal.user_id
        body = await _whole(scope, receive)
        compared = body if self._secrets is None else _without(body, self._secrets)
        may_read = principal is None or principal.may_read
        printed = fingerprint(scope["method"], scope["path"], compared, may_read=may_read)
        begun = await book.begin(owner_id, key, fingerprint=printed)
        exchange = exchange_of(scope)
        if begun.answer is not None and self._secrets is None:
            exchange.headers.append(REPLAYED)
            await _send_again(send, msgspec.msgpack.decode(begun.answer, type=Answer))
            return
        exchange.name = name_of(begun, owner_id=owner_id, key=key)
        exchange.attempt = Attempt(key=key, entry=begun)
        recorder = _Recorder()
        try:
            await self._app(scope, _once(body, receive), recorder)
        finally:
            if begun.answer is None:
                await _settle(book, owner_id, exchange.attempt, self._kept(recorder.answer()))
        if begun.answer is not None and recorder.answer() is not None:
            exchange.headers.append(REPLAYED)
        for message in recorder.messages:
            await send(message)

    def _kept(self, answer: Answer | None) -> bytes | None:
        """Return what is stored of an answer: nothing but that it was given, if it may hold a secret."""
        if answer is None:
            return None
        return msgspec.msgpack.encode(answer) if self._secrets is None else b""


async def _settle(book: ReplayBook, owner_id: UserId, attempt: Attempt, answer: bytes | None) -> None:
    """Store a success, or allow a retry otherwise, before the client can send the next request."""
    if answer is None:
        await book.let_go(owner_id, attempt.key, attempt.entry)
    else:
        await book.keep(owner_id, attempt.key, attempt.entry, answer=answer)


def _without(body: bytes, secrets: frozenset[str]) -> bytes:
    """Return the JSON object in `body` without these fields, in one spelling. Raises `InvalidRequest`."""
    shown = {name: value for name, value in read_object(body).items() if name not in secrets}
    return msgspec.json.encode(shown, order="deterministic")


class _Recorder:
    """A `send` that holds a response back until it has been stored."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)

    def answer(self) -> Answer | None:
        """Return the response if it is complete and a success."""
        if len(self.messages) < 2 or self.messages[0]["status"] >= 300:
            return None
        return Answer(
            status=self.messages[0]["status"],
            media_type=header(self.messages[0]["headers"], b"content-type") or b"",
            body=b"".join(message.get("body", b"") for message in self.messages[1:]),
        )


async def _check_body(scope: Scope, receive: Receive) -> None:
    """Raise the error of an unreadable body, which takes precedence over an invalid key."""
    if not rule_of(scope["route_handler"].opt).reads:
        return
    body = await _whole(scope, receive)
    if media_type(scope["headers"]) == JSON or not body.strip():
        read_object(body)


async def _whole(scope: Scope, receive: Receive) -> bytes:
    limit = scope["route_handler"].resolve_request_max_body_size()
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidRequest("The client disconnected before its body ended.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise PayloadTooLarge(f"The body is longer than {limit} bytes.", limit_bytes=limit)
        if not message.get("more_body", False):
            return b"".join(parts)


def _once(body: bytes, receive: Receive) -> Receive:
    is_given = False

    async def replayed() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


async def _send_again(send: Send, answer: Answer) -> None:
    headers = [(b"content-type", answer.media_type), (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
