"""A language model behind OpenAI's wire format: concurrency limit, deadline and retries."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Final

import msgspec
from openai import AsyncOpenAI

from netra.adapters.openai.breaker import Breaker
from netra.adapters.openai.draft import Draft, answered, draft_for
from netra.adapters.openai.stream import Dialect, Exchange
from netra.adapters.openai.translation import OutOfCredit
from netra.adapters.resilience.backoff import Backoff
from netra.adapters.resilience.deadline import timeout_at
from netra.domain.spending import prompt_tokens, text_tokens
from netra.ports.clock import Clock
from netra.ports.language_model import (
    Answer,
    LanguageModelFailed,
    LanguageModelRateLimited,
    LanguageModelTimedOut,
    LanguageModelUnavailable,
    Prompt,
    TextPiece,
    Usage,
)

ATTEMPTS: Final = 3


class OpenAILanguageModel:
    """`LanguageModel` of one model at one endpoint.

    Retries a request that failed before any of its text was passed on, unless the failure is permanent.
    The vendor's own retries are off: they know neither the deadline nor the circuit breaker.
    """

    def __init__(
        self,
        *,
        name: str,
        client: AsyncOpenAI,
        dialect: Dialect,
        breaker: Breaker,
        concurrency: int,
        backoff: Backoff,
        cost_usd: Callable[[Usage], float | None],
        clock: Clock,
    ) -> None:
        self._name = name
        self._client = client
        self._dialect = dialect
        self._breaker = breaker
        self._slots = asyncio.Semaphore(concurrency)
        self._backoff = backoff
        self._cost_usd = cost_usd
        self._clock = clock

    @property
    def name(self) -> str:
        """The model's name."""
        return self._name

    async def ask(self, prompt: Prompt) -> AsyncGenerator[TextPiece | Answer]:
        """Stream the text, then the answer."""
        deadline_s = asyncio.get_running_loop().time() + prompt.deadline_s
        spent = Usage()
        attempt = 0
        while True:
            attempt += 1
            draft = draft_for(prompt)
            try:
                async with aclosing(self._attempt(prompt, draft, deadline_s)) as pieces:
                    async for piece in pieces:
                        yield piece
                usage = spent.plus(self._usage(draft, prompt))
                answer = answered(draft, prompt, model=self._name, usage=usage)
                break
            except LanguageModelFailed as failure:
                spent = spent.plus(self._usage(draft, prompt))
                wait_s = self._wait_s(failure, attempt)
                left_s = deadline_s - asyncio.get_running_loop().time()
                if draft.texts or wait_s is None or wait_s >= left_s:
                    failure.usage = spent
                    raise
            await self._clock.pause(wait_s)
        yield answer

    async def _attempt(self, prompt: Prompt, draft: Draft, deadline_s: float) -> AsyncGenerator[TextPiece]:
        exchange = Exchange(
            client=self._client, dialect=self._dialect, deadline_s=deadline_s, clock=self._clock
        )
        async with self._slot(deadline_s):
            with self._breaker.trial() as trial:
                draft.is_sent = True
                async with aclosing(exchange.pieces(prompt, draft, trial)) as pieces:
                    async for piece in pieces:
                        yield piece

    @asynccontextmanager
    async def _slot(self, deadline_s: float) -> AsyncGenerator[None]:
        """Wait for a free connection."""
        try:
            async with timeout_at(deadline_s):
                await self._slots.acquire()
        except TimeoutError:
            message = "All connections to the language model were busy until the deadline."
            raise LanguageModelTimedOut(message) from None
        try:
            yield
        finally:
            self._slots.release()

    def _wait_s(self, failure: LanguageModelFailed, attempt: int) -> float | None:
        """Return the wait before the next attempt, or None when there is no further attempt."""
        is_passing = isinstance(failure, LanguageModelUnavailable | LanguageModelRateLimited)
        if attempt >= ATTEMPTS or not is_passing or isinstance(failure, OutOfCredit) or self._breaker.is_open:
            return None
        return self._backoff.wait_s(attempt, retry_after_s=failure.retry_after_s)

    def _usage(self, draft: Draft, prompt: Prompt) -> Usage:
        """Return the draft's usage, as counted by the provider, or estimated when the stream broke off."""
        if not draft.is_sent:
            return Usage()
        if not draft.events:
            return Usage(calls=1)  # rejected before the model saw it: not charged
        guessed = Usage(
            input_tokens=prompt_tokens(prompt),
            output_tokens=text_tokens(draft.written()),
            calls=1,
            is_estimated=True,
        )
        usage = draft.usage or guessed
        return msgspec.structs.replace(usage, cost_usd=self._cost_usd(usage))
