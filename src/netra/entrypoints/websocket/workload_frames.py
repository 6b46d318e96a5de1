"""The frames that watch a workload: shapes only; `session` decides what they cause."""

from typing import Annotated

import msgspec

from netra.domain.runs.rules import CLIENT_REF_MAX
from netra.entrypoints.run_events import Timestamp

Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=CLIENT_REF_MAX)]
_Count = Annotated[int, msgspec.Meta(ge=0)]


class WatchData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The workload to watch, or to watch no longer."""

    workload_id: str


class Watch(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="watch"):
    """Receive a `workload_update` now, and whenever the workload has changed, at most once a second."""

    data: WatchData
    id: Reference | None = None
    timestamp: str | None = None


class Unwatch(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="unwatch"):
    """Receive no more updates of this workload; no effect if it is not watched."""

    data: WatchData
    id: Reference | None = None
    timestamp: str | None = None


class WorkloadUpdateData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The size of a workload; `waiting_events` are those that ClickHouse does not have yet."""

    workload_id: str
    event_count: _Count
    waiting_events: _Count
    last_event_at: Timestamp | None
    request_id: str | None = None  # the `id` of the `watch`, in its first update


class WorkloadUpdate(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="workload_update"):
    """The size of a watched workload."""

    data: WorkloadUpdateData
    timestamp: Timestamp
