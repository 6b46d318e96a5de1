"""Stops work whose client has left, because its answer has no reader."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from netra.domain.errors import InvalidRequest
from netra.entrypoints.http.request import ApiRequest

T = TypeVar("T")


async def while_connected(request: ApiRequest, work: Coroutine[None, None, T]) -> T:
    """Return what `work` returns; cancel it when the client leaves. The body must have been read.

    Raises `InvalidRequest` when the client left, which only a log can show.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_departure(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise InvalidRequest("The client left before the answer was ready.")
        return working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.wait({working, leaving})


async def _departure(request: ApiRequest) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
