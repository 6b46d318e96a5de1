"""Health of the endpoint: it answers and accepts the key. The check uses no tokens."""

from typing import Final

from openai import APIError, AsyncOpenAI, NotFoundError

from netra.adapters.openai.translation import translated
from netra.domain.errors import Unavailable
from netra.ports.clock import Clock

ANSWER_S: Final = 1.0
NO_LIST: Final = "The endpoint's answer is not a list of models."
KEPT_S: Final = 15.0  # seconds a result is cached; not every health check asks the provider


class OpenAIProbe:
    """`Probe` of the endpoint: requests its list of models."""

    name = "openai_api"

    def __init__(self, client: AsyncOpenAI, *, clock: Clock) -> None:
        self._client = client.with_options(timeout=ANSWER_S)
        self._clock = clock
        self._asked_at_s: float | None = None
        self._reason: str | None = None

    async def check(self) -> None:
        """Return when the endpoint answers, or answered recently."""
        now_s = self._clock.monotonic_s()
        if self._asked_at_s is None or now_s - self._asked_at_s > KEPT_S:
            self._reason = await self._asked()
            self._asked_at_s = now_s
        if self._reason is not None:
            raise Unavailable(self._reason)

    async def _asked(self) -> str | None:
        """Return the problem, or None when healthy; an endpoint without a model list answers 404."""
        try:
            listed = await self._client.get("/models", cast_to=object)
        except NotFoundError:
            return None
        except APIError as error:
            return translated(error, now=self._clock.now()).message
        except ValueError:  # too long, or invalid JSON
            return NO_LIST
        return None if isinstance(listed, dict | list) else NO_LIST
