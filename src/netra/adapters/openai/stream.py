"""One request's stream under a deadline; translates the vendor library's exceptions into the port's."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final, Protocol

import msgspec
from openai import APIError, AsyncOpenAI, AsyncStream

from netra.adapters.openai.breaker import Trial
from netra.adapters.openai.draft import Draft
from netra.adapters.openai.translation import nonsense, translated
from netra.adapters.resilience.deadline import timeout_at
from netra.ports.clock import Clock
from netra.ports.language_model import LanguageModelFailed, LanguageModelTimedOut, Prompt, TextPiece

TAIL_S: Final = 2.0  # seconds that the token counts may take once the answer has ended
# Exceptions of the library on a malformed stream, apart from its own: invalid JSON or UTF-8, arrays nested
# too deeply, text where it expects objects.
BROKEN: Final = (ValueError, TypeError, KeyError, AttributeError, RecursionError)

Events = AsyncStream[Any]  # Any: the vendor's events, which `stream_events` validates


class Dialect(Protocol):
    """Sends a prompt and reads its events."""

    def begin(self, client: AsyncOpenAI, prompt: Prompt) -> Awaitable[Events]:
        """Send the request and return its events."""
        ...

    def read(self, event: object, draft: Draft) -> str:
        """Add an event to the draft and return its text; raises as `stream_events.read` does."""
        ...


class Exchange:
    """One request and its answer."""

    def __init__(self, *, client: AsyncOpenAI, dialect: Dialect, deadline_s: float, clock: Clock) -> None:
        self._client = client
        self._dialect = dialect
        self._deadline_s = deadline_s  # on the event loop's clock
        self._clock = clock

    async def pieces(self, prompt: Prompt, draft: Draft, trial: Trial) -> AsyncGenerator[TextPiece]:
        """Yield the text as it arrives and fill `draft`; closing this closes the connection."""
        with self._plainly():
            async with timeout_at(self._deadline_s):
                events = await self._dialect.begin(self._client, prompt)
        async with _closed(events):
            while (event := await self._next(events, draft)) is not None:
                draft.events += 1
                trial.is_alive = True
                try:
                    text = self._dialect.read(event, draft)
                except msgspec.ValidationError:
                    raise nonsense() from None
                if text:
                    yield TextPiece(text=text)

    async def _next(self, events: Events, draft: Draft) -> object:
        """Return the next event, or None after the last; errors after the answer's end are ignored."""
        until_s = self._deadline_s
        if draft.finish is not None:
            until_s = min(until_s, asyncio.get_running_loop().time() + TAIL_S)
        try:
            with self._plainly():
                async with timeout_at(until_s):
                    return await anext(events, None)
        except LanguageModelFailed:
            if draft.finish is None:
                raise
            return None

    @contextmanager
    def _plainly(self) -> Generator[None]:
        """Translate the vendor library's exceptions into the port's failures, without their content."""
        try:
            yield
        except TimeoutError:
            raise LanguageModelTimedOut("The language model did not answer before the deadline.") from None
        except APIError as error:
            raise translated(error, now=self._clock.now()) from None
        except BROKEN:
            raise nonsense() from None


@asynccontextmanager
async def _closed(events: Events) -> AsyncGenerator[None]:
    """Close the connection on exit, and finish the library's generators in the same task.

    The library leaves them suspended. The garbage collector would then finish them in an arbitrary thread.
    """
    try:
        yield
    finally:
        await events.close()
        with suppress(Exception):  # the connection may be closed already
            async for _ in events:
                pass  # discards only what has arrived already
