"""The data of a run's events as clients receive it, on the socket and as server-sent events."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from netra.domain.agents.stages import analysis, planning, reporting, survey, triage
from netra.domain.optimization.result import Advice
from netra.entrypoints.errors import CODES
from netra.entrypoints.schemas import PUBLISHED, REF, one_of

Timestamp = Annotated[
    str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", extra_json_schema={"format": "date-time"})
]
Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]

# The schema of a result that is stored as sent.
RESULT: Final = msgspec.Meta(
    extra={PUBLISHED: {"anyOf": [{"$ref": REF.format(name=Advice.__name__)}, {"type": "null"}]}}
)
AGENTS: Final = tuple(stage.AGENT for stage in (triage, survey, analysis, planning, reporting))


class RunError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a run failed."""

    code: Annotated[str, CODES]
    message: str


class _OfRun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    seq: Annotated[int, msgspec.Meta(ge=1)]  # increases by one within each run
    run_id: str
    thread_id: str
    emitted_at: Timestamp  # when the event happened
    request_id: str | None = None  # the `id` of the frame that started the run


class AgentUpdateData(_OfRun, frozen=True, kw_only=True, omit_defaults=True):
    """An agent's progress; `skipped` is the number of earlier updates dropped for a slow reader."""

    agent: Annotated[str, one_of(AGENTS)]
    status: Annotated[str, one_of(["processing"])]
    message: str
    progress: Percent
    text: str = ""  # the next part of the answer, if a language model writes it
    # number of the attempt that `text` belongs to; a later attempt, and the result, replace it
    attempt: int = 0
    at: int = 0  # characters of this attempt before `text`
    skipped: int = 0


class AgentResultData(_OfRun, frozen=True, kw_only=True, omit_defaults=True):
    """The outcome of a run: `result` if `success`, otherwise `cancelled` or `error`."""

    success: bool
    result: Annotated[dict[str, Any] | None, RESULT]
    cancelled: bool = False
    error: RunError | None = None


class ErrorData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error: `details` for people, `context` for programs."""

    code: Annotated[str, CODES]
    message: str
    details: str
    context: Mapping[str, Any]
    run_id: str | None = None
    request_id: str | None = None
    thread_id: str | None = None
    emitted_at: Timestamp | None = None
    seq: Annotated[int, msgspec.Meta(ge=1)] | None = None  # set when the error is an event of the run
