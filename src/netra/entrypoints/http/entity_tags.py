"""Answers that carry an entity tag, and are not computed for a client that has them (RFC 9110, 13.1.2)."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec
from litestar import Response

from netra.entrypoints.http.admission import JSON
from netra.entrypoints.http.request import ApiRequest

T = TypeVar("T", bound=msgspec.Struct)

NOT_MODIFIED: Final = 304


async def answered_or_unchanged(
    request: ApiRequest, *, tag: str, compute: Callable[[], Awaitable[T]]
) -> Response[T]:
    """Return what `compute` returns with its entity tag, or 304 if the client has the answer of this tag.

    The client may keep the answer, but must ask again before each use.
    """
    entity_tag = f'"{tag}"'
    _replace_cache_control(request)
    if is_known(request.headers.get("if-none-match", ""), entity_tag):
        nothing: Response[Any] = Response(None, status_code=NOT_MODIFIED, headers={"ETag": entity_tag})
        return nothing
    return Response(await compute(), media_type=JSON, headers={"ETag": entity_tag})


def is_known(if_none_match: str, *entity_tags: str) -> bool:
    """Return whether an `If-None-Match` header names one of the entity tags; weak ones compare equal.

    >>> is_known('"a", W/"b"', '"b"'), is_known("*", '"b"'), is_known('"a"', '"b"')
    (True, True, False)
    """
    if if_none_match.strip() == "*":
        return True
    return not {one.strip().removeprefix("W/") for one in if_none_match.split(",")}.isdisjoint(entity_tags)


def _replace_cache_control(request: ApiRequest) -> None:
    headers = request.exchange.headers
    headers[:] = [
        *(kept for kept in headers if kept[0] != b"cache-control"),
        (b"cache-control", b"private, no-cache"),
    ]
