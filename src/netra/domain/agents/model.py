"""Define the question that the agents answer and the interface through which they report progress."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from netra.domain.agents.question.heard import QuestionReading
from netra.domain.ids import RunId, ThreadId, UserId, WorkloadId
from netra.domain.optimization.model import Goals
from netra.domain.workloads.model import Workload


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """The question of a run: the message, the workload id and the request's parameters."""

    owner_id: UserId
    message: str
    run_id: RunId | None = None
    thread_id: ThreadId | None = None
    workload_id: WorkloadId | None = None
    parameters: Mapping[str, Any] = {}


class Briefing(msgspec.Struct, frozen=True, kw_only=True):
    """The output of triage: goals and workload, as far as the question's text identifies them.

    With `workload` None there is nothing to compute. `wanted` is then an id that does not exist, and
    `choices` lists the owner's workloads, newest first.
    """

    question: Question
    goals: Goals
    now: datetime
    workload: Workload | None = None
    wanted: WorkloadId | None = None
    choices: tuple[Workload, ...] = ()
    choices_total: int = 0
    is_at_hand: bool = False  # the events come with the question; no store holds them
    reading: QuestionReading | None = None  # a language model's reading of the question, if one is configured


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A stage of an agent, from `progress` percent of the whole run to `until` percent."""

    agent: str
    message: str
    progress: int
    until: int


class Watch(Protocol):
    """Receives the agents' progress and can stop them; implemented by the caller that runs them."""

    async def start_stage(self, *, agent: str, message: str, progress: int, until: int) -> None:
        """Report that `agent` starts at `progress` percent of the whole run and will end at `until` percent.

        Raises `WorkStopped` when the run must end.
        """
        ...

    async def skip_stages(self, *stages: Stage) -> None:
        """Report stages without work, together with the stage that follows. Raises as `start_stage` does."""
        ...

    async def emit_text(self, text: str, *, attempt: int, at: int) -> None:
        """Emit the next part of the answer; `at` is its offset in characters within this `attempt`.

        A later attempt replaces all earlier ones. Raises as `start_stage` does.
        """
        ...

    async def wait_for_stop(self) -> None:
        """Return when the run must end; `checkpoint` then raises the reason."""
        ...

    def checkpoint(self, done: float, doing: str) -> None:
        """Report the share of this agent's work done (0..1) and the current step; cheap and thread-safe.

        Raises `WorkStopped` when the run must end.
        """
        ...
