"""The tasks of one connection that watch workloads and pass each change to its session."""

import asyncio
from collections.abc import Callable

from netra.domain.errors import NetraError
from netra.domain.ids import UserId, WorkloadId
from netra.domain.workloads.watching import WorkloadFigures, WorkloadWatch
from netra.entrypoints.websocket import signals


class Watchers:
    """One task for each watched workload, in the connection's group."""

    def __init__(
        self, watch: WorkloadWatch, *, group: asyncio.TaskGroup, dispatch: Callable[[signals.Input], object]
    ) -> None:
        self._watch = watch
        self._group = group
        self._dispatch = dispatch
        self._tasks: dict[WorkloadId, asyncio.Task[None]] = {}

    def start(self, watch: signals.Watch, *, owner_id: UserId) -> None:
        """Watch a workload, replacing an earlier watch of it."""
        self.stop(watch.workload_id)
        self._tasks[watch.workload_id] = self._group.create_task(self._follow(watch, owner_id))

    def stop(self, workload_id: WorkloadId) -> None:
        """Watch the workload no longer; a no-op if it is not watched."""
        task = self._tasks.pop(workload_id, None)
        if task is not None:
            task.cancel()

    def stop_all(self) -> None:
        """Watch nothing any more."""
        for workload_id in tuple(self._tasks):
            self.stop(workload_id)

    async def _follow(self, watch: signals.Watch, owner_id: UserId) -> None:
        workload_id, request_id = watch.workload_id, watch.request_id

        def show(figures: WorkloadFigures) -> None:
            nonlocal request_id
            self._dispatch(signals.WorkloadSeen(workload_id, figures, request_id))
            request_id = None

        try:
            await self._watch.deliver(workload_id, owner_id=owner_id, to=show)
        except NetraError as error:
            del self._tasks[workload_id]
            self._dispatch(signals.CommandFailed(error, watch.request_id))
            self._dispatch(signals.WatchEnded(workload_id))
