"""Decisions as values: what is to be done about a recommendation, since when, and until when."""

import enum
import re
from datetime import datetime
from typing import Final, NewType

import msgspec

from netra.domain.errors import NotFound
from netra.domain.ids import RunId, UserId, WorkloadId

DecisionKey = NewType("DecisionKey", str)
"""The key of a recommendation, which is also that of the decision about it."""

_KEY: Final = re.compile(r"rk-[0-9a-f]{24}")


class DecisionState(enum.StrEnum):
    """What is to be done about a recommendation."""

    OPEN = "open"  # undecided again
    PLANNED = "planned"
    ADOPTED = "adopted"
    DISMISSED = "dismissed"


class DismissalReason(enum.StrEnum):
    """Why a recommendation is dismissed."""

    WRONG_NUMBER = "wrong_number"
    NOT_APPLICABLE = "not_applicable"
    QUALITY_RISK = "quality_risk"
    LATENCY_RISK = "latency_risk"
    RESIDENCY = "residency"
    EFFORT = "effort"
    ALREADY_DONE = "already_done"
    KEEP_COST = "keep_cost"


class DecidedSavings(msgspec.Struct, frozen=True, kw_only=True):
    """The saving that the run showed: alone, and after the steps of the plan before it, if it has a step."""

    usd_in_window: float
    usd_per_month: float | None = None  # None: the log was too short for a month
    marginal_usd_per_month: float | None = None  # None: not a step of the plan, or no month


class DecidedOn(msgspec.Struct, frozen=True, kw_only=True):
    """The recommendation as the run showed it on which the decision rests."""

    run_id: RunId
    kind: str
    action: str
    savings: DecidedSavings


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The present decision about one recommendation of a workload; `version` counts its changes from 1."""

    workload_id: WorkloadId
    owner_id: UserId
    key: DecisionKey
    state: DecisionState
    on: DecidedOn
    at: datetime
    version: int = 1
    reason: DismissalReason | None = None
    note: str | None = None
    effective_at: datetime | None = None  # since when an adopted change is in force, or will be
    until: datetime | None = None  # when a dismissal lapses


class Decide(msgspec.Struct, frozen=True, kw_only=True):
    """Decide about a recommendation; `run_id` may be left out where a decision is changed."""

    workload_id: WorkloadId
    owner_id: UserId
    key: DecisionKey
    state: DecisionState
    reason: DismissalReason | None = None
    note: str | None = None
    effective_at: datetime | None = None
    until: datetime | None = None
    run_id: RunId | None = None
    if_version: int | None = None  # the version that the caller has seen; None: change any


def checked_key(text: str) -> DecisionKey:
    """Return `text` as a key. Raises `NotFound` for a text that no recommendation has as its key."""
    if _KEY.fullmatch(text) is None:
        raise NotFound("recommendation", text)
    return DecisionKey(text)
