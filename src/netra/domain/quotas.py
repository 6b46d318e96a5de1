"""Define a deployment's limits in one place, each with its unit."""

import enum
from typing import Final

import msgspec

PREFIX_HASHES_PER_EVENT_MAX: Final = 10_000  # 160,000 tokens in blocks of 16; part of the wire schema


class Quotas(msgspec.Struct, frozen=True, kw_only=True):
    """The quotas of a deployment; `/api/config` publishes the live values."""

    max_message_length: int = 10_000  # code points
    max_thread_messages: int = 1_000
    max_waiting_runs_per_thread: int = 100
    max_live_runs_per_user: int = 1_000
    max_live_runs: int = 100_000
    max_run_attempts: int = 3  # attempts lost with their worker
    max_outage_attempts: int = 6  # attempts lost to outages; their retry delays add up to half a minute
    run_deadline_s: int = 900
    max_events_per_batch: int = 10_000
    max_events_per_workload: int = 5_000_000
    max_prefix_hashes_per_batch: int = 2_000_000  # 16 MB as a column, about 100 MB while decoded
    max_prefix_hashes_per_workload: int = 10_000_000  # an analysis needs up to 80 bytes each: 0.8 GB
    max_bytes_per_workload: int = 2_147_483_648  # events as columns; names count once per batch
    max_workloads_per_user: int = 1_000
    max_waiting_events: int = 20_000_000  # accepted events not yet archived, of all users
    max_waiting_bytes: int = 2_147_483_648  # the same, as stored


DEFAULT_QUOTAS: Final = Quotas()


class LimitName(enum.StrEnum):
    """The classes of requests that share a rate limit."""

    AUTHENTICATION = "authentication"
    AGENT = "agent"
    WEBSOCKET = "websocket"
    SIMULATE = "simulate"
    INGEST = "ingest"
    GENERAL = "general"


class RequestRateLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Requests admitted per 60 s, by class of request; 0 disables a limit."""

    authentication: int = 5
    agent: int = 10
    websocket: int = 30
    simulate: int = 60
    ingest: int = 600
    general: int = 100

    def of(self, name: LimitName) -> int:
        """Return the limit of the class `name` per 60 s."""
        return int(getattr(self, name.value))


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """The decision of a rate limiter, with the values for the response headers."""

    allowed: bool
    limit: int
    remaining: int
    reset_at_s: int  # Unix time at which the window is empty again
    retry_after_s: int  # seconds until a request is admitted; 0 if one is admitted now
