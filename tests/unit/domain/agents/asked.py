"""The nine questions with a small log made for each, and their results over the price book that ships."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from netra.adapters.local.clock import SystemClock
from netra.adapters.prices.book import GenaiPriceBook
from netra.domain.agents.model import Question, Stage
from netra.domain.agents.stages.advisor import Advisor
from netra.domain.ids import UserId
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event
from netra.ports.language_model import LanguageModel

BEGIN_S: Final = datetime(2026, 11, 16, tzinfo=UTC).timestamp()  # a Monday


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question and the log it is asked of."""

    message: str
    calls: tuple[Event, ...]
    parameters: Mapping[str, Any] = {}


def call(number: int, *, every_s: int = 60, **fields: Any) -> Event:
    shape: dict[str, Any] = {"model": "gpt-4o", "input_tokens": 1_000, "output_tokens": 100} | fields
    return Event(timestamp=datetime.fromtimestamp(BEGIN_S + number * every_s, UTC), **shape)


def two_features() -> tuple[Event, ...]:
    """Return thirty searches, the first ten of one prompt and the last one slow, then thirty chats."""
    searches = [
        call(
            n,
            feature="search",
            latency_ms=600.0 if n == 29 else 400.0,
            prompt_hash="same" if n < 10 else f"s{n}",
        )
        for n in range(30)
    ]
    chats = [call(n, feature="chat", latency_ms=1_500.0, prompt_hash=f"c{n}") for n in range(30, 60)]
    return (*searches, *chats)


def _served(n: int) -> Event:
    return call(
        n,
        every_s=1_800,
        model="llama-3.1-70b",
        latency_ms=2_000.0,
        ttft_ms=300.0,
        offline=n % 2 == 0,
        status="ok" if n % 9 else "error",
        max_output_tokens=100,
        session=f"s{n // 5}",
    )


PLAIN: Final = tuple(call(n) for n in range(60))
ASKED: Final = {
    "cheaper at equal quality": Asked(
        message="Make it cheaper at equal quality; search within 500 ms and chat within 2 s.",
        calls=two_features(),
    ),
    "faster at no more money": Asked(message="3x faster at no more money", calls=two_features()),
    "more usage": Asked(
        message="50 % more usage next month: what happens to cost and rate limits?", calls=PLAIN
    ),
    "one function": Asked(
        message="Optimize the rank function",
        calls=tuple(
            call(n, template="rank" if n % 3 == 0 else "write", prompt_hash="one" if n < 30 else f"p{n}")
            for n in range(60)
        ),
    ),
    "would models suit": Asked(message="Would gpt-4o-mini or gpt-5 suit my traffic?", calls=PLAIN),
    "audit caching": Asked(
        message="Audit all uses of KV caching",
        calls=tuple(
            call(n, input_tokens=2_000, prefix_hashes=[1, 2, 3, 100 + n], prefix_block_tokens=500)
            for n in range(60)
        ),
    ),
    "cheaper, faster, more": Asked(
        message="20 % cheaper and 2x faster at 30 % more usage", calls=two_features()
    ),
    "which tools": Asked(
        message="Which tools should move to gpt-5, and at what verbosity?",
        calls=tuple(call(n, tool="web_search" if n % 4 else "code_runner") for n in range(60)),
    ),
    "worth it": Asked(
        message="Was the upgrade to gpt-4.1 on 2026-11-17 worth it? What should be rolled back?",
        calls=tuple(
            call(
                n,
                every_s=1_200,
                model="gpt-4o" if n < 80 else "gpt-4.1",
                template="rank",
                accepted=n % 10 != 0,
            )
            for n in range(160)
        ),
    ),
}
SERVED: Final = Asked(
    message="Which GPUs, autoscaling and bursts? TTFT under 500 ms, GPU memory 80 GB",
    calls=tuple(_served(n) for n in range(200)),
    parameters={"served_on": "4x H100"},
)


class NoWatch:
    """Hears everything and says nothing."""

    async def start_stage(self, **_: Any) -> None:
        pass

    async def skip_stages(self, *_: Stage) -> None:
        pass

    async def emit_text(self, text: str, **_: Any) -> None:
        pass

    async def wait_for_stop(self) -> None:
        await asyncio.Event().wait()

    def checkpoint(self, done: float, doing: str) -> None:
        pass


async def result_of(asked: Asked, *, language_model: LanguageModel | None = None) -> dict[str, Any]:
    """Return the result as a client gets it."""
    advisor = Advisor(
        prices=GenaiPriceBook(),
        clock=SystemClock(),
        default_model="gpt-4o",
        language_model=language_model,
    )
    question = Question(owner_id=UserId(0), message=asked.message, parameters=asked.parameters)
    advice = await advisor.answer_events(question, columns_of(asked.calls), NoWatch())
    result: dict[str, Any] = json.loads(msgspec.json.encode(advice))
    return result
