"""Which workload a sender's telemetry belongs to."""

from collections import OrderedDict, deque
from typing import Final

import msgspec

from netra.domain.errors import ValidationFailed
from netra.domain.ids import UserId, WorkloadId
from netra.domain.paging import PageRequest
from netra.domain.quotas import Quotas
from netra.domain.telemetry.records import Attributes
from netra.domain.telemetry.values import label_of
from netra.domain.texts import check_plain
from netra.domain.workloads.model import Workload
from netra.ports.clock import Clock
from netra.ports.ids import IdSource
from netra.ports.workloads import WorkloadStore

NEW_PER_HOUR: Final = 50  # workloads that one owner's telemetry makes in an hour
HOUR_S: Final = 3600.0
KNOWN_MAX: Final = 10_000  # names that are remembered with their workloads
KNOWN_S: Final = 60.0  # time for which a name is remembered; a workload may be deleted meanwhile
PAGE: Final = 100
_PRODUCTION: Final = frozenset(("production", "prod"))


class Unplaced(msgspec.Struct, frozen=True):
    """Why a sender's telemetry belongs to no workload, and what to do."""

    message: str


def name_of(resource: Attributes) -> str | Unplaced:
    """Return the name of the workload that a sender's attributes choose.

    >>> name_of({"service.name": "bot", "deployment.environment.name": "staging"})
    'bot / staging'
    """
    chosen = label_of(resource.get("netra.workload"))
    if chosen is not None:
        return chosen
    service = label_of(resource.get("service.name"))
    if service is None or service.startswith("unknown_service"):
        return Unplaced(
            f"The resource has service.name {service or 'unset'!r}, which names no workload: "
            "set OTEL_SERVICE_NAME, or send the header x-netra-workload."
        )
    stage = label_of(resource.get("deployment.environment.name") or resource.get("deployment.environment"))
    return service if stage is None or stage.lower() in _PRODUCTION else f"{service} / {stage}"[:200]


class Destinations:
    """Finds workloads by id or name, and makes those that are new."""

    def __init__(
        self,
        *,
        workloads: WorkloadStore,
        clock: Clock,
        ids: IdSource,
        quotas: Quotas,
        known_max: int = KNOWN_MAX,
    ) -> None:
        self._known_max = known_max
        self._workloads = workloads
        self._clock = clock
        self._ids = ids
        self._quotas = quotas
        self._known: OrderedDict[tuple[UserId, str], tuple[WorkloadId, float]] = OrderedDict()
        self._made: dict[UserId, deque[float]] = {}

    async def find(self, name: str, *, owner_id: UserId) -> WorkloadId | Unplaced:
        """Return the owner's workload with this id or name, a new one where there is none.

        `Unplaced` when the owner's telemetry made too many in the last hour.
        """
        now_s = self._clock.monotonic_s()
        known = self._known.get((owner_id, name))
        if known is not None and now_s - known[1] < KNOWN_S:
            return known[0]
        found = await self._stored(name, owner_id=owner_id) or await self._new(name, owner_id, now_s)
        if not isinstance(found, Unplaced):
            self._known[owner_id, name] = (found, now_s)
            self._known.move_to_end((owner_id, name))
            while len(self._known) > self._known_max:
                self._known.popitem(last=False)
        return found

    async def _stored(self, name: str, *, owner_id: UserId) -> WorkloadId | None:
        request = PageRequest(limit=PAGE)
        while True:
            page = await self._workloads.page(owner_id=owner_id, request=request)
            for workload in page.items:
                if name in (workload.id, workload.name):
                    return workload.id
            if page.next is None:
                return None
            request = PageRequest(limit=PAGE, after=page.next)

    async def _new(self, name: str, owner_id: UserId, now_s: float) -> WorkloadId | Unplaced:
        made = self._made.setdefault(owner_id, deque())
        while made and now_s - made[0] >= HOUR_S:
            made.popleft()
        if len(made) >= NEW_PER_HOUR:
            return Unplaced(
                f"{name!r} would be a new workload, but {NEW_PER_HOUR} were made in the last hour: "
                "give telemetry of one service one service.name."
            )
        now = self._clock.now()
        try:
            check_plain(name, path="name")
            workload = Workload(
                id=WorkloadId(self._ids.new("wl")),
                owner_id=owner_id,
                name=name,
                created_at=now,
                updated_at=now,
            )
            await self._workloads.add(workload, max_per_user=self._quotas.max_workloads_per_user)
        except ValidationFailed as error:
            return Unplaced(f"{name!r} cannot be a workload: {error.message}")
        made.append(now_s)
        return workload.id
