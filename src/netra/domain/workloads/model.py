"""Workloads and their calls as values; `columns` holds calls as columns."""

import enum
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from netra.domain.ids import UserId, WorkloadId
from netra.domain.quotas import PREFIX_HASHES_PER_EVENT_MAX

UNSPECIFIED_MODEL: Final = "unspecified"  # the label of calls in a log that names no model

TOKENS_MAX: Final = (
    100_000_000  # tokens of one call, input and output each: 100 times the longest context in use
)

Tokens = Annotated[int, msgspec.Meta(ge=0, le=TOKENS_MAX)]
Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=1e10)]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Count = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Charges = Annotated[dict[Key, Count], msgspec.Meta(max_length=16)]  # kinds of charges of one call
LabelSet = Annotated[dict[Key, Label], msgspec.Meta(max_length=8)]  # labels of one call


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """A named stream of model calls, owned by one user."""

    id: WorkloadId
    owner_id: UserId
    name: str
    created_at: datetime
    updated_at: datetime
    event_count: int = 0
    first_event_at: datetime | None = None
    last_event_at: datetime | None = None
    prefix_hashes: int = 0  # of all its events
    bytes: int = 0  # of its events as columns, as they were accepted


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One call to a model, as a client sends it; only time, model and tokens are required.

    Token counts follow one convention for all providers: `input_tokens` counts all input,
    with `cached_input_tokens` and `cache_write_tokens` as parts; `output_tokens` counts all
    output, with `reasoning_tokens` as a part. Writes that live for 1 or 12 hours are parts of
    `cache_write_tokens`, where that is given.
    """

    timestamp: datetime
    model: Label
    input_tokens: Tokens
    output_tokens: Tokens
    id: Label | None = None
    provider: Label | None = None
    cached_input_tokens: Tokens | None = None
    cache_write_tokens: Tokens | None = None
    reasoning_tokens: Tokens | None = None
    latency_ms: Milliseconds | None = None
    ttft_ms: Milliseconds | None = None
    status: Label | None = None  # "ok", or the failure: "error", "timeout", "429", …
    cost: Annotated[float, msgspec.Meta(ge=0)] | None = None  # billed, in `currency`
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] | None = None  # ISO 4217; USD if absent
    session: Label | None = None
    template: Label | None = None  # the prompt template or function that made the call
    feature: Label | None = None  # the product feature it serves
    tool: Label | None = None
    prompt_hash: Label | None = None  # equal hashes mean equal prompts
    prefix_hashes: Annotated[list[int | str], msgspec.Meta(max_length=PREFIX_HASHES_PER_EVENT_MAX)] | None = (
        None
    )
    prefix_block_tokens: Annotated[int, msgspec.Meta(ge=1, le=65_536)] = 512
    offline: bool | None = None  # no user waits for the answer
    deadline_s: Annotated[float, msgspec.Meta(ge=0)] | None = None
    streaming: bool | None = None
    max_output_tokens: Tokens | None = None
    retry_of: Label | None = None  # the id of the call this one repeats
    accepted: bool | None = None  # whether the answer was good enough, if known
    service_tier: Label | None = None  # the tier that served the call, which may not be the one requested
    region: Label | None = None  # where the call was processed: "us", "eu-central-1", "global", …
    cache_write_1h_tokens: Tokens | None = None  # written to live for an hour
    cache_write_12h_tokens: Tokens | None = None
    charges: Charges | None = None  # units charged other than tokens: {"web_search": 2}
    labels: LabelSet | None = None  # whom the call is accounted to: team, customer, environment, …
    variant: Literal["control", "treatment"] | None = None  # the arm of a hold-out test


class EventStatus(enum.StrEnum):
    """The outcome of one received event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


class RowFault(msgspec.Struct, frozen=True, kw_only=True):
    """A rejected row and the reason; `line` counts from 1 in the file or body."""

    line: int
    code: str
    message: str


class IntakeReport(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a batch: every row is accepted, a duplicate by id, or rejected."""

    accepted: int
    duplicates: int
    rejected: int
    faults: tuple[RowFault, ...] = ()
    faults_omitted: int = 0
