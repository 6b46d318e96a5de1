"""What clients and workers saw, and the promises it is held against.

Recorders append facts while faults happen; `broken_promises` reads them afterwards. It knows nothing of
how runs are kept, so the same judge sits over a simulation and over real processes.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

TERMINAL: Final = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """`execute` answered with this run."""

    run_id: str
    owner: str
    key: str
    thread_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """A status that somebody read, in the order of reading; `answer` is the result as bytes."""

    run_id: str
    status: str
    progress: int = 0
    answer: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """An event that a reader got; one reader may reconnect, and goes on from where it was."""

    reader: str
    run_id: str
    seq: int
    is_last: bool
    data: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a worker wrote and the store took: a `claim`, `record`, `finish`, `release` or `postpone`."""

    run_id: str
    fence: int
    kind: str


@dataclass(kw_only=True)
class History:
    """All facts of one episode."""

    accepted: list[Acceptance] = field(default_factory=list)
    seen: list[Sighting] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    other: list[str] = field(default_factory=list)  # what a recorder itself saw to be wrong, in a sentence
    stored: dict[str, Sequence[Heard]] = field(default_factory=dict)  # every event of every run, at the end
    final: dict[str, Sighting] = field(default_factory=dict)


def broken_promises(history: History) -> list[str]:
    """Return one sentence for each promise that the history breaks; none when all were kept."""
    judges = (
        _lost_or_unended,
        _started_twice,
        _holes_and_second_ends,
        _streams_with_gaps,
        _reads_that_go_back,
        _progress_that_falls,
        _zombie_writes,
    )
    return [*(sentence for judge in judges for sentence in judge(history)), *history.other]


def _lost_or_unended(history: History) -> Iterator[str]:
    for run_id in sorted({one.run_id for one in history.accepted}):
        found = history.final.get(run_id)
        if found is None:
            yield f"{run_id} was accepted and is lost"
        elif found.status not in TERMINAL:
            yield f"{run_id} never ended: it is {found.status}"


def _started_twice(history: History) -> Iterator[str]:
    runs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in history.accepted:
        runs[one.owner, one.key].add(one.run_id)
    for (owner, key), made in sorted(runs.items()):
        if len(made) > 1:
            yield f"the key {key} of {owner} started {len(made)} runs"


def _holes_and_second_ends(history: History) -> Iterator[str]:
    for run_id, events in sorted(history.stored.items()):
        if [event.seq for event in events] != list(range(1, len(events) + 1)):
            yield f"{run_id} has a hole: {[event.seq for event in events]}"
        lasts = [event.seq for event in events if event.is_last]
        if len(lasts) != 1 or lasts[0] != len(events):
            yield f"{run_id} has {len(events)} events and ends at {lasts}"


def _streams_with_gaps(history: History) -> Iterator[str]:
    streams: dict[tuple[str, str], list[Heard]] = defaultdict(list)
    for event in history.heard:
        streams[event.reader, event.run_id].append(event)
    for (reader, run_id), events in sorted(streams.items()):
        if [event.seq for event in events] != list(range(1, len(events) + 1)):
            yield f"{reader} of {run_id} heard {[event.seq for event in events]}"
        stored = history.stored.get(run_id, ())
        told = [event.data for event in events]
        if told != [event.data for event in stored][: len(told)]:
            yield f"{reader} of {run_id} heard other words than are stored"
        if events and not events[-1].is_last:
            yield f"{reader} of {run_id} was never told the end"


def _reads_that_go_back(history: History) -> Iterator[str]:
    latest: dict[str, Sighting] = {}
    for now in [*history.seen, *history.final.values()]:
        before = latest.get(now.run_id, now)
        if before.status in TERMINAL and (now.status, now.answer) != (before.status, before.answer):
            yield f"{now.run_id} was {before.status} and is {now.status}, or its answer changed"
        if now.progress < before.progress:
            yield f"{now.run_id} was at {before.progress} % and is at {now.progress} %"
        latest[now.run_id] = now


def _progress_that_falls(history: History) -> Iterator[str]:
    for run_id, events in sorted(history.stored.items()):
        told = [data["progress"] for event in events if "progress" in (data := json.loads(event.data))]
        if told != sorted(told):
            yield f"{run_id} told of its progress as {told}"


def _zombie_writes(history: History) -> Iterator[str]:
    fences: Counter[str] = Counter()
    ended: set[str] = set()
    for write in history.written:
        if write.fence < fences[write.run_id]:
            yield f"{write.run_id}: a {write.kind} by claim {write.fence} after claim {fences[write.run_id]}"
        if write.run_id in ended:
            yield f"{write.run_id}: a {write.kind} after its end"
        fences[write.run_id] = max(fences[write.run_id], write.fence)
        if write.kind == "finish":
            ended.add(write.run_id)


def told(sentences: Iterable[str], *, seed: int) -> str:
    """Return what a failing test prints: the seed that finds it again, and what broke."""
    return f"seed {seed}:\n" + "\n".join(sentences)
