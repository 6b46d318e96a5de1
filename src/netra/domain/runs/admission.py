"""Decide whether one more run may be accepted; stores only count."""

import msgspec

from netra.domain.errors import ThreadBusy, Unavailable, ValidationFailed
from netra.domain.quotas import Quotas


class RunLoad(msgspec.Struct, frozen=True, kw_only=True):
    """The counts that limit a new run, at the time of its acceptance."""

    thread_messages: int
    thread_live_runs: int  # each will add one answer to the thread
    thread_waiting_runs: int
    owner_live_runs: int
    all_live_runs: int


def check_room(load: RunLoad, *, quotas: Quotas) -> None:
    """Raise `ValidationFailed`, `ThreadBusy` or `Unavailable` when one more run would exceed a quota."""
    if load.thread_messages + load.thread_live_runs + 2 > quotas.max_thread_messages:
        most = quotas.max_thread_messages
        message = f"a thread holds at most {most} messages; start a new one"
        raise ValidationFailed.of("thread_id", "thread_full", message)
    if load.thread_waiting_runs >= quotas.max_waiting_runs_per_thread:
        raise ThreadBusy(
            f"{load.thread_waiting_runs} runs wait on this thread already.", waiting=load.thread_waiting_runs
        )
    if load.owner_live_runs >= quotas.max_live_runs_per_user:
        raise Unavailable(
            f"{load.owner_live_runs} of your runs are live; wait for one to end.", live=load.owner_live_runs
        )
    if load.all_live_runs >= quotas.max_live_runs:
        raise Unavailable("The queue is full; try again later.", retry_after_s=5)
