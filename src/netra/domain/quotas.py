"""The limits a deployment sets: one place, each with its unit."""

import enum
from typing import Final

import msgspec

PREFIX_HASHES_PER_EVENT_MAX: Final = 10_000  # 160,000 tokens in blocks of 16; a part of the wire's schema


class Quotas(msgspec.Struct, frozen=True, kw_only=True):
    """How much of each thing one deployment allows; `/api/config` publishes the live values."""

    max_message_length: int = 10_000  # code points
    max_thread_messages: int = 1_000
    max_waiting_runs_per_thread: int = 100
    max_live_runs_per_user: int = 1_000
    max_live_runs: int = 100_000
    max_run_attempts: int = 3  # when workers are lost on it
    max_outage_attempts: int = 6  # when something it needs is away: their rests come to half a minute
    run_deadline_s: int = 900
    max_events_per_batch: int = 10_000
    max_events_per_workload: int = 5_000_000
    max_prefix_hashes_per_batch: int = 2_000_000  # 16 MB as a column, some 100 MB while they are decoded
    max_prefix_hashes_per_workload: int = 10_000_000  # an analysis takes up to 80 bytes each: 0.8 GB
    max_bytes_per_workload: int = 2_147_483_648  # of events as columns; names count once a batch
    max_workloads_per_user: int = 1_000
    max_waiting_events: int = 20_000_000  # accepted ones that no archive has yet, of everybody
    max_waiting_bytes: int = 2_147_483_648  # the same, as they are stored


DEFAULT_QUOTAS: Final = Quotas()


class LimitName(enum.StrEnum):
    """What is counted together under one rate limit."""

    AUTHENTICATION = "authentication"
    AGENT = "agent"
    WEBSOCKET = "websocket"
    GENERAL = "general"


class RequestRateLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Admissions in any 60 s, by class of request; 0 turns one off."""

    authentication: int = 5
    agent: int = 10
    websocket: int = 30
    general: int = 100

    def of(self, name: LimitName) -> int:
        """Return the admissions per 60 s under `name`."""
        return int(getattr(self, name.value))


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """What a rate limiter said, and what the headers say of it."""

    allowed: bool
    limit: int
    remaining: int
    reset_at_s: int  # Unix seconds when the window has room for all again
    retry_after_s: int  # seconds until one more is admitted; 0 when one is now
