"""Analyses of events in memory, without a store and without a run."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from netra.domain.agents.model import Question, Stage
from netra.domain.agents.stages.advisor import Advisor
from netra.domain.ids import UserId
from netra.domain.optimization.explain.explanation import Explanation
from netra.domain.optimization.explain.periods import Periods
from netra.domain.optimization.model import Checkpoint, never_stop
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.price_check import PriceCheck, price_check
from netra.domain.optimization.result import Advice
from netra.domain.optimization.what_if.simulate import Proposal, Simulated
from netra.domain.what_if.comparison import compared
from netra.domain.what_if.price_list import price_list
from netra.domain.what_if.trial import what_if
from netra.domain.workloads.columns import Events
from netra.ports.log_files import Progress
from netra.ports.price_audit import PriceAudit
from netra.ports.prices import PriceBook


async def advise_on(
    events: Events,
    message: str,
    *,
    advisor: Advisor,
    parameters: Mapping[str, Any] | None = None,
    checkpoint: Checkpoint = never_stop,
) -> Advice:
    """Return the advice on `events`."""
    question = Question(owner_id=UserId(0), message=message, parameters=parameters or {})
    return await advisor.answer_events(question, events, _Stage(checkpoint))


async def simulate_on(
    events: Events,
    proposal: Proposal,
    *,
    book: PriceBook,
    default_model: str,
    model: str | None = None,
    checkpoint: Checkpoint = never_stop,
) -> Simulated:
    """Return the bill and the latency after a proposed change; see `what_if`."""
    work = partial(
        what_if,
        events,
        proposal,
        book=book,
        default_model=default_model,
        hardware=HARDWARE,
        model=model,
        checkpoint=checkpoint,
    )
    return await asyncio.to_thread(work)


async def explain_on(
    events: Events,
    periods: Periods,
    *,
    book: PriceBook,
    default_model: str,
    model: str | None = None,
    checkpoint: Checkpoint = never_stop,
) -> Explanation:
    """Return why the bill of one period differs from that of the other; see `compared`."""
    work = partial(
        compared,
        events,
        periods,
        book=book,
        default_model=default_model,
        model=model,
        checkpoint=checkpoint,
    )
    return await asyncio.to_thread(work)


async def check_prices_on(
    events: Events,
    *,
    book: PriceBook,
    audit: PriceAudit,
    default_model: str,
    model: str | None = None,
    progress: Progress | None = None,
) -> PriceCheck:
    """Compare the bill of `events` with list prices that are looked up one call at a time."""
    prices = price_list(events, book, default_model=default_model, model=model)
    listed_usd = await asyncio.to_thread(audit.listed_usd, events, prices, progress=progress)
    return price_check(events, prices, listed_usd=listed_usd)


class _Stage:
    """Reports the agents' stages as one line of progress."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._span = (0, 0)

    async def start_stage(self, *, agent: str, message: str, progress: int, until: int) -> None:
        """Report the start of a stage."""
        self._span = (progress, until)
        self._checkpoint(progress / 100, f"{agent}: {message}")

    async def skip_stages(self, *stages: Stage) -> None:
        """Report stages that have no work."""
        for stage in stages:
            self._span = (stage.progress, stage.until)
            self._checkpoint(stage.progress / 100, f"{stage.agent}: {stage.message}")

    async def emit_text(self, text: str, *, attempt: int, at: int) -> None:
        """Ignore text before the end of the answer; a line of progress has no room for it."""

    async def wait_for_stop(self) -> None:
        """Wait forever; the caller cancels, or stops the work at a checkpoint."""
        await asyncio.Event().wait()

    def checkpoint(self, done: float, doing: str) -> None:
        """Report the fraction of the whole that is done."""
        begin, end = self._span
        self._checkpoint((begin + (end - begin) * done) / 100, doing)
