"""Answers that carry an entity tag, and are not computed for a client that has them (RFC 9110, 13.1.2)."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any, Final, TypeVar

import msgspec
from litestar import Response

from netra.entrypoints.http.admission import JSON
from netra.entrypoints.http.answers import Encoded
from netra.entrypoints.http.request import ApiRequest

T = TypeVar("T", bound=msgspec.Struct)

NOT_MODIFIED: Final = 304


async def answered_or_unchanged(
    request: ApiRequest, *, tag: str, compute: Callable[[], Awaitable[T]]
) -> Response[T]:
    """Return what `compute` returns with its entity tag, or 304 if the client has the answer of this tag.

    The client may keep the answer, but must ask again before each use.
    """
    entity_tag = f'W/"{tag}"'  # weak: the answer may be sent compressed or plain (RFC 9110, 8.8.1)
    _replace_cache_control(request)
    if is_known(request.headers.get("if-none-match", ""), f'"{tag}"'):
        return _unchanged(entity_tag)
    return Response(await compute(), media_type=JSON, headers={"ETag": entity_tag})


def answered_if_changed(request: ApiRequest, answer: T) -> Response[T]:
    """Return `answer` with the digest of its text as its entity tag, or 304 if the client has this text.

    For answers whose text is cheap once their facts have been read. They hold what people wrote, so no cache
    may store them: a client compares with an answer in its own memory.
    """
    body = msgspec.json.encode(answer)
    tag = sha256(body).hexdigest()[:32]
    entity_tag = f'W/"{tag}"'
    if is_known(request.headers.get("if-none-match", ""), f'"{tag}"'):
        return _unchanged(entity_tag)
    return Encoded(body, headers=[(b"etag", entity_tag.encode())])


def is_known(if_none_match: str, *entity_tags: str) -> bool:
    """Return whether an `If-None-Match` header names one of the entity tags; weak ones compare equal.

    >>> is_known('"a", W/"b"', '"b"'), is_known("*", '"b"'), is_known('"a"', '"b"')
    (True, True, False)
    """
    if if_none_match.strip() == "*":
        return True
    return not {one.strip().removeprefix("W/") for one in if_none_match.split(",")}.isdisjoint(entity_tags)


def _unchanged(entity_tag: str) -> Response[Any]:
    return Response(None, status_code=NOT_MODIFIED, headers={"ETag": entity_tag})


def _replace_cache_control(request: ApiRequest) -> None:
    headers = request.exchange.headers
    headers[:] = [
        *(kept for kept in headers if kept[0] != b"cache-control"),
        (b"cache-control", b"private, no-cache"),
    ]
