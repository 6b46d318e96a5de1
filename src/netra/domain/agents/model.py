"""What the five agents are asked, and how they are watched while they work."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from netra.domain.agents.question.heard import QuestionReading
from netra.domain.ids import RunId, ThreadId, UserId, WorkloadId
from netra.domain.optimization.model import Goals
from netra.domain.workloads.model import Workload


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a run asks: the words, the workload meant, and the parameters as they were sent."""

    owner_id: UserId
    message: str
    run_id: RunId | None = None
    thread_id: ThreadId | None = None
    workload_id: WorkloadId | None = None
    parameters: Mapping[str, Any] = {}


class Briefing(msgspec.Struct, frozen=True, kw_only=True):
    """Triage's: what is asked, of which workload, as far as words alone can tell.

    Without a workload there is nothing to compute: `wanted` names one that does not exist, `choices`
    are those to choose from, newest first.
    """

    question: Question
    goals: Goals
    now: datetime
    workload: Workload | None = None
    wanted: WorkloadId | None = None
    choices: tuple[Workload, ...] = ()
    choices_total: int = 0
    is_at_hand: bool = False  # the events come with the question and are in no store
    reading: QuestionReading | None = None  # a language model's reading of the question, where there is one


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """An agent's turn: from `progress` percent of the whole to `until` percent."""

    agent: str
    message: str
    progress: int
    until: int


class Watch(Protocol):
    """The eye of whoever runs the agents: hears what they do, and can make them stop."""

    async def start_stage(self, *, agent: str, message: str, progress: int, until: int) -> None:
        """Tell that `agent` begins, at `progress` percent of the whole, to end at `until` percent.

        Raises `WorkStopped` when the work is to end.
        """
        ...

    async def skip_stages(self, *stages: Stage) -> None:
        """Tell of agents that take no time, along with what comes next; raises as `start_stage` does."""
        ...

    async def emit_text(self, text: str, *, attempt: int, at: int) -> None:
        """Show some more of the answer: `text` stands `at` so many characters into this `attempt`.

        A later attempt takes back the ones before it. Raises as `start_stage` does.
        """
        ...

    async def wait_for_stop(self) -> None:
        """Return when the work is to end; `checkpoint` then raises the reason."""
        ...

    def checkpoint(self, done: float, doing: str) -> None:
        """Tell how much of this agent's work is done (0..1) and what it is doing; cheap, from any thread.

        Raises `WorkStopped` when the work is to end.
        """
        ...
