"""Shows the asynchronous client as a blocking one, so that one runner tests both."""

import asyncio
import inspect
import threading
from collections.abc import Iterator
from typing import Any

PLAIN = (str, int, float, bool, bytes, type(None), list, dict, tuple)


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def result(self, awaitable: Any) -> Any:
        async def run() -> Any:
            return await awaitable

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result()

    def call(self, function: Any, *given: Any, **named: Any) -> Any:
        async def run() -> Any:
            found = function(*given, **named)
            return await found if inspect.isawaitable(found) else found

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result()

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Blocking:
    """An object of the asynchronous client; its methods and iterators block."""

    def __init__(self, loop: Loop, inner: Any) -> None:
        self._loop = loop
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if inspect.isroutine(found) or (callable(found) and inspect.iscoroutinefunction(found)):
            return lambda *given, **named: self._shown(self._loop.call(found, *given, **named))
        return self._shown(found)

    def __iter__(self) -> Iterator[Any]:
        iterator = self._inner.__aiter__()
        while True:
            try:
                yield self._loop.result(iterator.__anext__())
            except StopAsyncIteration:
                return

    def __enter__(self) -> "Blocking":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _shown(self, found: Any) -> Any:
        name = type(found).__name__
        is_ours = type(found).__module__.startswith("netra_sdk") and name.startswith(("Async", "LiveRun"))
        resources = {"Auth", "Agent", "Threads", "Workloads", "Keys", "Audit", "Health", "Sessions"}
        is_resource = type(found).__name__ in resources and "async_client" in type(found).__module__
        is_generator = inspect.isasyncgen(found)
        return Blocking(self._loop, found) if is_ours or is_resource or is_generator else found
